/**
 * Looking at the data again and again and stopping when it looks good breaks an ordinary interval: ten looks at 1.96
 * standard errors are wrong 19% of the time, not 5%. The bounds here hold at all times at once, so one may stop whenever
 * one likes (Howard, Ramdas, McAuliffe, Sekhon 2021, Annals of Statistics 49:1055; reference implementation confseq,
 * `uniform_boundaries.h`).
 *
 * In their words: a sum S_t of centred values with accumulated variance V_t stays below u(V_t) for ever, with probability
 * 1 - alpha. The mean is then known to within u(V_t) / t. Each bound is tightest near the variance it is tuned for.
 */
import { normalCdf } from '../basics/distributions.js';
import { expectBetween0And1, expectPositive } from '../basics/expect.js';
import type { Interval } from '../basics/interval.js';
import { findMixtureBound } from './mixture-bound.js';

export interface MixtureTuning {
  /** Accumulated variance at which the bound is to be tightest: the values hoped for, times their variance. */
  readonly tunedFor: number;
  /** The alpha that the tuning assumes, 0.05 unless said otherwise. */
  readonly tunedAlpha?: number;
}

/** The mixture's precision: `v / (2 ln(1/alpha) + ln(1 + 2 ln(1/alpha)))`; one-sided, with 2 alpha for alpha. */
export function normalMixtureRho(sides: 1 | 2, tuning: MixtureTuning): number {
  const { tunedFor, tunedAlpha = 0.05 } = tuning;
  expectPositive('tunedFor', tunedFor);
  const alpha = sides === 1 ? 2 * tunedAlpha : tunedAlpha;
  expectBetween0And1('tunedAlpha', alpha);
  const twice = 2 * Math.log(1 / alpha);
  return tunedFor / (twice + Math.log1p(twice));
}

/** The logarithm of the mixture supermartingale at sum s and variance v: evidence against a mean of 0. */
export function normalLogMixture(s: number, v: number, options: MixtureTuning & { readonly sides: 1 | 2 }): number {
  const rho = normalMixtureRho(options.sides, options);
  const total = v + rho;
  const squares = s ** 2 / (2 * total);
  if (options.sides === 2) return Math.log(rho / total) / 2 + squares;
  return Math.log((4 * rho) / total) / 2 + squares + Math.log(normalCdf(s / Math.sqrt(total)));
}

/**
 * u(v): two-sided `sqrt((v + rho) (ln(1 + v/rho) + 2 ln(1/alpha)))`; one-sided the s at which the mixture reaches 1/alpha.
 */
export function normalMixtureBound(
  v: number,
  options: MixtureTuning & { readonly sides: 1 | 2; readonly alpha?: number },
): number {
  const { alpha = 0.05, sides } = options;
  expectBetween0And1('alpha', alpha);
  expectPositive('v', v);
  const threshold = Math.log(1 / alpha);
  const rho = normalMixtureRho(sides, options);
  if (sides === 2) return Math.sqrt((v + rho) * (Math.log1p(v / rho) + 2 * threshold));
  return findMixtureBound((s) => normalLogMixture(s, v, options), { threshold, start: v });
}

/**
 * A mean with known spread (values sub-Gaussian with standard deviation `sigma`; 1/2 for anything in [0, 1]) that may be
 * looked at after every value: `mean +- sigma u(t) / t`.
 */
export function normalMixtureInterval(
  summary: { readonly mean: number; readonly n: number; readonly sigma: number },
  options: { readonly confidence?: number /** Values at which to be tightest. */; readonly tunedForN: number },
): Interval {
  const { mean, n, sigma } = summary;
  const { confidence = 0.95, tunedForN } = options;
  expectPositive('sigma', sigma);
  const alpha = 1 - confidence;
  const half = (sigma * normalMixtureBound(n, { sides: 2, alpha, tunedAlpha: alpha, tunedFor: tunedForN })) / n;
  return { low: mean - half, high: mean + half };
}

/**
 * For many values of any shape, where an ordinary interval would lean on the central limit theorem (Waudby-Smith, Arbour,
 * Sinha, Kennedy, Ramdas 2021, arXiv 2103.06476):
 * `mean +- sd sqrt(2 (t rho^2 + 1) / (t^2 rho^2) ln(sqrt(t rho^2 + 1) / alpha))`. Exact only in the limit: start looking
 * after some hundred values.
 */
export function asymptoticInterval(
  summary: { readonly mean: number; readonly n: number; readonly standardDeviation: number },
  options: { readonly confidence?: number; readonly rhoSquared: number },
): Interval {
  const { mean, n, standardDeviation } = summary;
  const { confidence = 0.95, rhoSquared } = options;
  expectPositive('n', n);
  expectPositive('rhoSquared', rhoSquared);
  expectBetween0And1('confidence', confidence);
  const scaled = n * rhoSquared + 1;
  const half =
    standardDeviation *
    Math.sqrt(((2 * scaled) / (n ** 2 * rhoSquared)) * Math.log(Math.sqrt(scaled) / (1 - confidence)));
  return { low: mean - half, high: mean + half };
}
