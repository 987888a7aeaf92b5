/** What was found of the limits of a task: by model, and limit by limit. */
import type { Spread } from '../analyse/analysis.js';
import type { Level } from '../measure/metric.js';
import type { LimitedMetric } from '../measure/metrics.js';
import type { Missing } from '../quantity.js';
import type { Estimate } from '../stats/estimate/estimate.js';

/** A metric of the scorer of a task, which the suite limits by its name. */
export interface ScorerMetric {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
}

export interface LimitCheck {
  readonly limit: LimitedMetric | ScorerMetric;
  readonly level: Level | null;
  readonly bound: number;
  readonly observed: Estimate | Spread | Missing;
  /** By a test at the level of the claim that the limit is a part of. `unknown` was not measured. */
  readonly state: 'met' | 'missed' | 'undecided' | 'unknown';
}

export interface ModelChecks {
  readonly model: string;
  readonly checks: readonly LimitCheck[];
  readonly state: 'passes' | 'fails' | 'undecided';
}
