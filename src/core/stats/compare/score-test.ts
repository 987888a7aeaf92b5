/**
 * Is the mean of scores, or of their paired differences, above a bound? One score test for every kind of score, in groups of
 * any size. Tango's test (1998) takes the variance of an item under the likeliest 0/1 table whose difference is the bound. Here
 * the likeliest distribution is over the values that were seen and the worst value there is, so that graded scores and means of
 * repetitions are judged in the same way; of 0/1 scores it is Tango's, but for the skewness.
 *
 *     weights w_v >= 0 of the values v maximise sum n_v log w_v, with sum w_v = 1 and sum w_v v = bound
 *     z = (mean - bound) / sqrt(V / n),   V = sum w_v (v - bound)^2
 *
 * The weights are those of empirical likelihood (Owen 1988, Biometrika 75:237). A value that was never seen can have weight:
 * a hundred equal answers do not prove that losses are impossible.
 *
 * In groups V grows. The design effect that was seen (Rao and Scott 1992, Biometrics 48:577) says by how much; of groups of unequal size
 * also the one that their likeness within makes usual, and the larger counts. It hardly says whether
 * groups are lost as one where none was seen that is. So groups are also taken as units: one unseen group that loses everything has
 * its likeliest weight beside the groups that were seen, and the larger variance counts. For a claim that the mean is less, that group
 * wins everything. The t distribution has the degrees of freedom of Kish's effective groups, less 1.
 *
 * Note: with fewer than 29 groups, groups that fail as one with probability 0.1 show no loss at all in more than 5% of
 * suites. So no loss at all cannot decide there, and a few losses must not decide either. `greaterP` is therefore the largest p
 * of the data with the losses of some groups made equal: a pair that turns from lost to equal never takes a claim away.
 *
 * Where the mean is skewed under the bound the normal tail is too light: six losses in a hundred, against a bound of three, have a
 * p of .08 and not .04. A correction for skewness makes such claims harder. Where scores are 0 or 1 and stand by themselves, the
 * exact distribution of wins and losses gives the p-value (./exact-tail.ts); where graded scores or whole groups are lost or won as a whole and
 * hardly differ otherwise, these are counted exactly (./lumped-tail.ts).
 *
 * It is an approximation for few groups: `npm run simulate` has the errors.
 */
import { gammaUpperTail, normalCdf, normalQuantile, tCdf } from '../basics/distributions.js';
import { expectSameLength } from '../basics/expect.js';
import type { Interval } from '../basics/interval.js';
import { once } from '../basics/once.js';
import { narrowRoot } from '../basics/root.js';
import { type ClusterId, clusterIndices } from '../estimate/clusters.js';
import { exactTail, type Outcome } from './exact-tail.js';
import { likeliestMoments, type Moments, type Point } from './likeliest-variance.js';
import { lumpedTail } from './lumped-tail.js';

export interface ScoreTestOptions {
  /** The group of each item; without it every item stands by itself. */
  readonly clusters?: readonly ClusterId[] | undefined;
  /** The least and the greatest value that an item can have; of differences -1 and 1. */
  readonly range?: Interval;
  /** The inflation of the variance by autocorrelation (`serialInflation`); only without clusters. */
  readonly inflation?: number;
}

/** A test of many bounds on the same items. */
export interface ScoreTest {
  /** One-sided p-value against a true mean of `bound` or less: a small one says that the mean is greater. */
  greaterP(bound: number): number;
  /** One-sided p-value against a true mean of `bound` or more. */
  lessP(bound: number): number;
  /** The greatest bound that is rejected from above at this level, or the least value there is. */
  low(level: number): number;
  /** The least bound that is rejected from below at this level, or the greatest value there is. */
  high(level: number): number;
}

const DIFFERENCES: Interval = { low: -1, high: 1 };

/** @param values within the range, at least one. */
export function scoreTest(values: readonly number[], options: ScoreTestOptions = {}): ScoreTest {
  const { range = DIFFERENCES, clusters, inflation = 1 } = options;
  requireWithin(values, range);
  return testOf(tallyOf(groupsOf(values, clusters)), { range, inflation });
}

/** Groups of differences that a simulation draws again and again. */
export interface DrawnGroups {
  /** The kind of each group, from 0. Equal groups are of one kind. */
  readonly kindOf: Int32Array;
  readonly kinds: number;
  /** @param counts How often each kind was drawn. */
  test(counts: Int32Array): ScoreTest;
}

