import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BARE_FORMATS, CALL_FORMATS, readCalls } from '../../../src/core/score/read/call-formats.js';
import { functionCalls } from '../../../src/core/score/scorers/function-calls.js';
import { judge, scoreOf } from './judge.js';

const area = {
  name: 'geometry.area',
  parameters: {
    type: 'dict',
    properties: {
      base: { type: 'integer' },
      height: { type: 'float' },
      unit: { type: 'string' },
      tags: { type: 'array', items: { type: 'string' } },
      point: { type: 'dict' },
      on: { type: 'boolean' },
    },
    required: ['base', 'height'],
  },
};
const other = {
  name: 'note',
  parameters: { type: 'dict', properties: { text: { type: 'string' } }, required: ['text'] },
};
const target = [
  {
    'geometry.area': {
      base: [10],
      height: [5],
      unit: ['square meters', ''],
      tags: [['A b', 'c'], ''],
      point: [{ x: [1], label: ['P', ''] }, ''],
      on: [true, ''],
    },
  },
];
const fields = { function: [area] };
const right = (output: string, options: object = {}) => scoreOf(functionCalls, { output, target, fields }, options);

describe('a call', () => {
  test.each([
    '[geometry.area(base=10, height=5)]',
    'geometry.area(base=10, height=5.0, unit="Square-Meters")',
    "[geometry.area(base=5*2, height=5, tags=['a B', 'C'])]",
    '[geometry.area(base=10, height=5, point={"x": 1})]',
    '[geometry.area(base=10, height=5, on=True)]',
    "[geometry.area(base=10, height=5, unit=r'square meters')]",
    '[{"name": "geometry.area", "arguments": {"base": 10, "height": 5, "on": true}}]',
    '```python\n[geometry.area(base=10, height=5)]\n```',
    '[{"name": "geometry.area", "arguments": {"base": 10, "height": 5}}]',
    '{"name": "geometry.area", "parameters": "{\\"base\\": 10, \\"height\\": 5}"}',
    '[{"type": "function", "function": {"name": "geometry.area", "arguments": {"base": 10, "height": 5}}}]',
    '[{"geometry.area": {"base": 10, "height": 5}}]',
    '<tool_call>{"name": "geometry.area", "arguments": {"base": 10, "height": 5}}</tool_call>',
  ])('is right as %s', (output) => {
    expect(right(output)).toBe(1);
  });

  test.each([
    ['[geometry.area(base=10.0, height=5)]', 'a float is no integer'],
    ['[geometry.area(base="10", height=5)]', 'nor is a text'],
    // BFCL's own checker (bfcl-eval 2026.3.23) says so of these three.
    ['[geometry.area(base=10, height=5, on=true)]', 'true is a variable in Python'],
    ['[geometry.area(base=10, height=5, unit=b"square meters")]', 'bytes are no text'],
    ['[geometry.area(base=10, height=5, unit=f"square meters")]', 'a formatted text is not read'],
    ['[geometry.area(base=True, height=5)]', 'nor a boolean'],
    ['[geometry.area(height=5)]', 'a required argument is missing'],
    ['[geometry.area(base=10, height=5, colour="red")]', 'an argument is unknown'],
    ['[geometry.area(base=10, height=5, tags=["c", "A b"])]', 'a list has its order'],
    ['[geometry.area(base=10, height=5, tags=[1])]', 'an item has the wrong type'],
    ['[geometry.area(base=10, height=5, point={"y": 1})]', 'a key is unknown'],
    ['[geometry.area(base=10, height=5), geometry.area(base=10, height=5)]', 'there is one too many'],
    ['[area(base=10, height=5)]', 'the name is another'],
    ['The area is 25.', 'there is none'],
    ['', 'there is silence'],
  ])('is wrong as %s: %s', (output) => {
    expect(right(output)).toBe(0);
  });

  test('may have its dots written as underscores', () => {
    expect(right('[geometry_area(base=10, height=5)]')).toBe(0);
    expect(right('[geometry_area(base=10, height=5)]', { dots: 'underscore' })).toBe(1);
  });

  test('says what is wrong with it', () => {
    expect(judge(functionCalls, { output: '[geometry.area(base=11, height=5)]', target, fields })).toMatchObject({
      answer: 'geometry.area',
      details: { fault: 'base: wrong value' },
    });
  });
});

