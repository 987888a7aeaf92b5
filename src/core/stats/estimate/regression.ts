/**
 * A line through points, y = intercept + slope x, by least squares, with intervals that hold when the spread of y grows with x and when
 * points come in clusters.
 *
 * The covariance is the sandwich of Liang and Zeger (1986, Biometrika 73:13) with the correction of Stata's `vce(cluster)`,
 * G/(G-1) (n-1)/(n-2), and Student's t with G - 2 degrees of freedom for G clusters. A point of its own is a cluster of one.
 */
import { type Missing, missing } from '../../quantity.js';
import { twoSidedT } from '../basics/distributions.js';
import { expectBetween0And1, expectFinite, expectSameLength } from '../basics/expect.js';
import { mean, sum } from '../basics/moments.js';
import { type ClusterId, clusterIndices } from './clusters.js';
import type { Estimate } from './estimate.js';

export interface Line {
  /** The y of x = 0. */
  readonly intercept: Estimate;
  /** The change of y for a step of 1 in x. */
  readonly slope: Estimate;
}

export interface LineOptions {
  /** Two-sided; the default is 0.95. */
  readonly confidence?: number;
  /** The cluster of each point. */
  readonly clusters?: readonly ClusterId[];
}

/** With fewer clusters, the spread of the clusters is poorly known and the intervals are too narrow. */
const FEW_CLUSTERS = 20;
/** Two points make a line, and the third is the first to say how far points lie from it. */
const LEAST_CLUSTERS = 3;

export function estimateLine(x: readonly number[], y: readonly number[], options: LineOptions = {}): Line | Missing {
  const { confidence = 0.95, clusters = x.map((_, i) => i) } = options;
  expectBetween0And1('confidence', confidence);
  expectFinite('x', x);
  expectFinite('y', y);
  expectSameLength('y', x, y);
  expectSameLength('clusters', x, clusters);
  const groups = clusterIndices(clusters);
  if (groups.length < LEAST_CLUSTERS) {
    return missing(
      `a line with an interval takes ${LEAST_CLUSTERS} independent points, and there are ${groups.length}`,
    );
  }
  const n = x.length;
  const middle = mean(x);
  const spread = sum(x.map((value) => (value - middle) ** 2));
  if (spread === 0) return missing('all points have the same x, so they show no slope');

  const height = mean(y);
  const slope = sum(x.map((value, i) => (value - middle) * (y[i]! - height))) / spread;
  const intercept = height - slope * middle;
  const residuals = y.map((value, i) => value - intercept - slope * x[i]!);

  const factor = (groups.length / (groups.length - 1)) * ((n - 1) / (n - 2));
  const errorOf = (weight: (x: number) => number) => {
    const ofGroup = (group: readonly number[]) =>
      group.reduce((total, i) => total + weight(x[i]!) * residuals[i]!, 0) ** 2;
    return Math.sqrt(factor * sum(groups.map(ofGroup)));
  };
  const t = twoSidedT(confidence, groups.length - 2);
  const warnings =
    groups.length < FEW_CLUSTERS ? [`only ${groups.length} independent points: the interval may be too narrow`] : [];
  const estimate = (value: number, standardError: number): Estimate => ({
    value,
    low: value - t * standardError,
    high: value + t * standardError,
    n,
    confidence,
    method: 'clustered-least-squares',
    clusters: groups.length,
    standardError,
    warnings,
  });
  return {
    slope: estimate(
      slope,
      errorOf((value) => (value - middle) / spread),
    ),
    intercept: estimate(
      intercept,
      errorOf((value) => 1 / n - (middle * (value - middle)) / spread),
    ),
  };
}
