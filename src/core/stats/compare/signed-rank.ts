/**
 * Wilcoxon's signed-rank test for pairs (1945, Biometrics Bulletin 1:80): are the differences centred on 0? Exact, ties
 * included, up to 100 pairs; differences of 0 are left out, as Wilcoxon did. With 5 pairs the smallest p there is is
 * 0.0625: it takes 6 to call anything at 5%.
 */
import { normalCdf } from '../basics/distributions.js';
import { expectFinite } from '../basics/expect.js';
import { sorted } from '../basics/moments.js';

const EXACT_LIMIT = 100;

/** Two-sided p; `rankSum` is the sum of the ranks of the positive differences. Without differences p is 1. */
export function signedRankTest(differences: readonly number[]): { readonly rankSum: number; readonly p: number } {
  expectFinite('differences', differences);
  const nonZero = differences.filter((difference) => difference !== 0);
  const ranks = midRanks(nonZero.map(Math.abs));
  const rankSum = nonZero.reduce((total, difference, i) => (difference > 0 ? total + ranks[i]! : total), 0);
  const all = ranks.reduce((total, rank) => total + rank, 0);
  const smaller = Math.min(rankSum, all - rankSum);
  if (nonZero.length === 0) return { rankSum: 0, p: 1 };
  if (nonZero.length <= EXACT_LIMIT) return { rankSum, p: Math.min(1, 2 * exactTail(smaller, ranks)) };
  const spread = Math.sqrt(ranks.reduce((total, rank) => total + rank ** 2, 0) / 4);
  return { rankSum, p: Math.min(1, 2 * normalCdf(-(all / 2 - smaller - 0.5) / spread)) };
}

/** Ranks from 1, equal values sharing the mean of theirs. */
export function midRanks(values: readonly number[]): number[] {
  const places = new Map<number, { first: number; count: number }>();
  sorted(values).forEach((value, i) => {
    const place = places.get(value);
    if (place) place.count++;
    else places.set(value, { first: i + 1, count: 1 });
  });
  return values.map((value) => {
    const { first, count } = places.get(value)!;
    return first + (count - 1) / 2;
  });
}

/** P(rank sum <= w) when each sign is a coin flip, counted in halves because ties share ranks. */
function exactTail(w: number, ranks: readonly number[]): number {
  const limit = Math.round(2 * w);
  const chance = new Float64Array(limit + 1);
  chance[0] = 1;
  for (const rank of ranks) {
    const step = Math.round(2 * rank);
    for (let at = limit; at >= 0; at--) chance[at] = (chance[at]! + (at >= step ? chance[at - step]! : 0)) / 2;
  }
  return chance.reduce((total, share) => total + share, 0);
}
