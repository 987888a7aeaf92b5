/**
 * Answers that were once read wrongly, each with neighbours: the same slip in another shape, another language, another family of
 * models. Whoever mends one shape and breaks the next finds it here.
 */
import { describe, expect, test } from 'vitest';
import { choice } from '../../../src/core/score/scorers/choice.js';
import { exact } from '../../../src/core/score/scorers/exact.js';
import { functionCalls } from '../../../src/core/score/scorers/function-calls.js';
import { json } from '../../../src/core/score/scorers/json.js';
import { math } from '../../../src/core/score/scorers/math.js';
import { scoreOf } from './judge.js';

type Families = Readonly<Record<string, readonly string[]>>;

const described = (type: string, more: object = {}) => ({
  function: [{ name: 'f', parameters: { properties: { a: { type, ...more } }, required: ['a'] } }],
});
const called = (a: unknown) => [{ f: { a: [a] } }];
const INTEGER = described('integer');
const CALL = '{"name": "f", "arguments": {"a": 1}}';
const TAGGED = `<tool_call>\n${CALL}\n</tool_call>`;

describe('function-calls', () => {
  const calls = (families: Families, target: unknown, expected: number, fields = INTEGER) => {
    for (const [family, outputs] of Object.entries(families)) {
      expect(outputs.length, family).toBeGreaterThanOrEqual(4);
      test.each(outputs)(`${family}: %j scores ${expected}`, (output) => {
        expect(scoreOf(functionCalls, { output, target, fields })).toBe(expected);
      });
    }
  };

  calls(
    {
      'a document of another shape is a wrong answer, not an unscored one': [
        "[{'name': 'f', 'params': {'a': 1}}]",
        '[{"name": "f", "params": {"a": 1}}]',
        '{"name": "f", "inputs": {"a": "1"}}',
        '[[{"name": "f"}]]',
      ],
      'a document that calls nothing': [
        '{"answer": "none"}',
        '{"answer": {"f": null}}',
        '{"result": ["f", 1]}',
        '"f"',
        '[]',
      ],
      'a list of texts is no list of calls': ["['f(a=1)']", '["f(a=1)"]', "['f(a=1)', 'f(a=1)']", '[["f(a=1)"]]'],
    },
    called(1),
    0,
  );
  calls(
    {
      'a message of the OpenAI protocol': [
        `{"tool_calls": [${CALL}]}`,
        `{"role": "assistant", "tool_calls": [{"type": "function", "function": ${CALL}}]}`,
        '{"tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": "{\\"a\\": 1}"}}]}',
        `{"content": null, "tool_calls": [${CALL}]}`,
      ],
      'a tag with words around it': [
        `I will call it.\n${TAGGED}`,
        `${TAGGED}\nI have called it.`,
        `<think>which?</think>\n\n${TAGGED}`,
        `Sure! ${TAGGED} Is that right?`,
      ],
      'the mark of a family': [
        `<function_call> ${CALL}`,
        `<function_call>${CALL}</function_call>`,
        `[TOOL_CALLS] [${CALL}]`,
        `[TOOL_CALLS][${CALL}]</s>`,
        '<|python_tag|>{"name": "f", "parameters": {"a": 1}}',
        '<|python_tag|>{"name": "f", "parameters": {"a": 1}}<|eom_id|>',
        '{"type": "function", "name": "f", "parameters": {"a": 1}}',
        `{"type": "function", "function": ${CALL}}`,
      ],
      'a bracket that is missing at the end': [
        '[f(a=1)',
        `[${CALL}`,
        `<tool_call>\n${CALL.slice(0, -1)}`,
        `{"tool_calls": [${CALL}`,
      ],
      'a line of a program': [
        '```tool_code\nprint(default_api.f(a=1))\n```',
        '```tool_code\nprint(f(a=1))\n```',
        'print(f(a=1))',
        'result = f(a=1)',
        'result = await f(a=1);',
        'functions.f(a=1)',
        '{"name": "functions.f", "arguments": {"a": 1}}',
      ],
      'a word before the call': [
        `json\n${CALL}`,
        `assistant\n${CALL}`,
        'Function call: f(a=1)',
        'Call: f(a=1)',
        '**f(a=1)**',
      ],
      'a fence': [
        `\`\`\`json\n[${CALL}]\n\`\`\``,
        `\`\`\`\n[${CALL}]\n\`\`\``,
        '```python\n[f(a=1)]\n```',
        '```tool_code\nf(a=1)\n```',
      ],
    },
    called(1),
    1,
  );
  calls(
    {
      'parallel calls': [
        `${TAGGED}\n${TAGGED.replace('1', '2')}`,
        `<tool_call>\n[${CALL}, ${CALL.replace('1', '2')}]\n</tool_call>`,
        '[f(a=1), f(a=2)]',
        `[TOOL_CALLS] [${CALL}, ${CALL.replace('1', '2')}]`,
      ],
    },
    [...called(1), ...called(2)],
    1,
  );
  calls(
    {
      'a call in a shape that nobody was trained to write, where none is right': [
        '{"function_name": "f", "arguments": {"a": 1}}',
        '{"tool": "f", "args": {"a": 1}}',
        '{"action": "f", "action_input": {"a": 1}}',
        'Function call: f(a=1)',
        'result = f(a=1)',
        '**f(a=1)**',
        '```tool_code\nprint(f(a=1))\n```',
      ],
      'a call where none is right': [
        `${TAGGED}\n${TAGGED.replace('1', '2')}`,
        `{"tool_calls": [${CALL}]}`,
        '[f(a=1)]\n\nThis calls f.',
        `Let me see. ${TAGGED}`,
        `\`\`\`json\n${CALL}\n\`\`\``,
      ],
    },
    [],
    0,
  );
  calls(
    {
      'what is no call in any language': [
        'get_co-ordinate(a=1)',
        'I can tell you that f(x) = x + 1 is a line.',
        'None of the functions can be used.',
        'The price is $5 (five dollars).',
      ],
    },
    [],
    1,
  );
  calls(
    {
      'a subscript is a text': ["[f(a=data['x'])]", "f(a=data['x'])", '[f(a="data[\'x\']")]', "[ f( a = data['x'] ) ]"],
    },
    called("data['x']"),
    1,
    described('string'),
  );
  calls(
    {
      'a possible answer of another type stands in for the described one': [
        '[f(a=0.85)]',
        'f(a=.85)',
        '[f(a=8.5e-1)]',
        '{"name": "f", "arguments": {"a": 0.85}}',
      ],
    },
    called(0.85),
    1,
  );
  calls(
    {
      'whole numbers in a list of floats': [
        '[f(a=[1, 2])]',
        '[f(a=[1.0, 2])]',
        'f(a=[1, 2.0])',
        '{"name": "f", "arguments": {"a": [1, 2]}}',
      ],
    },
    called([1, 2]),
    1,
    described('array', { items: { type: 'float' } }),
  );
});

