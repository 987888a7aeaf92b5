/**
 * What a log says: cells of estimates, one for each task and model, and the sessions of each model. An analysis has no
 * verdicts; ../recommend makes them from it. It is plain data, and equal logs give equal analyses, whatever the order of
 * their records.
 */
import type { Condition } from '../definition/condition.js';
import type { GateDefinition } from '../definition/gate.js';
import type { Model, ModelClass } from '../definition/model.js';
import type { PriceList } from '../definition/price-list.js';
import type { Limits, Requirement } from '../definition/requirement.js';
import type { ScorerChoice } from '../definition/suite.js';
import type { Environment, RunPart, RunSettings, SessionFacts, Warning } from '../log/log.js';
import type { Completed, Failed } from '../measure/measurement.js';
import type { Level } from '../measure/metric.js';
import type { DistributedMetric, MetricOfSession } from '../measure/metrics.js';
import type { Message, Row } from '../message.js';
import type { Missing, Quantity } from '../quantity.js';
import type { Values } from '../stats/basics/moments.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import type { Late } from '../stats/estimate/quantile-test.js';
import type { Trend } from '../stats/estimate/trend.js';

export interface Analysis {
  readonly run: RunInfo;
  readonly suites: readonly SuiteAnalysis[];
  /** The models in the order in which the run names them. */
  readonly models: readonly ModelAnalysis[];
  /** The machine with most trials comes first. */
  readonly machines: readonly MachineInfo[];
  /** Faults of the log, which may make every number wrong. */
  readonly warnings: readonly Warning[];
  /** What makes the times of the whole run less exact: a busy machine, or several. */
  readonly circumstances: readonly Warning[];
}

/** A machine that measured. */
export interface MachineInfo {
  /** Equal for the same machine in other runs. */
  readonly id: string;
  readonly name: string;
  readonly environment: Environment;
  readonly trials: number;
}

export interface RunInfo {
  readonly id: string;
  /** The name that the user gave the run, and the commit that was measured, where the log has them. */
  readonly name?: string;
  readonly commit?: string;
  readonly started: string;
  readonly command: readonly string[];
  readonly resumptions: readonly { readonly started: string; readonly command: readonly string[] }[];
  readonly settings: RunSettings;
  /** The environment of the machine that made most of the trials. */
  readonly environment: Environment;
  /** The user's own devices and prices, if the run has any. */
  readonly prices?: PriceList;
  /** The runs, if the report combines several. */
  readonly parts?: readonly PartInfo[];
  readonly trials: { readonly planned: number; readonly recorded: number };
  /** `early` says why a run that stops when it is sure did not need the rest of its plan. */
  readonly ended:
    | { readonly complete: true; readonly early?: string }
    | { readonly complete: false; readonly reason: string };
}

/** One of several runs that are reported as one. */
export interface PartInfo extends Omit<RunPart, 'models'> {
  readonly environment: Environment;
  /** Its models, as they are named among those of the other runs. */
  readonly models: readonly string[];
}

export interface SuiteAnalysis {
  readonly name: string;
  readonly title: string;
  readonly description: string | null;
  readonly requirement: Requirement;
  /** The gates of the suite, if it has any. */
  readonly gate?: GateDefinition;
  readonly tasks: readonly TaskAnalysis[];
  /** Each model over all tasks, in the order of `Analysis.models`. Every sample has the same weight. */
  readonly overall: readonly Overall[];
  /** How often variants of one model agree. */
  readonly parity: readonly Parity[];
}

export interface Overall {
  readonly model: string;
  readonly quality: Estimate | Missing;
  readonly metrics: Readonly<Record<DistributedMetric, Distribution | Missing>>;
  readonly gaps: Gaps | Missing;
  readonly ttftLine: TtftLine | Missing;
  readonly failures: number;
  readonly unscored: number;
}

