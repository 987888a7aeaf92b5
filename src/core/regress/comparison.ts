/**
 * A comparison as data: one model's two versions on paired samples. ../report/comparison.ts makes the words from it, for a terminal,
 * a pull request and a report alike.
 */
import type { Level } from '../measure/metric.js';
import type { LimitedMetric } from '../measure/metrics.js';
import type { Missing, Quantity } from '../quantity.js';
import type { Version } from './version.js';

export interface VersionComparison {
  readonly base: Side;
  readonly candidate: Side;
  /** Paired samples, and those whose rendered prompts differ. */
  readonly prompts: { readonly paired: number; readonly changed: number; readonly examples: readonly string[] };
  /** What one of the versions has and the other has not. */
  readonly unpaired: Unpaired;
  /** What else differs: a reader must know it before the numbers. */
  readonly differences: readonly Difference[];
  readonly changes: readonly Change[];
  /** The chance of any wrong `better` or `worse` in the table. */
  readonly alpha: number;
  /** The samples whose score changed, the greatest loss first. */
  readonly flips: readonly Flip[];
}

export type Side = Pick<Version, 'run' | 'model' | 'name' | 'commit' | 'started' | 'machine' | 'incomplete'>;

export interface Unpaired {
  readonly lostTasks: readonly string[];
  readonly addedTasks: readonly string[];
  readonly lost: number;
  readonly added: number;
}

export interface Difference {
  readonly what: string;
  readonly base: string;
  readonly candidate: string;
}

export type Outcome = 'better' | 'worse' | 'no change shown' | 'within the margin' | 'not judged';

export interface Change {
  readonly metric: LimitedMetric;
  readonly level: Level | null;
  /** The `suite/task`; null for all tasks together. */
  readonly task: string | null;
  readonly base: Quantity;
  readonly candidate: Quantity;
  /** Points of quality, or the change as a share of the base, with the interval that decides the outcome. */
  readonly change: { readonly value: number; readonly low: number; readonly high: number } | Missing;
  /** Two-sided, against no change; null where nothing was tested. */
  readonly p: number | null;
  readonly n: number;
  /** The change that counts as none: points, or a share. */
  readonly margin: number;
  readonly outcome: Outcome;
}

export interface Flip {
  readonly task: string;
  readonly id: string;
  /** The id in the new version, where it is another one. */
  readonly candidateId: string | null;
  readonly base: number;
  readonly candidate: number;
  /** Null if a baseline does not keep outputs. */
  readonly baseOutput: string | null;
  readonly candidateOutput: string | null;
}
