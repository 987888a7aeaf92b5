/**
 * What a log says once it has been read: cells of estimates, one for each task and model, and the sessions of each model.
 * An analysis holds no opinion; verdicts are made from it in ../recommend. It is plain data, and equal logs give equal
 * analyses, whatever the order of their records.
 */
import type { Model, ModelClass } from '../definition/model.js';
import type { PriceList } from '../definition/price-list.js';
import type { Limits, Requirement } from '../definition/requirement.js';
import type { ScorerChoice } from '../definition/suite.js';
import type { Environment, RunPart, RunSettings, SessionFacts, Warning } from '../measure/log.js';
import type { Completed, Failed } from '../measure/measurement.js';
import type { Level } from '../measure/metric.js';
import type { DistributedMetric, MetricOfSession } from '../measure/metrics.js';
import type { Message, Row } from '../message.js';
import type { Missing, Quantity } from '../quantity.js';
import type { Estimate } from '../stats/estimate/estimate.js';

export interface Analysis {
  readonly run: RunInfo;
  readonly suites: readonly SuiteAnalysis[];
  /** In the order in which the run names them. */
  readonly models: readonly ModelAnalysis[];
  /** What spoils numbers of the whole run. */
  readonly warnings: readonly Warning[];
}

export interface RunInfo {
  readonly id: string;
  readonly started: string;
  readonly command: readonly string[];
  readonly resumptions: readonly { readonly started: string; readonly command: readonly string[] }[];
  readonly settings: RunSettings;
  readonly environment: Environment;
  /** The user's own devices and prices, where the run was given any. */
  readonly prices?: PriceList;
  /** Where several runs are reported as one. */
  readonly parts?: readonly RunPart[];
  readonly trials: { readonly planned: number; readonly recorded: number };
  /** `early` says why a run that stops when it is sure left out the rest of its plan. */
  readonly ended:
    | { readonly complete: true; readonly early?: string }
    | { readonly complete: false; readonly reason: string };
}

export interface SuiteAnalysis {
  readonly name: string;
  readonly title: string;
  readonly description: string | null;
  readonly requirement: Requirement;
  readonly tasks: readonly TaskAnalysis[];
  /** All tasks of a model together, in the order of `Analysis.models`: every sample weighs the same. */
  readonly overall: readonly Overall[];
  /** How far variants of one model agree. */
  readonly parity: readonly Parity[];
}

export interface Overall {
  readonly model: string;
  readonly quality: Estimate | Missing;
  readonly metrics: Readonly<Record<DistributedMetric, Distribution | Missing>>;
  readonly gaps: Gaps | Missing;
  readonly failures: number;
  readonly unscored: number;
}

export interface TaskAnalysis {
  readonly suite: string;
  readonly name: string;
  readonly description: string | null;
  readonly scorer: ScorerChoice;
  /** The longest answer that was allowed, tokens. */
  readonly maxTokens: number;
  /** The limits of the suite, with those of the task laid over them. */
  readonly limits: Limits;
  readonly samples: readonly SampleInfo[];
  /** Where the samples came from, and the hash of exactly these. */
  readonly data: { readonly source: string; readonly hash: string };
  /** One for each model, in the order of `Analysis.models`. */
  readonly cells: readonly Cell[];
}

export interface SampleInfo {
  readonly id: string;
  readonly group: string | null;
  readonly target: unknown;
  readonly fields: Row;
  readonly messages: readonly Message[];
  readonly promptHash: string;
}

/** One task on one model. */
export interface Cell {
  readonly suite: string;
  readonly task: string;
  readonly model: string;
  readonly trials: TrialCounts;
  readonly failures: readonly FailureCount[];
  readonly quality: Estimate | Missing;
  readonly metrics: Readonly<Record<DistributedMetric, Distribution | Missing>>;
  /** All gaps between tokens of all answers, pooled: the stutter that a median hides. */
  readonly gaps: Gaps | Missing;
  /** Where answers were computed side by side: then the cell has no latencies, and is never mixed with one that has. */
  readonly throughput: Throughput | Missing;
  /** Metrics of the whole cell that are no mean of scores: macro-F1, a bias score. */
  readonly aggregates: Readonly<Record<string, Quantity>>;
  /** One for each sample of the task, in the same order; null where the sample was not run. */
  readonly results: readonly (SampleResult | null)[];
  readonly warnings: readonly Warning[];
}

/** What an engine gives when several requests share it. */
export interface Throughput {
  /** Answers computed side by side. */
  readonly concurrency: number;
  readonly n: number;
  readonly answersPerSecond: number;
  /** Output tokens of all answers together. */
  readonly tokensPerSecond: number;
}

