import { describe, expect, test } from 'vitest';
import { isMissing } from '../../../src/core/quantity.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import { estimateLine, type Line } from '../../../src/core/stats/estimate/regression.js';

function lineOf(...args: Parameters<typeof estimateLine>): Line {
  const line = estimateLine(...args);
  if (isMissing(line)) throw new Error(line.missing);
  return line;
}

describe('a line through points', () => {
  test('has the coefficients and the robust errors of the sandwich formula in matrix form', () => {
    // (X'X)^-1 (sum_g X_g' e_g e_g' X_g) (X'X)^-1 times 3/2 and 5/4, computed apart.
    const x = [1, 2, 3, 4, 5, 6];
    const y = [1.1, 1.9, 3.2, 3.8, 5.3, 5.9];
    const { slope, intercept } = lineOf(x, y, { clusters: ['a', 'a', 'b', 'b', 'c', 'c'] });
    expect(slope.value).toBeCloseTo(0.9942857142857138, 10);
    expect(intercept.value).toBeCloseTo(0.05333333333333101, 10);
    expect(slope.standardError).toBeCloseTo(0.018982298102721992, 10);
    expect(intercept.standardError).toBeCloseTo(0.05794242196386214, 10);
  });

  test('holds the true line in 95 of 100 intervals, though the spread grows with x and points come in clusters', () => {
    const random = createRandom(7);
    const held = { slope: 0, intercept: 0 };
    const runs = 1000;
    for (let run = 0; run < runs; run++) {
      const [x, y, clusters]: [number[], number[], number[]] = [[], [], []];
      for (let sample = 0; sample < 40; sample++) {
        const tokens = 20 + 400 * random.uniform();
        const common = 0.02 * tokens * (random.uniform() - 0.5);
        for (let repetition = 0; repetition < 3; repetition++) {
          x.push(tokens);
          y.push(5 + 0.1 * tokens + common + 0.02 * tokens * (random.uniform() - 0.5));
          clusters.push(sample);
        }
      }
      const { slope, intercept } = lineOf(x, y, { clusters });
      if (slope.low <= 0.1 && 0.1 <= slope.high) held.slope++;
      if (intercept.low <= 5 && 5 <= intercept.high) held.intercept++;
    }
    for (const share of [held.slope / runs, held.intercept / runs]) {
      expect(share).toBeGreaterThan(0.92);
      expect(share).toBeLessThan(0.98);
    }
  });

  test('is missing where points cannot show it', () => {
    expect(estimateLine([1, 2], [1, 2])).toEqual({ missing: expect.stringContaining('3 independent points') });
    expect(estimateLine([1, 2, 3], [1, 2, 3], { clusters: [1, 1, 2] })).toHaveProperty('missing');
    expect(estimateLine([4, 4, 4], [1, 2, 3])).toEqual({ missing: expect.stringContaining('the same x') });
  });
});