export function groupsToDraw(groups: readonly (readonly number[])[]): DrawnGroups {
  const known: Kinds = new Map();
  const places = new Map<Group, number>();
  const kindOf = Int32Array.from(groups, (values) => {
    const group = groupOf(values, known);
    const place = places.get(group) ?? places.size;
    places.set(group, place);
    return place;
  });
  const kinds = [...places.keys()];
  return {
    kindOf,
    kinds: kinds.length,
    test(counts) {
      const tally: Tally = new Map();
      kinds.forEach((group, kind) => {
        if (counts[kind]! > 0) tally.set(group, counts[kind]!);
      });
      return testOf(tally, { range: DIFFERENCES, inflation: 1 });
    },
  };
}

/** The test of differences that are counted in groups already, each with its values in ascending order. */
export function scoreTestOfGroups(groups: readonly Group['counts'][]): ScoreTest {
  const kinds: Kinds = new Map();
  return testOf(tallyOf(groups.map((counts) => groupOfCounts(counts, kinds))), { range: DIFFERENCES, inflation: 1 });
}

function testOf(tally: Tally, { range, inflation }: Scale): ScoreTest {
  const opposite = { low: -range.high, high: -range.low };
  const above = once(() => side(tally, { range, inflation }));
  const below = once(() =>
    side(
      changed(tally, (value) => -value),
      { range: opposite, inflation },
    ),
  );
  return {
    greaterP: (bound) => above().p(bound),
    lessP: (bound) => below().p(-bound),
    low: (level) => above().lowest(level),
    high: (level) => -below().lowest(level),
  };
}

function requireWithin(values: readonly number[], range: Interval): void {
  if (values.length === 0) throw new RangeError('Expected at least one value, got none');
  const outside = values.find((value) => !(value >= range.low && value <= range.high));
  if (outside !== undefined) throw new RangeError(`Expected values in [${range.low}, ${range.high}], got ${outside}`);
}

/** A group by its values, in any order. Groups of few different values, such as 0/1 scores, are one object if they are equal. */
interface Group {
  /** How often each value comes. */
  readonly counts: readonly (readonly [value: number, count: number])[];
  readonly size: number;
  readonly total: number;
  readonly squares: number;
  /** The sum of what was lost. */
  readonly loss: number;
}

type Kinds = Map<number | string, Group>;

/** How many groups there are of each kind. */
type Tally = Map<Group, number>;

function groupsOf(values: readonly number[], clusters: ScoreTestOptions['clusters']): readonly Group[] {
  const kinds: Kinds = new Map();
  if (clusters === undefined) return values.map((value) => groupOf([value], kinds));
  expectSameLength('clusters', values, clusters);
  return clusterIndices(clusters).map((indices) => {
    const group = indices.map((index) => values[index]!);
    return groupOf(group, kinds);
  });
}

/** Groups with more different values are hardly ever equal. */
const FEW_VALUES = 4;

function groupOf(values: readonly number[], kinds: Kinds): Group {
  if (values.length === 1) return kept(values[0]!, kinds, () => groupWith([[values[0]!, 1]]));
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size > FEW_VALUES) return groupWith([...counts]);
  return groupOfCounts(
    [...counts].sort(([a], [b]) => a - b),
    kinds,
  );
}

/** @param counts in the order of their values. */
function groupOfCounts(counts: Group['counts'], kinds: Kinds): Group {
  return kept(counts.join(), kinds, () => groupWith(counts));
}

function kept(key: number | string, kinds: Kinds, make: () => Group): Group {
  const group = kinds.get(key) ?? make();
  kinds.set(key, group);
  return group;
}

function groupWith(counts: Group['counts']): Group {
  let [size, total, squares, loss] = [0, 0, 0, 0];
  for (const [value, count] of counts) {
    size += count;
    total += count * value;
    squares += count * value * value;
    if (value < 0) loss -= count * value;
  }
  return { counts, size, total, squares, loss };
}

/** Each group with its values changed. */
function changed(tally: Tally, change: (value: number) => number): Tally {
  return new Map([...tally].map(([group, count]) => [changedGroup(group, change), count]));
}

function changedGroup({ counts }: Group, change: (value: number) => number): Group {
  if (counts.length === 1) return groupWith([[change(counts[0]![0]), counts[0]![1]]]);
  const merged = new Map<number, number>();
  for (const [value, count] of counts) merged.set(change(value), (merged.get(change(value)) ?? 0) + count);
  return groupWith([...merged]);
}

function tallyOf(groups: readonly Group[]): Tally {
  const tally: Tally = new Map();
  for (const group of groups) add(tally, group, 1);
  return tally;
}

function add(tally: Tally, group: Group, count: number): void {
  tally.set(group, (tally.get(group) ?? 0) + count);
}

/** How exact a bound is, as a share of the range. */
const TOLERANCE = 5e-10;
/** Standard deviations at which a p-value has no digits left. */
const FAR = 38;

interface Scale {
  readonly range: Interval;
  readonly inflation: number;
}

