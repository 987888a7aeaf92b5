/**
 * The share of prompt tokens that came from a cache: a ratio of two sums over the same requests, so long prompts count more. Its interval is that of the mean of
 *
 *     share + (cached - share x prompt) / mean prompt
 *
 * (linearisation: Cochran 1977, Sampling Techniques, 6.3), clustered by sample: a prompt that is asked again is found in the cache again.
 */
import { isMissing, type Missing, missing } from '../quantity.js';
import { clampInterval } from '../stats/basics/interval.js';
import { sum } from '../stats/basics/moments.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { estimateMean } from '../stats/estimate/estimators.js';
import type { StepRequest } from './request.js';
import { sampleOf } from './right-answers.js';

const SHARES = { low: 0, high: 1 };

/** It says how the server was asked and not how fast it was, so a step that its client spoilt has it too. */
export function cachedShareOf(requests: readonly StepRequest[]): Estimate | Missing {
  const told = requests.flatMap((request) => {
    const { cachedTokens, promptTokens } = request;
    if (cachedTokens === undefined || isMissing(promptTokens) || promptTokens.value === 0) return [];
    return [{ sample: sampleOf(request), cached: cachedTokens, prompt: promptTokens.value }];
  });
  if (told.length === 0) return missing('the server does not tell');
  const [cached, prompts] = [sum(told.map((one) => one.cached)), sum(told.map((one) => one.prompt))];
  const share = cached / prompts;
  // Products of whole numbers are exact, so requests with equal shares have equal values.
  const values = told.map((one) => share + ((one.cached * prompts - cached * one.prompt) * told.length) / prompts ** 2);
  const estimate = estimateMean(values, {
    clusters: told.map(({ sample }) => sample),
    // The value of a long prompt may lie outside.
    ...(values.every((value) => value >= SHARES.low && value <= SHARES.high) && { bounds: SHARES }),
  });
  return isMissing(estimate) ? estimate : { ...estimate, value: share, ...clampInterval(estimate, SHARES) };
}
