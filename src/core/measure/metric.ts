/**
 * What a metric consists of. Every entry of ./metrics.ts has all of these parts: an entry that leaves one out does not compile.
 * Columns, tables, limits, comparisons and docs are derived from the entries, so that a new metric is one new entry.
 */
import type { Missing, Quantity } from '../quantity.js';
import type { Completed, MemoryReading } from './measurement.js';

export type Unit = 'score' | 'seconds' | 'tokens' | 'tokens per second' | 'bytes' | 'dollars';

/** Where on a distribution a value is read. A mean says little about the slow requests that people notice. */
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
  /** The table of models as a whole: what belongs to a session. */
  | 'models'
  /** A chart that shows this metric. */
  | 'chart';

export interface Price {
  /** US dollars per million tokens. */
  readonly input: number;
  readonly output: number;
}

/** What was read of one opened model. */
export interface SessionReadings {
  /** Seconds. */
  readonly load: Quantity;
  readonly firstRequest: Quantity;
  readonly baseline: MemoryReading;
  /** Missing where the session ended before it was read. */
  readonly peak: MemoryReading | Missing;
}

export type Metric = QualityMetric | TrialMetric | SessionMetric;

/** The score that the scorer of the task gives to each trial. */
export type QualityMetric = Described &
  Direction & {
    readonly of: 'trial';
    readonly latency: false;
    readonly compute: 'the scorer of the task';
    readonly summary: { readonly kind: 'mean score' };
    readonly limit: WholeLimit | null;
  };

/** One value for each completed trial; its values over the requests of a task are a distribution. */
export type TrialMetric = Described &
  Direction & {
    readonly of: 'trial';
    /**
     * Whether it is a time or a rate, which means something only under a condition: warm, and with nothing computed beside it.
     * Counts of tokens and prices are the same under every condition.
     */
    readonly latency: boolean;
    /** Called once for each trial of a log, which may hold a million: it keeps nothing. */
    readonly compute: (completed: Completed, price: Price | Missing) => Quantity;
    /** `level` is what is shown where one number stands for the distribution. */
    readonly summary: { readonly kind: 'distribution'; readonly level: Level };
  };

/** One value for each session; the values of a model are too few for an interval, so their spread is shown. */
export type SessionMetric = Described &
  Direction & {
    readonly of: 'session';
    /** Every session is opened, and asked its first request, by itself: no condition changes its values. */
    readonly latency: false;
    readonly compute: (session: SessionReadings) => Quantity;
    readonly summary: { readonly kind: 'spread'; readonly value: 'median' | 'max' };
    readonly limit: WholeLimit | null;
  };

interface Described {
  readonly title: string;
  /** The title in a terminal. That of a rate names its unit, because the cells below it leave the unit out. */
  readonly short: string;
  readonly unit: Unit;
  readonly formula: string;
  /** How to read it. */
  readonly read: string;
  /** Where the formula comes from. */
  readonly source: string;
  readonly shows: readonly Place[];
}

/** A metric without a better direction can be neither limited nor compared. */
type Direction =
  | {
      readonly better: 'higher' | 'lower';
      readonly limit: LimitRule | null;
      /** Whether an SLM is compared with its LLM by it: the factor of one over the other. */
      readonly compared: boolean;
    }
  | { readonly better: 'neither'; readonly limit: null; readonly compared: false };

/**
 * A suite may limit the metric: from below if higher is better, from above if lower is. `level` is the default level of such a
 * limit. If it is null, a suite cannot name a level, and the limit holds for the summary.
 */
export interface LimitRule {
  readonly level: Level | null;
}

/** What has no distribution has no levels. */
type WholeLimit = LimitRule & { readonly level: null };