export interface TrialCounts {
  readonly planned: number;
  readonly recorded: number;
  readonly completed: number;
  /** Wrong answers: the model was silent, refused, took too long. */
  readonly failedByModel: number;
  /** Unscored: what broke was ours. */
  readonly failedByHarness: number;
  /** Answers that the scorer could not judge. */
  readonly unjudged: number;
}

export interface FailureCount {
  readonly by: Failed['by'];
  readonly kind: Failed['kind'];
  readonly count: number;
  readonly example: string;
}

/** How one metric is spread over the requests of a cell, at each level a limit may name. */
export interface Distribution {
  readonly n: number;
  readonly at: Readonly<Record<Level, Estimate | Missing>>;
  readonly min: number;
  readonly max: number;
  /** Quantiles at even steps from 0 to 1, `GRID` + 1 of them: the curve that charts draw. */
  readonly quantiles: readonly number[];
}

export interface Gaps {
  readonly n: number;
  /** Seconds, as in `Distribution`; each within 1%, for a log can hold more gaps than memory. */
  readonly quantiles: readonly number[];
}

/** One sample on one model, its repetitions together. */
export interface SampleResult {
  readonly repetitions: number;
  /** Mean over the repetitions that could be scored; null when none could. */
  readonly score: number | null;
  /** Why the score is null, or why the model failed. */
  readonly failure: string | null;
  /** Of the first repetition, and cut when very long. */
  readonly output: string;
  readonly answer: string | null;
  readonly finish: Completed['finish'] | 'failed';
  /** Means over the repetitions that have them. */
  readonly timings: Readonly<Partial<Record<DistributedMetric, number>>>;
  /** Seconds that ranking its choices took, where they were ranked: of the first repetition. */
  readonly ranking?: number;
  /** What a cascade can decide by: of the first repetition, and how far the repetitions agree. */
  readonly confidence: Confidence | Missing;
}

/**
 * Signals of how sure a model was, each larger for surer (Gupta et al. 2024, arXiv 2404.10136); at least one of them. A free
 * answer has the first four, a choice has `margin`, and several answers that are put to the vote have `agreement` as well.
 */
export interface Confidence {
  /** Of the log-probabilities of the answer's tokens. */
  readonly mean?: number;
  readonly min?: number;
  readonly sum?: number;
  /** The tenth percentile of the tokens: the unsure few, less brittle than the least sure one. */
  readonly p10?: number;
  /** Log-likelihood of the likeliest choice less that of the next. */
  readonly margin?: number;
  /** Self-consistency: the share of the repetitions that say what most of them say (Wang et al. 2022, arXiv 2203.11171). */
  readonly agreement?: number;
}

export interface ModelAnalysis {
  readonly id: string;
  readonly title: string;
  readonly class: ModelClass | null;
  readonly entry: Model;
  readonly sessions: number;
  readonly metrics: Readonly<Record<MetricOfSession, Spread | Missing>>;
  /** The parts of the memory at each moment at which it is read. */
  readonly memory: { readonly baseline: MemorySpread; readonly loaded: MemorySpread; readonly peak: MemorySpread };
  /** What the last session said of itself; null when no session was opened. */
  readonly facts: SessionFacts | null;
  readonly crashes: readonly string[];
  /** Why the model could not be opened, or run to its end. */
  readonly failures: readonly string[];
  readonly drift: Drift | Missing;
  readonly warnings: readonly Warning[];
}

/** How the decode rate changed over the run, each trial relative to the median of its task. */
export interface Drift {
  /** From the first to the last stretch of the run, as a share: -0.1 is a tenth slower at the end. */
  readonly change: number;
  /** Of there being no trend, two-sided. */
  readonly p: number;
  readonly n: number;
  /** The noise floor: two stretches of the run differ by less than this share, 19 times in 20. */
  readonly noise: number;
  /** Stretches of the run in order: how far through it, 0 to 1, and the median relative rate. */
  readonly course: readonly { readonly progress: number; readonly relative: number }[];
}

/** Two variants of one entry on the same samples. */
export interface Parity {
  readonly first: string;
  readonly second: string;
  /** Samples that both answered. */
  readonly n: number;
  readonly sameOutput: number;
  readonly sameScore: number;
}

/** A handful of readings, one a session: too few for an interval, so all that was seen is said. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly n: number;
}

export interface MemorySpread {
  readonly resident: Spread | Missing;
  readonly anonymous: Spread | Missing;
  readonly fileMapped: Spread | Missing;
  readonly gpu: Spread | Missing;
}

export function cellOf(task: TaskAnalysis, model: string): Cell {
  return task.cells.find((cell) => cell.model === model)!;
}
