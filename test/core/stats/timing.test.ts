import { describe, expect, it } from 'vitest';
import { isMissing, type Missing } from '../../../src/core/quantity.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import type { Estimate } from '../../../src/core/stats/estimate/estimate.js';
import { estimateRatio } from '../../../src/core/stats/estimate/ratio.js';
import { testTrend } from '../../../src/core/stats/estimate/trend.js';

function present<T extends object>(result: T | Missing): T {
  if (isMissing(result)) throw new Error(`missing: ${result.missing}`);
  return result;
}

describe('the ratio of paired timings', () => {
  const [baseline, candidate] = [
    [100, 102, 98, 101, 99],
    [104, 107, 101, 106, 103],
  ];

  it('is the geometric mean of the worked example', () => {
    const ratio: Estimate = present(estimateRatio(baseline, candidate));
    expect(ratio.value).toBeCloseTo(1.0418849, 7);
    expect(ratio.low).toBeCloseTo(1.0322634, 7);
    expect(ratio.high).toBeCloseTo(1.0515961, 7);
  });

  it('turns over exactly when the two change places', () => {
    const [there, back] = [present(estimateRatio(baseline, candidate)), present(estimateRatio(candidate, baseline))];
    expect(there.value * back.value).toBeCloseTo(1, 12);
    expect(there.low * back.high).toBeCloseTo(1, 12);
  });

  it('finds a factor of 1.03 exactly under a drift of 2% a step', () => {
    const drifting = Array.from({ length: 10 }, (_, i) => 100 * (1 + 0.02 * i));
    const slower = drifting.map((value) => 1.03 * value);
    const ratio = present(estimateRatio(drifting, slower));
    expect(ratio.value).toBeCloseTo(1.03, 12);
    expect(ratio.low).toBeCloseTo(1.03, 9);
  });

  it('is missing for one pair and refuses a time of 0', () => {
    expect(isMissing(estimateRatio([1], [2]))).toBe(true);
    expect(() => estimateRatio([0, 1], [1, 1])).toThrow('Expected `baseline[0]` to be a finite number above 0, got 0');
  });
});

describe('the trend test', () => {
  it('finds a drift and its slope', () => {
    const random = createRandom('drift');
    const trend = present(testTrend(Array.from({ length: 60 }, (_, i) => 100 + 0.5 * i + random.normal())));
    expect(trend.p).toBeLessThan(1e-6);
    expect(trend.slope).toBeCloseTo(0.5, 1);
  });

  it('finds the same slope in a long series, by blocks', () => {
    const random = createRandom('long drift');
    const trend = present(testTrend(Array.from({ length: 5_003 }, (_, i) => 100 + 0.01 * i + random.normal())));
    expect(trend.slope).toBeCloseTo(0.01, 3);
    expect(trend.p).toBeLessThan(1e-6);
  });

  it('counts rising and falling pairs, ties as neither', () => {
    // 22 pairs rise, 4 fall, 2 are ties: score 18, variance (8 * 7 * 21 - 2 * 2 * 1 * 9) / 18, z = 17 / sqrt(63.33).
    const trend = present(testTrend([1, 3, 2, 2, 5, 4, 4, 6]));
    expect(trend.tau).toBeCloseTo(18 / 28, 12);
    expect(trend.p).toBeCloseTo(0.03267, 4);
  });

  it('has no evidence in a constant series and is missing for fewer than 8 values', () => {
    expect(testTrend(Array<number>(20).fill(7))).toEqual({ tau: 0, slope: 0, p: 1 });
    // As many pairs rise as fall.
    expect(testTrend([1, 2, 3, 4, 4, 3, 2, 1])).toEqual({ tau: 0, slope: 0, p: 1 });
    expect(testTrend([1, 2, 3])).toEqual({ missing: expect.stringContaining('8') });
  });

  it('calls noise a trend at most 5% of the time', () => {
    const random = createRandom('no drift');
    let wrong = 0;
    for (let i = 0; i < 2_000; i++) {
      if (present(testTrend(Array.from({ length: 20 }, () => random.normal()))).p < 0.05) wrong++;
    }
    expect(wrong / 2_000).toBeLessThan(0.06);
    expect(wrong / 2_000).toBeGreaterThan(0.03);
  });
});
