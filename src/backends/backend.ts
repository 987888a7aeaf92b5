/**
 * The contract between rightsize and an engine. A backend opens a model; the session it returns generates. One contract
 * test (test/backends/contract.ts) runs on every backend, the scripted one included. To write your own, see
 * docs/backends.md.
 */
import type { Model } from '../core/definition/model.js';
import type { Generation } from '../core/definition/suite.js';
import type { SessionFacts } from '../core/log/log.js';
import type { Completed, Loglikelihood, TokenCount } from '../core/measure/measurement.js';
import type { Prompt } from '../core/message.js';
import type { Missing, Quantity } from '../core/quantity.js';

export interface Backend<M extends Model = Model> {
  /** One line for `rightsize list backends`. */
  readonly summary: string;
  /** What no model can do through this backend, and why; the reason reaches the report. */
  readonly cannot: Cannot;
  /** Whether the model could run here, found out without loading it: files, headers, reachability. Never throws. */
  check(model: M, context: BackendContext): Promise<Readiness>;
  /**
   * Loads the model. The signal aborts the loading.
   *
   * @throws UserError when the entry, a file or a server is not as it must be; any other error is the engine's.
   */
  open(model: M, context: BackendContext, signal: AbortSignal): Promise<Session>;
}

export type Capability = 'logprobs' | 'loglikelihood' | 'chatTemplate' | 'promptTokens' | 'concurrency';
export type Cannot = Readonly<Partial<Record<Capability, string>>>;

export interface BackendContext {
  /** What relative paths in the model entry are relative to. */
  readonly directory: string;
  /** Environment variables: keys come from here and go nowhere else. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How many requests will be under way at once: 1 when unsaid. A session may offer fewer. */
  readonly concurrency?: number;
  /** Under load nothing is asked twice: a failed request counts, and so does the time that it took. */
  readonly under?: 'load';
  /** Called while something is downloaded. */
  readonly onProgress?: (progress: { readonly what: string; readonly done: number; readonly total: number }) => void;
  /** Does what opening needs and loading does not (hashing the weights for the log): its time is no part of the load time. */
  readonly untimed?: <T>(work: () => Promise<T>) => Promise<T>;
}

export type Readiness =
  | { readonly ready: true; readonly note?: string }
  /** Would run after fetching so many bytes from a hub (null: unknown). */
  | { readonly ready: 'after-download'; readonly bytes: number | null }
  | { readonly ready: false; readonly reason: string };

/** One opened model. Requests are made one at a time unless the session says otherwise. */
export interface Session {
  readonly facts: SessionFacts;
  /** How many answers may be under way at once: 1 when unsaid. Log-likelihoods are always asked for one at a time. */
  readonly concurrency?: number;
  /** Seconds, monotonic; every time stamp of this session is read from it. */
  now(): number;
  /**
   * Streams the answer to a prompt: any number of pieces, then exactly one end. The first empty pieces of some servers are
   * left out. Aborting the signal ends the stream with an AbortError.
   *
   * @throws ModelFailure when the model is at fault (a prompt too long for it), ServerFailure when what serves it is.
   */
  generate(prompt: Prompt, generation: Generation, signal: AbortSignal): AsyncIterable<GenerationEvent>;
  /** Log-likelihoods of continuations of a context, in the order given; present where the engine gives logits. */
  loglikelihood?(request: LoglikelihoodRequest, signal: AbortSignal): Promise<readonly Loglikelihood[]>;
  /** What the server says of itself now, by gauge; null where it says nothing. Absent where there is no server. */
  look?(signal: AbortSignal): Promise<Readonly<Record<string, number>> | null>;
  /** What must be struck out of everything the model says before it is written down: keys that a server may echo. */
  readonly strike?: (text: string) => string;
  /** The process ids whose memory is this model's, beyond the worker itself (a server that we started). */
  readonly processes: readonly number[];
  close(): Promise<void>;
}

export type GenerationEvent = Piece | End;

export interface Piece {
  readonly kind: 'piece';
  /** When it arrived, by the session's clock. */
  readonly time: number;
  readonly text: string;
  /** What a reasoning model thinks before it answers: output that counts in every time, and no part of the answer. */
  readonly reasoning?: string;
  /** How many tokens; null when only the server knows. */
  readonly tokens: number | null;
  /** Natural logarithm of each token's probability, where the engine gives them. */
  readonly logprobs?: readonly number[];
}

export interface End {
  readonly kind: 'end';
  readonly time: number;
  readonly finish: Completed['finish'];
  readonly promptTokens: TokenCount;
  readonly outputTokens: TokenCount;
  /** The prompt as the engine was given it, its chat template applied. */
  readonly rendered: { readonly value: string } | Missing;
  /** Prompt tokens that the engine took from a cache and did not compute, where it says so. */
  readonly cachedTokens?: number;
  /** Output tokens that were counted but not sent, where there are any. */
  readonly unseenTokens?: Quantity;
  readonly retries?: { readonly count: number; readonly waited: number };
  /** The connection was stale, and the request was sent again on a new one. */
  readonly reconnected?: true;
}

export type { Loglikelihood } from '../core/measure/measurement.js';

/** The scores of several continuations after one context: the context is computed once. */
export interface LoglikelihoodRequest {
  readonly context: string;
  readonly continuations: readonly string[];
}

/** The model is at fault: a wrong answer, not our failure. */
export class ModelFailure extends Error {
  override readonly name = 'ModelFailure';
  constructor(
    readonly kind: 'timeout' | 'prompt-too-long',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What serves the model broke down. It says nothing about the model, whose answer is then unscored. */
export class ServerFailure extends Error {
  override readonly name = 'ServerFailure';
}

/** The request got no answer, for a reason that is neither the model's nor a breakdown of its server. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure';
  constructor(
    /** The account may not ask this often; the server takes no connection; this machine has no socket left. */
    readonly kind: 'rate-limit' | 'connection' | 'client',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
