/**
 * A ratio of two sums over the same requests, so those with more below the line count more. Its interval is that of the mean of
 *
 *     ratio + (above - ratio x below) / mean below
 *
 * (linearisation: Cochran 1977, Sampling Techniques, 6.3), clustered by sample: what a sample is given twice is alike.
 */
import { isMissing, type Missing } from '../quantity.js';
import { clampInterval, type Interval } from '../stats/basics/interval.js';
import { sum } from '../stats/basics/moments.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { estimateMean } from '../stats/estimate/estimators.js';

export interface Terms {
  readonly sample: string;
  readonly above: number;
  readonly below: number;
}

/** @param terms At least one, and what stands below the line adds up to more than 0. */
export function estimateRatioOfSums(terms: readonly Terms[], bounds: Interval): Estimate | Missing {
  const [above, below] = [sum(terms.map((one) => one.above)), sum(terms.map((one) => one.below))];
  const ratio = above / below;
  // Products of whole numbers are exact, so requests with equal ratios have equal values.
  const values = terms.map((one) => ratio + ((one.above * below - above * one.below) * terms.length) / below ** 2);
  const estimate = estimateMean(values, {
    clusters: terms.map(({ sample }) => sample),
    // The value of a request with much below the line may lie outside.
    ...(values.every((value) => value >= bounds.low && value <= bounds.high) && { bounds }),
  });
  return isMissing(estimate) ? estimate : { ...estimate, value: ratio, ...clampInterval(estimate, bounds) };
}
