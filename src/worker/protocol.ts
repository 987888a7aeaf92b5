/**
 * What the runner and a worker say to each other. One message asks for trials and one brings their outcomes: tokens are
 * stamped and gathered in the worker, so that no message stands between a token and its time.
 *
 * A message costs two processes a wake-up, more than a short trial takes. So several short ones may go in one: the worker takes
 * them one after another, and while it does, the runner sleeps and disturbs none of them.
 */
import type { Model } from '../core/definition/model.js';
import type { Generation } from '../core/definition/suite.js';
import type { SessionFacts } from '../core/measure/log.js';
import type { Outcome } from '../core/measure/measurement.js';
import type { Continuation, Prompt } from '../core/message.js';
import type { Quantity } from '../core/quantity.js';

export type ToWorker =
  | { readonly type: 'open'; readonly model: Model; readonly directory: string; readonly concurrency: number }
  | { readonly type: 'run'; readonly request: number; readonly asked: readonly Asked[] }
  | { readonly type: 'cancel'; readonly request: number }
  | { readonly type: 'close' };

/** Seconds after which a worker brings what it has: so much, and the trial in flight, is lost at most when it is killed. */
export const LONGEST_BATCH = 0.02;

export interface Answered {
  readonly outcome: Outcome;
  /** Seconds between its end and the sending of the message. */
  readonly ago: number;
}

/** One trial's question: an answer to a prompt, or the log-likelihoods of given texts. */
export type Asked =
  | { readonly for: 'answer'; readonly prompt: Prompt; readonly generation: Generation }
  | {
      readonly for: 'likelihoods';
      readonly continuations: readonly Continuation[];
      /** Whether to measure the texts after nothing too. */
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
  /** Of the first of what was asked, or more: what is left after `LONGEST_BATCH` must be asked again. */
  | { readonly type: 'outcomes'; readonly request: number; readonly answers: readonly Answered[] }
  | { readonly type: 'cancelled'; readonly request: number }
  /** `loopDelay` is how late the worker's event loop was, seconds, 99th percentile. */
  | { readonly type: 'closed'; readonly loopDelay: Quantity };
