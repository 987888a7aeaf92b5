/** Student's t and Welch's: for numbers that published benchmarks compare by them. Ours are intervals. */
import { tCdf } from '../basics/distributions.js';
import { expectCount, expectFinite } from '../basics/expect.js';
import { mean, variance } from '../basics/moments.js';

export interface TTest {
  readonly t: number;
  readonly degreesOfFreedom: number;
  /** Two-sided. */
  readonly p: number;
}

/** Is the mean of the (paired) differences 0? Without spread p is 0, or 1 when all differences are 0. */
export function tTest(differences: readonly number[]): TTest {
  expectCount('differences.length', differences.length, 2);
  expectFinite('differences', differences);
  const standardError = Math.sqrt(variance(differences) / differences.length);
  return twoSided(mean(differences), standardError, differences.length - 1);
}

/** Do two independent groups of unequal spread have one mean? Welch 1947, Biometrika 34:28. */
export function welchTest(first: readonly number[], second: readonly number[]): TTest {
  expectCount('first.length', first.length, 2);
  expectCount('second.length', second.length, 2);
  const [a, b] = [variance(first) / first.length, variance(second) / second.length];
  const spread = a ** 2 / (first.length - 1) + b ** 2 / (second.length - 1);
  const degreesOfFreedom = spread > 0 ? (a + b) ** 2 / spread : first.length + second.length - 2;
  return twoSided(mean(second) - mean(first), Math.sqrt(a + b), degreesOfFreedom);
}

function twoSided(difference: number, standardError: number, degreesOfFreedom: number): TTest {
  if (difference === 0) return { t: 0, degreesOfFreedom, p: 1 };
  const t = difference / standardError;
  return { t, degreesOfFreedom, p: 2 * tCdf(-Math.abs(t), degreesOfFreedom) };
}
