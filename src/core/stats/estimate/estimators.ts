/**
 * Estimates of means and proportions.
 *
 * The values are independent draws from the population that the suite stands for, or come in clusters that are independent.
 * Repetitions of one sample are not independent: average them first, or make the sample the cluster.
 */
import { type Missing, missing } from '../../quantity.js';
import { twoSidedT, twoSidedZ } from '../basics/distributions.js';
import { expectBetween0And1, expectBinary, expectCount, expectFinite, expectSameLength } from '../basics/expect.js';
import { clampInterval, type Interval } from '../basics/interval.js';
import { mean, standardDeviation, sum, type Values } from '../basics/moments.js';
import { wilsonInterval, zeroFailureBound } from './binomial.js';
import {
  type ClusterId,
  clusteredStandardError,
  clusterIndices,
  effectiveClusters,
  rareEventDesignEffect,
} from './clusters.js';
import type { Estimate } from './estimate.js';
import { serialNote } from './serial.js';

export interface EstimateOptions {
  /** Two-sided; the default is 0.95. */
  readonly confidence?: number;
  /** The cluster of each value, when values share a document, a user, a conversation. */
  readonly clusters?: readonly ClusterId[];
}

export interface MeanOptions extends EstimateOptions {
  /** The limits between which every value lies, when they are known: [0, 1] for scores, `NOT_NEGATIVE` for times and costs. */
  readonly bounds?: Interval;
  /** The inflation of the variance by autocorrelation (`serialInflation`); only without clusters. */
  readonly inflation?: number;
}

/** Times, rates, sizes and costs. */
export const NOT_NEGATIVE: Interval = { low: 0, high: Number.POSITIVE_INFINITY };

/** The interval of a mean of fewer values relies on a normality that nobody has checked. */
const FEW_VALUES = 30;
/** Scores pile up at 0 and 1, so they need more (Bowyer et al. 2025, arXiv 2503.01747). */
const FEW_BOUNDED_VALUES = 100;
/** Below this, the spread between clusters is itself poorly known (Cameron and Miller 2015, J. Human Resources 50:317). */
const FEW_CLUSTERS = 20;

/**
 * The mean of scores in [0, 1]: as a proportion when every score is 0 or 1, as a bounded mean otherwise.
 * @throws RangeError when a score is outside [0, 1].
 */
export function estimateScore(scores: readonly number[], options: EstimateOptions = {}): Estimate | Missing {
  if (scores.every((score) => score === 0 || score === 1)) return estimateProportion(scores, options);
  return estimateMean(scores, { ...options, bounds: { low: 0, high: 1 } });
}

/**
 * The mean with a Student t interval; with clusters, the clustered standard error and one degree of freedom less than
 * there are clusters (Miller 2024, arXiv 2411.00640). Missing for fewer than two values or clusters.
 */
export function estimateMean(values: Values, options: MeanOptions = {}): Estimate | Missing {
  const { confidence = 0.95, bounds, inflation = 1 } = options;
  expectBetween0And1('confidence', confidence);
  expectFinite('values', values);
  if (bounds) expectWithin(values, bounds);
  const sample = clusteringOf(values, options.clusters);
  if ('missing' in sample) return sample;
  if (sample.units < 2) return missing('one value has no interval: measure at least two');

  const n = values.length;
  const first = values[0]!;
  if (values.every((value) => value === first)) {
    const equal = equalValues(first, sample.clusters ? effectiveClusters(sample.clusters) : n, { confidence, bounds });
    return { value: first, n, confidence, ...sample.recorded, ...equal };
  }
  const value = mean(values);
  const plain = standardDeviation(values) / Math.sqrt(n);
  const { clusters } = sample;
  if (!clusters) return studentT({ value, n, standardError: plain }, { confidence, bounds, inflation });
  const clustered = clusteredStandardError(values, clusters);
  // Clusters whose deviations cancel out exactly say nothing about the spread; the items still do.
  const standardError = clustered > plain * 1e-9 ? clustered : plain;
  const estimate = studentT({ value, n, standardError }, { confidence, bounds, units: sample.units });
  const warnings = [...estimate.warnings, ...sample.warnings];
  return { ...estimate, ...sample.recorded, method: 'clustered-t', warnings };
}

/** The mean from its moments, where the single values are gone. */
export function estimateMeanOfMoments(
  {
    n,
    mean: value,
    standardDeviation,
  }: { readonly n: number; readonly mean: number; readonly standardDeviation: number },
  { confidence = 0.95, bounds }: MeanOptions = {},
): Estimate | Missing {
  if (n === 0) return missing('no values');
  if (n < 2) return missing('one value has no interval: measure at least two');
  if (standardDeviation === 0) return { value, n, confidence, ...equalValues(value, n, { confidence, bounds }) };
  return studentT({ value, n, standardError: standardDeviation / Math.sqrt(n) }, { confidence, bounds });
}

/** @param units The independent units, where they are fewer than the values. */
function studentT(
  { value, n, standardError: plain }: { readonly value: number; readonly n: number; readonly standardError: number },
  {
    confidence,
    bounds,
    inflation = 1,
    units = n / inflation,
  }: { confidence: number; bounds: Interval | undefined; inflation?: number; units?: number },
): Estimate {
  const standardError = plain * Math.sqrt(inflation);
  const half = twoSidedT(confidence, Math.max(1, units - 1)) * standardError;
  const interval = { low: value - half, high: value + half };
  const least = isBounded(bounds) ? FEW_BOUNDED_VALUES : FEW_VALUES;
  const few = `only ${n} values: the interval assumes a near-normal mean; measure ${least} or more`;
  return {
    value,
    n,
    confidence,
    ...(bounds ? clampInterval(interval, bounds) : interval),
    method: 'student-t',
    standardError,
    ...serialNote(n, inflation, n < least ? [few] : []),
  };
}

