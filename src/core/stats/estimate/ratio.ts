/**
 * How many times slower, from measurements taken in turns (A B A B or A B B A) on one machine. Each pair gives a ratio;
 * its logarithm makes "twice" and "half" the same distance, and a slow drift cancels out within a pair.
 *
 * The mean of the logarithms back on the scale of ratios is the geometric mean. The mean of ratios and the ratio of means
 * answer other questions, and swap winners when A and B change places.
 */
import { isMissing, type Missing, type Quantity } from '../../quantity.js';
import { expectPositive, expectSameLength } from '../basics/expect.js';
import type { Estimate } from './estimate.js';
import { type EstimateOptions, estimateMean } from './estimators.js';
import { quantileUpperBound } from './order-statistics.js';

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

/**
 * The factor that a machine shows between two runs of the same thing: with `confidence`, at least `share` of such A/A ratios
 * lie within [1/factor, factor]. A change within it may be noise. Missing below 59 ratios at 95% and 95%.
 */
export function noiseFloor(
  selfRatios: readonly number[],
  options: { readonly share?: number; readonly confidence?: number } = {},
): Quantity {
  const { share = 0.95, confidence = 0.95 } = options;
  const sizes = selfRatios.map((ratio, i) => {
    expectPositive(`selfRatios[${i}]`, ratio);
    return Math.abs(Math.log(ratio));
  });
  const bound = quantileUpperBound(sizes, share, confidence);
  return isMissing(bound) ? bound : { value: Math.exp(bound.value) };
}

/** What the interval of a ratio says beyond noise of a factor of `floor` (1 for no noise). */
export function judgeRatio(ratio: Pick<Estimate, 'low' | 'high'>, floor = 1): 'larger' | 'smaller' | 'unchanged' {
  if (!(floor >= 1)) throw new RangeError(`Expected \`floor\` to be a factor of at least 1, got ${floor}`);
  if (ratio.low > floor) return 'larger';
  return ratio.high < 1 / floor ? 'smaller' : 'unchanged';
}
