import type { DevicePrediction, RequestsAsked } from '../../src/core/capacity/plan/answer.js';
import { isMissing } from '../../src/core/quantity.js';

export function lengthsOf({ lengths }: DevicePrediction): RequestsAsked {
  if (isMissing(lengths)) throw new Error(lengths.missing);
  return lengths;
}