export interface TaskAnalysis {
  readonly suite: string;
  readonly name: string;
  readonly description: string | null;
  readonly scorer: ScorerChoice;
  /** The most tokens that an answer may have. */
  readonly maxTokens: number;
  /** The limits of the suite; a limit of the task replaces that of the suite. */
  readonly limits: Limits;
  readonly samples: readonly SampleInfo[];
  /** The origin of the samples, the hash of exactly these samples, and how many there are, asked or not. */
  readonly data: { readonly source: string; readonly hash: string; readonly count: number };
  /**
   * One for each model, in the order of `Analysis.models`: under `closed 1` where anything was measured under it. Limits and
   * verdicts are judged on these cells, and on no cell of another condition.
   */
  readonly cells: readonly Cell[];
  /** Cells under every other condition. They are pooled and compared with none of the above. */
  readonly otherConditions: readonly Cell[];
}

export interface SampleInfo {
  readonly id: string;
  readonly group: string | null;
  readonly target: unknown;
  readonly fields: Row;
  readonly messages: readonly Message[];
  readonly promptHash: string;
  /** The hash of its row and target: equal for the same sample in another run, whatever its prompt and its name there. */
  readonly hash: string;
}

/** What one machine measured of a cell: facts about the machine, which are pooled with those of no other. */
export interface MachineFigures {
  readonly metrics: Readonly<Record<DistributedMetric, Distribution | Missing>>;
  /** All gaps between tokens of all answers, pooled: the stutter that a median hides. */
  readonly gaps: Gaps | Missing;
  /** Under any condition but `closed 1`. Its latencies belong to that condition, and no limit is judged by them. */
  readonly throughput: Throughput | Missing;
}

/** One task on one model under one condition. Its quality is that of all machines, and its figures are those of one. */
export interface Cell extends MachineFigures {
  readonly suite: string;
  readonly task: string;
  readonly model: string;
  readonly condition: Condition;
  /** The machine of the figures; null if nothing was measured, or the log does not tell. */
  readonly machine: string | null;
  /** The figures of all other machines. */
  readonly elsewhere: readonly (MachineFigures & { readonly machine: string; readonly trials: number })[];
  readonly trials: TrialCounts;
  readonly failures: readonly FailureCount[];
  readonly quality: Estimate | Missing;
  /** The line of the machine that the figures belong to. */
  readonly ttftLine: TtftLine | Missing;
  /**
   * Metrics of the whole cell that are not a mean of scores, such as macro-F1 or a bias score. Those that carry a limit, and the
   * scores of secondary scorers, have their intervals.
   */
  readonly aggregates: Readonly<Record<string, Quantity | Estimate>>;
  /** One for each sample of the task, in the same order; null if the sample was not run. */
  readonly results: readonly (SampleResult | null)[];
  readonly warnings: readonly Warning[];
}

/** TTFT = fixed + prompt tokens / rate, by least squares over the samples. */
export interface TtftLine {
  /** Prompts. */
  readonly n: number;
  /** Seconds that any prompt takes. */
  readonly fixed: Estimate | Missing;
  /** Prompt tokens per second: one over the slope of the line. */
  readonly rate: Estimate | Missing;
  /** Whether the times rise with the length of the prompts, by their ranks alone. */
  readonly trend: Trend | Missing;
  /** The line at the shortest and at the longest prompt. It says nothing of lengths beyond them. */
  readonly shortest: LinePoint;
  readonly longest: LinePoint;
}

export interface LinePoint {
  readonly tokens: number;
  readonly seconds: number;
}

/** How much an engine produces when several requests share it. */
export interface Throughput {
  /** The number of answers that were computed side by side. */
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
  /** Wrong answers: the model was silent, refused, or took too long. */
  readonly failedByModel: number;
  /** Unscored trials: something broke on our side. */
  readonly failedByHarness: number;
  /** Answers that the scorer could not score. */
  readonly unjudged: number;
}

export interface FailureCount {
  readonly by: Failed['by'];
  readonly kind: Failed['kind'];
  readonly count: number;
  readonly example: string;
}

/** The distribution of one metric over the requests of a cell, at each level that a limit may name. */
export interface Distribution {
  /** Requests that have a value, and those that are late. */
  readonly n: number;
  /** The requests that have a value. */
  readonly ascending: Values;
  /** The inflation of the variance by autocorrelation, for each level. */
  readonly inflation: Readonly<Record<Level, number>>;
  /** Requests that were cut off at their timeout or failed by the fault of the model or its server. */
  readonly late: Late;
  readonly at: Readonly<Record<Level, Estimate | Missing>>;
  readonly min: number;
  readonly max: number;
  /** `GRID` + 1 quantiles at even steps from 0 to 1, for the curves of charts. */
  readonly quantiles: readonly number[];
}