test('several calls may come in any order', () => {
  const two = [...target, { note: { text: ['done'] } }];
  const input = { target: two, fields: { function: [area, other] } };
  expect(scoreOf(functionCalls, { output: '[note(text="Done"), geometry.area(base=10, height=5)]', ...input })).toBe(1);
  expect(scoreOf(functionCalls, { output: '[note(text="done"), note(text="done")]', ...input })).toBe(0);
});

test('where no call is right, words are', () => {
  expect(scoreOf(functionCalls, { output: 'I cannot do that.', target: [], fields })).toBe(1);
  expect(scoreOf(functionCalls, { output: '[geometry.area(base=1, height=1)]', target: [], fields })).toBe(0);
});

test('a row without descriptions is unscored, in one sentence', () => {
  expect(judge(functionCalls, { output: '', target, fields: {} })).toMatchObject({
    state: 'unscored',
    reason: expect.stringMatching(/^expected descriptions of functions: .*[^\n]$/),
  });
});

test('a name such as __proto__ is a name', () => {
  expect(right('[geometry.area(base=10, height=5, __proto__={"a": 1})]')).toBe(0);
  expect(right('[{"name": "geometry.area", "arguments": {"base": 10, "height": 5, "constructor": 1}}]')).toBe(0);
});

const f = { name: 'f', parameters: { properties: { a: { type: 'integer' }, s: { type: 'string' } }, required: ['a'] } };
const described = { function: [f, { name: 'no', parameters: { properties: {} } }] };
const once = [{ f: { a: [1], s: ['x y', ''] } }];
const twice = [...once, { f: { a: [2] } }];

/** How each family writes one call of f with a = 1, and two of them. */
const SHAPES: Readonly<Record<keyof typeof CALL_FORMATS, readonly [one: string, two: string]>> = {
  hermes: [
    '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>',
    'Two calls:\n<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>\n<tool_call>\n{"name": "f", "arguments": {"a": 2}}',
  ],
  phi: [
    '<|tool_call|>[{"name": "f", "arguments": {"a": 1}}]<|/tool_call|>',
    'functools[{"name": "f", "arguments": {"a": 1}}, {"name": "f", "arguments": {"a": 2}}]',
  ],
  granite: [
    '<function_call> {"name": "f", "arguments": {"a": 1}}',
    '<function_call> {"name": "f", "arguments": {"a": 1}} <function_call> {"name": "f", "arguments": {"a": 2}}',
  ],
  jamba: [
    '<tool_calls>[{"name": "f", "arguments": {"a": 1}}]</tool_calls>',
    '<tool_calls>\n{"name": "f", "arguments": {"a": 1}}\n{"name": "f", "arguments": {"a": 2}}\n</tool_calls>',
  ],
  nemotron: ['<TOOLCALL>[f(a=1)]</TOOLCALL>', '<TOOLCALL>[f(a=1), f(a=2)]</TOOLCALL>'],
  llama: [
    '<|python_tag|>{"name": "f", "parameters": {"a": 1}}',
    '<|python_tag|>{"name": "f", "parameters": {"a": 1}}; {"name": "f", "parameters": {"a": 2}}<|eom_id|>',
  ],
  mistral: [
    '[TOOL_CALLS]f[ARGS]{"a": 1}</s>',
    '[TOOL_CALLS] [{"name": "f", "arguments": {"a": 1}}, {"name": "f", "arguments": {"a": 2}, "id": "abc123def"}]',
  ],
  deepseek: [
    '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{"a": 1}\n```<｜tool▁call▁end｜>',
    '<｜tool▁call▁begin｜>f<｜tool▁sep｜>{"a": 1}<｜tool▁call▁end｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{"a": 2}<｜tool▁call▁end｜>',
  ],
  kimi: [
    '<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{"a": 1}<|tool_call_end|>',
    '<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{"a": 1}<|tool_call_end|><|tool_call_begin|>functions.f:1<|tool_call_argument_begin|>{"a": 2}<|tool_call_end|>',
  ],
  minicpm: [
    '<|tool_call_start|>\n```python\nf(a=1)\n```\n<|tool_call_end|>',
    '<|tool_call_start|>[f(a=1), f(a=2)]<|tool_call_end|>Done.',
  ],
  command: [
    '<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "f", "parameters": {"a": 1}}]<|END_ACTION|>',
    '<|START_ACTION|>[{"tool_name": "f", "parameters": {"a": 1}}, {"tool_name": "f", "parameters": {"a": 2}}]<|END_ACTION|>',
  ],
  internlm: [
    '<|action_start|><|plugin|>\n{"name": "f", "parameters": {"a": 1}}<|action_end|>',
    '<|action_start|>{"name": "f", "parameters": {"a": 1}}<|action_end|>\n<|action_start|>{"name": "f", "parameters": {"a": 2}}',
  ],
  harmony: [
    '<|channel|>commentary to=functions.f <|constrain|>json<|message|>{"a": 1}<|call|>',
    'commentary to=functions.f<|message|>{"a": 1}<|call|> commentary to=functions.f<|message|>{"a": 2}<|call|>',
  ],
  xml: [
    '<function=f>{"a": 1}</function>',
    '<function_calls><invoke name="f"><parameter name="a">1</parameter></invoke><invoke name="f"><parameter name="a">2</parameter></invoke></function_calls>',
  ],
  functionGemma: [
    '<start_function_call>call:f{a:1}<end_function_call>',
    '<start_function_call>call:f{a:1}<end_function_call><start_function_call>call:f{a:2}<end_function_call>',
  ],
  qwenAgent: [
    '✿FUNCTION✿: f\n✿ARGS✿: {"a": 1}\n✿RESULT✿: done',
    '✿FUNCTION✿: f\n✿ARGS✿: {"a": 1}\n✿FUNCTION✿: f\n✿ARGS✿: {"a": 2}\n✿RESULT✿:',
  ],
  react: [
    'Thought: I need f.\nAction: f\nAction Input: {"a": 1}\nObservation: done',
    'Action: f\nAction Input: {"a": 1}\nAction: f\nAction Input: {"a": 2}',
  ],
};

