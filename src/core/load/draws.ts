/** Random durations with a known mean. A stream of random numbers comes in, so one seed gives one schedule. */
import type { Random } from '../stats/basics/random.js';

/** An exponential duration. Its coefficient of variation is 1. */
export function drawExponential(mean: number, random: Random): number {
  return -Math.log1p(-random.uniform()) * mean;
}

/**
 * A lognormal duration.
 * @param sigma The standard deviation of the logarithm.
 */
export function drawLognormal(mean: number, sigma: number, random: Random): number {
  return mean * Math.exp(sigma * random.normal() - sigma ** 2 / 2);
}

/** A gamma duration with the coefficient of variation `cv`: shape `1 / cv^2`, scale `mean cv^2`. */
export function drawGamma(mean: number, cv: number, random: Random): number {
  const shape = 1 / cv ** 2;
  return (drawStandardGamma(shape, random) * mean) / shape;
}

/** Marsaglia and Tsang 2000 (ACM TOMS 26:363). Below a shape of 1, a draw of shape + 1 times `u^(1/shape)`. */
function drawStandardGamma(shape: number, random: Random): number {
  if (shape < 1) return drawStandardGamma(shape + 1, random) * (1 - random.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = random.normal();
    const v = (1 + c * z) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < z ** 2 / 2 + d * (1 - v + Math.log(v))) return d * v;
  }
}