export interface Gaps {
  readonly n: number;
  /** Seconds, as in `Distribution`. Each is right to within 1%, because a log can hold more gaps than memory. */
  readonly quantiles: readonly number[];
}

/** All repetitions of one sample on one model. */
export interface SampleResult {
  readonly repetitions: number;
  /** The repetitions without a score, which count as right or as wrong, whichever way is the worse for a claim. */
  readonly unscored: number;
  /** The mean over the repetitions that have a score; null if none has one. */
  readonly score: number | null;
  /** The reason why the score is null, or why the model failed. */
  readonly failure: string | null;
  /** The output of the first repetition, cut if it is very long. */
  readonly output: string;
  readonly answer: string | null;
  readonly finish: Completed['finish'] | 'failed';
  /** The means over the repetitions that have a value. */
  readonly timings: Readonly<Partial<Record<DistributedMetric, number>>>;
  /** How many seconds it took to rank the choices, in the first repetition; absent if nothing was ranked. */
  readonly ranking?: number;
  /** What a cascade can decide by: the confidence of the first repetition, and how far the repetitions agree. */
  readonly confidence: Confidence | Missing;
}

/**
 * Signals of confidence; a larger value means more confidence (Gupta et al. 2024, arXiv 2404.10136). There is at least one. A
 * free answer has the first four, a choice has `margin`, and answers that vote have `agreement` as well.
 */
export interface Confidence {
  /** The mean of the log-probabilities of the tokens of the answer. */
  readonly mean?: number;
  readonly min?: number;
  readonly sum?: number;
  /** The tenth percentile of the tokens. It shows the few unsure tokens, and is more robust than the minimum. */
  readonly p10?: number;
  /** The log-likelihood of the likeliest choice minus that of the next. */
  readonly margin?: number;
  /** Self-consistency: the share of the repetitions that give the most frequent answer (Wang et al. 2022, arXiv 2203.11171). */
  readonly agreement?: number;
}

/** What the sessions of a model on one machine were. */
export interface SessionFigures {
  readonly sessions: number;
  readonly metrics: Readonly<Record<MetricOfSession, Spread | Missing>>;
  /** The parts of memory, at each moment when it is read. */
  readonly memory: { readonly baseline: MemorySpread; readonly loaded: MemorySpread; readonly peak: MemorySpread };
}

export interface ModelAnalysis extends SessionFigures {
  readonly id: string;
  /** The name of the model in its own run: the same model of two runs has two ids in a report of both. */
  readonly origin: { readonly model: string; readonly run: string };
  /** The machine of the sessions; null if the model was never opened, or the log does not tell. */
  readonly machine: string | null;
  /** The sessions of all other machines. */
  readonly elsewhere: readonly (SessionFigures & { readonly machine: string })[];
  readonly title: string;
  readonly class: ModelClass | null;
  readonly entry: Model;
  /** The facts of the last session; null if no session was opened. */
  readonly facts: SessionFacts | null;
  readonly crashes: readonly string[];
  /** The reasons why the model could not be opened, or not run to its end. */
  readonly failures: readonly string[];
  readonly drift: Drift | Missing;
  readonly warnings: readonly Warning[];
}

/** How the decode rate changed over the run. Each trial counts relative to the median of its task. */
export interface Drift {
  /** The change from the first to the last stretch of the run, as a share: -0.1 is a tenth slower at the end. */
  readonly change: number;
  /** The two-sided p-value of no trend. */
  readonly p: number;
  readonly n: number;
  /** The noise floor: 19 times in 20, two stretches of the run differ by less than this share. */
  readonly noise: number;
  /** The stretches of the run in order: the progress from 0 to 1, and the median relative rate. */
  readonly course: readonly { readonly progress: number; readonly relative: number }[];
}

/** Two variants of one entry on the same samples. */
export interface Parity {
  readonly first: string;
  readonly second: string;
  /** The number of samples that both answered. */
  readonly n: number;
  readonly sameOutput: number;
  readonly sameScore: number;
}

/** A few readings, one for each session. They are too few for an interval, so the spread is what was seen. */
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
