import gammainc from '@stdlib/math-base-special-gammainc';
import betaCdfOf from '@stdlib/stats-base-dists-beta-cdf';
import betaQuantileOf from '@stdlib/stats-base-dists-beta-quantile';
import binomialCdfOf from '@stdlib/stats-base-dists-binomial-cdf';
import binomialPmfOf from '@stdlib/stats-base-dists-binomial-pmf';
import tCdfOf from '@stdlib/stats-base-dists-t-cdf';
import tQuantileOf from '@stdlib/stats-base-dists-t-quantile';
import { expectBetween0And1 } from './expect.js';
import { normalQuantile } from './normal.js';

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

/** P(X >= x) of a gamma distribution of this shape and scale 1. */
export function gammaUpperTail(x: number, shape: number): number {
  return gammainc(x, shape, true, true);
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
