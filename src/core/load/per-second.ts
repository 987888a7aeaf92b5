/**
 * What the requests of a window give per second: over the requests that were due in it, divided by its length. The interval is by batch means, over
 * parts of equal time whose neighbours may be alike, so the luck of the arrivals is in it.
 */
import { isMissing, type Missing } from '../quantity.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { estimateMean, NOT_NEGATIVE } from '../stats/estimate/estimators.js';
import { serialInflation } from '../stats/estimate/serial.js';
import type { StepRequest } from './request.js';
import type { Window } from './window.js';

const BATCHES = 30;

/**
 * @param worth What a request gives.
 * @returns n is the number of requests.
 */
export function estimatePerSecond(
  requests: readonly StepRequest[],
  { from, to }: Window,
  worth: (request: StepRequest) => number,
): Estimate | Missing {
  const seconds = (to - from) / BATCHES;
  const rates = new Float64Array(BATCHES);
  for (const request of requests) {
    rates[Math.min(BATCHES - 1, Math.floor((request.due - from) / seconds))]! += worth(request) / seconds;
  }
  const estimate = estimateMean(rates, { inflation: serialInflation([rates]), bounds: NOT_NEGATIVE });
  return isMissing(estimate) ? estimate : { ...estimate, n: requests.length };
}