describe('choice', () => {
  const choices = (
    families: Readonly<Record<string, readonly (readonly [string, string])[]>>,
    expected: number,
    texts = 4,
  ) => {
    for (const [family, answers] of Object.entries(families)) {
      expect(answers.length, family).toBeGreaterThanOrEqual(4);
      test.each(answers)(`${family}: %j for %s scores ${expected}`, (output, target) => {
        const fields = { choices: Array.from({ length: texts }, (_, i) => `text ${i}`) };
        expect(scoreOf(choice, { output, target, fields })).toBe(expected);
      });
    }
  };

  choices(
    {
      'a word of Spanish holds no letter': [
        ['Así es, no hay respuesta.', 'A'],
        ['Aún no lo sé.', 'A'],
        ['Dígame más.', 'D'],
        ['Cómo no.', 'C'],
      ],
      'a word of French holds no letter': [
        ['Dès lors il est impossible de répondre.', 'D'],
        ['Bébé ne sait pas.', 'B'],
        ['Ça dépend.', 'C'],
        ['Âge inconnu.', 'A'],
      ],
      'an undecided answer chooses nothing': [
        ['probably A or C.', 'C'],
        ['A/C', 'A'],
        ['Either B or D', 'B'],
        ['It is A, or maybe C', 'C'],
        ['C oder D', 'D'],
      ],
    },
    0,
  );
  choices(
    {
      'a symbol of a formula is no letter': [
        ['ΔH = -10 kcal', 'H'],
        ['Use E=mc².', 'C'],
        ['pH 7', 'H'],
        ['The G-force is 3.', 'F'],
      ],
    },
    0,
    8,
  );
  choices(
    {
      'a letter at the head of prose': [
        ['A, because the sky is blue', 'A'],
        ['B, since it is warm', 'B'],
        ['C - the largest', 'C'],
        ['D: it is the last', 'D'],
      ],
      'a letter at the head, and others in the prose after it': [
        ['D, 21 min.\n\nA and B can build the wall in 85 minutes.', 'D'],
        ['C, 4 h.\n\nTrain A leaves before train B.', 'C'],
        ['B, 12 apples.\nA has 3 and C has 9.', 'B'],
        ['A) 5.\n\nB would be 6 and C would be 7.', 'A'],
      ],
      'a Japanese or Chinese sentence': [
        ['答えはBです', 'B'],
        ['正解はCです。', 'C'],
        ['答案是D。', 'D'],
        ['正确答案：A', 'A'],
      ],
      'a sentence of another language': [
        ['La respuesta es B', 'B'],
        ['La réponse est C.', 'C'],
        ['Die Antwort ist D.', 'D'],
        ['Odpowiedź: A', 'A'],
      ],
      'marks of Markdown': [
        ['**Answer:** B', 'B'],
        ['**Answer: C**', 'C'],
        ['### Answer\n**D**', 'D'],
        ['Answer: `A`', 'A'],
        ['The correct answer is **(C) Paris**', 'C'],
        ['The correct answer is *B*', 'B'],
      ],
      'a choice in everyday words': [
        ["I think it's C", 'C'],
        ["It's B.", 'B'],
        ["I'd go with D.", 'D'],
        ['I would choose option b.', 'B'],
        ['I pick option (a).', 'A'],
        ['option c', 'C'],
      ],
      'a document with single quotes': [
        ["{'answer': 'B'}", 'B'],
        ["{'reason': 'it is so', 'answer': 'C'}", 'C'],
        ["{'answer': 'D', 'sure': True}", 'D'],
        ["['answer: ', {'answer': 'A'}]", 'A'],
      ],
      'the text of a choice in a sentence': [
        ['The answer is text 1.', 'B'],
        ['It is text 2', 'C'],
        ['So the answer is: **text 3**', 'D'],
        ['Answer: text 0', 'A'],
      ],
    },
    1,
  );
  choices(
    {
      'the fifth of five': [
        ['E, Washington D.C.', 'E'],
        ['E) Washington, D.C.', 'E'],
        ['The answer is E (D.C.)', 'E'],
        ['(e)', 'E'],
      ],
    },
    1,
    5,
  );

  test.each([
    'The answer is (B).\n\nQuestion: next one\nThe answer is (C).',
    'B\n\nQ: next one\nA: C\n\nThe answer is C',
    'Answer: B\n\nQuestion: next one\nAnswer: C',
    'The answer is B.\n\nThe answer is C.',
  ])('of a base model that runs on, %j: the last by default, the first with `take: first`', (output) => {
    expect(scoreOf(choice, { output, target: 'B' })).toBe(0);
    expect(scoreOf(choice, { output, target: 'B' }, { take: 'first' })).toBe(1);
  });
});

