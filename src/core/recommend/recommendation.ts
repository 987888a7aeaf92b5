/**
 * The answer, as data: verdicts with their evidence. The words are made from it in ../report/words.ts, so that a page, a
 * terminal and a pull request say the same.
 */

import type { Spread } from '../analyse/analysis.js';
import type { BreakEven } from '../capacity/breakeven.js';
import type { Device, Electricity } from '../capacity/devices.js';
import type { ModelFit } from '../capacity/fit.js';
import type { MachineCost } from '../capacity/machine-cost.js';
import type { Requirement } from '../definition/requirement.js';
import type { Level } from '../measure/metric.js';
import type { LimitedMetric } from '../measure/metrics.js';
import type { Missing } from '../quantity.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import type { Cascade, CascadeEvaluation } from './cascade/cascade.js';
import type { Comparison, Reference } from './comparison.js';

export interface Recommendation {
  readonly suites: readonly SuiteRecommendation[];
}

export interface SuiteRecommendation {
  readonly suite: string;
  readonly requirement: Requirement;
  readonly verdict: SuiteVerdict;
  readonly tasks: readonly TaskRecommendation[];
  /** The LLM that each SLM is held against, and why that one. */
  readonly references: readonly Reference[];
  /** How many comparisons the error rate was shared between. */
  readonly comparisons: number;
  /** How: evenly where the run stopped when it was sure. */
  readonly shared: 'by Holm' | 'evenly';
  /** Which devices each model that can run on one fits. */
  readonly fits: readonly ModelFit[];
  /** The table of devices that was looked at, from small to large. */
  readonly devices: readonly Device[];
  readonly breakEvens: readonly BreakEven[];
  /** What requests cost on the machine of the run, and the electricity that is in it. */
  readonly machineCosts: readonly MachineCost[] | Missing;
  readonly electricity: Electricity;
}

export type SuiteVerdict =
  /** One SLM fits every task. */
  | { readonly kind: 'slm-fits'; readonly model: string }
  /** No SLM fits any task. */
  | { readonly kind: 'llm-needed'; readonly model: string }
  /** One SLM answers, and one LLM where it is unsure or where it does not fit; `alone` are the tasks the SLM does by itself. */
  | { readonly kind: 'cascade'; readonly small: string; readonly large: string; readonly alone: readonly string[] }
  /** Different tasks want different models, and which task a request belongs to is known. */
  | { readonly kind: 'by-task'; readonly assignments: readonly Assignment[] }
  /** At least one task cannot be decided yet. */
  | { readonly kind: 'inconclusive'; readonly tasks: readonly string[]; readonly decided: readonly Assignment[] }
  /** Only SLMs or only LLMs were run: `model` passes every limit on every task, if one does. */
  | { readonly kind: 'one-class'; readonly class: 'slm' | 'llm'; readonly model: string | null }
  /** On `tasks` every model is ruled out; the others are decided, or `open`. */
  | {
      readonly kind: 'nothing-passes';
      readonly tasks: readonly string[];
      readonly decided: readonly Assignment[];
      readonly open: readonly string[];
    }
  | { readonly kind: 'not-measured'; readonly reason: string };

export interface Assignment {
  readonly task: string;
  readonly use: { readonly model: string } | { readonly small: string; readonly large: string };
}

export interface TaskRecommendation {
  readonly task: string;
  readonly verdict: TaskVerdict;
  /** Every model against the limits, in the order of the run. */
  readonly checks: readonly ModelChecks[];
  /** Every SLM against its reference. */
  readonly comparisons: readonly Comparison[];
  /** Every cascade that was tried. */
  readonly cascades: readonly Cascade[];
}

export type TaskVerdict =
  /** `others` fit as well, but are preferred less. */
  | { readonly kind: 'slm-fits'; readonly comparison: Comparison; readonly others: readonly string[] }
  /** `rejected` has why each SLM is out: worse than the margin, or a limit missed. */
  | { readonly kind: 'llm-needed'; readonly model: string; readonly rejected: readonly Rejection[] }
  /** `mayFitAlone`: whether the SLM fits by itself cannot be told yet. */
  | {
      readonly kind: 'cascade';
      readonly small: string;
      readonly large: string;
      readonly evaluation: CascadeEvaluation;
      readonly mayFitAlone: boolean;
    }
  | { readonly kind: 'inconclusive'; readonly because: Doubt }
  | { readonly kind: 'one-class'; readonly class: 'slm' | 'llm'; readonly model: string | null }
  | { readonly kind: 'nothing-passes'; readonly rejected: readonly Rejection[] }
  | { readonly kind: 'not-measured'; readonly reason: string };

export type Rejection =
  | { readonly model: string; readonly by: 'margin'; readonly comparison: Comparison }
  | { readonly model: string; readonly by: 'limits'; readonly checks: readonly LimitCheck[] };

export type Doubt =
  /** The interval holds the margin, or holds it once the error rate is shared: more samples would tell. */
  | { readonly of: 'margin'; readonly comparison: Comparison }
  /** Whether the model meets its limits: the interval holds the limit, or the metric was not measured. */
  | { readonly of: 'limits'; readonly model: string; readonly checks: readonly LimitCheck[] }
  /** There is no pair of scores to compare. */
  | { readonly of: 'pairs'; readonly reason: string };

export interface LimitCheck {
  readonly limit: LimitedMetric;
  readonly level: Level | null;
  readonly bound: number;
  readonly observed: Estimate | Spread | Missing;
  /** Met and missed are said by the whole interval; `unknown` was not measured. */
  readonly state: 'met' | 'missed' | 'undecided' | 'unknown';
}

export interface ModelChecks {
  readonly model: string;
  readonly checks: readonly LimitCheck[];
  readonly state: 'passes' | 'fails' | 'undecided';
}
