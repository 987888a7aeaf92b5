/**
 * The p-th percentile of n values. Rules for it differ: for 1..10 and p = 0.9 ours gives 9.1, nearest rank gives 9 and MLPerf's
 * gives 10. Only percentiles by the same rule can be compared.
 */
import { expectFinite, expectProbability } from '../basics/expect.js';
import { sorted, type Values } from '../basics/moments.js';

/** Linear interpolation at (n - 1) p: rule 7 of Hyndman and Fan 1996, the default of R and numpy, and ours. */
export function percentile(values: Values, p: number): number {
  return percentileOfSorted(prepare(values, p), p);
}

/** The same for values that are ascending already. */
export function percentileOfSorted(ascending: Values, p: number): number {
  const position = (ascending.length - 1) * p;
  const below = Math.floor(position);
  const low = ascending[below]!;
  const high = ascending[Math.min(below + 1, ascending.length - 1)]!;
  return low + (position - below) * (high - low);
}

/** The middle value, or the mean of the middle two. */
export function median(values: Values): number {
  return percentile(values, 0.5);
}

function prepare(values: Values, p: number): Values {
  expectProbability('p', p);
  expectFinite('values', values);
  if (values.length === 0) throw new RangeError('Expected at least one value to take a percentile of, got none');
  return sorted(values);
}