/** The test in one direction. */
function side(tally: Tally, scale: Scale) {
  const whole = summarise(tally);
  const softened = once(() => softenings(tally));
  const p = (bound: number) => {
    const first = readingP(whole, bound, scale);
    if (whole.grouped === null || whole.mean <= bound) return first;
    return softened().reduce((largest, reading) => Math.max(largest, readingP(reading, bound, scale)), first);
  };
  const tolerance = TOLERANCE * (scale.range.high - scale.range.low);
  const lowest = (level: number) => {
    if (p(scale.range.low) > level) return scale.range.low;
    const target = normalQuantile(level);
    // The quantile of p is nearly a straight line of the bound.
    const excess = (bound: number) => {
      const tail = p(bound);
      const distance = Math.max(-FAR, normalQuantile(tail)) - target;
      return tail <= level ? Math.min(-Number.MIN_VALUE, distance) : Math.max(0, distance);
    };
    return narrowRoot(excess, { low: scale.range.low, high: whole.mean }, tolerance).low;
  };
  return { p, lowest };
}

/** The groups with the losses of those that lost least made equal, step by step. */
function softenings(groups: Tally): readonly Reading[] {
  const softened = new Map(
    [...groups.keys()].map((group) => [group, changedGroup(group, (value) => Math.max(0, value))]),
  );
  const byLoss = [...groups]
    .filter(([{ loss }]) => loss > 0)
    .sort(([a], [b]) => b.loss - a.loss)
    .flatMap(([group, count]) => Array<Group>(count).fill(group));
  const tally: Tally = new Map([...groups].map(([group, count]) => [softened.get(group)!, count]));
  let kept = 0;
  return countsBelow(byLoss.length).map((count) => {
    for (; kept < count; kept++) {
      add(tally, softened.get(byLoss[kept]!)!, -1);
      add(tally, byLoss[kept]!, 1);
    }
    return summarise(tally);
  });
}

/** 0 to 8 one by one, then in steps of a quarter: past a few groups the p-value hardly changes. */
function countsBelow(last: number): readonly number[] {
  const counts: number[] = [];
  for (let count = 0; count < last; count += Math.max(1, Math.floor(count / 4))) counts.push(count);
  return [...counts, last];
}

/** What the test needs of the items, whatever the bound. */
interface Reading {
  readonly n: number;
  readonly mean: number;
  /** The different values, with their shares. */
  readonly values: readonly { readonly value: number; readonly share: number }[];
  /** Whether every item is won, lost or equal. */
  readonly isWhole: boolean;
  readonly grouped: Grouped | null;
}

interface Grouped {
  /** The different totals and sizes, with the shares of the groups that have them. */
  readonly totals: readonly { readonly total: number; readonly size: number; readonly share: number }[];
  readonly groups: number;
  /** Kish 1965: as many groups of equal size would say as much. */
  readonly effective: number;
  /** How many times the variance of the mean grows by groups, as it was seen; never below 1. */
  readonly designEffect: number;
}

function summarise(tally: Tally): Reading {
  const counts = new Map<number, number>();
  const totals = new Map<number, Map<number, { total: number; size: number; groups: number }>>();
  let [n, groups, total, squares, sizes] = [0, 0, 0, 0, 0];
  for (const [group, count] of tally) {
    if (count === 0) continue;
    const { size } = group;
    for (const [value, ofGroup] of group.counts) counts.set(value, (counts.get(value) ?? 0) + count * ofGroup);
    n += count * size;
    groups += count;
    total += count * group.total;
    squares += count * group.squares;
    sizes += count * size ** 2;
    const ofSize = totals.get(size) ?? new Map<number, { total: number; size: number; groups: number }>();
    const alike = ofSize.get(group.total) ?? { total: group.total, size, groups: 0 };
    alike.groups += count;
    totals.set(size, ofSize.set(group.total, alike));
  }
  const mean = total / n;
  const values = [...counts].map(([value, count]) => ({ value, share: count / n }));
  const isWhole = values.every(({ value }) => value === -1 || value === 0 || value === 1);
  if (groups === n) return { n, mean, values, isWhole, grouped: null };
  const whole = squares - n * mean ** 2;
  // The squared deviations of totals, and of means, each mean as often as its group has items.
  let [ofTotals, ofMeans] = [0, 0];
  const different = [...totals.values()].flatMap((ofSize) => [...ofSize.values()]);
  for (const one of different) {
    const deviation = one.groups * (one.total - one.size * mean) ** 2;
    ofTotals += deviation;
    ofMeans += deviation / one.size;
  }
  const seen = whole > 1e-12 * n ? (ofTotals * groups * (n - 1)) / ((groups - 1) * whole * n) : 1;
  const designEffect = Math.max(1, seen, totals.size > 1 ? usualEffect({ n, groups, sizes, whole, ofMeans }) : 1);
  return {
    n,
    mean,
    values,
    isWhole,
    grouped: {
      totals: different.map(({ total: sum, size, groups: alike }) => ({ total: sum, size, share: alike / groups })),
      groups,
      effective: n ** 2 / sizes,
      designEffect,
    },
  };
}

