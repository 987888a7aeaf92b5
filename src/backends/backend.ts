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
import type { Quantity } from '../core/quantity.js';

export interface Backend<M extends Model = Model> {
  /** One line for `rightsize list backends`. */
  readonly summary: string;
  /** What this backend cannot do with any model, and why. The reason reaches the report. */
  readonly cannot: Cannot;
  /** Finds out whether the model could run here, from files, headers and reachability. It loads nothing and never throws. */
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

/** What a load test asks of a server beside its answers. */
export interface LoadManner {
  /** Asks the server to keep no prompts, so that no prompt is faster because of an earlier one. */
  readonly prefixCache?: 'off' | undefined;
  /** Asks the server to answer with as many tokens as a request allows. */
  readonly length?: 'fixed' | 'fixed where it can' | undefined;
}

export interface BackendContext {
  /** The folder that relative paths in the model entry start from. */
  readonly directory: string;
  /** Environment variables. Keys come from here and go nowhere else. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The number of requests that will be under way at once. The default is 1, and a session may offer fewer. */
  readonly concurrency?: number;
  /** A load test asks nothing twice: a failed request counts, and so does the time that it took. */
  readonly under?: 'load';
  readonly manner?: LoadManner;
  /** The backend calls it while it downloads something. */
  readonly onProgress?: (progress: { readonly what: string; readonly done: number; readonly total: number }) => void;
  /** Runs work that opening needs and loading does not, such as hashing the weights. Its time is no part of the load time. */
  readonly untimed?: <T>(work: () => Promise<T>) => Promise<T>;
}

export type Readiness =
  | { readonly ready: true; readonly note?: string }
  /** The model would run after a download of this many bytes from a hub; null if the number is unknown. */
  | { readonly ready: 'after-download'; readonly bytes: number | null }
  | { readonly ready: false; readonly reason: string };

/** One opened model. It takes one request at a time, unless `concurrency` says otherwise. */
export interface Session {
  readonly facts: SessionFacts;
  /** The number of answers that may be under way at once. The default is 1. Log-likelihoods are always requested one at a time. */
  readonly concurrency?: number;
  /** Returns seconds of a monotonic clock. Every time stamp of this session comes from it. */
  now(): number;
  /**
   * Streams the answer to a prompt: any number of pieces, then exactly one end. The first empty pieces of some servers are
   * left out. Aborting the signal ends the stream with an AbortError.
   *
   * @throws ModelFailure when the model is at fault (a prompt too long for it), ServerFailure when what serves it is.
   */
  generate(prompt: Prompt, generation: Generation, signal: AbortSignal): AsyncIterable<GenerationEvent>;
  /** Returns the log-likelihoods of continuations of a context, in the order of the request. Absent if the engine gives no logits. */
  loglikelihood?(request: LoglikelihoodRequest, signal: AbortSignal): Promise<readonly Loglikelihood[]>;
  /** What the server says of itself now, by gauge; null where it says nothing. Absent where there is no server. */
  look?(signal: AbortSignal): Promise<Readonly<Record<string, number>> | null>;
  /** Strikes keys, which a server may echo, out of a text before the text is written down. */
  readonly strike?: (text: string) => string;
  /** The ids of other processes that hold memory of this model: a server that we started. */
  readonly processes: readonly number[];
  close(): Promise<void>;
}

export type GenerationEvent = Piece | End;

export interface Piece {
  readonly kind: 'piece';
  /** The time of arrival, by the session's clock. */
  readonly time: number;
  readonly text: string;
  /** What a reasoning model thinks before it answers. It counts in every time, and is no part of the answer. */
  readonly reasoning?: string;
  /** The number of tokens; null if only the server knows. */
  readonly tokens: number | null;
  /** The natural logarithm of each token's probability. Absent if the engine does not give them. */
  readonly logprobs?: readonly number[];
}

export interface End {
  readonly kind: 'end';
  readonly time: number;
  readonly finish: Completed['finish'];
  readonly promptTokens: TokenCount;
  readonly outputTokens: TokenCount;
  /** The prompt that the engine received, with the chat template applied; null where a server applies it, unseen. */
  readonly rendered: string | null;
  /** The prompt tokens that the engine took from a cache and did not compute. Absent if it does not say. */
  readonly cachedTokens?: number;
  /** The output tokens that the server counted but did not send. Absent if there were none. */
  readonly unseenTokens?: Quantity;
  readonly retries?: { readonly count: number; readonly waited: number };
  /** The connection was stale, and the request was sent again on a new one. */
  readonly reconnected?: true;
}

export type { Loglikelihood } from '../core/measure/measurement.js';

/** Requests the scores of several continuations after one context. The context is computed once. */
export interface LoglikelihoodRequest {
  readonly context: string;
  readonly continuations: readonly string[];
}

/** The model is at fault. Its answer is wrong, and this is no failure of ours. */
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

/** The server of the model broke down. This says nothing about the model, so its answer is unscored. */
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
