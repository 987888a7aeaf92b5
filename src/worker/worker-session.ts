/**
 * A model that is open in a worker, as the runner sees it. Whoever needs one takes `OpenWorker` as an argument: a run opens a process,
 * a test hands over a scripted worker.
 */
import type { LoadManner } from '../backends/backend.js';
import type { SessionFacts, SessionRecord } from '../core/log/log.js';
import type { MemoryReading } from '../core/measure/measurement.js';
import type { Quantity } from '../core/quantity.js';
import type { LoadedModel } from '../files/definitions.js';
import type { StepClosing, StepOrder, StepReport } from '../load/step.js';
import type { Answered, TrialRequest } from './protocol.js';

/** The process that held the model is gone. */
export class WorkerDied extends Error {
  override readonly name = 'WorkerDied';
}

/** The engine did not open the model, for a reason that the user cannot mend in a definition. */
export class NotOpened extends Error {
  override readonly name = 'NotOpened';
}

export interface WorkerSession {
  readonly facts: SessionFacts;
  /** Seconds. */
  readonly load: number;
  readonly memory: SessionRecord['memory'];
  /** How many requests run at once; further requests wait for their turn. */
  readonly concurrency: number;
  /**
   * Requests trials, which run one after another.
   *
   * @returns The answers to the first of them: at least one, and more where they take little time (`LONGEST_BATCH`).
   * @throws WorkerDied, or the reason of the signal when it is aborted.
   */
  run(trials: readonly TrialRequest[], signal: AbortSignal): Promise<readonly Answered[]>;
  /**
   * Holds a step of a load test until it is told to finish.
   *
   * @throws WorkerDied
   */
  hold(order: StepOrder<TrialRequest>, options: HoldingOptions): Promise<StepClosing>;
  close(): Promise<SessionClosing>;
}

/** What a load test needs of an opened model. It may be open on another machine. */
export type HoldingSession = Omit<WorkerSession, 'run'>;

export interface HoldingOptions {
  /** Ends the step, and cuts the requests that are under way. */
  readonly finish: AbortSignal;
  readonly onReport: (report: StepReport) => void;
}

export interface SessionClosing {
  readonly memory: { readonly peak: MemoryReading; readonly final: MemoryReading };
  /** How late the worker's event loop was. */
  readonly workerDelay: Quantity;
}

export interface OpenWorkerOptions {
  /** How many trials will be requested at once. */
  readonly concurrency: number;
  /** A failed request under load counts, and is not tried again. */
  readonly under?: 'load';
  readonly manner?: LoadManner;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: { what: string; done: number; total: number }) => void;
}

/**
 * @throws UserError when the model's entry, its files or its server are not as they must be.
 * @throws NotOpened, WorkerDied, or the reason of the signal.
 */
export type OpenWorker = (loaded: LoadedModel, options: OpenWorkerOptions) => Promise<WorkerSession>;
