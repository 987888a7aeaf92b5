import { describe, expect, it } from 'vitest';
import { isMissing, type Missing } from '../../../src/core/quantity.js';
import { mean, sum, variance } from '../../../src/core/stats/basics/moments.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import { clusteredStandardError, designEffect } from '../../../src/core/stats/estimate/clusters.js';
import type { Estimate } from '../../../src/core/stats/estimate/estimate.js';
import {
  estimateMean,
  estimateProportion,
  estimateProportionOfCounts,
  estimateScore,
  NOT_NEGATIVE,
} from '../../../src/core/stats/estimate/estimators.js';

function present(estimate: Estimate | Missing): Estimate {
  if (isMissing(estimate)) throw new Error(`missing: ${estimate.missing}`);
  return estimate;
}

describe('the estimate of a mean', () => {
  it('has the standard error and t interval of the worked example', () => {
    const estimate = present(estimateMean([1, 0, 0, -1, 1, 1, 0, 0, 1, 0]));
    expect(estimate.value).toBeCloseTo(0.3, 12);
    expect(estimate.standardError).toBeCloseTo(0.2134375, 7);
    expect(estimate.value / estimate.standardError!).toBeCloseTo(1.405564, 6);
    expect((estimate.high - estimate.low) / 2).toBeCloseTo(2.262157 * 0.2134375, 6);
    expect(estimate).toMatchObject({ n: 10, confidence: 0.95, method: 'student-t' });
  });

  it('agrees with benchstat under its assumption of normality', () => {
    const estimate = present(estimateMean([-8, 2, 3, 4, 5, 6]));
    expect(estimate.value).toBe(2);
    expect(estimate.high - estimate.value).toBeCloseTo(5.351092806, 9);
  });

  it('warns of few values and of few clusters', () => {
    expect(present(estimateMean([1, 2, 4])).warnings).toEqual([expect.stringContaining('only 3 values')]);
    const many = Array.from({ length: 200 }, (_, i) => i % 7);
    expect(present(estimateMean(many)).warnings).toEqual([]);
    expect(present(estimateMean(many, { clusters: many })).warnings).toEqual([
      expect.stringContaining('only 7 clusters'),
    ]);
  });

  it('is missing without values, with one value, and with one cluster', () => {
    expect(estimateMean([])).toEqual({ missing: 'no values' });
    expect(estimateMean([3])).toEqual({ missing: expect.stringContaining('one value') });
    expect(estimateMean([1, 2, 3], { clusters: ['a', 'a', 'a'] })).toEqual({
      missing: expect.stringContaining('one cluster'),
    });
  });

  it('treats clusters of one item as no clusters', () => {
    const values = [0.2, 0.9, 0.4, 0.7, 0.1];
    const [plain, clustered] = [
      present(estimateMean(values)),
      present(estimateMean(values, { clusters: [5, 4, 3, 2, 1] })),
    ];
    expect(clustered.low).toBeCloseTo(plain.low, 12);
    expect(clustered.high).toBeCloseTo(plain.high, 12);
    expect(estimateProportion([1, 0, 1], { clusters: ['a', 'b', 'c'] })).toEqual(estimateProportion([1, 0, 1]));
  });

  it('says what equal values still allow when the bounds are known, and warns when they are not', () => {
    const values = Array.from({ length: 50 }, () => 0.8);
    const bounded = present(estimateMean(values, { bounds: { low: 0, high: 1 } }));
    const share = 1 - 0.025 ** (1 / 50);
    expect(bounded.low).toBeCloseTo(0.8 - share * 0.8, 12);
    expect(bounded.high).toBeCloseTo(0.8 + share * 0.2, 12);
    const unbounded = present(estimateMean(values));
    expect(unbounded.high).toBe(unbounded.low);
    expect(unbounded.warnings).toEqual([expect.stringContaining('no width')]);
  });

  it('falls back on the items when the clusters cancel out exactly', () => {
    const estimate = present(estimateMean([1, 0, 1, 0], { clusters: ['a', 'a', 'b', 'b'] }));
    expect(estimate.high - estimate.low).toBeGreaterThan(0.5);
  });

  it('has no bound below zero for what cannot be negative, and says of equal times what it says of equal values', () => {
    const times = [0.1, 0.1, 0.2, 0.1, 9];
    const free = present(estimateMean(times));
    expect(free.low).toBeLessThan(0);
    const positive = present(estimateMean(times, { bounds: NOT_NEGATIVE }));
    expect(positive).toEqual({ ...free, low: 0 });
    expect(estimateMean([2, 2, 2], { bounds: NOT_NEGATIVE })).toEqual(estimateMean([2, 2, 2]));
  });

  it('refuses what is not a number, what is out of bounds, and clusters that do not fit', () => {
    expect(() => estimateMean([1, Number.NaN])).toThrow('Expected `values[1]` to be a finite number, got NaN');
    expect(() => estimateScore([0.5, 1.2])).toThrow('Expected `values[1]` to lie in [0, 1], got 1.2');
    expect(() => estimateScore([-0.5, 0.2])).toThrow('Expected `values[0]` to lie in [0, 1], got -0.5');
    expect(() => estimateMean([1, 2], { clusters: ['a'] })).toThrow('Expected `clusters` to have 2 entries');
    expect(() => estimateMean([1, 2], { confidence: 1 })).toThrow('`confidence`');
  });

  it('covers the mean of a skewed population 95% of the time with 100 values', () => {
    const random = createRandom('coverage of the mean');
    let covered = 0;
    for (let suite = 0; suite < 2_000; suite++) {
      const values = Array.from({ length: 100 }, () => random.uniform() ** 2);
      const { low, high } = present(estimateMean(values));
      if (low <= 1 / 3 && 1 / 3 <= high) covered++;
    }
    expect(Math.abs(covered / 2_000 - 0.95)).toBeLessThan(0.015);
  });
});

