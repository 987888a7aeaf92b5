/**
 * The answer as data: verdicts and what they are based on. ../report/words.ts makes the words from it, so that a page, a
 * terminal and a pull request say the same.
 */

import type { Device } from '../capacity/device.js';
import type { Electricity } from '../capacity/devices.js';
import type { ModelFit } from '../capacity/fit.js';
import type { MachineCost } from '../capacity/machine-cost.js';
import type { Requirement } from '../definition/requirement.js';
import type { Level } from '../measure/metric.js';
import type { Missing } from '../quantity.js';
import type { Cascade, CascadeEvaluation } from './cascade/cascade.js';
import type { Comparison, Reference } from './comparison.js';
import type { LimitCheck, ModelChecks } from './limit-check.js';
import type { Unscored } from './unscored.js';

export interface Recommendation {
  readonly suites: readonly SuiteRecommendation[];
  /** What each machine would choose by itself; present if every machine of a fleet measured everything. */
  readonly machines?: readonly MachineRecommendation[];
}

export interface MachineRecommendation {
  readonly machine: string;
  readonly suites: readonly SuiteRecommendation[];
}

export interface SuiteRecommendation {
  readonly suite: string;
  readonly requirement: Requirement;
  readonly verdict: SuiteVerdict;
  readonly tasks: readonly TaskRecommendation[];
  /** The LLM that each SLM is compared with, and why this one. */
  readonly references: readonly Reference[];
  /** The number of claims of one kind that share the error rate. */
  readonly comparisons: number;
  /** Whether the error rate is spent at the end, or over the looks of a run that stops when it is sure. */
  readonly shared: 'at the end' | 'over the looks';
  /** The memory of each local model on the machine of the run, estimated and measured. */
  readonly fits: readonly ModelFit[];
  /** The devices that were considered, from small to large. */
  readonly devices: readonly Device[];
  /** The cost of requests on the machine of the run, with its electricity. */
  readonly machineCosts: readonly MachineCost[] | Missing;
  readonly electricity: Electricity;
}

export type SuiteVerdict =
  /** One SLM fits every task. */
  | { readonly kind: 'slm-fits'; readonly model: string }
  /** No SLM fits any task. */
  | { readonly kind: 'llm-needed'; readonly model: string }
  /** One SLM answers, and one LLM if it is unsure or does not fit. `alone` has the tasks that the SLM does by itself. */
  | { readonly kind: 'cascade'; readonly small: string; readonly large: string; readonly alone: readonly string[] }
  /** Different tasks need different models. The service knows the task of a request. */
  | { readonly kind: 'by-task'; readonly assignments: readonly Assignment[] }
  /** At least one task cannot be decided yet. */
  | {
      readonly kind: 'inconclusive';
      readonly tasks: readonly string[];
      readonly decided: readonly Assignment[];
      /** The tasks on which no SLM will do, and the LLM is open. */
      readonly noSmall: readonly string[];
    }
  /** Only SLMs or only LLMs were run. `model` passes every limit on every task; null if none does. */
  | {
      readonly kind: 'one-class';
      readonly class: 'slm' | 'llm';
      readonly model: string | null;
      readonly limits: 'set' | 'none';
    }
  /** Every model is ruled out on `tasks`. The other tasks are decided, or `open`. */
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
  /** What would make the verdict another one; each is true of the same data. */
  readonly changes: readonly Change[];
  /** Every model against the limits, in the order of the run. */
  readonly checks: readonly ModelChecks[];
  /** Every SLM against its reference. */
  readonly comparisons: readonly Comparison[];
  /** Every cascade, evaluated or not. */
  readonly cascades: readonly Cascade[];
}

export type TaskVerdict =
  /** `others` also fit, but are less preferred. */
  | { readonly kind: 'slm-fits'; readonly comparison: Comparison; readonly others: readonly string[] }
  /** `rejected` says why each SLM is ruled out: it is worse than the margin, or misses a limit. */
  | { readonly kind: 'llm-needed'; readonly model: string; readonly rejected: readonly Rejection[] }
  | {
      readonly kind: 'cascade';
      readonly small: string;
      readonly large: string;
      readonly evaluation: CascadeEvaluation;
    }
  | { readonly kind: 'inconclusive'; readonly because: Doubt }
  | {
      readonly kind: 'one-class';
      readonly class: 'slm' | 'llm';
      readonly model: string | null;
      readonly limits: 'set' | 'none';
    }
  | { readonly kind: 'nothing-passes'; readonly rejected: readonly Rejection[] }
  | { readonly kind: 'not-measured'; readonly reason: string };

export type Rejection =
  | { readonly model: string; readonly by: 'margin'; readonly comparison: Comparison }
  | { readonly model: string; readonly by: 'limits'; readonly checks: readonly LimitCheck[] };

export type Doubt =
  /** The interval contains the margin. `limits` are not shown to be met either. */
  | {
      readonly of: 'margin';
      readonly comparison: Comparison;
      readonly limits: readonly LimitCheck[];
      readonly remedies: Remedies | Missing;
    }
  /** It is not known whether the SLM meets its limits: an interval contains a limit, or a metric was not measured. */
  | { readonly of: 'limits'; readonly model: string; readonly checks: readonly LimitCheck[] }
  /** No SLM will do, and it is not known whether an LLM meets its limits. */
  | {
      readonly of: 'large';
      readonly model: string;
      readonly checks: readonly LimitCheck[];
      readonly rejected: readonly Rejection[];
    }
  /** The models that have too many unscored answers for a verdict. */
  | { readonly of: 'unscored'; readonly models: readonly Unscored[] }
  /** There is no pair of scores to compare. */
  | { readonly of: 'pairs'; readonly reason: string };

/** What would tell, by simulation from the data at hand. */
export interface Remedies {
  /** More samples of the groups that were asked; of samples without groups, more samples. */
  readonly samples: More;
  /** More groups of samples; absent where samples have none. */
  readonly groups?: More;
  /** Samples of the task that the run left out. */
  readonly unasked: number;
}

/** Totals with which half and four fifths of the simulated runs were decided; null: not with ten times the data. */
export type More = { readonly now: number; readonly half: number; readonly most: number | null } | null;

export type Change =
  /** The model fits with this margin or a greater one. */
  | { readonly to: 'fits'; readonly model: string; readonly margin: number }
  /** The model is no longer shown to fit with this margin or a smaller one. */
  | { readonly to: 'not shown to fit'; readonly model: string; readonly margin: number }
  /** The model passes if these limits replace the limits that it does not meet. */
  | { readonly to: 'passes'; readonly model: string; readonly limits: readonly NewLimit[] };

export interface NewLimit {
  readonly limit: LimitCheck['limit'];
  readonly level: Level | null;
  readonly bound: number;
  /** Missing where no limit would be met. */
  readonly would: { readonly value: number } | Missing;
}
