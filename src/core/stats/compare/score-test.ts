/**
 * Is the mean difference of paired scores above a bound? One score test for every kind of score in [0, 1], in groups of any
 * size. Tango's test (1998) takes the variance of an item under the likeliest 0/1 table whose difference is the bound. Here the
 * likeliest distribution is over the values that were seen and a total loss (-1), so that graded scores and means of
 * repetitions are judged in the same way; of 0/1 scores it is exactly Tango's.
 *
 *     weights w_v >= 0 of the values v maximise sum n_v log w_v, with sum w_v = 1 and sum w_v v = bound
 *     z = (mean - bound) / sqrt(V / n),   V = sum w_v (v - bound)^2
 *
 * The weights are those of empirical likelihood (Owen 1988, Biometrika 75:237). A value that was never seen can have weight:
 * a hundred equal answers do not prove that losses are impossible.
 *
 * In groups V grows. The design effect that was seen (Rao and Scott 1992, Biometrics 48:577) says by how much, where losses
 * came from several groups. Where they came from few, it hardly says whether losses come by whole groups: then one unseen
 * group that loses everything has its likeliest weight, beside the groups that were seen. k groups with a loss weigh k to 1
 * against that cautious reading. The t distribution has the degrees of freedom of Kish's effective groups, less 1.
 *
 * Note: with fewer than 29 groups, groups that fail as one with probability 0.1 show no loss at all in more than 5% of
 * suites. So no loss at all cannot decide there, and a few losses must not decide either. `greaterP` is therefore the largest p
 * of the data with the losses of some groups made equal: a pair that turns from lost to equal never takes a claim away.
 *
 * Not valid for a few groups of which one in five or more is a copy of itself while most are not: simulated error up to 9%
 * (22 groups of 11). `npm run simulate` has the table.
 */
import { normalCdf, tCdf } from '../basics/distributions.js';
import { expectSameLength } from '../basics/expect.js';
import type { Interval } from '../basics/interval.js';
import { mean, sum } from '../basics/moments.js';
import { type ClusterId, clusterIndices } from '../estimate/clusters.js';

export interface ScoreTestOptions {
  /** The group of each item; without it every item stands by itself. */
  readonly clusters?: readonly ClusterId[] | undefined;
}

/**
 * One-sided p-values against a true mean difference of `bound`: small `greaterP` says that the difference is greater.
 * @param differences each in [-1, 1], at least one.
 */
export function scoreTest(
  differences: readonly number[],
  bound: number,
  options: ScoreTestOptions = {},
): { readonly greaterP: number; readonly lessP: number } {
  const groups = groupsOf(differences, options);
  return { greaterP: greaterP(groups, bound), lessP: greaterP(mirrored(groups), -bound) };
}

/** The bounds that neither one-sided test at `alpha` rejects, by bisection to 1e-9. */
export function scoreTestInterval(
  differences: readonly number[],
  alpha: number,
  options: ScoreTestOptions = {},
): Interval {
  const groups = groupsOf(differences, options);
  return { low: lowest(groups, alpha), high: -lowest(mirrored(groups), alpha) };
}

/** The differences of one group. */
type Group = readonly number[];

function groupsOf(differences: readonly number[], { clusters }: ScoreTestOptions): readonly Group[] {
  if (differences.length === 0) throw new RangeError('Expected at least one difference, got none');
  const outside = differences.find((value) => !(value >= -1 && value <= 1));
  if (outside !== undefined) throw new RangeError(`Expected differences in [-1, 1], got ${outside}`);
  if (clusters === undefined) return differences.map((value) => [value]);
  expectSameLength('clusters', differences, clusters);
  return clusterIndices(clusters).map((indices) => indices.map((index) => differences[index]!));
}

function mirrored(groups: readonly Group[]): readonly Group[] {
  return groups.map((group) => group.map((value) => -value));
}

const STEPS = 30;

function lowest(groups: readonly Group[], alpha: number): number {
  let [rejected, kept] = [-1, meanOf(groups)];
  if (greaterP(groups, rejected) > alpha) return -1;
  for (let step = 0; step < STEPS; step++) {
    const middle = (rejected + kept) / 2;
    if (greaterP(groups, middle) <= alpha) rejected = middle;
    else kept = middle;
  }
  return kept;
}

/** The largest p of the data with the losses of the groups that lost least made equal, one group after the other. */
function greaterP(groups: readonly Group[], bound: number): number {
  if (groups.every(({ length }) => length === 1)) return plainP(groups, bound);
  const byLoss = groups.map((group) => ({ group, loss: lossOf(group) })).sort((a, b) => b.loss - a.loss);
  const losing = byLoss.filter(({ loss }) => loss > 0).length;
  let largest = 0;
  for (const kept of countsUpTo(losing)) {
    const softened = byLoss.map(({ group }, i) => (i < kept ? group : group.map((value) => Math.max(0, value))));
    largest = Math.max(largest, plainP(softened, bound));
  }
  return largest;
}

