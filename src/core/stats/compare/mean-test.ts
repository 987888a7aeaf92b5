/** One-sided tests of a value whose error follows a t distribution: a mean, or a statistic with a standard error of its own. */
import { tCdf, tQuantile } from '../basics/distributions.js';
import { expectCount } from '../basics/expect.js';
import { mean, standardDeviation } from '../basics/moments.js';

export interface MeanTest {
  readonly estimate: number;
  readonly standardError: number;
  /** One-sided p-value against a true value of `bound` or less: a small one says that the value is greater. */
  greaterP(bound: number): number;
  /** One-sided p-value against a true value of `bound` or more. */
  lessP(bound: number): number;
  /** The bound that is rejected from above at this level, and from below. */
  low(level: number): number;
  high(level: number): number;
}

export interface Measured {
  readonly estimate: number;
  readonly standardError: number;
  readonly degreesOfFreedom: number;
}

export function meanTest({ estimate, standardError, degreesOfFreedom }: Measured): MeanTest {
  const half = (level: number) => (standardError === 0 ? 0 : -tQuantile(level, degreesOfFreedom) * standardError);
  const tail = (distance: number) => {
    if (standardError > 0) return tCdf(-distance / standardError, degreesOfFreedom);
    return distance === 0 ? 0.5 : distance > 0 ? 0 : 1;
  };
  return {
    estimate,
    standardError,
    greaterP: (bound) => tail(estimate - bound),
    lessP: (bound) => tail(bound - estimate),
    low: (level) => estimate - half(level),
    high: (level) => estimate + half(level),
  };
}

/** The mean of independent values, such as the means of blocks. @throws RangeError for fewer than two values. */
export function meanOfTest(values: readonly number[]): MeanTest {
  expectCount('values.length', values.length, 2);
  return meanTest({
    estimate: mean(values),
    standardError: standardDeviation(values) / Math.sqrt(values.length),
    degreesOfFreedom: values.length - 1,
  });
}