describe.each(Object.entries(SHAPES))('the format of %s', (_, [one, two]) => {
  test('is read, one call and two', () => {
    expect(scoreOf(functionCalls, { output: one, target: once, fields: described })).toBe(1);
    expect(scoreOf(functionCalls, { output: two, target: twice, fields: described })).toBe(1);
    expect(scoreOf(functionCalls, { output: two, target: once, fields: described })).toBe(0);
  });

  test('is no silence: where no call is right, neither are calls nor what is left of them', () => {
    const cut = one.slice(0, one.indexOf('1') - 1);
    for (const output of [one, two, cut])
      expect(scoreOf(functionCalls, { output, target: [], fields: described }), output).toBe(0);
  });
});

test('the manual lists every format', () => {
  const manual = readFileSync(new URL('../../../docs/scorers.md', import.meta.url), 'utf8').replaceAll('\\|', '|');
  for (const { families, source, open } of Object.values(CALL_FORMATS))
    expect(manual).toContain(`| ${open.map((mark) => `\`${mark.trim()}\``).join(', ')} | ${families} | ${source} |`);
  for (const { example, families, source } of BARE_FORMATS)
    expect(manual).toContain(`| \`${example}\` | ${families} | ${source} |`);
});

describe('calls without marks', () => {
  test.each([
    '[f(a=1)',
    "'[f(a=1)]'",
    'f(a=1)',
    '`f(a=1)`',
    '[f(a=1)]\n\nThis calls f.',
    'f(a=1) and then some words',
    'Sure! [f(a=1)] does it.',
    'You need:\n- f(a=1)\nNothing else.',
    '```\nf(a=1)\n```',
    'First:\n```python\n[f(a=1)]\n```\nThen we are done.',
    '{"name": "f", "arguments": {"a": 1}',
    '{"name": "f", "arguments": "{\\"a\\": 1}"}',
    '{"type": "function", "name": "f", "parameters": {"a": 1}}',
    '{"type": "function", "function": {"name": "f", "arguments": {"a": 1}}}',
    '{"function": "f", "parameters": {"a": 1}}',
    '{"function_call": {"name": "f", "arguments": "{\\"a\\": 1}"}}',
    '{"tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\\"a\\": 1}"}}]}',
    '{"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}}',
    '[{"f": {"a": 1}}]',
    '[{"f": "{\\"a\\": 1}"}]',
    '{"f": {"a": 1}}',
    'f\n{"a": 1}',
    'f {"a": 1}',
    '{"thought": "call f", "tool_calls": [{"name": "f", "arguments": {"a": 1}}]}',
    'The call is {"name": "f", "arguments": {"a": 1}}, as asked.',
    '<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n<parameter=s>\nx y\n</parameter>\n</function>\n</tool_call>',
    '<tool_call>f\n<arg_key>a</arg_key>\n<arg_value>1</arg_value>\n</tool_call>',
  ])('are read in %s', (output) => {
    expect(scoreOf(functionCalls, { output, target: once, fields: described })).toBe(1);
    expect(scoreOf(functionCalls, { output, target: [], fields: described })).toBe(0);
  });

  test('may have the underscores of names escaped', () => {
    const fields = { function: [{ ...f, name: 'get_it' }] };
    const target = [{ get_it: { a: [1] } }];
    for (const output of ['[get\\_it(a=1)]', '{"name": "get\\_it", "arguments": {"a": 1}}'])
      expect(scoreOf(functionCalls, { output, target, fields })).toBe(1);
  });

  test.each([
    'I cannot do that.',
    'The function f needs a, which you did not give.',
    'f is not the right tool (see the list).',
    '[]',
    '{}',
    '',
    '{"answer": "none"}',
    '{"error": "no function fits", "code": 4}',
    '```json\n{"answer": null}\n```',
    '<tool_call></tool_call>',
    '[TOOL_CALLS][]',
    '<function_call> {"name": "no_function", "arguments": {}}',
    'None of the functions [see above] can be used.',
    'get_co-ordinate(a=1)',
    'Please tell me: (1) the city; (2) the date.',
  ])('are none in %s', (output) => {
    expect(scoreOf(functionCalls, { output, target: [], fields: described })).toBe(1);
    expect(scoreOf(functionCalls, { output, target: once, fields: described })).toBe(0);
  });

  test.each([
    "[{'name': 'f', 'params': {'a': 1}}]",
    "['f(a=1)']",
    '[f(a=',
    '{"name": "f", "arguments": {"a": 1, "s": "x',
    '<tool_call>f, with a = 1</tool_call>',
    '[f(a=1), "and more"]',
  ])('are tried in %s: neither right nor none', (output) => {
    expect(scoreOf(functionCalls, { output, target: once, fields: described })).toBe(0);
    expect(scoreOf(functionCalls, { output, target: [], fields: described })).toBe(0);
  });
});

