/**
 * The distributions that the rest of the room is built on, standardised and under the field's names. The numerical work
 * is @stdlib's; here is only the choice of parameters, and the edges where a distribution shrinks to a point.
 */
import betaLogOf from '@stdlib/math-base-special-betaln';
import gammaIncompleteOf from '@stdlib/math-base-special-gammainc';
import gammaLogOf from '@stdlib/math-base-special-gammaln';
import zetaOf from '@stdlib/math-base-special-riemann-zeta';
import betaCdfOf from '@stdlib/stats-base-dists-beta-cdf';
import betaQuantileOf from '@stdlib/stats-base-dists-beta-quantile';
import binomialCdfOf from '@stdlib/stats-base-dists-binomial-cdf';
import binomialPmfOf from '@stdlib/stats-base-dists-binomial-pmf';
import tCdfOf from '@stdlib/stats-base-dists-t-cdf';
import tQuantileOf from '@stdlib/stats-base-dists-t-quantile';
import { expectBetween0And1 } from './expect.js';
import { normalCdf, normalQuantile } from './normal.js';

export { normalCdf, normalQuantile } from './normal.js';

export function tCdf(t: number, degreesOfFreedom: number): number {
  return tCdfOf(t, degreesOfFreedom);
}

export function tQuantile(p: number, degreesOfFreedom: number): number {
  return tQuantileOf(p, degreesOfFreedom);
}

/** I_x(a, b), the regularised incomplete beta function. */
export function betaCdf(x: number, a: number, b: number): number {
  return betaCdfOf(x, a, b);
}

export function betaQuantile(p: number, a: number, b: number): number {
  return betaQuantileOf(p, a, b);
}

/** P(X <= successes) of a binomial with `n` trials. */
export function binomialCdf(successes: number, n: number, p: number): number {
  return binomialCdfOf(successes, n, p);
}

/** P(X = successes) of a binomial with `n` trials. */
export function binomialPmf(successes: number, n: number, p: number): number {
  return binomialPmfOf(successes, n, p);
}

/** P(X > x) of chi-squared with one degree of freedom, the square of a standard normal. */
export function chiSquareTail(x: number): number {
  return 2 * normalCdf(-Math.sqrt(x));
}

/** ln B(a, b). */
export function logBeta(a: number, b: number): number {
  return betaLogOf(a, b);
}

/** ln Gamma(x) for x above 0. */
export function logGamma(x: number): number {
  return gammaLogOf(x);
}

/** The regularised incomplete gamma functions: P(s, x), the lower one, and Q(s, x) = 1 - P. */
export function gammaShare(tail: 'lower' | 'upper', s: number, x: number): number {
  return gammaIncompleteOf(x, s, true, tail === 'upper');
}

/** Riemann's zeta of s above 1. */
export function zeta(s: number): number {
  return zetaOf(s);
}

/** The z of a two-sided interval: 1.959964 for 0.95. */
export function twoSidedZ(confidence: number): number {
  expectBetween0And1('confidence', confidence);
  return -normalQuantile((1 - confidence) / 2);
}

/** The t of a two-sided interval: 2.262157 for 0.95 and 9 degrees of freedom. */
export function twoSidedT(confidence: number, degreesOfFreedom: number): number {
  expectBetween0And1('confidence', confidence);
  return -tQuantile((1 - confidence) / 2, degreesOfFreedom);
}
