import { describe, expect, it } from 'vitest';
import { isMissing, type Missing } from '../../../src/core/quantity.js';
import { mean } from '../../../src/core/stats/basics/moments.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import { acceleration, bootstrap } from '../../../src/core/stats/estimate/bootstrap.js';
import type { Estimate } from '../../../src/core/stats/estimate/estimate.js';
import { median } from '../../../src/core/stats/estimate/percentiles.js';

/** Efron and Tibshirani 1993, table 14.1: spatial test A of 26 children. */
const spatial = [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41];

function plugInVariance(values: readonly number[]): number {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
}

function present(estimate: Estimate | Missing): Estimate {
  if (isMissing(estimate)) throw new Error(`missing: ${estimate.missing}`);
  return estimate;
}

describe('the bootstrap', () => {
  it('agrees with the spatial test of Efron and Tibshirani', () => {
    const options = { seed: 1, confidence: 0.9, resamples: 40_000 };
    const bca = present(bootstrap(spatial, plugInVariance, options));
    expect(bca.value).toBeCloseTo(171.534, 4);
    expect(Math.abs(bca.low - 115.4)).toBeLessThan(3);
    expect(Math.abs(bca.high - 260.3)).toBeLessThan(3);
    const percentile = present(bootstrap(spatial, plugInVariance, { ...options, method: 'percentile' }));
    expect(Math.abs(percentile.low - 98)).toBeLessThan(3);
    expect(Math.abs(percentile.high - 235.5)).toBeLessThan(3);
  });

  it('has the acceleration of the example, and none where nothing varies', () => {
    const leaveOneOut = spatial.map((_, left) => plugInVariance(spatial.filter((__, i) => i !== left)));
    expect(acceleration(leaveOneOut)).toBeCloseTo(0.06124, 5);
    expect(acceleration([2, 2, 2])).toBe(0);
  });

  it('repeats with its seed and differs with another', () => {
    const run = (seed: number) => bootstrap(spatial, median, { seed, resamples: 500 });
    expect(run(5)).toEqual(run(5));
    expect(present(bootstrap(spatial, mean, { seed: 5, resamples: 500 })).low).not.toBe(
      present(bootstrap(spatial, mean, { seed: 6, resamples: 500 })).low,
    );
  });

  it('resamples clusters whole, so that copies of an item add nothing', () => {
    const once = Array.from({ length: 40 }, (_, i) => (i * 29) % 17);
    const copied = once.flatMap((value) => [value, value, value, value]);
    const clusters = once.flatMap((_, i) => [i, i, i, i]);
    const [alone, clustered, fooled] = [
      present(bootstrap(once, mean, { seed: 2, resamples: 2_000 })),
      present(bootstrap(copied, mean, { seed: 2, resamples: 2_000, clusters })),
      present(bootstrap(copied, mean, { seed: 2, resamples: 2_000 })),
    ];
    expect(clustered.high - clustered.low).toBeCloseTo(alone.high - alone.low, 9);
    expect(fooled.high - fooled.low).toBeLessThan(0.6 * (alone.high - alone.low));
    expect(clustered).toMatchObject({ n: 160, clusters: 40 });
  });

  it('covers the mean of a skewed population, by BCa no worse than by percentiles', () => {
    const random = createRandom('bootstrap coverage');
    const suites = 200;
    let [bca, percentile] = [0, 0];
    for (let suite = 0; suite < suites; suite++) {
      const values = Array.from({ length: 60 }, () => -Math.log(1 - random.uniform()));
      const holds = (method: 'bca' | 'percentile') => {
        const { low, high } = present(bootstrap(values, mean, { seed: suite, resamples: 400, method }));
        return low <= 1 && 1 <= high;
      };
      if (holds('bca')) bca++;
      if (holds('percentile')) percentile++;
    }
    expect(Math.abs(bca / suites - 0.95)).toBeLessThan(0.04);
    expect(percentile / suites).toBeGreaterThan(0.88);
  });

  it('is missing without values, with one, with one cluster, and for a statistic that is undefined', () => {
    expect(bootstrap([], mean, { seed: 1 })).toEqual({ missing: 'no values' });
    expect(bootstrap([1], mean, { seed: 1 })).toHaveProperty('missing');
    expect(bootstrap([1, 2], mean, { seed: 1, clusters: ['a', 'a'] })).toHaveProperty('missing');
    expect(bootstrap([1, 2], () => Number.NaN, { seed: 1 })).toEqual({ missing: expect.stringContaining('undefined') });
    const sometimes = (values: readonly number[]) => (values.includes(1) ? 1 : Number.NaN);
    expect(bootstrap([1, 2, 3], sometimes, { seed: 1 })).toEqual({ missing: expect.stringContaining('resamples') });
  });

  it('warns when there is little to draw from, and when nothing moves', () => {
    expect(present(bootstrap([1, 2, 3, 4], mean, { seed: 1 })).warnings[0]).toContain('only 4 values');
    // One of the five lowest of 20 is drawn in all but 0.3% of the resamples.
    const twenty = Array.from({ length: 20 }, (_, i) => i);
    const lowest = (values: readonly number[]) => (Math.min(...values) < 5 ? mean(values) : Number.NaN);
    const rare = present(bootstrap(twenty, lowest, { seed: 1, resamples: 2_000 }));
    expect(rare.warnings).toEqual([expect.stringMatching(/^\d resamples .* were left out$/)]);
    const flat = present(bootstrap(Array<number>(30).fill(2), mean, { seed: 1 }));
    expect(flat.warnings).toEqual([expect.stringContaining('no width')]);
  });
});
