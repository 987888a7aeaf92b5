/**
 * The log of a run: JSON lines, append-only, the single source of truth. Everything else (scores, estimates, verdicts,
 * reports) is computed from it and can be thrown away.
 *
 *     {"type":"run","version":1,"id":"2026-11-22T09-08-57","suites":[…],"models":[…],"environment":{…},…}
 *     {"type":"session","model":"reference-slm","session":1,"load":{"value":0.21},…}
 *     {"type":"sample","suite":"support-desk","task":"route","sample":"r-001","prompt":{…},"target":"billing",…}
 *     {"type":"measurement","trial":"support-desk/route/r-001@reference-slm#1",…}
 *     {"type":"evidence","trial":"support-desk/reply/p-001@reference-slm#1","evidence":{"effect":"judge",…}}
 *     {"type":"session-end","session":1,"memory":{…}}
 *     {"type":"end","complete":true}
 *
 * Logs of one run from several machines concatenate. A record that appears twice is the same record.
 */
import type { Model } from '../definition/model.js';
import type { PriceList } from '../definition/price-list.js';
import type { Suite } from '../definition/suite.js';
import type { Continuation, Prompt, Row } from '../message.js';
import type { Quantity } from '../quantity.js';
import type { Evidence } from '../score/score.js';
import type { Completed, MemoryReading, Outcome } from './measurement.js';

export const LOG_VERSION = 1;

export type LogRecord =
  | RunRecord
  | ResumeRecord
  | SessionRecord
  | SampleRecord
  | MeasurementRecord
  | EvidenceRecord
  | SessionEndRecord
  | ModelFailedRecord
  | EndRecord;

export interface RunRecord {
  readonly type: 'run';
  readonly version: typeof LOG_VERSION;
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly command: readonly string[];
  /** Definitions without their samples, which follow as records of their own. */
  readonly suites: readonly LoggedSuite[];
  readonly models: readonly Model[];
  /** By model id: what relative paths in its entry are relative to. */
  readonly directories: Readonly<Record<string, string>>;
  readonly settings: RunSettings;
  readonly environment: Environment;
  /** The user's own devices and prices, where the run was given any. */
  readonly prices?: PriceList;
  /** Of several runs that are reported as one; no log has it. */
  readonly parts?: readonly RunPart[];
}

export interface RunPart extends Pick<RunRecord, 'id' | 'started' | 'command' | 'environment'> {
  readonly label: string;
  /** Its models, as they are named among those of the other runs. */
  readonly models: readonly string[];
  /** Trials that it planned of each of its models, by `suite/task`. */
  readonly planned: Readonly<Record<string, number>>;
}

/** A suite whose tasks say how many samples they had and by which hash, instead of carrying them. */
export type LoggedSuite = Omit<Suite, 'tasks'> & {
  readonly tasks: readonly (Omit<Suite['tasks'][number], 'samples'> & {
    readonly samples: {
      readonly count: number;
      /** SHA-256 over the prompts and targets in their order. */
      readonly hash: string;
      /** `inline`, or the file, URL or data set as the suite names it. */
      readonly source: string;
      /** SHA-256 of each file of data. */
      readonly fileHashes?: readonly string[];
    };
  })[];
};

export interface RunSettings {
  readonly seed: number;
  readonly repetitions: number;
  readonly warmup: number;
  /** At most so many samples of each task; null for all. */
  readonly limit: number | null;
  /** How many answers were asked for at once, where it was more than one: such a run measures no latency. */
  readonly concurrency?: number;
  /** Present where the run asks in rounds and stops when every comparison is decided. */
  readonly untilSure?: UntilSure;
  /** The model that every other one is held against, whatever its class; without it, SLMs are held against LLMs. */
  readonly reference?: string;
}

export interface UntilSure {
  /** Samples of each task in the first round; each round doubles them. */
  readonly firstRound: number;
  /** What the run may spend at most. */
  readonly budget: { readonly seconds: number } | { readonly trials: number } | null;
}

export interface ResumeRecord {
  readonly type: 'resume';
  readonly started: string;
  readonly command: readonly string[];
  readonly environment: Environment;
  /** In place of those of the run, where the resumption was given any. */
  readonly prices?: PriceList;
}

/** One opened model in one worker process. */
export interface SessionRecord {
  readonly type: 'session';
  readonly session: number;
  readonly model: string;
  /** Seconds from asking the engine to open the model to its readiness. */
  readonly load: Quantity;
  /** The first request of a fresh session, seconds to its last token: paid once, kept apart from the warm ones. */
  readonly firstRequest: Quantity;
  readonly warmup: number;
  readonly memory: { readonly baseline: MemoryReading; readonly loaded: MemoryReading };
  readonly facts: SessionFacts;
}