/** 0 to 8 one by one, then in steps of a quarter, and the last: past a few groups the p-value hardly changes. */
function countsUpTo(last: number): readonly number[] {
  const counts: number[] = [];
  for (let count = 0; count < last; count += Math.max(1, Math.floor(count / 4))) counts.push(count);
  return [...counts, last];
}

function lossOf(group: Group): number {
  return group.reduce((total, value) => total + Math.max(0, -value), 0);
}

function plainP(groups: readonly Group[], bound: number): number {
  const values = groups.flat();
  const n = values.length;
  const mean = meanOf(groups);
  const distance = mean - bound;
  if (distance === 0) return 0.5;
  if (distance < 0) return 1 - plainP(mirrored(groups), -bound);
  const variance = varianceUnder(values, bound);
  if (groups.length === n) return normalCdf(-distance / Math.sqrt(variance / n));
  const effective = effectiveGroups(groups);
  const seen = variance * designEffectSeen(groups, mean);
  const cautious = Math.max(seen, (groupVarianceUnder(groups, bound) * groups.length) / n);
  const weight = groups.reduce((total, group) => total + Math.max(0, ...group.map((value) => -value)) ** 2, 0);
  const grown = (weight * seen + cautious) / (weight + 1);
  return tCdf(-distance / Math.sqrt(grown / n), Math.max(1, effective - 1));
}

/** The variance of a value round `bound`, under the likeliest distribution with that mean: of the values seen and of -1. */
function varianceUnder(values: readonly number[], bound: number): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const seen = [...counts].map(([value, count]) => ({ distance: value - bound, share: count / values.length }));
  return likeliestVariance(seen, -1 - bound);
}

/** The same of the totals of groups: of the groups seen, and of one of typical size that loses everything. */
function groupVarianceUnder(groups: readonly Group[], bound: number): number {
  const items = groups.reduce((total, { length }) => total + length, 0);
  const seen = groups.map((group) => ({ distance: sum(group) - group.length * bound, share: 1 / groups.length }));
  return likeliestVariance(seen, (items / effectiveGroups(groups)) * (-1 - bound));
}

interface Point {
  readonly distance: number;
  readonly share: number;
}

/**
 * Weights `share / (1 + t distance)` maximise the likelihood under a mean distance of 0; `t` is found by bisection. It cannot
 * exceed `-1 / unseen`: there the unseen point begins to have weight, all that the others leave.
 * @param seen with a mean distance above 0. @param unseen a distance below 0.
 */
function likeliestVariance(seen: readonly Point[], unseen: number): number {
  const least = Math.min(...seen.map(({ distance }) => distance));
  const mostForUnseen = unseen < 0 ? -1 / unseen : Number.POSITIVE_INFINITY;
  const mostForSeen = least < 0 ? -1 / least : Number.POSITIVE_INFINITY;
  const meanAt = (t: number) =>
    seen.reduce((total, { distance, share }) => total + (share * distance) / (1 + t * distance), 0);
  const varianceAt = (t: number) =>
    seen.reduce((total, { distance, share }) => total + (share * distance ** 2) / (1 + t * distance), 0);
  const weightAt = (t: number) => seen.reduce((total, { distance, share }) => total + share / (1 + t * distance), 0);
  if (mostForUnseen === Number.POSITIVE_INFINITY) return 0;
  if (mostForUnseen < mostForSeen && meanAt(mostForUnseen) > 0)
    return varianceAt(mostForUnseen) + (1 - weightAt(mostForUnseen)) * unseen ** 2;
  let [low, high] = [0, Math.min(mostForUnseen, mostForSeen)];
  for (let step = 0; step < 2 * STEPS; step++) {
    const middle = (low + high) / 2;
    if (meanAt(middle) > 0) low = middle;
    else high = middle;
  }
  return varianceAt(low);
}

/** How many times the variance of the mean grows by groups, as it was seen; never below 1. */
function designEffectSeen(groups: readonly Group[], centre: number): number {
  const items = groups.reduce((total, { length }) => total + length, 0);
  const squares = sum(groups.map((group) => sum(group.map((value) => (value - centre) ** 2))));
  if (squares === 0) return 1;
  const between = sum(groups.map((group) => sum(group.map((value) => value - centre)) ** 2));
  return Math.max(1, (between * groups.length * (items - 1)) / ((groups.length - 1) * squares * items));
}

/** Kish 1965: as many groups of equal size would say as much. */
function effectiveGroups(groups: readonly Group[]): number {
  const items = groups.reduce((total, { length }) => total + length, 0);
  return items ** 2 / groups.reduce((total, { length }) => total + length ** 2, 0);
}

function meanOf(groups: readonly Group[]): number {
  return mean(groups.flat());
}
