import { expect, test } from 'vitest';
import { classification } from '../../../src/core/score/scorers/classification.js';
import { answerOf, judge, metricsOf } from './judge.js';

const labels = ['card_arrival', 'card', 'lost-card'];

test.each([
  ['card arrival', 'card arrival'],
  ['  Card_Arrival.', 'card arrival'],
  ['**lost card**', 'lost card'],
  ['It is about card arrival', null],
  ['', null],
  ['“card arrival”', 'card arrival'],
  ['«Card»', 'card'],
  ['‘lost\u2011card’.', 'lost card'],
  ['Label: card', 'card'],
  ['**Category:** lost-card', 'lost card'],
  ['The answer is "card".', 'card'],
  ['(card)?', 'card'],
  ['カード', null],
  ['card。', 'card'],
  ['Label: none', null],
])('"%s" is the label %j', (output, label) => {
  expect(answerOf(classification, { output, target: 'card' }, { labels })).toBe(label);
});

test.each([
  ['It is about card arrival, I think', 'card arrival'],
  ['either lost card or card arrival', null],
  ['a cardboard box', null],
])('"%s" mentions %j', (output, label) => {
  expect(answerOf(classification, { output, target: 'card' }, { labels, extract: 'mention' })).toBe(label);
});

test('a sign that is a label is one, and a label may look like a heading', () => {
  expect(answerOf(classification, { output: '-', target: '-' }, { labels: ['+', '-'] })).toBe('-');
  expect(answerOf(classification, { output: 'C#.', target: 'C#' }, { labels: ['C', 'C#', 'C++'] })).toBe('c#');
  expect(answerOf(classification, { output: 'output', target: 'input' }, { labels: ['input', 'output'] })).toBe(
    'output',
  );
});

test('a target outside the set is our fault', () => {
  expect(judge(classification, { output: 'card', target: 'sales' }, { labels })).toMatchObject({ state: 'unscored' });
});

// The example of scikit-learn's classification_report: targets 0 1 2 2 2, answers 0 0 2 2 1.
test('a cell has the classification report of scikit-learn', () => {
  const names = ['zero', 'one', 'two'];
  const metrics = metricsOf(
    classification,
    [0, 1, 2, 2, 2].map((target, index) => ({ target: names[target], output: names[[0, 0, 2, 2, 1][index]!]! })),
  );
  expect(metrics).toMatchObject({
    accuracy: { value: 0.6 },
    macroF1: { value: (2 / 3 + 0 + 0.8) / 3 },
    'precision zero': { value: 0.5 },
    'recall zero': { value: 1 },
    'precision two': { value: 1 },
    'recall two': { value: 2 / 3 },
    'f1 two': { value: 0.8 },
    'confusion one taken for zero': { value: 1 },
  });
  expect((metrics.weightedF1 as { value: number }).value).toBeCloseTo((2 / 3 + 3 * 0.8) / 5, 12);
  // Expected by chance: (1*2 + 1*1 + 3*2) / 25.
  expect((metrics.kappa as { value: number }).value).toBeCloseTo((0.6 - 9 / 25) / (1 - 9 / 25), 12);
});

test('an output without a label is missed for its target, and is no label of its own', () => {
  const metrics = metricsOf(
    classification,
    [
      { output: 'no idea', target: 'card' },
      { output: 'card', target: 'card' },
    ],
    { labels },
  );
  expect(metrics).toMatchObject({
    macroF1: { value: 2 / 3 },
    'recall card': { value: 0.5 },
    'confusion card taken for no label': { value: 1 },
  });
  expect(metricsOf(classification, []).accuracy).toHaveProperty('missing');
});
