/**
 * Closed-form intervals for a mean of values in [0, 1] that hold at all times at once (Waudby-Smith and Ramdas 2023, JRSS B
 * 86:1, theorems 1 and 2; confseq `predmix.py`). Wider than betting, and there is a formula to check them by:
 *
 *     (sum l x) / (sum l) +- (ln(2/alpha) + sum v psi(l)) / (sum l)
 */

import { expectBetween0And1, expectProbability } from '../basics/expect.js';
import type { Interval } from '../basics/interval.js';
import { startBets } from './betting-sequence.js';

/** Empirical Bernstein: `v = (x - mean so far)^2`, `psi(l) = -ln(1 - l) - l`, l at most 1/2. Uses the spread it finds. */
export function empiricalBernsteinIntervals(values: readonly number[], confidence = 0.95): Interval[] {
  expectBetween0And1('confidence', confidence);
  const upward = empiricalBernsteinLower(values, 1 - confidence);
  const downward = empiricalBernsteinLower(
    values.map((value) => 1 - value),
    1 - confidence,
  );
  return upward.map((low, i) => ({ low: Math.max(0, low), high: Math.min(1, 1 - downward[i]!) }));
}

/** Hoeffding: `l = min(1, sqrt(8 ln(2/alpha) / (t ln(1 + t))))`, `psi(l) = l^2 / 8`, v = 1. As if the spread were the largest. */
export function hoeffdingIntervals(values: readonly number[], confidence = 0.95): Interval[] {
  expectBetween0And1('confidence', confidence);
  const threshold = Math.log(2 / (1 - confidence));
  let [weights, weighted, penalty] = [0, 0, 0];
  return values.map((value, i) => {
    expectProbability(`values[${i}]`, value);
    const weight = Math.min(1, Math.sqrt((8 * threshold) / ((i + 1) * Math.log(i + 2))));
    weights += weight;
    weighted += weight * value;
    penalty += weight ** 2 / 8;
    const half = (threshold + penalty) / weights;
    return { low: Math.max(0, weighted / weights - half), high: Math.min(1, weighted / weights + half) };
  });
}

/** The lower bounds; the mean so far starts at 0, as in the reference implementation. */
function empiricalBernsteinLower(values: readonly number[], alpha: number): number[] {
  const bets = startBets(alpha);
  const threshold = Math.log(2 / alpha);
  let [weights, weighted, penalty, total] = [0, 0, 0, 0];
  return values.map((value, i) => {
    expectProbability(`values[${i}]`, value);
    const meanSoFar = i === 0 ? 0 : total / i;
    const weight = Math.min(1 / 2, bets.next(value));
    weights += weight;
    weighted += weight * value;
    penalty += (value - meanSoFar) ** 2 * (-Math.log1p(-weight) - weight);
    total += value;
    return (weighted - threshold - penalty) / weights;
  });
}
