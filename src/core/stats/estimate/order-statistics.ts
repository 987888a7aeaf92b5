/**
 * A median or a p99 with an interval that assumes no distribution. The number of values below the q-quantile is binomial, so the
 * interval runs from one sorted value to another (David and Nagaraja 2003, section 7.1).
 *
 * The conventions are benchstat's (`go-moremath/stats/quantileci.go`): start at the likeliest gap between sorted values and
 * take the likelier neighbour, or the left one if both are equally likely, until the confidence is reached. Unlike benchstat there is no
 * switch to a normal approximation above n = 30: it is poor in the tails, where p99 lives.
 */
import { type Missing, missing } from '../../quantity.js';
import { binomialCdf, binomialPmf } from '../basics/distributions.js';
import { expectBetween0And1, expectCount, expectFinite } from '../basics/expect.js';
import { sorted, type Values } from '../basics/moments.js';
import type { Estimate } from './estimate.js';
import { percentileOfSorted } from './percentiles.js';
import { serialNote, withEffectiveSize } from './serial.js';

/** From the `low`-th to the `high`-th smallest value, counted from 1; 0 and n + 1 stand for no bound on that side. */
export interface OrderInterval {
  readonly low: number;
  readonly high: number;
  /** The confidence that these two really hold: at least the confidence that was asked for. */
  readonly confidence: number;
  /** Whether the interval that lies one value further right holds as much. */
  readonly ambiguous: boolean;
}

/** Which sorted values bound the q-quantile of `n` values. */
export function quantileOrders(n: number, q: number, confidence = 0.95): OrderInterval {
  expectCount('n', n, 1);
  expectBetween0And1('q', q);
  expectBetween0And1('confidence', confidence);
  const probability = (gap: number) => (gap < 0 || gap > n ? 0 : binomialPmf(gap, n, q));
  // Gap k lies between the k-th and the (k+1)-th value; [low, high) are the gaps taken so far.
  const mode = Math.max(0, Math.ceil((n + 1) * q - 1));
  let [low, high] = [mode, mode + 1];
  let held = probability(mode);
  let [left, right] = [probability(low - 1), probability(high)];
  let ambiguous = alike(right, held);
  while (below(held, confidence) && (left > 0 || right > 0)) {
    ambiguous = alike(left, right);
    if (left > right || ambiguous) {
      held += left;
      low--;
      left = probability(low - 1);
    } else {
      held += right;
      high++;
      right = probability(high);
    }
  }
  return { low, high, confidence: Math.min(1, held), ambiguous };
}

/**
 * The q-quantile (rule 7) with its interval by order statistics. Missing when the values are too few for both bounds: the
 * median needs 6 for 95% and 8 for 99%, p99 needs 377.
 */
export function estimateQuantile(values: readonly number[], q: number, confidence = 0.95): Estimate | Missing {
  expectFinite('values', values);
  return estimateQuantileOfSorted(sorted(values), q, { confidence });
}

/**
 * The same for values that are finite and ascending already.
 * @param inflation The inflation of the variance by autocorrelation (`quantileInflation`).
 */
export function estimateQuantileOfSorted(
  ascending: Values,
  q: number,
  { confidence = 0.95, inflation = 1 }: { readonly confidence?: number; readonly inflation?: number } = {},
): Estimate | Missing {
  expectBetween0And1('q', q);
  expectBetween0And1('confidence', confidence);
  const n = ascending.length;
  if (n === 0) return missing('no values');
  const { low, high } = inflatedOrders(n, q, { confidence, inflation });
  if (low < 1 || high > n) {
    const needed = quantileSampleSize(q, { confidence, inflation });
    const values = inflation > 1 ? withEffectiveSize(n, inflation) : `${n} values`;
    return missing(
      `${values} are too few for a ${asPercent(confidence)} interval of the ${asPercent(q)} quantile: ` +
        `it takes ${needed}${inflation > 1 ? ' such values' : ''}`,
    );
  }
  return {
    value: percentileOfSorted(ascending, q),
    low: ascending[low - 1]!,
    high: ascending[high - 1]!,
    n,
    confidence,
    method: 'order-statistics',
    ...serialNote(n, inflation),
  };
}

interface QuantileOptions {
  readonly confidence: number;
  readonly inflation: number;
}

/** The orders, each moved away from the quantile by the factor by which the standard deviation grows. */
function inflatedOrders(
  n: number,
  q: number,
  { confidence, inflation }: QuantileOptions,
): Pick<OrderInterval, 'low' | 'high'> {
  const { low, high } = quantileOrders(n, q, confidence);
  if (inflation === 1) return { low, high };
  const centre = n * q + 0.5;
  const factor = Math.sqrt(inflation);
  return { low: Math.floor(centre - (centre - low) * factor), high: Math.ceil(centre + (high - centre) * factor) };
}

/**
 * The least number of values that shows a limit on the q-quantile, when `over` of them lie beyond the limit: the least n with
 * `P(Bin(n, 1 - q) <= over) <= 1 - confidence`. With none over it is 59 for p95 and 299 for p99, at 95%.
 */
export function quantileBoundSampleSize(q: number, { over = 0, confidence = 0.95 } = {}): number {
  expectBetween0And1('q', q);
  expectBetween0And1('confidence', confidence);
  expectCount('over', over);
  const shown = (n: number) => !below(binomialCdf(n - over - 1, n, q), confidence);
  return leastFrom(over + 1, shown);
}

/** The least n from which on the q-quantile has two bounds, among values that are autocorrelated as much. */
export function quantileSampleSize(
  q: number,
  { confidence = 0.95, inflation = 1 }: Partial<QuantileOptions> = {},
): number {
  const bounded = (n: number) => {
    const { low, high } = inflatedOrders(n, q, { confidence, inflation });
    return low >= 1 && high <= n;
  };
  return leastFrom(1, bounded);
}

/** The least whole number at or above `start` that holds, where every larger one holds too. */
function leastFrom(start: number, holds: (n: number) => boolean): number {
  let high = start;
  while (!holds(high)) high *= 2;
  let low = start - 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Sums of probabilities carry rounding errors. A confidence that is missed by less than this counts as reached. */
const ROUNDING = 1e-12;

function below(held: number, confidence: number): boolean {
  return held < confidence - ROUNDING;
}

function alike(left: number, right: number): boolean {
  return Math.abs(left - right) <= ROUNDING * Math.max(left, right);
}

function asPercent(share: number): string {
  return `${Number((share * 100).toPrecision(6))}%`;
}
