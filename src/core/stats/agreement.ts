/**
 * Do two judges agree more than by chance? Cohen 1960 (Educ. Psych. Meas. 20:37): `(p_o - p_e) / (1 - p_e)`, with p_e the
 * agreement of two judges who keep their own shares of each verdict but throw dice.
 */
import { missing, type Quantity } from '../quantity.js';
import { expectSameLength } from './basics/expect.js';

/** Missing without verdicts, and where both judges always give one and the same verdict: chance then agrees fully too. */
export function cohenKappa<T extends string | number | boolean>(first: readonly T[], second: readonly T[]): Quantity {
  expectSameLength('second', first, second);
  const n = first.length;
  if (n === 0) return missing('no verdicts');
  const observed = first.filter((verdict, i) => verdict === second[i]).length / n;
  const share = (verdicts: readonly T[], wanted: T) => verdicts.filter((verdict) => verdict === wanted).length / n;
  const expected = [...new Set([...first, ...second])].reduce((p, v) => p + share(first, v) * share(second, v), 0);
  if (expected >= 1 - 1e-12) return missing('both judges give one verdict only: chance agrees as well');
  return { value: (observed - expected) / (1 - expected) };
}
