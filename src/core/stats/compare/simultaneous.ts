/**
 * The best of k models on one test set looks better than it is: part of its lead is luck, and it was chosen for it.
 * Intervals that hold for all k at once hold for the winner too, whoever it is.
 *
 * The max-t bootstrap (Romano and Wolf 2005, Econometrica 73:1237): resample the items, all models at once; the critical
 * value is the quantile of the largest studentised deviation over the models. It knows how the models go together, so it is
 * narrower than Bonferroni.
 */
import { isMissing, type Missing, missing } from '../../quantity.js';
import { expectBetween0And1, expectCount, expectFinite, expectSameLength } from '../basics/expect.js';
import { clampInterval, type Interval } from '../basics/interval.js';
import { mean, sorted, sum } from '../basics/moments.js';
import { createRandom, type Seed } from '../basics/random.js';
import { type ClusterId, clusterIndices } from '../estimate/clusters.js';
import type { Estimate } from '../estimate/estimate.js';
import { estimateMean } from '../estimate/estimators.js';
import { percentileOfSorted } from '../estimate/percentiles.js';

export interface SimultaneousOptions {
  readonly seed: Seed;
  readonly confidence?: number;
  /** 2,000 unless said otherwise. */
  readonly resamples?: number;
  readonly clusters?: readonly ClusterId[];
  /** Between which limits every value lies, when known. */
  readonly bounds?: Interval;
}

/**
 * The mean of each column with intervals that all hold together. A column is one model's values (or its differences from
 * the reference) over the items; all columns describe the same items in the same order.
 */
export function simultaneousMeans(
  columns: readonly (readonly number[])[],
  options: SimultaneousOptions,
): readonly Estimate[] | Missing {
  const { confidence = 0.95, resamples = 2_000, bounds } = options;
  expectBetween0And1('confidence', confidence);
  expectCount('resamples', resamples, 100);
  expectCount('columns.length', columns.length, 1);
  const first = columns[0]!;
  columns.forEach((column, i) => {
    expectSameLength(`columns[${i}]`, first, column);
    expectFinite(`columns[${i}]`, column);
  });
  const clusters = options.clusters ?? first.map((_, i) => i);
  expectSameLength('clusters', first, clusters);
  if (clusterIndices(clusters).length < 2) return missing('fewer than two independent items: there is no interval');

  const critical = maxTCritical(columns, { clusters, confidence, resamples, seed: options.seed });
  const estimates: Estimate[] = [];
  for (const column of columns) {
    const single = estimateMean(column, {
      // A column without spread falls back to a bound of its own, at the level Bonferroni would give it.
      confidence: 1 - (1 - confidence) / columns.length,
      ...(options.clusters && { clusters }),
      ...(bounds && { bounds }),
    });
    if (isMissing(single)) return single;
    if (single.method === 'all-values-equal') {
      estimates.push({ ...single, confidence });
      continue;
    }
    const half = critical * single.standardError!;
    const interval = { low: single.value - half, high: single.value + half };
    estimates.push({
      ...single,
      ...(bounds ? clampInterval(interval, bounds) : interval),
      confidence,
      method: 'max-t-bootstrap',
    });
  }
  return estimates;
}

/** The factor on every standard error: 1.96 for one model and many items, more for more models. */
function maxTCritical(
  columns: readonly (readonly number[])[],
  options: Required<Pick<SimultaneousOptions, 'seed' | 'confidence' | 'resamples' | 'clusters'>>,
): number {
  const groups = clusterIndices(options.clusters);
  const sizes = groups.map((group) => group.length);
  const models = columns.map((column) => ({
    centre: mean(column),
    totals: groups.map((group) => sum(group.map((index) => column[index]!))),
  }));
  const random = createRandom(options.seed);
  const largest = Array.from({ length: options.resamples }, () => {
    const drawn = groups.map(() => random.below(groups.length));
    const n = drawn.reduce((count, cluster) => count + sizes[cluster]!, 0);
    return Math.max(...models.map(deviation));

    /** |mean* - mean| / se*: the formula of `clusteredStandardError`, on the totals of the clusters. */
    function deviation({ centre, totals }: { readonly centre: number; readonly totals: readonly number[] }): number {
      const drawnMean = drawn.reduce((total, cluster) => total + totals[cluster]!, 0) / n;
      let squares = 0;
      for (const cluster of drawn) squares += (totals[cluster]! - sizes[cluster]! * drawnMean) ** 2;
      const standardError = Math.sqrt((squares * drawn.length) / (drawn.length - 1)) / n;
      // A resample without spread (all draws alike, to rounding) has no t.
      return standardError > 1e-12 * Math.abs(centre) ? Math.abs(drawnMean - centre) / standardError : 0;
    }
  });
  return percentileOfSorted(sorted(largest), options.confidence);
}
