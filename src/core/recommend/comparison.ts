/** One SLM against its reference, on the samples where both have a score. */
import type { ComparedMetric, MetricOfSession } from '../measure/metrics.js';
import type { Missing } from '../quantity.js';
import type { Decision, ItemsToDecide, NonInferiority } from '../stats/compare/noninferiority.js';
import type { Estimate } from '../stats/estimate/estimate.js';

export interface Reference {
  readonly candidate: string;
  readonly reference: string;
  readonly why: 'the same variant' | 'the best LLM of the run' | 'the only LLM of the run';
}

export interface Comparison {
  readonly candidate: string;
  readonly reference: string;
  /** The mean scores on the samples where both have a score. */
  readonly scores: { readonly candidate: number; readonly reference: number } | Missing;
  readonly test: NonInferiority | Missing;
  /** The decision after all comparisons of the suite share the error rate (Holm); null if there is no test. */
  readonly decision: Decision | null;
  readonly adjusted: { readonly nonInferiorP: number; readonly inferiorP: number } | null;
  /** How many samples would decide it among all comparisons, if the difference is what it seems to be. */
  readonly needed: ItemsToDecide | Missing;
  /** Candidate over reference. A factor below 1 means that the candidate has less of it. */
  readonly factors: Factors;
}

/** A metric of sessions has only a few readings, so its factor has no interval. */
export type Factors = {
  readonly [Name in ComparedMetric]: (Name extends MetricOfSession ? { readonly value: number } : Estimate) | Missing;
};
