/**
 * How many times slower, from measurements taken in turns (A B A B or A B B A) on one machine. Each pair gives a ratio;
 * its logarithm makes "twice" and "half" the same distance, and a slow drift cancels out within a pair.
 *
 * The mean of the logarithms back on the scale of ratios is the geometric mean. The mean of ratios and the ratio of means
 * answer other questions, and swap winners when A and B change places.
 */
import { isMissing, type Missing } from '../../quantity.js';
import { expectPositive, expectSameLength } from '../basics/expect.js';
import type { Estimate } from './estimate.js';
import { type EstimateOptions, estimateMean } from './estimators.js';

/**
 * Geometric mean of `candidate / baseline` over pairs: `exp(mean r +- t s / sqrt(n))`, `r = ln(candidate / baseline)`.
 * Missing for fewer than two pairs.
 * @throws RangeError when a value is not above 0.
 */
export function estimateRatio(
  baseline: readonly number[],
  candidate: readonly number[],
  options: EstimateOptions = {},
): Estimate | Missing {
  const logarithms = estimateMean(logRatios(baseline, candidate), options);
  if (isMissing(logarithms)) return logarithms;
  const { standardError: _ofTheLogarithm, ...rest } = logarithms;
  const [value, low, high] = [Math.exp(rest.value), Math.exp(rest.low), Math.exp(rest.high)];
  return { ...rest, value, low, high, method: 'log-ratio-t' };
}

/** `ln(candidate / baseline)`, pair by pair. */
export function logRatios(baseline: readonly number[], candidate: readonly number[]): number[] {
  expectSameLength('candidate', baseline, candidate);
  return baseline.map((value, i) => {
    expectPositive(`baseline[${i}]`, value);
    expectPositive(`candidate[${i}]`, candidate[i]!);
    return Math.log(candidate[i]! / value);
  });
}
