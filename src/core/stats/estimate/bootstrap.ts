/**
 * The bootstrap: where a statistic has no formula for its error (a ratio of medians, an area under a curve), draw many
 * data sets from the data and look how the statistic moves (Efron and Tibshirani 1993).
 *
 * Items in clusters are drawn by cluster. Below some 20 items it covers less than it says, whatever the number of resamples.
 */
import { type Missing, missing } from '../../quantity.js';
import { normalCdf, normalQuantile } from '../basics/distributions.js';
import { expectBetween0And1, expectCount, expectSameLength } from '../basics/expect.js';
import type { Interval } from '../basics/interval.js';
import { mean, sorted, standardDeviation, sum } from '../basics/moments.js';
import { createRandom, type Seed } from '../basics/random.js';
import { type ClusterId, clusterIndices } from './clusters.js';
import type { Estimate } from './estimate.js';
import { percentileOfSorted } from './percentiles.js';

export interface BootstrapOptions {
  readonly seed: Seed;
  /** Two-sided; the default is 0.95. */
  readonly confidence?: number;
  /** The default is 9,999. */
  readonly resamples?: number;
  /** The default is BCa, which corrects the percentile interval for bias and skew. */
  readonly method?: 'percentile' | 'bca';
  readonly clusters?: readonly ClusterId[];
}

/** An estimate from fewer items or clusters has a warning. */
const FEW_UNITS = 20;
/** There is no estimate if more than this share of the resamples is undefined. */
const UNDEFINED_SHARE = 0.01;

/**
 * The statistic of the values with a bootstrap interval. A statistic that cannot be computed on some data returns NaN;
 * a rare such resample is left out with a warning.
 */
export function bootstrap<T>(
  values: readonly T[],
  statistic: (values: readonly T[]) => number,
  options: BootstrapOptions,
): Estimate | Missing {
  const { confidence = 0.95, resamples = 9_999, method = 'bca', clusters } = options;
  expectBetween0And1('confidence', confidence);
  expectCount('resamples', resamples, 100);
  if (values.length === 0) return missing('no values');
  const groups = groupValues(values, clusters);
  if (groups.length < 2) return missing(clusters ? 'one cluster cannot be resampled' : 'one value cannot be resampled');
  const value = statistic(values);
  if (!Number.isFinite(value)) return missing('the statistic is undefined on these values');

  const all = resample(groups, statistic, { resamples, seed: options.seed });
  const replicates = sorted(all.filter((replicate) => Number.isFinite(replicate)));
  const undefinedCount = all.length - replicates.length;
  if (undefinedCount > UNDEFINED_SHARE * all.length) {
    return missing(`the statistic is undefined on ${undefinedCount} of ${all.length} resamples: measure more values`);
  }
  const tail = (1 - confidence) / 2;
  const levels =
    method === 'bca' ? bcaLevels(value, replicates, { tail, groups, statistic }) : { low: tail, high: 1 - tail };
  if ('missing' in levels) return levels;
  return {
    value,
    low: percentileOfSorted(replicates, levels.low),
    high: percentileOfSorted(replicates, levels.high),
    n: values.length,
    confidence,
    method: method === 'bca' ? 'bca-bootstrap' : 'percentile-bootstrap',
    ...(clusters && { clusters: groups.length }),
    standardError: standardDeviation(replicates),
    warnings: describeWarnings({ units: groups.length, undefinedCount, replicates, clustered: clusters !== undefined }),
  };
}

/**
 * The acceleration of BCa: `sum d^3 / (6 (sum d^2)^1.5)`, d the mean of the leave-one-out values less each of them; 0 when
 * leaving out changes nothing (Efron 1987, JASA 82:171).
 */
export function acceleration(leaveOneOut: readonly number[]): number {
  const centre = mean(leaveOneOut);
  const deviations = leaveOneOut.map((value) => centre - value);
  const squares = sum(deviations.map((d) => d ** 2));
  return squares === 0 ? 0 : sum(deviations.map((d) => d ** 3)) / (6 * squares ** 1.5);
}

interface Shape<T> {
  readonly tail: number;
  readonly groups: readonly (readonly T[])[];
  readonly statistic: (values: readonly T[]) => number;
}

/** Returns the percentiles of the replicates at which BCa reads its bounds. */
function bcaLevels<T>(value: number, replicates: readonly number[], shape: Shape<T>): Interval | Missing {
  const { tail, groups, statistic } = shape;
  // Replicates equal to the value count half, so that a statistic with few values (a median) is not called biased.
  const below = replicates.filter((replicate) => replicate < value).length;
  const equal = replicates.filter((replicate) => replicate === value).length;
  const share = (below + equal / 2) / replicates.length;
  if (share === 0 || share === 1) return missing('every resample lies on one side of the value: BCa is undefined');
  const leaveOneOut = groups.map((_, left) => statistic(groups.filter((__, i) => i !== left).flat()));
  if (!leaveOneOut.every(Number.isFinite)) return missing('the statistic is undefined when one item is left out');
  const a = acceleration(leaveOneOut);
  const bias = normalQuantile(share);
  const level = (p: number): number => {
    const z = bias + normalQuantile(p);
    return normalCdf(bias + z / (1 - a * z));
  };
  return { low: level(tail), high: level(1 - tail) };
}

function resample<T>(
  groups: readonly (readonly T[])[],
  statistic: (values: readonly T[]) => number,
  { resamples, seed }: { readonly resamples: number; readonly seed: Seed },
): number[] {
  const random = createRandom(seed);
  return Array.from({ length: resamples }, () => {
    const drawn: T[] = [];
    for (let i = 0; i < groups.length; i++) {
      for (const value of groups[random.below(groups.length)]!) drawn.push(value);
    }
    return statistic(drawn);
  });
}

/** One group a cluster; without clusters each value is a group of its own. */
function groupValues<T>(values: readonly T[], clusters: readonly ClusterId[] | undefined): T[][] {
  if (!clusters) return values.map((value) => [value]);
  expectSameLength('clusters', values, clusters);
  return clusterIndices(clusters).map((indices) => indices.map((index) => values[index]!));
}

function describeWarnings(facts: {
  readonly units: number;
  readonly undefinedCount: number;
  readonly replicates: readonly number[];
  readonly clustered: boolean;
}): string[] {
  const { units, undefinedCount, replicates, clustered } = facts;
  const warnings: string[] = [];
  if (units < FEW_UNITS) {
    warnings.push(
      `only ${units} ${clustered ? 'clusters' : 'values'}: a bootstrap interval is then too narrow; measure ${FEW_UNITS} or more`,
    );
  }
  if (undefinedCount > 0)
    warnings.push(`${undefinedCount} resamples on which the statistic is undefined were left out`);
  if (replicates[0] === replicates.at(-1))
    warnings.push('every resample gives the same value: the interval has no width');
  return warnings;
}
