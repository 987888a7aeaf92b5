/**
 * The messages between the runner and a worker. One message requests trials and one brings their outcomes. The worker stamps the
 * tokens, so no message stands between a token and its time.
 *
 * A message wakes two processes, which takes longer than a short trial. So one message may request several short trials: the worker
 * runs them one after another, and meanwhile the runner sleeps and disturbs none of them.
 */
import type { LoadManner } from '../backends/backend.js';
import type { Model } from '../core/definition/model.js';
import type { Generation } from '../core/definition/suite.js';
import type { Nonce } from '../core/load/synthetic.js';
import type { SessionFacts } from '../core/log/log.js';
import type { Outcome } from '../core/measure/measurement.js';
import type { Continuation, Prompt } from '../core/message.js';
import type { Quantity } from '../core/quantity.js';
import type { StepClosing, StepOrder, StepReport } from '../load/step.js';

export type ToWorker =
  | {
      readonly type: 'open';
      readonly model: Model;
      readonly directory: string;
      readonly concurrency: number;
      readonly under?: 'load';
      readonly manner?: LoadManner;
    }
  | { readonly type: 'run'; readonly request: number; readonly trials: readonly TrialRequest[] }
  /** Holds a step until it is cancelled. */
  | { readonly type: 'hold'; readonly request: number; readonly order: StepOrder<TrialRequest> }
  | { readonly type: 'cancel'; readonly request: number }
  | { readonly type: 'close' };

/**
 * Seconds after which a worker brings the outcomes that it has. When it is killed, at most these are lost, and the trial that is
 * under way.
 */
export const LONGEST_BATCH = 0.02;

export interface Answered {
  readonly outcome: Outcome;
  /** Seconds between its end and the sending of the message. */
  readonly ago: number;
}

/** What one trial asks of the model: an answer to a prompt, or the log-likelihoods of continuations. */
export type TrialRequest =
  | {
      readonly for: 'answer';
      readonly prompt: Prompt;
      readonly generation: Generation;
      /** The part of the prompt that differs in every request of a load test. */
      readonly nonce?: Nonce;
    }
  | {
      readonly for: 'likelihoods';
      readonly continuations: readonly Continuation[];
      /** Whether to measure the continuations without their context too. */
      readonly unconditional: boolean;
      /** Seconds. */
      readonly timeout: number;
    };

export type FromWorker =
  /** The process is up and has loaded nothing yet: its memory now is the baseline. */
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly what: string; readonly done: number; readonly total: number }
  /** `load` is the seconds that opening took, by the session's clock. */
  | {
      readonly type: 'opened';
      readonly facts: SessionFacts;
      readonly load: number;
      readonly processes: readonly number[];
      /** How many requests it takes at once. */
      readonly concurrency: number;
    }
  | { readonly type: 'not-opened'; readonly byUser: boolean; readonly reason: string }
  /** The outcomes of the first trial, or of more. Those that are left after `LONGEST_BATCH` must be requested again. */
  | { readonly type: 'outcomes'; readonly request: number; readonly answers: readonly Answered[] }
  | { readonly type: 'cancelled'; readonly request: number }
  | { readonly type: 'step'; readonly request: number; readonly report: StepReport }
  | { readonly type: 'step-over'; readonly request: number; readonly closing: StepClosing }
  /** `loopDelay` is how late the worker's event loop was, seconds, 99th percentile. */
  | { readonly type: 'closed'; readonly loopDelay: Quantity };
