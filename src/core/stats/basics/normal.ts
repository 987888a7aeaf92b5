/**
 * The standard normal distribution, in a file of its own. Code that draws at random needs only this distribution, and the packages
 * of @stdlib are hundreds of small files, which slow the start of every command and worker.
 */
import normalCdfOf from '@stdlib/stats-base-dists-normal-cdf';
import normalQuantileOf from '@stdlib/stats-base-dists-normal-quantile';

/** P(Z <= z). The upper tail is `normalCdf(-z)`, which keeps its digits where `1 - cdf` loses them. */
export function normalCdf(z: number): number {
  return normalCdfOf(z, 0, 1);
}

/** The z with P(Z <= z) = p. */
export function normalQuantile(p: number): number {
  return normalQuantileOf(p, 0, 1);
}