test('the decoder of BFCL can be asked for: prose around a call makes it none', () => {
  const options = { read: 'bfcl' };
  for (const output of ['[f(a=1)]\n\nThis calls f.', '{"name": "f", "arguments": {"a": 1}}', "['f(a=1)']"]) {
    expect(scoreOf(functionCalls, { output, target: [], fields: described }, options)).toBe(1);
    expect(scoreOf(functionCalls, { output, target: once, fields: described }, options)).toBe(0);
  }
  expect(scoreOf(functionCalls, { output: '`f(a=1)`', target: once, fields: described }, options)).toBe(1);
});

test('a whole number may stand for a float in a list, and 0.85 is no integer', () => {
  const of = (type: string, items?: string) => ({
    function: [{ name: 'f', parameters: { properties: { a: { type, ...(items && { items: { type: items } }) } } } }],
  });
  const score = (output: string, a: unknown, fields: object) =>
    scoreOf(functionCalls, { output, target: [{ f: { a: [a] } }], fields: fields as never });
  expect(score('f(a=[1, 2.5])', [1, 2.5], of('array', 'float'))).toBe(1);
  expect(score('f(a=[1, 2])', [1, 2], of('tuple', 'float'))).toBe(1);
  expect(score('f(a=[1.0, 2])', [1, 2], of('array', 'integer'))).toBe(0);
  expect(score('f(a=0.85)', 0.85, of('integer'))).toBe(1);
  expect(score('f(a=0.85)', 1, of('integer'))).toBe(0);
  expect(score('f(a=5)', 5, of('number'))).toBe(1);
});

test('hostile output is no list of calls, and is refused quickly', () => {
  const names = new Set(['f']);
  for (const piece of [
    '[',
    '{',
    'f(',
    '"',
    '-',
    'a.',
    '\\',
    'f(a=',
    '["',
    '{"name":',
    '<tool_call>',
    '<function=f',
    '```',
    '[f(',
    "['",
    'f\n',
    '- f\n',
    '2**',
    '<parameter=a>',
    '<arg_key>',
  ])
    expect(typeof readCalls(piece.repeat(20_000), names), piece).toBe('string');
  expect(readCalls(`[${'f(a=1),'.repeat(20_000)}]`, names)).toHaveLength(20_000);
});