/** What an opened model says of itself. Absent facts are facts the engine does not give. */
export interface SessionFacts {
  /** The engine with its version: `llama.cpp 0.5.0-dev, ggml 0ad4a86, for zen4 (node-llama-cpp 3.22.1)`. */
  readonly engine: string;
  readonly device: string;
  readonly threads: Quantity;
  readonly weights?: { readonly bytes: number; readonly hash: string; readonly files: readonly string[] };
  /** Bytes of the LoRA adapters, which are in those of the weights. */
  readonly adapterBytes?: number;
  readonly parameters?: number;
  /** What the KV cache of one token costs follows from these. */
  readonly architecture?: {
    readonly layers: number;
    readonly kvHeads: number;
    readonly headSize: number;
    readonly vocabulary: number;
    readonly bytesPerCachedValue: number;
    /** How many times over the cache is held; once where this is absent. */
    readonly cacheCopies?: number;
  };
  readonly context: Quantity;
  readonly chatTemplateHash: { readonly value: string } | { readonly missing: string };
  /** What this backend cannot do for this model, and why. */
  readonly cannot: Readonly<Record<string, string>>;
  /** Whether a run needs a network: proven by the kind of backend, not claimed. */
  readonly network: 'none' | 'loopback' | 'internet';
  /** Who started the server that serves the model; absent where there is no server, and in logs of earlier versions. */
  readonly server?: 'ours' | 'not ours';
  readonly warnings: readonly string[];
}

export interface SampleRecord {
  readonly type: 'sample';
  readonly suite: string;
  readonly task: string;
  readonly sample: string;
  readonly group: string | null;
  readonly target: unknown;
  readonly fields: Row;
  readonly prompt: Prompt;
  /** What is ranked, where the task asks for log-likelihoods. */
  readonly continuations?: readonly Continuation[];
  /** SHA-256 of the prompt before any model's chat template: equal for all models, or the comparison is not one. */
  readonly promptHash: string;
}

export interface MeasurementRecord {
  readonly type: 'measurement';
  /** `suite/task/sample@model#repetition` */
  readonly trial: string;
  readonly suite: string;
  readonly task: string;
  readonly sample: string;
  readonly model: string;
  readonly repetition: number;
  readonly session: number;
  /** Seconds since the run (or its resumption) began. */
  readonly at: number;
  /** The first request of its session, where no warm-up came before it. */
  readonly cold?: true;
  /** How many answers the engine computed side by side, where it was more than one: its times are not those of one alone. */
  readonly concurrency?: number;
  readonly outcome: Outcome;
}

/** What the world said of a trial's answer, where its scorer judges by more than the answer's words. */
export interface EvidenceRecord {
  readonly type: 'evidence';
  readonly trial: string;
  readonly model: string;
  /** The model that judged, where one did. */
  readonly by?: string;
  readonly evidence: Evidence;
}

export interface SessionEndRecord {
  readonly type: 'session-end';
  readonly session: number;
  readonly model: string;
  readonly memory: { readonly peak: MemoryReading; readonly final: MemoryReading };
  /** tinybench's statistics of the end-to-end latency of each task in this session, seconds. */
  readonly latency: Readonly<Record<string, LatencyStatistics>>;
  /** How late the worker's and the runner's own event loops were, seconds, 99th percentile: what this may have spoilt. */
  readonly loopDelay: { readonly runner: Quantity; readonly worker: Quantity };
  /** Why the session ended before its block did. */
  readonly crash?: string;
}

/** A model that could not be opened, or run to its end: the rest of its trials were not made in this run. */
export interface ModelFailedRecord {
  readonly type: 'model-failed';
  readonly model: string;
  readonly reason: string;
}

export interface LatencyStatistics {
  readonly n: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly p50: number;
  readonly p75: number;
  readonly p99: number;
  readonly sd: number;
  /** Relative margin of error at 95%, percent. */
  readonly rme: number;
}

export interface EndRecord {
  readonly type: 'end';
  readonly complete: boolean;
  readonly reason: string;
}

/** What the run ran on, and what on this machine makes its readings noisy. */
export interface Environment {
  readonly rightsize: string;
  readonly node: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly os: string;
  readonly cpu: {
    readonly model: string;
    readonly cores: number;
    readonly governor: Quantity | { readonly value: string };
  };
  /** Bytes. */
  readonly memory: { readonly total: number; readonly free: number };
  readonly gpu: { readonly value: string } | { readonly missing: string };
  /** Load average over one minute at the start. */
  readonly load: Quantity;
  readonly noise: readonly Warning[];
}

/** A warning is kept beside the number it spoils, and says what to do. */
export interface Warning {
  readonly what: string;
  readonly remedy: string;
}

export function isCompleted(outcome: Outcome): outcome is Completed {
  return outcome.state === 'completed';
}