describe('sums', () => {
  it('keep what plain addition loses, so that the order of records changes nothing', () => {
    expect(sum([1, 1e100, 1, -1e100])).toBe(2);
    expect(sum([0.1, 0.2, 0.3, -0.6])).toBe(sum([-0.6, 0.3, 0.2, 0.1]));
    const values = Array.from({ length: 1_000 }, (_, i) => 0.1 * (i % 7) + 1e9);
    expect(sum(values)).toBe(sum([...values].reverse()));
    expect(sum([])).toBe(0);
  });

  it('give no mean of nothing and no variance of one', () => {
    expect(() => mean([])).toThrow('at least one value');
    expect(() => variance([1])).toThrow('at least two values to take a variance of, got 1');
    expect(variance([1, 3])).toBe(2);
  });
});

describe('clusters', () => {
  it('give the standard errors of the worked example, with and without the finite-cluster factor', () => {
    const [scores, clusters] = [
      [1, 1, 1, 0, 0, 0],
      [0, 1, 1, 1, 0, 0],
    ];
    expect(present(estimateMean(scores)).standardError).toBeCloseTo(0.2236068, 7);
    expect(clusteredStandardError(scores, clusters, { finiteClusterFactor: false })).toBeCloseTo(0.1178511, 7);
    expect(clusteredStandardError(scores, clusters)).toBeCloseTo(0.1666667, 7);
  });

  it('of ten with a correlation of 0.2 leave 357 of 1,000 items', () => {
    expect(designEffect(10, 0.2)).toBeCloseTo(2.8, 12);
    expect(1_000 / designEffect(10, 0.2)).toBeCloseTo(357.14, 2);
    expect(() => designEffect(10, -0.2)).toThrow(RangeError);
  });

  it('of which each item is a copy widen the interval as if there were one item each', () => {
    const once = Array.from({ length: 60 }, (_, i) => (i * 37) % 11);
    const copied = once.flatMap((value) => [value, value, value]);
    const clusters = once.flatMap((_, i) => [i, i, i]);
    expect(present(estimateMean(copied, { clusters })).standardError).toBeCloseTo(
      present(estimateMean(once)).standardError!,
      12,
    );
  });

  it('cover for means and proportions where the plain interval does not', () => {
    const random = createRandom('coverage with clusters');
    let [plain, average, share] = [0, 0, 0];
    const suites = 1_500;
    for (let suite = 0; suite < suites; suite++) {
      const values: number[] = [];
      const clusters: number[] = [];
      for (let cluster = 0; cluster < 40; cluster++) {
        const p = random.uniform() < 0.5 ? 0.9 : 0.5;
        for (let item = 0; item < 8; item++) {
          values.push(random.uniform() < p ? 1 : 0);
          clusters.push(cluster);
        }
      }
      const holds = ({ low, high }: Estimate) => low <= 0.7 && 0.7 <= high;
      if (holds(present(estimateProportion(values)))) plain++;
      if (holds(present(estimateMean(values, { clusters })))) average++;
      if (holds(present(estimateProportion(values, { clusters })))) share++;
    }
    expect(plain / suites).toBeLessThan(0.87);
    expect(Math.abs(average / suites - 0.95)).toBeLessThan(0.02);
    expect(Math.abs(share / suites - 0.95)).toBeLessThan(0.02);
  });
});

