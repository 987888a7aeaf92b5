/** Answers in the shapes that small models give them: each names one label, grade, number or letter, and must be read as that. */
import { describe, expect, test } from 'vitest';
import type { Scorer } from '../../../src/core/score/score.js';
import { choice } from '../../../src/core/score/scorers/choice.js';
import { classification } from '../../../src/core/score/scorers/classification.js';
import { entities } from '../../../src/core/score/scorers/entities.js';
import { multiLabel } from '../../../src/core/score/scorers/multi-label.js';
import { number } from '../../../src/core/score/scorers/number.js';
import { ordinal } from '../../../src/core/score/scorers/ordinal.js';
import { SHAPES } from '../../support/answer-shapes.js';
import { answerOf, scoreOf } from './judge.js';

interface Reading<Options> {
  readonly scorer: Scorer<Options>;
  readonly target: unknown;
  readonly options?: object;
  /** What is read, where it is another text than the answer. */
  readonly read?: (answer: string) => string;
}

const CHOICES = ['Paris', 'London', 'Rome', 'Madrid'];

/** Each answer is read in every shape. */
function reads<Options>(answers: readonly string[], reading: Reading<Options>): void {
  const { scorer, target, options = {}, read = (answer) => answer } = reading;
  test.each(answers)('reads %j in every shape', (answer) => {
    const outputs = SHAPES.map((shape) => shape(answer)).filter((output) => !UNREADABLE.has(output));
    const misread = outputs
      .map((output) => [output, answerOf(scorer, { output, target, fields: { choices: CHOICES } }, options)])
      .filter(([, found]) => found !== read(answer));
    expect(misread).toEqual([]);
  });
}

/** A number behind the number of a list, which may be either of the two. */
const UNREADABLE = new Set(['1. 3', '1. 5', '1. 1']);

const LABELS = ['billing', 'delivery', 'technical issue', 'yes', 'no'];

describe('choice', () => {
  reads(['A', 'C'], { scorer: choice, target: 'A' });
  reads(['b'], { scorer: choice, target: 'A', read: () => 'B' });
  reads(['Paris', 'A) Paris', 'A. Paris', '(A) Paris', 'A: Paris'], { scorer: choice, target: 'B', read: () => 'A' });
  test.each([
    'not Paris',
    'Paris or London',
    'Paris and London',
    'Paris, London',
    'Paris/London',
    'The answer is not Paris',
    'Answer: Paris or Rome',
    'Paris is wrong',
    'Parisian',
    'It is a city',
    'A nice city, and a big one',
    'b or c',
    'a, b and c',
    'an apple',
    'I am a model, b',
  ])('reads none in %j', (output) => {
    expect(answerOf(choice, { output, target: 'B', fields: { choices: CHOICES } })).toBeNull();
  });
});

describe('number', () => {
  reads(['12', '-7', '3.5', '0'], { scorer: number, target: '12' });
  reads(['1,234'], { scorer: number, target: '12', read: () => '1234' });
});

describe('ordinal', () => {
  reads(['3', '5'], { scorer: ordinal, target: 3 });
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
  reads(LABELS, { scorer: classification, target: 'billing', options: { labels: LABELS } });
  reads(['1'], { scorer: classification, target: '1', options: { labels: ['0', '1', '2'] } });
  test.each([
    'It is not billing, it is delivery',
    'billing and delivery',
    'either billing or delivery',
    'neither billing nor delivery',
    'The answer is not billing',
    'The answer is billing or delivery',
    'The answer is billing, delivery',
    'The answer is yes and no',
    'billing is not correct',
    'billing is the wrong answer',
    'billing (40%), delivery (60%)',
    'billing - or delivery',
    'billing: 0.4\ndelivery: 0.6',
    'I would not say billing',
    'I would say billing or delivery',
    'The answer is no longer known',
    'No idea',
    'The billing department was called',
    'billing related',
    '{"billing": 0.4, "delivery": 0.6}',
    '{"answer": "billing or delivery"}',
    '{"labels": ["billing", "delivery"]}',
    'Answer with one of billing, delivery, yes, no.',
    'Label the ticket as billing, delivery or technical issue.',
  ])('reads none in %j', (output) => {
    expect(answerOf(classification, { output, target: 'billing' }, { labels: LABELS })).toBeNull();
  });
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
    ['The ticket is about money.\nbilling', 'billing'],
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
