/**
 * The part of node-llama-cpp's native addon that the hot path uses, past its own evaluation queue.
 *
 * Note: why past it. `LlamaContextSequence.evaluate` schedules every token through a lock, a batch planner, a thread
 * allocator and `setImmediate`: about a millisecond a token, five times what a small model itself needs (figures in
 * bench/llama-cpp.md). The addon's own calls cost some 25 microseconds. They are internal, so the dependency is pinned to an
 * exact version, and `nativeOf` refuses one that lacks them.
 */
import type { LlamaContext, LlamaModel } from 'node-llama-cpp';

/** A llama.cpp context: one batch is filled and decoded at a time; its logits last until the next. */
export interface NativeContext {
  initBatch(tokens: number): void;
  /** Adds tokens at a position of a sequence; returns the logit index of each token named in `wanted`. */
  addToBatch(sequence: number, position: number, tokens: Uint32Array, wanted: Uint32Array): Uint32Array;
  decodeBatch(): Promise<void>;
  sampleToken(logitIndex: number, sampler: NativeSampler, ...report: SampleReport): Promise<SampleResult>;
  /** Forgets a whole sequence. */
  disposeSequence(sequence: number): void;
  /** Forgets positions from start to end (exclusive); false where the architecture keeps no cells (recurrent models). */
  removeTokenCellsFromSequence(sequence: number, start: number, end: number): boolean;
  copySequenceStateFromOtherSequence(target: number, source: number): Promise<number>;
  getThreads(): number;
}

/**
 * Probabilities and confidence sort the whole vocabulary, so they are never asked for. Logits are reported of the tokens
 * listed and of the one selected; `weight` adds the sum of exp(logit - highest logit).
 */
type SampleReport = [
  probabilities: false,
  confidence: false,
  logits: false | [tokens: number[], max: false, min: false, selected: true, top: 0],
  weight: boolean,
];

/** Logits alternate token and logit. */
export type SampleResult = [token: number, unknown, unknown, logits: number[] | undefined, weight: number];

export interface NativeSampler {
  applyConfig(config: { temperature: number; topP?: number; seed: number }): void;
  dispose(): void;
}

export interface NativeModel {
  tokenize(text: string, specialTokens: boolean): Uint32Array;
  detokenize(tokens: Uint32Array, specialTokens: boolean): string;
  isEogToken(token: number): boolean;
  shouldPrependBosToken(): boolean;
}

export interface Native {
  readonly context: NativeContext;
  readonly model: NativeModel;
  createSampler(): NativeSampler;
}

export function nativeOf(context: LlamaContext, model: LlamaModel): Native {
  const inner = context as unknown as { _ctx: NativeContext };
  const { _model, _llama } = model as unknown as {
    _model: NativeModel;
    _llama: { _bindings: { AddonSampler: new (model: NativeModel) => NativeSampler } };
  };
  if (typeof inner._ctx?.sampleToken !== 'function' || typeof _llama?._bindings?.AddonSampler !== 'function') {
    throw new Error('expected node-llama-cpp 3.22, found a version with other internals');
  }
  return {
    context: inner._ctx,
    model: _model,
    createSampler: () => new _llama._bindings.AddonSampler(_model),
  };
}
