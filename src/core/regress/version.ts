/**
 * One version of a model, as a comparison reads it: the scores of its samples, its figures, and what it ran on. It is plain data, so
 * a small file can hold it in a repository (./baseline.ts), without prompts and outputs.
 */
import type { Level } from '../measure/metric.js';
import type { DistributedMetric } from '../measure/metrics.js';
import type { Missing } from '../quantity.js';

export interface Version {
  readonly run: string;
  readonly model: string;
  /** The name that the user gave the run. */
  readonly name: string | null;
  readonly commit: string | null;
  readonly started: string;
  /** Null if the log does not tell where the model ran. */
  readonly machine: { readonly id: string; readonly name: string } | null;
  /** What the numbers depend on besides the model: engine, weights, threads, settings. The values are texts that people read. */
  readonly facts: Readonly<Record<string, string>>;
  /** Why the run ended early; null for a complete run. */
  readonly incomplete: string | null;
  readonly tasks: readonly VersionTask[];
  /** The peaks of its sessions, in bytes. */
  readonly memory: Readings | Missing;
}

/** What was read in each session. */
export interface Readings {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly n: number;
}

export interface VersionTask {
  readonly suite: string;
  readonly name: string;
  /** The scorer with its options and filters, as text. */
  readonly scorer: string;
  readonly condition: string;
  /** The trials that the run planned, and those that it recorded. */
  readonly planned: number;
  readonly recorded: number;
  readonly samples: readonly VersionSample[];
  readonly figures: Readonly<Record<DistributedMetric, Figures | Missing>>;
}

export interface Figures {
  readonly n: number;
  readonly late: number;
  readonly at: Readonly<Record<Level, Figure | Missing>>;
}

export interface Figure {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface VersionSample {
  readonly id: string;
  readonly group: string | null;
  /** The first 16 digits of the hash of row and target, and of the prompt. */
  readonly hash: string;
  readonly prompt: string;
  readonly repetitions: number;
  readonly unscored: number;
  /** The mean over the repetitions that have a score; null if none has one. */
  readonly score: number | null;
  /** US dollars of a thousand such requests; null if no price is known. */
  readonly cost: number | null;
  /** The output of the first repetition; null if a baseline does not keep it. */
  readonly output: string | null;
}
