import { describe, expect, it } from 'vitest';
import { isMissing, type Missing } from '../../../src/core/quantity.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import type { Estimate } from '../../../src/core/stats/estimate/estimate.js';
import {
  estimateMedian,
  estimateQuantile,
  quantileOrders,
  quantileSampleSize,
  quantileUpperBound,
} from '../../../src/core/stats/estimate/order-statistics.js';
import {
  median,
  mlperfPercentile,
  nearestRankPercentile,
  percentile,
} from '../../../src/core/stats/estimate/percentiles.js';

function present(estimate: Estimate | Missing): Estimate {
  if (isMissing(estimate)) throw new Error(`missing: ${estimate.missing}`);
  return estimate;
}

const oneToTen = [7, 1, 10, 4, 2, 9, 3, 8, 5, 6];

describe('percentiles', () => {
  it('go by three rules, which differ on 1 to 10', () => {
    expect(percentile(oneToTen, 0.9)).toBeCloseTo(9.1, 12);
    expect(nearestRankPercentile(oneToTen, 0.9)).toBe(9);
    expect(mlperfPercentile(oneToTen, 0.9)).toBe(10);
    expect(oneToTen[0]).toBe(7);
  });

  it('are the ends at 0 and 1, and the value itself for one value', () => {
    for (const rule of [percentile, nearestRankPercentile, mlperfPercentile]) {
      expect(rule(oneToTen, 0)).toBe(1);
      expect(rule(oneToTen, 1)).toBe(10);
      expect(rule([3], 0.5)).toBe(3);
      expect(() => rule([], 0.5)).toThrow('at least one value');
      expect(() => rule([1], 50)).toThrow('Expected `p` to lie in [0, 1], got 50');
    }
  });

  it('do not slip a rank where p n is a whole number on paper only', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
    expect(0.07 * 100).toBeGreaterThan(7);
    expect(nearestRankPercentile(hundred, 0.07)).toBe(7);
    expect(0.29 * 100).toBeLessThan(29);
    expect(mlperfPercentile(hundred, 0.29)).toBe(30);
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
    expect(estimateMedian(values)).toMatchObject({ value: 3.5, low: -10, high: 6, n: 6, method: 'order-statistics' });
    expect(quantileOrders(6, 0.5).confidence).toBeCloseTo(0.96875, 12);
    expect(estimateMedian(values, 0.99)).toEqual({ missing: expect.stringContaining('it takes 8') });
  });

  it('need 6 values for a median at 95%, 8 at 99%, and hundreds for a p99', () => {
    expect(quantileSampleSize(0.5)).toBe(6);
    expect(quantileSampleSize(0.5, 0.99)).toBe(8);
    expect(quantileSampleSize(0.99)).toBe(377);
    const values = Array.from({ length: 377 }, (_, i) => i);
    expect(isMissing(estimateQuantile(values, 0.99))).toBe(false);
    expect(isMissing(estimateQuantile(values.slice(1), 0.99))).toBe(true);
  });

  it('are missing for no value, one and five', () => {
    expect(estimateMedian([])).toEqual({ missing: 'no values' });
    expect(isMissing(estimateMedian([1]))).toBe(true);
    expect(isMissing(estimateMedian([1, 2, 3, 4, 5]))).toBe(true);
    expect(() => estimateMedian([Number.NaN])).toThrow(RangeError);
  });

  it('hold with ties', () => {
    expect(estimateMedian([1, 1, 1, 1, 1, 1, 2])).toMatchObject({ value: 1, low: 1 });
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
  it('takes 59 values for p95 and 299 for p99', () => {
    const values = Array.from({ length: 299 }, (_, i) => i);
    expect(quantileUpperBound(values.slice(0, 59), 0.95)).toEqual({ value: 58 });
    expect(quantileUpperBound(values.slice(0, 58), 0.95)).toEqual({ missing: expect.stringContaining('it takes 59') });
    expect(quantileUpperBound(values, 0.99)).toEqual({ value: 298 });
    expect(isMissing(quantileUpperBound(values.slice(1), 0.99))).toBe(true);
    expect(isMissing(quantileUpperBound([], 0.5))).toBe(true);
  });

  it('lies below the true quantile at most 5% of the time', () => {
    const random = createRandom('upper bound');
    let missed = 0;
    for (let suite = 0; suite < 1_000; suite++) {
      const values = Array.from({ length: 120 }, () => random.uniform());
      const bound = quantileUpperBound(values, 0.95);
      if (isMissing(bound)) throw new Error(bound.missing);
      if (bound.value < 0.95) missed++;
    }
    expect(missed / 1_000).toBeLessThan(0.055);
    expect(missed / 1_000).toBeGreaterThan(0.005);
  });
});
