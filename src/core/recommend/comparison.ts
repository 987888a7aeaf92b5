/** One SLM against its reference, on the samples where both have a score. */
import type { ComparedMetric, MetricOfSession } from '../measure/metrics.js';
import type { Missing } from '../quantity.js';
import type { Decision, NonInferiority } from '../stats/compare/noninferiority.js';
import type { Estimate } from '../stats/estimate/estimate.js';

export interface Reference {
  readonly candidate: string;
  readonly reference: string;
  readonly why:
    | 'the same variant'
    | 'the best LLM of the run'
    | 'the only LLM of the run'
    | 'the reference that was given';
}

export interface Comparison {
  readonly candidate: string;
  readonly reference: string;
  /** The mean scores on the samples where both have a score. */
  readonly scores: { readonly candidate: number; readonly reference: number } | Missing;
  /** At the levels that decide beside all other claims of the suite; so are the bounds of its interval. */
  readonly test: NonInferiority | Missing;
  /** What the margin decides; null if there is no test. Limits may decide otherwise. */
  readonly decision: Decision | null;
  /** Shown to be no worse by the margin and to meet every limit. */
  readonly fits: boolean;
  /** Shown to be worse by the margin or to miss a limit. */
  readonly isOut: boolean;
  /** The p-values of these two claims, adjusted for all claims of the suite (Hommel). */
  readonly adjusted: { readonly fitsP: number; readonly outP: number };
  /** Candidate over reference. A factor below 1 means that the candidate has less of it. */
  readonly factors: Factors;
}

/** A metric of sessions has only a few readings, so its factor has no interval. */
export type Factors = {
  readonly [Name in ComparedMetric]: (Name extends MetricOfSession ? { readonly value: number } : Estimate) | Missing;
};
