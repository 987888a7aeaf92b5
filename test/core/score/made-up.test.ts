/** Answers in the shapes that small models give them: each names one label, grade, number or letter, and must be read as that. */
import { describe, expect, test } from 'vitest';
import type { Scorer } from '../../../src/core/score/score.js';
import { choice } from '../../../src/core/score/scorers/choice.js';
import { classification } from '../../../src/core/score/scorers/classification.js';
import { entities } from '../../../src/core/score/scorers/entities.js';
import { multiLabel } from '../../../src/core/score/scorers/multi-label.js';
import { number } from '../../../src/core/score/scorers/number.js';
import { ordinal } from '../../../src/core/score/scorers/ordinal.js';
import { answerOf, scoreOf } from './judge.js';

/** Shapes that any short answer takes. */
const SHAPES: readonly ((answer: string) => string)[] = [
  ...['', '"', "'", '*', '**', '__', '`'].map((quote) => (answer: string) => `${quote}${answer}${quote}`),
  ...['()', '[]', '“”', '‘’', '«»'].map(
    ([open, close]) =>
      (answer: string) =>
        `${open}${answer}${close}`,
  ),
  ...['.', '!', '\n', ' \n\n', '</s>', '<|im_end|>', '<|eot_id|>'].map((end) => (answer: string) => answer + end),
  ...[
    'Answer: ',
    'answer: ',
    '**Answer:** ',
    'Final answer: ',
    '### Answer\n',
    '### Answer:\n\n',
    'The answer is ',
  ].map((start) => (answer: string) => start + answer),
  (answer) => `Answer: **${answer}**`,
  (answer) => `<answer>${answer}</answer>`,
  (answer) => `<answer>\n${answer}\n</answer>`,
  (answer) => `{"answer": "${answer}"}`,
  (answer) => `\`\`\`json\n{"answer": "${answer}"}\n\`\`\``,
  (answer) => `${answer}\n\nExplanation: it is what was asked for.`,
  (answer) => `It is ${answer}.`,
  (answer) => `答案：${answer}`,
];

function reads<Options>(scorer: Scorer<Options>, answers: readonly string[], options: object, target: unknown): void {
  test.each(answers.flatMap((answer) => SHAPES.map((shape) => [shape(answer), answer] as const)))(
    'reads %j as %j',
    (output, answer) => {
      const fields = { choices: ['Paris', 'London', 'Rome', 'Madrid'] };
      expect(answerOf(scorer, { output, target, fields }, options)).toBe(answer);
    },
  );
}

const LABELS = ['billing', 'delivery', 'technical issue', 'yes', 'no'];

describe('choice', () => {
  reads(choice, ['A', 'B', 'C', 'D'], {}, 'A');
});

describe('number', () => {
  reads(number, ['12', '-7', '3.5', '0'], {}, '12');
});

describe('ordinal', () => {
  reads(ordinal, ['1', '3', '5'], {}, 3);
  test.each([
    ['On a scale of 1 to 5, I give 4.', '4'],
    ['On a scale from 1 to 5: 2', '2'],
    ['Auf einer Skala von 1 bis 5: 3', '3'],
    ['Bewertung: 4 von 5', '4'],
    ['Note : 3 sur 5', '3'],
    ['1 to 5', null],
    ['On a scale of 1 to 5', null],
    ['3 or 4', null],
    ['6 of 5', null],
  ])('reads %j as %j', (output, grade) => {
    expect(answerOf(ordinal, { output, target: 3 })).toBe(grade);
  });
});

describe('classification', () => {
  reads(classification, LABELS, { labels: LABELS }, 'billing');
  test.each([
    ['• Billing', 'billing'],
    ['1. billing', 'billing'],
    ['### Billing', 'billing'],
    ['# Label\nbilling', 'billing'],
    ['=> billing', 'billing'],
    ['Label → billing', 'billing'],
    ['Classification: Billing', 'billing'],
    ['This is a billing matter', null],
    ['Kategorie: billing', 'billing'],
    ['标签：billing', 'billing'],
    ['\u200bbilling', 'billing'],
    ['billing\nbilling', 'billing'],
    ['billing\ndelivery', null],
    ['No.\n\nYes.', null],
    ['not billing', null],
    ['It is not billing.', null],
    ['billing or delivery', null],
    ['yes/no', null],
    ['The ticket is about money.\nbilling', null],
  ])('reads %j as %j', (output, label) => {
    const { answer } = classification.score(
      { output, target: 'billing', fields: {} },
      classification.options.parse({ labels: LABELS }),
    ) as { answer: string | null };
    expect(answer).toBe(label);
  });

  test('takes a number of a list for a label where it is one', () => {
    expect(answerOf(classification, { output: '1. 2', target: '2' }, { labels: ['1', '2'] })).toBeNull();
    expect(answerOf(classification, { output: '2.', target: '2' }, { labels: ['1', '2'] })).toBe('2');
  });
});

describe('multi-label', () => {
  test.each([
    'billing, delivery',
    'billing; delivery',
    'billing and delivery',
    'billing, and delivery',
    'billing & delivery',
    'billing | delivery',
    'billing/delivery',
    'billing + delivery',
    '#billing #delivery',
    '- billing\n- delivery',
    '1. Billing\n2. Delivery',
    'Labels: billing, delivery',
    'The labels are billing and delivery.',
    'The labels are: billing, delivery',
    'Topics: Billing; Delivery',
    'billing、delivery',
    '<labels>billing, delivery</labels>',
    'billing, delivery</s>',
    '```json\n["billing", "delivery"]\n```',
    '{"labels": ["billing", "delivery"]}',
  ])('reads two labels in %j', (output) => {
    const target = ['billing', 'delivery'];
    expect(scoreOf(multiLabel, { output, target }, { labels: [...target, 'returns'], value: 'exact' })).toBe(1);
  });

  test.each(['neither billing nor delivery', 'not billing', 'billing-like'])('reads no label in %j', (output) => {
    expect(scoreOf(multiLabel, { output, target: [] }, { labels: ['billing', 'delivery'], value: 'exact' })).toBe(1);
  });

  test('keeps a label with a sign between labels whole', () => {
    const labels = ['c++', 'r&d', 'a'];
    expect(scoreOf(multiLabel, { output: 'c++, r&d', target: ['c++', 'r&d'] }, { labels, value: 'exact' })).toBe(1);
  });
});

describe('entities', () => {
  const target = [
    { text: 'Ann', type: 'PER' },
    { text: 'Bonn', type: 'LOC' },
  ];
  test.each([
    '[{"entity": "Ann", "label": "PER"}, {"entity": "Bonn", "label": "LOC"}]',
    '[{"word": "Ann", "entity": "PER"}, {"word": "Bonn", "entity": "LOC"}]',
    '[{"name": "Ann", "category": "PER"}, {"name": "Bonn", "category": "LOC"}]',
    '{"text": "Ann", "type": "PER"}\n{"text": "Bonn", "type": "LOC"}',
    '{"PER": ["Ann"], "LOC": ["Bonn"]}',
    '{"PER": ["Ann"], "LOC": ["Bonn"], "ORG": []}',
    '```json\n{"entities": [{"text": "Ann", "type": "PER"}, {"text": "Bonn", "type": "LOC"}]}\n```',
  ])('reads two in %j', (output) => {
    expect(scoreOf(entities, { output, target })).toBe(1);
  });

  test.each(['Ann and Bonn', '{"PER": "Ann"}', '{"a": 1}\n{"b": 2}', '{"x": [1]}'])('reads none in %j', (output) => {
    expect(scoreOf(entities, { output, target })).toBe(0);
  });
});
