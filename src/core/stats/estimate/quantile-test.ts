/**
 * Does a quantile meet a limit? The values beyond the limit are binomial, so the test is exact, and the interval that it inverts
 * to runs from one sorted value to another (David and Nagaraja 2003, section 7.1). With no value beyond, a limit on p95 takes 59
 * values at 5%.
 *
 * A request that was cut off at a timeout is censored: its latency is at least the timeout. It counts against a limit when the
 * limit shall be shown to be met, and beyond it only where the timeout is. A request that failed is later than every limit.
 */
import { betaCdf } from '../basics/distributions.js';
import { expectBetween0And1 } from '../basics/expect.js';
import type { Values } from '../basics/moments.js';

export interface QuantileData {
  readonly ascending: Values;
  readonly q: number;
  /** The inflation of the variance by autocorrelation (`quantileInflation`). */
  readonly inflation?: number;
  readonly late?: Late;
}

/** Requests without a latency of their own that are later than others. */
export interface Late {
  /** Requests that were cut off, and after how many seconds. */
  readonly censored: number;
  readonly after: number;
  /** Requests that failed: later than every limit. */
  readonly never: number;
}

const NOT_LATE: Late = { censored: 0, after: Number.POSITIVE_INFINITY, never: 0 };

export interface QuantileTest {
  /** One-sided p-value against a quantile above the limit: a small one says that it is at most the limit. */
  atMostP(limit: number): number;
  /** One-sided p-value against a quantile of at most the limit. */
  aboveP(limit: number): number;
  /** One-sided p-value against a quantile below the limit. */
  atLeastP(limit: number): number;
  belowP(limit: number): number;
  /** The least value that the quantile is shown not to exceed; infinite where there is none. */
  high(level: number): number;
  /** The greatest value that the quantile is shown to reach; 0 where there is none. */
  low(level: number): number;
}

export function quantileTest({ ascending, q, inflation = 1, late = NOT_LATE }: QuantileData): QuantileTest {
  expectBetween0And1('q', q);
  const n = ascending.length + late.censored + late.never;
  const atMost = (count: number, share: number) => binomialAtMost(count / inflation, n / inflation, share);
  const atLeast = (count: number, share: number) => 1 - binomialAtMost((count - 1) / inflation, n / inflation, share);
  const above = (limit: number) => ascending.length - firstAfter(ascending, limit);
  const below = (limit: number) => firstFrom(ascending, limit);
  const cutBeyond = (limit: number) => (late.after >= limit ? late.censored : 0);
  const atMostP = (limit: number) => atMost(above(limit) + late.never + late.censored, 1 - q);
  const atLeastP = (limit: number) => atMost(below(limit) + (late.censored - cutBeyond(limit)), q);
  return {
    atMostP,
    aboveP: (limit) => atLeast(above(limit) + late.never + cutBeyond(limit), 1 - q),
    atLeastP,
    belowP: (limit) => atLeast(below(limit), q),
    high: (level) => {
      const index = firstIndex(ascending.length, (i) => atMostP(ascending[i]!) <= level);
      return index < ascending.length ? ascending[index]! : Number.POSITIVE_INFINITY;
    },
    low: (level) => {
      const index = firstIndex(ascending.length, (i) => atLeastP(ascending[i]!) > level);
      return index > 0 ? ascending[index - 1]! : 0;
    },
  };
}

/** P(X <= count) of a binomial, by the incomplete beta function, so that an effective number of values may be a fraction. */
export function binomialAtMost(count: number, n: number, share: number): number {
  if (count < 0) return 0;
  if (count >= n) return 1;
  return betaCdf(1 - share, n - count, count + 1);
}

/** How many values are at most the limit. */
function firstAfter(ascending: Values, limit: number): number {
  return firstIndex(ascending.length, (i) => ascending[i]! > limit);
}

/** How many values are below the limit. */
function firstFrom(ascending: Values, limit: number): number {
  return firstIndex(ascending.length, (i) => ascending[i]! >= limit);
}

/** The first index up to `length` that holds, where every later one holds as well. */
function firstIndex(length: number, holds: (i: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