describe('the estimate of a proportion', () => {
  it("is Wilson's, from values and from counts alike", () => {
    const values = Array.from({ length: 263 }, (_, i) => (i < 81 ? 1 : 0));
    const estimate = present(estimateProportion(values));
    expect(estimate.low).toBeCloseTo(0.2553, 4);
    expect(estimate.high).toBeCloseTo(0.3662, 4);
    expect(present(estimateProportionOfCounts(81, 263))).toEqual(estimate);
  });

  it('gives the standard errors of the published benchmarks', () => {
    // Miller 2024: MATH 65.5% of 5,000, MGSM 75.3% of 2,500; HumanEval's published 3.2 is not this formula's .02891.
    expect(present(estimateProportionOfCounts(3_275, 5_000)).standardError).toBeCloseTo(0.00672, 5);
    expect(Math.sqrt((0.753 * 0.247) / 2_500)).toBeCloseTo(0.00863, 5);
  });

  it('holds for one value, and is missing for none', () => {
    expect(present(estimateProportion([1])).low).toBeCloseTo(0.2065, 4);
    expect(estimateProportion([])).toEqual({ missing: 'no values' });
    expect(estimateProportionOfCounts(0, 0)).toEqual({ missing: 'no values' });
    expect(() => estimateProportion([0.5])).toThrow('to be 0 or 1, got 0.5');
  });

  it('counts each cluster once when all values agree', () => {
    const values = Array.from({ length: 60 }, () => 1);
    const clustered = present(estimateProportion(values, { clusters: values.map((_, i) => i % 6) }));
    expect(clustered.low).toBeLessThan(present(estimateProportionOfCounts(6, 6)).low);
    expect(clustered).toMatchObject({ high: 1, n: 60, clusters: 6, method: 'clustered-wilson' });
  });

  it('is taken for scores of 0 and 1, the bounded mean for fractional ones', () => {
    expect(present(estimateScore([1, 0, 1])).method).toBe('wilson');
    const fractional = present(estimateScore([1, 0.5, 1]));
    expect(fractional.method).toBe('student-t');
    expect(fractional.high).toBe(1);
  });

  it('never has an interval that leaves out its value', () => {
    const random = createRandom('any proportion');
    for (let i = 0; i < 500; i++) {
      const values = Array.from({ length: 1 + random.below(30) }, () => random.below(2));
      const clusters = values.map(() => random.below(4));
      for (const estimate of [
        estimateProportion(values),
        estimateProportion(values, { clusters }),
        estimateScore(values),
      ]) {
        if (isMissing(estimate)) continue;
        expect(estimate.low).toBeLessThanOrEqual(estimate.value);
        expect(estimate.high).toBeGreaterThanOrEqual(estimate.value);
        expect(estimate.high).toBeGreaterThan(estimate.low);
      }
    }
  });
});