/**
 * The share of ones among zeros and ones, with Wilson's interval. With clusters, Wilson's on the effective number of
 * values, corrected for few clusters by (z/t)^2 (Korn and Graubard 1998, Survey Methodology 24:193). When all values
 * agree the effective number is unknown: each cluster then counts as one value, the most cautious reading; the fewer
 * clusters hold the rarer value, the nearer to that (`rareEventDesignEffect`).
 */
export function estimateProportion(values: readonly number[], options: EstimateOptions = {}): Estimate | Missing {
  const { confidence = 0.95 } = options;
  expectBinary('values', values);
  const sample = clusteringOf(values, options.clusters);
  if ('missing' in sample) return sample;

  const n = values.length;
  const value = mean(values);
  const base = { value, n, confidence, warnings: sample.warnings, ...sample.recorded };
  if (!sample.clusters) {
    const standardError = Math.sqrt((value * (1 - value)) / n);
    return { ...base, ...wilsonInterval(sum(values), n, confidence), method: 'wilson', standardError };
  }
  const { clusters } = sample;
  const standardError = clusteredStandardError(values, clusters);
  const rarer = value > 0.5 ? 0 : 1;
  const effect = rareEventDesignEffect({
    clustered: standardError ** 2,
    independent: (value * (1 - value)) / n,
    clustersWithEvent: new Set(clusters.filter((_, i) => values[i] === rarer)).size,
    clusters,
  });
  const fewClusters = (twoSidedZ(confidence) / twoSidedT(confidence, sample.units - 1)) ** 2;
  const trials = (n / effect) * fewClusters;
  return { ...base, ...wilsonInterval(value * trials, trials, confidence), method: 'clustered-wilson', standardError };
}

/** The proportion from counts, where the single values are gone. */
export function estimateProportionOfCounts(successes: number, n: number, confidence = 0.95): Estimate | Missing {
  expectCount('successes', successes);
  expectCount('n', n);
  if (n === 0) return missing('no values');
  const value = successes / n;
  const standardError = Math.sqrt((value * (1 - value)) / n);
  const interval = wilsonInterval(successes, n, confidence);
  return { value, ...interval, n, confidence, method: 'wilson', standardError, warnings: [] };
}

/** How values hang together. */
export interface Clustering {
  /** Independent units: clusters where there are any, else values. */
  readonly units: number;
  /** Present when values share clusters. */
  readonly clusters?: readonly ClusterId[];
  readonly recorded: { readonly clusters?: number };
  readonly warnings: readonly string[];
}

export function clusteringOf(
  values: ArrayLike<unknown>,
  clusters: readonly ClusterId[] | undefined,
): Clustering | Missing {
  if (values.length === 0) return missing('no values');
  if (!clusters) return { units: values.length, recorded: {}, warnings: [] };
  expectSameLength('clusters', values, clusters);
  const units = clusterIndices(clusters).length;
  // A cluster for each value is none.
  if (units === values.length) return { units, recorded: {}, warnings: [] };
  if (units < 2)
    return missing(`all ${values.length} values are in one cluster: the spread between clusters is unknown`);
  return { units, clusters, recorded: { clusters: units }, warnings: warningsOf(clusters, units) };
}

/** One large cluster among many small ones says little more than the large one, so effective clusters are counted. */
function warningsOf(clusters: readonly ClusterId[], units: number): readonly string[] {
  const effective = effectiveClusters(clusters);
  if (effective >= FEW_CLUSTERS) return [];
  const alike = Math.round(effective);
  const count =
    alike === units
      ? `only ${units} clusters`
      : `${units} clusters of unequal size, which say as much as ${alike} equal ones`;
  return [`${count}: the interval may be too narrow; take values from ${FEW_CLUSTERS} or more`];
}

/**
 * Equal values show no spread, but the population may have one. With two known bounds: if a share u of the population is lower, the
 * chance that none of n units is lower is (1 - u)^n, and below half of 1 - confidence we reject that share. So less than u is
 * lower, less than u is higher, and the mean lies within u of the way to each bound.
 */
function equalValues(
  value: number,
  units: number,
  options: { readonly confidence: number; readonly bounds: Interval | undefined },
): Pick<Estimate, 'low' | 'high' | 'method' | 'standardError' | 'warnings'> {
  const { confidence, bounds } = options;
  const equal = { method: 'all-values-equal', standardError: 0 } as const;
  if (!isBounded(bounds)) {
    const warnings = ['all values are equal: the interval has no width, which understates the uncertainty'];
    return { low: value, high: value, ...equal, warnings };
  }
  const share = zeroFailureBound(units, (1 + confidence) / 2);
  return {
    low: value - share * (value - bounds.low),
    high: value + share * (bounds.high - value),
    ...equal,
    warnings: ['all values are equal: the interval is what so many equal values still allow'],
  };
}

function isBounded(bounds: Interval | undefined): bounds is Interval {
  return bounds !== undefined && Number.isFinite(bounds.low) && Number.isFinite(bounds.high);
}

function expectWithin(values: Values, bounds: Interval): void {
  const at = values.findIndex((value) => value < bounds.low || value > bounds.high);
  if (at >= 0) {
    throw new RangeError(`Expected \`values[${at}]\` to lie in [${bounds.low}, ${bounds.high}], got ${values[at]}`);
  }
}
