/**
 * Items that come in groups (ten questions on one document, five prompts of one user) carry less information than as many
 * independent ones. Any string or number names a cluster, and items with the same name belong together.
 */
import { expectPositive, expectSameLength } from '../basics/expect.js';
import { mean, sum, type Values } from '../basics/moments.js';

export type ClusterId = string | number;

/** The indices of the items of each cluster, in order of first appearance. */
export function clusterIndices(clusters: readonly ClusterId[]): number[][] {
  const members = new Map<ClusterId, number[]>();
  clusters.forEach((cluster, index) => {
    const known = members.get(cluster);
    if (known) known.push(index);
    else members.set(cluster, [index]);
  });
  return [...members.values()];
}

/**
 * The standard error of the mean of clustered values:
 * `(1/n) sqrt(sum_c (sum_{i in c} (s_i - mean))^2)` (Miller 2024, arXiv 2411.00640, section 2.2), and by default the
 * variance times C/(C-1), as inspect_ai's `std.py` does, so that clusters of one item give the ordinary standard error.
 *
 * @throws RangeError with fewer than two clusters: the spread between clusters is then unknown.
 */
export function clusteredStandardError(
  values: Values,
  clusters: readonly ClusterId[],
  options: { readonly finiteClusterFactor?: boolean } = {},
): number {
  expectSameLength('clusters', values, clusters);
  const groups = clusterIndices(clusters);
  if (groups.length < 2) {
    throw new RangeError(`Expected at least two clusters for a clustered standard error, got ${groups.length}`);
  }
  const centre = mean(values);
  const squares = groups.map((group) => sum(group.map((index) => values[index]! - centre)) ** 2);
  const factor = (options.finiteClusterFactor ?? true) ? groups.length / (groups.length - 1) : 1;
  return Math.sqrt(factor * sum(squares)) / values.length;
}

/** How many times larger the variance of a mean is with clusters of `clusterSize`: `1 + (m - 1) ICC` (Kish 1965). */
export function designEffect(clusterSize: number, intraclassCorrelation: number): number {
  expectPositive('clusterSize', clusterSize);
  const effect = 1 + (clusterSize - 1) * intraclassCorrelation;
  if (!(effect > 0)) {
    throw new RangeError(
      `Expected \`intraclassCorrelation\` to be above -1/(m - 1), where the variance is 0, got ${intraclassCorrelation}`,
    );
  }
  return effect;
}

/**
 * How alike the values of one cluster are, from 0 to 1. It follows from the variance of the mean with and without the clusters:
 * `deff = 1 + (m - 1) ICC`, m the effective size of a cluster.
 */
export function intraclassCorrelation(values: readonly number[], clusters: readonly ClusterId[]): number {
  const size = clusters.length / effectiveClusters(clusters);
  if (size <= 1 || clusterIndices(clusters).length < 2) return 0;
  const independent =
    clusteredStandardError(
      values,
      clusters.map((_, i) => i),
    ) ** 2;
  if (independent === 0) return 0;
  const effect = clusteredStandardError(values, clusters) ** 2 / independent;
  return Math.min(1, Math.max(0, (effect - 1) / (size - 1)));
}

/** The effective number of clusters: as many clusters of equal size carry as much, `n^2 / sum_c m_c^2` (Kish 1965). */
export function effectiveClusters(clusters: readonly ClusterId[]): number {
  return clusters.length ** 2 / sum(clusterIndices(clusters).map(({ length }) => length ** 2));
}

/**
 * The design effect of a proportion, or of a difference of two, from variances of its mean that were estimated with and
 * without the clusters (Rao and Scott 1992, Biometrics 48:577); never below 1.
 *
 * Where events are rare the data hardly say whether they come by whole clusters. k clusters that hold an event therefore
 * weigh k^2 to 1 against the most cautious reading, that a cluster counts once. Without it, a claim that should be wrong 5% of
 * the time is wrong up to 25% of the time (21 clusters of 1 to 22 items that fail together, one in ten).
 */
export function rareEventDesignEffect({
  clustered,
  independent,
  clustersWithEvent,
  clusters,
}: {
  readonly clustered: number;
  readonly independent: number;
  readonly clustersWithEvent: number;
  readonly clusters: readonly ClusterId[];
}): number {
  const seen = independent > 0 ? Math.max(1, clustered / independent) : 1;
  const cautious = clusters.length / effectiveClusters(clusters);
  const weight = clustersWithEvent ** 2;
  return (weight * seen + cautious) / (weight + 1);
}
