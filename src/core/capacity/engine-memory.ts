/**
 * The memory that llama.cpp needs for a model, in the parts that its log names: model, KV cache, compute and output buffers. The compute
 * buffer holds the intermediate results of one batch of a prompt, at the step that needs most: attention, a feed-forward part, or the scores
 * of the vocabulary, for which llama.cpp has room for every token of the batch. The factors were read off the log of llama.cpp for models of
 * 0.26 M to 1.1 B parameters, with and without flash attention (docs/capacity.md).
 */
import { type LlamaCppContext, llamaCppCacheBytes } from './cache.js';
import { allWeights, type ModelShape } from './shape.js';

export interface EngineMemory {
  /** All parts are in bytes. */
  readonly weights: number;
  readonly cache: number;
  readonly compute: number;
  readonly output: number;
}

export interface LlamaCppOptions extends LlamaCppContext {
  readonly flashAttention: boolean;
}

export function llamaCppMemory(shape: ModelShape, options: LlamaCppOptions): EngineMemory {
  return {
    weights: allWeights(shape.weights).bytes,
    cache: llamaCppCacheBytes(shape, options),
    compute: computeBuffer(shape, options),
    output: options.slots * shape.vocabulary * BYTES,
  };
}

/** Intermediate results have 32 bits; the mask of flash attention has 16. */
const BYTES = 4;
const WIDTHS_WITH_FEED_FORWARD = 6.8;
const WIDTHS_WITH_SCORES = 6.5;
const WIDTHS_WITH_VOCABULARY = 2;

function computeBuffer(
  { width, layers, feedForward, vocabulary }: ModelShape,
  { context, slots, batch, flashAttention }: LlamaCppOptions,
): number {
  const visible = context / slots;
  const inFeedForward = 2 * feedForward + WIDTHS_WITH_FEED_FORWARD * width;
  const atTheEnd = vocabulary + WIDTHS_WITH_VOCABULARY * width;
  if (flashAttention) return batch * Math.max(inFeedForward * BYTES + visible * (BYTES / 2), atTheEnd * BYTES);
  const heads = Math.max(0, ...layers.map((layer) => ('heads' in layer ? layer.heads : 0)));
  const inAttention = heads * visible + WIDTHS_WITH_SCORES * width;
  return batch * Math.max(Math.max(inFeedForward, inAttention) + visible, atTheEnd) * BYTES;
}
