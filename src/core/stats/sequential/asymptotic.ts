/**
 * An interval that holds at all looks together. Whoever looks again and again and stops when it looks good breaks an ordinary
 * interval: ten looks at 1.96 standard errors are wrong 19% of the time, not 5%.
 */
import { expectBetween0And1, expectPositive } from '../basics/expect.js';
import type { Interval } from '../basics/interval.js';

/**
 * For many values of any distribution, where an ordinary interval relies on the central limit theorem (Waudby-Smith, Arbour,
 * Sinha, Kennedy, Ramdas 2021, arXiv 2103.06476):
 * `mean +- sd sqrt(2 (t rho^2 + 1) / (t^2 rho^2) ln(sqrt(t rho^2 + 1) / alpha))`. It is exact only in the limit: start
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
