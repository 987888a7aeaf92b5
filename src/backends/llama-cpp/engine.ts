/**
 * What generating and scoring need of llama.cpp. It decodes tokens at positions of numbered sequences, as batches, and
 * keeps what it computed of them (the KV cache). The logits of a token are the scores of what may follow it; a
 * log-probability is a logit minus the logarithm of the sum of the exponentials of all.
 */
import type { Generation } from '../../core/definition/suite.js';
import type { BackendContext } from '../backend.js';
import type { SampledToken } from '../token-queue.js';

/** Consecutive tokens of a sequence. */
export interface Span {
  readonly sequence: number;
  readonly position: number;
  readonly tokens: readonly number[];
  /** The tokens whose logits are wanted. */
  readonly logits: 'none' | 'last' | 'all';
}

/** The places of the wanted logits, for each span of a batch. */
export type Places = readonly (readonly number[])[];

/** A llama.cpp context. One batch is computed at a time, and its logits last until the next. */
export interface Engine {
  /** Tokens of one sequence; llama.cpp rounds up what was asked for. */
  readonly contextSize: number;
  /** The most tokens of a batch. */
  readonly batchSize: number;
  /** Computes the spans as one batch. Returns for each the places of the logits it wanted; no promise if they are there already. */
  decode(spans: readonly Span[]): Places | Promise<Places>;
  sampler(sampling: Sampling): Sampler;
  /** The log-probability of a token, and whether it was the most likely one. */
  score(logits: number, token: number): { readonly logprob: number; readonly greedy: boolean };
  /** Makes a sequence hold what another holds, all of it or its first `count` tokens. */
  copy(from: number, to: number, count?: number): void;
  /** Forgets a sequence from a position on; false where this architecture can only forget all of it. */
  forget(sequence: number, from: number): boolean;
  /** Begins a request: waits for the batch that an aborted one left computing. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export type Sampling = Pick<Generation, 'temperature' | 'topP' | 'seed'>;

export interface Sampler {
  /** The next token, with the model's own log-probability of it, whatever the temperature. */
  sample(logits: number): SampledToken;
  close(): void;
}

/** A loaded model. */
export interface LoadedModel {
  readonly tokenizer: Tokenizer;
  /** The version of the engine, and how it is reached. */
  readonly engine: string;
  /** The number of threads that it computes on: the fastest allowed number. */
  readonly threads: number;
  readonly device: string;
  /** Bytes of weights that the library says it holds: those of the file, and others in an order for this CPU; 0 if it does not say. */
  readonly heldBytes: number;
  /** Tokens the model was trained on at a time. */
  readonly trainedContext: number;
  readonly warnings: readonly string[];
  /** Whether a sequence can be copied up to a position, or only as a whole. */
  readonly copies: 'up to a position' | 'whole';
  openContext(needs: ContextNeeds): Promise<Engine>;
  /** Closes the model with all its contexts. */
  close(): Promise<void>;
}

export interface Tokenizer {
  /** Null where the vocabulary has no such token. */
  readonly bos: number | null;
  readonly eos: number | null;
  /** Whether texts begin with the first of them. */
  readonly addBos: boolean;
  /** Special tokens that stand in the text are recognised. */
  tokenize(text: string): number[];
  /** Special tokens are left out. */
  detokenize(tokens: readonly number[]): string;
  isEndOfGeneration(token: number): boolean;
}

export interface LoadOptions {
  readonly file: string;
  /** Numbers of threads, ascending; of several the fastest is found by trial. */
  readonly threads: readonly number[];
  /** Runs work that does not count as loading: a trial of threads. */
  readonly untimed: NonNullable<BackendContext['untimed']>;
  readonly gpuLayers: number | 'max';
  readonly batchSize: number;
  readonly flashAttention: boolean | 'auto';
  readonly kvCacheType: 'f32' | 'f16' | 'q8_0' | 'q4_0';
  readonly adapters: readonly { readonly filePath: string; readonly scale: number }[];
}

export interface ContextNeeds {
  readonly sequences: number;
  /** Tokens of each. */
  readonly contextSize: number;
  /** The tokens that all sequences may hold together, if they share memory; a copy then takes none. Absent if each has its own. */
  readonly sharedRoom?: number;
  /** Keeps what a sliding window has left behind, so that a sequence can go back to an earlier position. */
  readonly fullWindow: boolean;
}

/** Computes a span of any length, a batch at a time; returns the place of the logits of its last token. */
export async function prefill(
  engine: Engine,
  { sequence, position, tokens }: Omit<Span, 'logits'>,
  abortable: <T>(work: T | Promise<T>) => T | Promise<T>,
): Promise<number> {
  for (let start = 0; ; start += engine.batchSize) {
    const part = tokens.slice(start, start + engine.batchSize);
    const last = start + part.length >= tokens.length;
    const span: Span = { sequence, position: position + start, tokens: part, logits: last ? 'last' : 'none' };
    const [logits] = await abortable(engine.decode([span]));
    if (last) return logits![0]!;
  }
}
