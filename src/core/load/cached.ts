/** The share of prompt tokens that came from a cache. A prompt that is asked again is found in the cache again. */
import { isMissing, type Missing, missing } from '../quantity.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { estimateRatioOfSums } from './ratio-of-sums.js';
import type { StepRequest } from './request.js';
import { sampleOf } from './right-answers.js';

export function cachedShareOf(requests: readonly StepRequest[]): Estimate | Missing {
  const told = requests.flatMap((request) => {
    const { cachedTokens, promptTokens } = request;
    if (cachedTokens === undefined || isMissing(promptTokens) || promptTokens.value === 0) return [];
    return [{ sample: sampleOf(request), above: cachedTokens, below: promptTokens.value }];
  });
  return told.length === 0 ? missing('the server does not tell') : estimateRatioOfSums(told, { low: 0, high: 1 });
}
