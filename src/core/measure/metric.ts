/**
 * The parts of a metric. Every entry of ./metrics.ts has all of these parts; an entry without one of them does not compile.
 * Columns, tables, limits, comparisons and docs are derived from the entries. So a new metric is one new entry.
 */
import type { Missing, Quantity } from '../quantity.js';
import type { Completed, MemoryReading } from './measurement.js';

export type Unit = 'score' | 'seconds' | 'tokens' | 'tokens per second' | 'bytes' | 'dollars';

/** The levels at which a distribution is read. A mean tells little about the slow requests that people notice. */
export const LEVELS = ['mean', 'median', 'p90', 'p95', 'p99'] as const;
export type Level = (typeof LEVELS)[number];

/** Where a report shows a metric by default. `list metrics` and `summary.json` have all metrics. */
export type Place =
  /** The table of models under each task. */
  | 'table'
  /** The table of models in the terminal. */
  | 'terminal'
  /** The criteria by which people choose a model. */
  | 'criteria'
  /** The table of models without tasks. It shows the metrics of sessions. */
  | 'models'
  /** A chart that shows this metric. */
  | 'chart';

export interface Price {
  /** US dollars per million tokens. */
  readonly input: number;
  readonly output: number;
}

/** The readings of one session. */
export interface SessionReadings {
  /** The time to open the model, in seconds. */
  readonly load: Quantity;
  readonly firstRequest: Quantity;
  readonly baseline: MemoryReading;
  /** Missing if the session ended before the peak was read. */
  readonly peak: MemoryReading | Missing;
}

export type Metric = QualityMetric | TrialMetric | SessionMetric;

/** The score that the scorer of the task gives to each trial. */
export type QualityMetric = Described &
  Direction & {
    readonly belongsTo: 'trial';
    readonly latency: false;
    readonly compute: 'the scorer of the task';
    readonly summary: { readonly kind: 'mean score' };
    readonly limit: WholeLimit | null;
  };

/** A metric with one value for each completed trial. The values of all requests of a task are a distribution. */
export type TrialMetric = Described &
  Direction & {
    readonly belongsTo: 'trial';
    /**
     * Whether it is a time or a rate. Times and rates hold only under a condition, and the model must be warm. Counts of tokens and prices are the same under every condition.
     */
    readonly latency: boolean;
    /** Whether it holds only for a request that ran alone. Among others, other times and rates hold under their condition. */
    readonly alone?: true;
    /** Called once for each trial. A log may hold a million trials, so this function must keep no data. */
    readonly compute: (completed: Completed, price: Price | Missing) => Quantity;
    /** A report with room for one number shows the distribution at `level`. */
    readonly summary: { readonly kind: 'distribution'; readonly level: Level };
  };

/** A metric with one value for each session. A model has too few sessions for an interval, so reports show the spread. */
export type SessionMetric = Described &
  Direction & {
    readonly belongsTo: 'session';
    /** Every session opens, and answers its first request, alone. So no condition changes the values. */
    readonly latency: false;
    readonly compute: (session: SessionReadings) => Quantity;
    readonly summary: { readonly kind: 'spread'; readonly value: 'median' | 'max' };
    readonly limit: WholeLimit | null;
  };

interface Described {
  readonly title: string;
  /** The title in a terminal. The title of a rate names the unit, because the cells below it have no unit. */
  readonly short: string;
  readonly unit: Unit;
  readonly formula: string;
  /** Tells the reader of a report what the metric means. */
  readonly read: string;
  /** The source of the formula. */
  readonly source: string;
  readonly shows: readonly Place[];
}

/** A metric without a better direction can have no limit and no comparison. */
type Direction =
  | {
      readonly better: 'higher' | 'lower';
      readonly limit: LimitRule | null;
      /** Whether a comparison shows the ratio of this metric between the SLM and its LLM. */
      readonly compared: boolean;
    }
  | { readonly better: 'neither'; readonly limit: null; readonly compared: false };

/**
 * A suite may limit the metric: from below if higher is better, from above if lower is better. `level` is the default level of
 * such a limit. If it is null, a suite cannot name a level, and the limit applies to the summary.
 */
export interface LimitRule {
  readonly level: Level | null;
  /** The change between two versions that counts as none, unless a gate names another: points of quality, or a share. */
  readonly margin: number;
}

/** A metric without a distribution has no levels. */
type WholeLimit = LimitRule & { readonly level: null };
