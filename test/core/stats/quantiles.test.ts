import { describe, expect, it } from 'vitest';
import { isMissing, type Missing } from '../../../src/core/quantity.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import type { Estimate } from '../../../src/core/stats/estimate/estimate.js';
import {
  estimateQuantile,
  quantileBoundSampleSize,
  quantileOrders,
  quantileSampleSize,
} from '../../../src/core/stats/estimate/order-statistics.js';
import { median, percentile } from '../../../src/core/stats/estimate/percentiles.js';

function present(estimate: Estimate | Missing): Estimate {
  if (isMissing(estimate)) throw new Error(`missing: ${estimate.missing}`);
  return estimate;
}

const oneToTen = [7, 1, 10, 4, 2, 9, 3, 8, 5, 6];

describe('percentiles', () => {
  it('interpolate between ranks, as R and numpy do', () => {
    expect(percentile(oneToTen, 0.9)).toBeCloseTo(9.1, 12);
    expect(oneToTen[0]).toBe(7);
  });

  it('are the ends at 0 and 1, and the value itself for one value', () => {
    expect(percentile(oneToTen, 0)).toBe(1);
    expect(percentile(oneToTen, 1)).toBe(10);
    expect(percentile([3], 0.5)).toBe(3);
    expect(() => percentile([], 0.5)).toThrow('at least one value');
    expect(() => percentile([1], 50)).toThrow('Expected `p` to lie in [0, 1], got 50');
  });

  it('have the mean of the middle two as the median of an even number', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([5, 1, 3])).toBe(3);
  });
});

describe('intervals by order statistics', () => {
  it("choose benchstat's orders", () => {
    expect(quantileOrders(4, 0.5, 0.375)).toMatchObject({ low: 2, high: 3, ambiguous: false });
    expect(quantileOrders(4, 0.5, 0.375).confidence).toBeCloseTo(0.375, 12);
    expect(quantileOrders(4, 0.5, 0.3750001)).toMatchObject({ low: 1, high: 3, ambiguous: true });
    expect(quantileOrders(4, 0.5, 0.3750001).confidence).toBeCloseTo(0.625, 12);
    expect(quantileOrders(5, 0.5, 0.3125001)).toMatchObject({ low: 2, high: 4 });
    expect(quantileOrders(5, 0.5, 0.3125001).confidence).toBeCloseTo(0.625, 12);
  });

  it("give benchstat's median, and nothing where its bounds are infinite", () => {
    const values = [-10, 2, 3, 4, 5, 6];
    expect(estimateQuantile(values, 0.5)).toMatchObject({
      value: 3.5,
      low: -10,
      high: 6,
      n: 6,
      method: 'order-statistics',
    });
    expect(quantileOrders(6, 0.5).confidence).toBeCloseTo(0.96875, 12);
    expect(estimateQuantile(values, 0.5, 0.99)).toEqual({ missing: expect.stringContaining('it takes 8') });
  });

  it('need 6 values for a median at 95%, 8 at 99%, and hundreds for a p99', () => {
    expect(quantileSampleSize(0.5)).toBe(6);
    expect(quantileSampleSize(0.5, { confidence: 0.99 })).toBe(8);
    expect(quantileSampleSize(0.99)).toBe(377);
    const values = Array.from({ length: 377 }, (_, i) => i);
    expect(isMissing(estimateQuantile(values, 0.99))).toBe(false);
    expect(isMissing(estimateQuantile(values.slice(1), 0.99))).toBe(true);
  });

  it('are missing for no value, one and five', () => {
    expect(estimateQuantile([], 0.5)).toEqual({ missing: 'no values' });
    expect(isMissing(estimateQuantile([1], 0.5))).toBe(true);
    expect(isMissing(estimateQuantile([1, 2, 3, 4, 5], 0.5))).toBe(true);
    expect(() => estimateQuantile([Number.NaN], 0.5)).toThrow(RangeError);
  });

  it('hold with ties', () => {
    expect(estimateQuantile([1, 1, 1, 1, 1, 1, 2], 0.5)).toMatchObject({ value: 1, low: 1 });
  });

  it('cover at least as often as they say, whatever the shape', () => {
    const random = createRandom('order statistics');
    for (const [q, n] of [
      [0.5, 15],
      [0.9, 60],
      [0.99, 500],
    ] as const) {
      const truth = -Math.log(1 - q);
      let covered = 0;
      for (let suite = 0; suite < 600; suite++) {
        const values = Array.from({ length: n }, () => -Math.log(1 - random.uniform()));
        const { low, high } = present(estimateQuantile(values, q));
        if (low <= truth && truth <= high) covered++;
      }
      expect(covered / 600).toBeGreaterThan(0.93);
      expect(covered / 600).toBeLessThan(0.995);
    }
  });
});

describe('the one-sided bound of a quantile', () => {
  it('takes the sizes of one-sided tolerance limits', () => {
    // Wilks 1941, Annals of Mathematical Statistics 12:91: 59, 93 and 124 are the runs of a 95/95 safety analysis.
    expect(quantileBoundSampleSize(0.9)).toBe(29);
    expect(quantileBoundSampleSize(0.95)).toBe(59);
    expect(quantileBoundSampleSize(0.99)).toBe(299);
    expect(quantileBoundSampleSize(0.95, { over: 1 })).toBe(93);
    expect(quantileBoundSampleSize(0.95, { over: 2 })).toBe(124);
    expect(quantileBoundSampleSize(0.95, { confidence: 1 - 0.05 / 6 })).toBe(94);
  });
});
