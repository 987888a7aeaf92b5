/** One SLM beside its reference, on the samples that both were scored on. */
import type { ComparedMetric, MetricOfSession } from '../measure/metrics.js';
import type { Missing } from '../quantity.js';
import type { Decision, ItemsToDecide, NonInferiority } from '../stats/compare/noninferiority.js';
import type { Estimate } from '../stats/estimate/estimate.js';

export interface Reference {
  readonly candidate: string;
  readonly reference: string;
  readonly why: 'the same variant' | 'the best LLM of the run' | 'the only LLM of the run';
}

/** An SLM against its reference on the samples that both were scored on. */
export interface Comparison {
  readonly candidate: string;
  readonly reference: string;
  /** Mean scores on the samples that both were scored on. */
  readonly scores: { readonly candidate: number; readonly reference: number } | Missing;
  readonly test: NonInferiority | Missing;
  /** After the error rate was shared between all comparisons of the suite (Holm); null where there is no test. */
  readonly decision: Decision | null;
  readonly adjusted: { readonly nonInferiorP: number; readonly inferiorP: number } | null;
  /** Samples in all that would decide it among so many comparisons, were the difference what it seems to be. */
  readonly needed: ItemsToDecide | Missing;
  /** Candidate over reference: below 1 is less of it. */
  readonly factors: Factors;
}

/** Sessions are a few readings, so the factor of two of their metrics has no interval. */
export type Factors = {
  readonly [Name in ComparedMetric]: (Name extends MetricOfSession ? { readonly value: number } : Estimate) | Missing;
};