/** Sums over the items and the groups. */
interface Deviations {
  readonly n: number;
  readonly groups: number;
  /** Of the squared sizes. */
  readonly sizes: number;
  readonly whole: number;
  readonly ofMeans: number;
}

/**
 * The design effect of groups that are all as alike within as they usually are: `1 + (sum m^2 / n - 1) ICC` (Kish 1965), with the ICC by
 * analysis of variance (Donner 1986, International Statistical Review 54:67). Where one group is large, its own total says little of
 * how far it can stray: mostly it is not among the groups that are lost as one.
 */
function usualEffect({ n, groups, sizes, whole, ofMeans }: Deviations): number {
  const between = ofMeans / (groups - 1);
  const within = (whole - ofMeans) / (n - groups);
  const usualSize = (n - sizes / n) / (groups - 1);
  const variance = between + (usualSize - 1) * within;
  return variance > 0 ? 1 + (sizes / n - 1) * ((between - within) / variance) : 1;
}

function readingP(reading: Reading, bound: number, { range: { low, high }, inflation }: Scale): number {
  const { n, mean, values, isWhole, grouped } = reading;
  if (Math.abs(mean - bound) < 1e-12) return 0.5;
  const direction = mean > bound ? 1 : -1;
  // A mean of the bound, below the mean that was seen, takes worse values than were seen; above it, better ones.
  const unseen = direction === 1 ? low - bound : bound - high;
  const seen = values.map(({ value, share }): Point => ({ distance: direction * (value - bound), share }));
  const items = likeliestMoments(seen, unseen);
  const distance = Math.abs(mean - bound);
  if (grouped === null) {
    const units = n / inflation;
    const z = distance / Math.sqrt(items.variance / units);
    if (direction === -1) return normalCdf(z);
    const p = upperTail(z, skewnessOf(items, units), normalCdf);
    if (inflation > 1 || !mayDecide(p)) return p;
    return isWhole && low >= -1 && high <= 1
      ? exactTail(outcomeOf(reading), { bound, canWin: high > 0, canLose: low < 0 })
      : Math.max(p, lumpedTail(items.weights(), { units: n, least: n * distance }));
  }
  const { effective, designEffect, groups, totals } = grouped;
  const grown = items.variance * designEffect;
  const ofGroups = likeliestMoments(
    totals.map(({ total, size, share }): Point => ({ distance: direction * (total - size * bound), share })),
    (n / effective) * unseen,
  );
  const cautious = Math.max(grown, (ofGroups.variance * groups) / n);
  const t = distance / Math.sqrt(cautious / n);
  const freedom = Math.max(1, effective - 1);
  const cdf = (value: number) => tCdf(value, freedom);
  if (direction === -1) return cdf(t);
  const p = upperTail(t, skewnessOf(ofGroups, groups), cdf);
  return mayDecide(p) ? Math.max(p, lumpedTail(ofGroups.weights(), { units: groups, least: n * distance })) : p;
}

/** Other p-values decide nothing, however exact. */
function mayDecide(p: number): boolean {
  return p >= 1e-6 && p <= 0.25;
}

function outcomeOf({ n, values }: Reading): Outcome {
  const count = (wanted: number) => Math.round(n * (values.find(({ value }) => value === wanted)?.share ?? 0));
  return { wins: count(1), losses: count(-1), n };
}

/** The skewness of the mean of `units` draws. */
function skewnessOf({ variance, third }: Moments, units: number): number {
  return variance > 0 ? third / variance ** 1.5 / Math.sqrt(units) : 0;
}

/** Less skewness than this changes no digit that matters. */
const LITTLE_SKEWNESS = 0.02;

/**
 * The upper tail, with the skewness of the mean where that makes a claim harder; it never makes one easier. The expansion of Cornish
 * and Fisher (1938) holds near the centre only, where it rises with the statistic; the tail of a gamma distribution of the same
 * skewness (Pearson's type III) holds beyond it as well.
 */
function upperTail(statistic: number, skewness: number, cdf: (value: number) => number): number {
  const symmetric = cdf(-statistic);
  if (skewness < LITTLE_SKEWNESS || statistic < 1) return symmetric;
  const shape = 4 / skewness ** 2;
  const gamma = gammaUpperTail(shape + statistic * Math.sqrt(shape), shape);
  const expanded = statistic < 3 / skewness ? cdf(-statistic + (skewness * (statistic ** 2 - 1)) / 6) : 0;
  return Math.max(symmetric, gamma, expanded);
}
