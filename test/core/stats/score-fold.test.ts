/** The estimate of a score without its values is the estimate with them. */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import { estimateScore } from '../../../src/core/stats/estimate/estimators.js';
import { ScoreFold } from '../../../src/core/stats/estimate/score-fold.js';

function fold(scores: readonly number[]) {
  const folded = new ScoreFold();
  for (const score of scores) folded.add(score);
  return folded.estimate();
}

const random = createRandom(1, 'scores');
const draws = (n: number, of: () => number) => Array.from({ length: n }, of);

describe('a fold of scores estimates as all scores together do', () => {
  test.each([
    ['zeros and ones', draws(500, () => (random.uniform() < 0.7 ? 1 : 0))],
    ['ones alone', draws(40, () => 1)],
    ['equal scores between', draws(40, () => 0.25)],
    ['few scores', [0, 0.5, 1]],
    ['one score', [0.5]],
    ['none', []],
  ])('%s', (_, scores) => {
    expect(fold(scores)).toEqual(estimateScore(scores));
  });

  test('scores that differ in the seventh digit, to twelve digits of the interval', () => {
    const scores = draws(100_000, () => 0.9 + random.uniform() * 1e-7);
    const [found, expected] = [fold(scores), estimateScore(scores)];
    if ('missing' in found || 'missing' in expected) throw new Error('expected estimates');
    for (const part of ['value', 'low', 'high'] as const) expect(found[part]).toBeCloseTo(expected[part], 12);
    expect(found.standardError! / expected.standardError!).toBeCloseTo(1, 6);
  });
});

test('a score outside 0 to 1 is refused', () => {
  expect(() => fold([0.5, 1.5])).toThrow('Expected a score from 0 to 1, got 1.5');
  expect(() => fold([Number.NaN])).toThrow(RangeError);
});