test.each([
  ['14.666666666666666', '15'],
  ['1.5', '2'],
  ['16.5', '16'],
  ['3.64', '4'],
  ['14.6', '15'],
  ['14.99', '15'],
  ['15.4', '15'],
  ['1.49', '1'],
  ['1.6', '2'],
  ['-1.5', '-2'],
  ['16.4', '16'],
  ['17.5', '18'],
  ['15.9', '16'],
  ['3.5', '4'],
  ['4.4', '4'],
  ['0.5', '1'],
])('tora rounds nothing: %s is not %s', (output, target) => {
  expect(scoreOf(math, { output, target }, { convention: 'tora' })).toBe(0);
});

describe('json', () => {
  const people = [
    { text: 'Angela Merkel', type: 'PER' },
    { text: 'Berlin', type: 'LOC' },
    { text: 'Bonn', type: 'LOC' },
  ];
  test.each([[[people[0], people[1]]], [[people[1], people[0]]], [[people[2], people[0]]], [[people[2], people[1]]]])(
    'records in any order, one missing: %j has precision 1 and recall 2/3',
    (given) => {
      const score = json.score(
        { output: JSON.stringify({ entities: given }), target: { entities: people.toReversed() }, fields: {} },
        json.options.parse({}),
      );
      expect(score).toMatchObject({ details: { precision: 1, recall: 2 / 3 } });
    },
  );

  test.each([
    ['"12.50"', '"ACME Inc."', 1],
    ['12.5', '"acme inc"', 1],
    ['"12.5"', '"ACME  Inc"', 1],
    ['12.50', '"ACME, Inc."', 1],
    ['"12.51"', '"ACME Inc."', 0],
  ])('a total of %s and a vendor of %s, by their comparators: %i', (total, vendor, expected) => {
    const fields = {
      total: { compare: 'number' },
      vendor: { compare: 'text', ignoreCase: true, ignorePunctuation: true, ignoreBlanks: true },
    };
    const input = { output: `{"total": ${total}, "vendor": ${vendor}}`, target: { total: 12.5, vendor: 'ACME Inc' } };
    expect(scoreOf(json, input, { fields, value: 'exact' })).toBe(expected);
  });

  test.each(['Here: {"a": 1}', '{"a": 1} is it.', 'Sure!\n\n{"a": 1}\n\nDone.', 'JSON:\n{"a": 1}'])(
    '%j is a document where text around it is allowed, and none otherwise',
    (output) => {
      expect(scoreOf(json, { output, target: { a: 1 } }, { extract: 'first' })).toBe(1);
      expect(scoreOf(json, { output, target: { a: 1 } })).toBe(0);
    },
  );
});

test.each(['', ' ', '\n\n', '\t'])('silence as %j is a wrong answer', (output) => {
  expect(scoreOf(exact, { output, target: 'b' })).toBe(0);
});
