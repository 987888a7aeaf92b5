/**
 * Intervals for a proportion: x successes in n independent trials.
 *
 * Wilson is the default of the project: its coverage is close to nominal at every p and n (Brown, Cai, DasGupta 2001, Statistical
 * Science 16:101). Clopper-Pearson never covers less than it says, and is wider for it. Wald (`p +- z se`) is not here: at x = 0
 * it has no width.
 *
 * Counts may be fractional where the trials are an effective number (clustered data).
 */
import { betaQuantile, twoSidedZ } from '../basics/distributions.js';
import { expectBetween0And1, expectPositive } from '../basics/expect.js';
import type { Interval } from '../basics/interval.js';

const _unit: Interval = { low: 0, high: 1 };

/** Wilson 1927, JASA 22:209, the score interval. */
export function wilsonInterval(successes: number, n: number, confidence = 0.95): Interval {
  expectTrials(successes, n);
  const z = twoSidedZ(confidence);
  const p = successes / n;
  const shrink = 1 + z ** 2 / n;
  const centre = (p + z ** 2 / (2 * n)) / shrink;
  const half = (z / shrink) * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2));
  // At the ends the exact bounds are 0 and 1; floating point would give 1e-17.
  return { low: successes === 0 ? 0 : centre - half, high: successes === n ? 1 : centre + half };
}

/** Clopper and Pearson 1934, Biometrika 26:404, the exact interval: coverage is never below the confidence. */
export function clopperPearsonInterval(successes: number, n: number, confidence = 0.95): Interval {
  expectTrials(successes, n);
  expectBetween0And1('confidence', confidence);
  const tail = (1 - confidence) / 2;
  return {
    low: successes === 0 ? 0 : betaQuantile(tail, successes, n - successes + 1),
    high: successes === n ? 1 : betaQuantile(1 - tail, successes + 1, n - successes),
  };
}

/**
 * The failure rate that zero failures in `n` trials still allow: the one-sided upper bound `1 - (1 - confidence)^(1/n)`.
 * At 95% it is close to 3/n, the rule of three.
 */
export function zeroFailureBound(n: number, confidence = 0.95): number {
  expectPositive('n', n);
  expectBetween0And1('confidence', confidence);
  return -Math.expm1(Math.log1p(-confidence) / n);
}

function expectTrials(successes: number, n: number): void {
  expectPositive('n', n);
  if (!(successes >= 0 && successes <= n)) {
    throw new RangeError(`Expected \`successes\` to lie between 0 and n = ${n}, got ${successes}`);
  }
}
