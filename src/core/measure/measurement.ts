/**
 * What one trial produced, raw. Nothing here is derived: rates and latencies are computed from the time stamps when a log
 * is read, so that a mended formula mends last month's runs.
 *
 * All times are seconds from the moment the request was *due* (coordinated omission: a request that waited for its turn
 * has waited), on the monotonic clock of the process that ran the model.
 */
import type { Missing, Quantity } from '../quantity.js';

export type Outcome = Completed | Ranked | Failed;

export interface Completed {
  readonly state: 'completed';
  readonly output: string;
  readonly finish: 'stop' | 'length' | 'refused';
  /** SHA-256 of the prompt as the engine was given it, its chat template applied; or why it is not known. */
  readonly renderedHash: { readonly value: string } | Missing;
  readonly promptTokens: TokenCount;
  readonly outputTokens: TokenCount;
  /** Prompt tokens that were in a cache and were not computed; absent where none were, or where the engine does not say. */
  readonly cachedTokens?: number;
  /** Output tokens that were counted but never sent: the hidden reasoning of some servers. Absent where there are none. */
  readonly unseenTokens?: Quantity;
  readonly timing: Timing;
  /** Natural logarithms, one per output token, where the engine gives them. */
  readonly logprobs: { readonly value: readonly number[] } | Missing;
  /** Attempts beyond the first, and the seconds spent waiting between them (rate limits); not part of any latency. */
  readonly retries?: { readonly count: number; readonly waited: number };
}

/** Log-likelihoods of given texts: the model was not asked to speak, and speed is not what was measured. */
export interface Ranked {
  readonly state: 'ranked';
  /** One for each continuation of the sample, in its order. */
  readonly loglikelihoods: readonly Loglikelihood[];
  /** The same texts after nothing, where the task asks for it: what the question adds is the difference. */
  readonly unconditional?: readonly Loglikelihood[];
  /** All requests of the sample together, seconds. */
  readonly seconds: number;
}

export interface Loglikelihood {
  /** Sum of natural logarithms over the text's tokens. */
  readonly sum: number;
  readonly tokens: number;
  /** Whether every token was the most likely one. */
  readonly greedy: boolean;
  /** Tokens at the beginning of the context that the model had no room for. */
  readonly cut?: number;
}

export interface Timing {
  readonly sent: number;
  /** When each non-empty piece of output arrived. A piece is one token, or whatever a server chose to send at once. */
  readonly pieces: readonly number[];
  /** How many tokens each piece held; absent when every piece is one token, `unknown` when only the server knows. */
  readonly tokensPerPiece?: readonly number[] | 'unknown';
  /** When the stream ended. */
  readonly end: number;
}

export interface Failed {
  readonly state: 'failed';
  /** A model that is silent, refuses or takes too long is wrong; what broke on our side is unscored. */
  readonly by: 'model' | 'harness';
  readonly kind: 'timeout' | 'crash' | 'server' | 'prompt-too-long' | 'engine' | 'cannot';
  readonly reason: string;
  /** What had been said before the failure. */
  readonly output: string;
  /** Seconds from due to the first piece, if one arrived before the failure. */
  readonly first?: number;
}

/** A count of tokens, and who counted: chunks of a stream are not tokens. */
export type TokenCount = Quantity & { readonly source: 'engine' | 'server' | 'tokenizer' | 'none' };

/** Memory of one process (and of a server that we started), bytes, from the operating system. */
export interface MemoryReading {
  readonly resident: Quantity;
  /** Heap and stacks: what the machine must really set aside. */
  readonly anonymous: Quantity;
  /** Pages of mapped files (weights through mmap), which the system can drop and read again. */
  readonly fileMapped: Quantity;
  readonly gpu: Quantity;
}
