/**
 * Do the values of one group tend to be larger than those of the other? Mann and Whitney 1947, with ties counted half. It
 * assumes no distribution, only that the two groups are independent: for pairs, take `estimateRatio`.
 *
 * Exact, ties included, up to 50 values a group (by counting the ways to deal the tied ranks; Klotz 1966, JASA 61:772);
 * above, normal with the corrections for ties and continuity. scipy's "exact" ignores ties.
 */
import { normalCdf } from '../basics/distributions.js';
import { expectCount, expectFinite } from '../basics/expect.js';
import { sorted } from '../basics/moments.js';

export interface RankTest {
  /** Pairs in which the first group's value is the larger, ties as half. */
  readonly u: number;
  /** u as a share of all pairs: the probability that a value of the first group exceeds one of the second. */
  readonly superiority: number;
  /** Two-sided. */
  readonly p: number;
  readonly exact: boolean;
}

const EXACT_LIMIT = 50;

/** @throws RangeError when a group is empty. */
export function mannWhitneyTest(first: readonly number[], second: readonly number[]): RankTest {
  expectCount('first.length', first.length, 1);
  expectCount('second.length', second.length, 1);
  expectFinite('first', first);
  expectFinite('second', second);
  const [n1, n2] = [first.length, second.length];
  const ties = tieGroups(first, second);
  let [u, secondBelow] = [0, 0];
  for (const group of ties) {
    u += group.first * (secondBelow + group.second / 2);
    secondBelow += group.second;
  }
  const smaller = Math.min(u, n1 * n2 - u);
  const exact = n1 <= EXACT_LIMIT && n2 <= EXACT_LIMIT;
  const sizes = ties.map((group) => group.first + group.second);
  // With ties and unequal groups the two tails differ: each is counted, that of U from below and that of n1 n2 - U.
  const p = exact
    ? exactTail(smaller, n1, n2, sizes) + exactTail(smaller, n2, n1, sizes)
    : normalP(smaller, n1, n2, sizes);
  return { u, superiority: u / (n1 * n2), p: Math.min(1, p), exact };
}

interface TieGroup {
  readonly first: number;
  readonly second: number;
}

/** How often each distinct value occurs in either group, ascending. */
function tieGroups(first: readonly number[], second: readonly number[]): TieGroup[] {
  const groups = new Map<number, { first: number; second: number }>();
  for (const value of sorted([...first, ...second])) groups.set(value, { first: 0, second: 0 });
  for (const value of first) groups.get(value)!.first++;
  for (const value of second) groups.get(value)!.second++;
  return [...groups.values()];
}

/**
 * P(U <= u) when the first group is any n1 of all values. Ways are counted tie group by tie group: taking k of t values
 * adds k times the second group's values so far, and half a pair for each tie. U is counted in halves.
 */
function exactTail(u: number, n1: number, n2: number, sizes: readonly number[]): number {
  const limit = Math.round(2 * u);
  let ways = Array.from({ length: n1 + 1 }, () => new Float64Array(limit + 1));
  ways[0]![0] = 1;
  let dealt = 0;
  for (const size of sizes) {
    const next = Array.from({ length: n1 + 1 }, () => new Float64Array(limit + 1));
    for (let taken = 0; taken <= Math.min(n1, dealt); taken++) {
      const from = ways[taken]!;
      for (let k = 0; k <= Math.min(size, n1 - taken); k++) {
        const halves = k * (2 * (dealt - taken) + size - k);
        const choices = choose(size, k);
        const to = next[taken + k]!;
        for (let w = 0; w + halves <= limit; w++) to[w + halves]! += choices * from[w]!;
      }
    }
    ways = next;
    dealt += size;
  }
  return ways[n1]!.reduce((total, count) => total + count, 0) / choose(n1 + n2, n1);
}

function normalP(smaller: number, n1: number, n2: number, sizes: readonly number[]): number {
  const n = n1 + n2;
  const tied = sizes.reduce((total, t) => total + (t ** 3 - t), 0);
  const spread = Math.sqrt((n1 * n2 * (n + 1 - tied / (n * (n - 1)))) / 12);
  const distance = (n1 * n2) / 2 - smaller - 0.5;
  return spread === 0 || distance <= 0 ? 1 : 2 * normalCdf(-distance / spread);
}

function choose(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= Math.min(k, n - k); i++) ways = (ways * (n - Math.min(k, n - k) + i)) / i;
  return ways;
}
