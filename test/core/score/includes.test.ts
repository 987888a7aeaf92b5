import { expect, test } from 'vitest';
import { includes } from '../../../src/core/score/scorers/includes.js';
import { answerOf, judge, scoreOf } from './judge.js';

const output = 'Your order A-113 leaves on Monday; a refund takes 5 days.';

test('one mention suffices, and case does not count', () => {
  expect(scoreOf(includes, { output, target: 'REFUND' })).toBe(1);
  expect(scoreOf(includes, { output, target: 'REFUND' }, { ignoreCase: false })).toBe(0);
  expect(scoreOf(includes, { output, target: ['voucher', 'Monday'] })).toBe(1);
});

test('all must be mentioned, or the score is the fraction', () => {
  const target = ['A-113', 'Monday', 'voucher', '5 days'];
  expect(scoreOf(includes, { output, target }, { match: 'all' })).toBe(0);
  expect(scoreOf(includes, { output, target: ['A-113', 'Monday'] }, { match: 'all' })).toBe(1);
  expect(judge(includes, { output, target }, { match: 'fraction' })).toEqual({
    state: 'scored',
    value: 0.75,
    answer: 'A-113, Monday, 5 days',
    details: { found: 3, expected: 4 },
  });
});

test('a whole word is touched by no letter or digit', () => {
  expect(scoreOf(includes, { output: 'category', target: 'cat' }, { wholeWords: true })).toBe(0);
  expect(scoreOf(includes, { output: 'category: cat.', target: 'cat' }, { wholeWords: true })).toBe(1);
  expect(scoreOf(includes, { output: 'it costs $5.', target: '$5' }, { wholeWords: true })).toBe(1);
  expect(scoreOf(includes, { output: 'it costs $50.', target: '$5' }, { wholeWords: true })).toBe(0);
  expect(scoreOf(includes, { output: 'über', target: 'ber' }, { wholeWords: true })).toBe(0);
});

test('nothing found is no answer, and an empty target is our fault', () => {
  expect(answerOf(includes, { output: '', target: 'x' })).toBeNull();
  expect(judge(includes, { output: 'x', target: ' ' })).toMatchObject({ state: 'unscored' });
});
