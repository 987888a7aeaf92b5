/**
 * Bounds that hold at all times at once for sums whose values have a heavier tail to the right than a normal's: `c` is its
 * scale. Gamma-exponential: sub-exponential values (waiting times); gamma-Poisson: values bounded by c, or counts (Howard,
 * Ramdas, McAuliffe, Sekhon 2021, Annals of Statistics 49:1055, propositions 9 and 10). One-sided; a normal mixture with a
 * tail allowance, and equal to it as c goes to 0.
 */
import { gammaShare, logGamma } from '../basics/distributions.js';
import { expectBetween0And1, expectPositive } from '../basics/expect.js';
import { findMixtureBound } from './mixture-bound.js';
import { type MixtureTuning, normalMixtureRho } from './normal-mixture.js';

export interface GammaTuning extends MixtureTuning {
  readonly tail: 'exponential' | 'poisson';
  /** Scale of the tail, in the unit of the values. */
  readonly c: number;
}

/** The logarithm of the mixture at sum s and variance v. */
export function gammaLogMixture(s: number, v: number, tuning: GammaTuning): number {
  const { c, tail } = tuning;
  expectPositive('c', c);
  const rho = normalMixtureRho(1, tuning) / c ** 2;
  const shape = v / c ** 2 + rho;
  if (tail === 'exponential') {
    const moved = (c * s + v) / c ** 2;
    const constant = rho * Math.log(rho) - logGamma(rho) - Math.log(gammaShare('lower', rho, rho));
    const share = Math.log(gammaShare('lower', shape, moved + rho));
    return constant + logGamma(shape) + share - shape * Math.log(moved + rho) + moved;
  }
  const moved = s / c + shape;
  const constant = rho * Math.log(rho) - logGamma(rho) - Math.log(gammaShare('upper', rho, rho));
  const share = Math.log(gammaShare('upper', moved, shape));
  return constant + logGamma(moved) + share - moved * Math.log(shape) + v / c ** 2;
}

/** u(v): what the sum stays below at every time, with probability 1 - alpha. */
export function gammaMixtureBound(v: number, tuning: GammaTuning & { readonly alpha?: number }): number {
  const { alpha = 0.05 } = tuning;
  expectBetween0And1('alpha', alpha);
  expectPositive('v', v);
  return findMixtureBound((s) => gammaLogMixture(s, v, tuning), { threshold: Math.log(1 / alpha), start: v });
}
