/**
 * The memory that llama.cpp needs for a model, in the parts that its log names: model, KV cache, compute and output buffers. The compute
 * buffer holds the intermediate results of one batch of a prompt, at the step that needs most: attention, a feed-forward part, or the scores
 * of the vocabulary, for which llama.cpp has room for every token of the batch. The factors were read off the log of llama.cpp for models of
 * 0.26 M to 1.1 B parameters, and those of experts and of latent attention off that for Mixtral 8x7B and DeepSeek-V3, with and without flash
 * attention (docs/capacity.md).
 */
import { cellsOfSlot, type LlamaCppContext, llamaCppCacheBytes } from './cache.js';
import { allWeights, type LatentLayer, type Layer, type ModelShape } from './shape.js';

export interface EngineMemory {
  /** All parts are in bytes. */
  readonly weights: number;
  readonly cache: number;
  readonly compute: number;
  readonly output: number;
}

export function llamaCppMemory(shape: ModelShape, options: LlamaCppContext): EngineMemory {
  return {
    weights: allWeights(shape.weights).bytes,
    cache: llamaCppCacheBytes(
      WITHOUT_WINDOW.has(shape.architecture) ? { layers: shape.layers.map(widened) } : shape,
      options,
    ),
    compute: computeBuffer(shape, options),
    output: options.slots * shape.vocabulary * BYTES,
  };
}

/** llama.cpp's files of this architecture name no window, so it keeps the whole context. */
const WITHOUT_WINDOW: ReadonlySet<string> = new Set(['mistral']);

function widened(layer: Layer): Layer {
  return layer.kind === 'attention' ? { ...layer, window: null } : layer;
}

/** Intermediate results have 32 bits; the mask of flash attention has 16. */
const BYTES = 4;
const WIDTHS_WITH_FEED_FORWARD = 6.8;
/** The matrices of a token's experts, their product, and what goes around them. */
const WIDTHS_WITH_EXPERTS = 4;
const WIDTHS_WITH_SCORES = 6.5;
const WIDTHS_WITH_VOCABULARY = 2;
/** Of latent attention with experts, beside the products of a token's experts. */
const WIDTHS_WITH_SHARED = 4;

function computeBuffer(shape: ModelShape, { context, slots, batch, flashAttention }: LlamaCppContext): number {
  const { width, layers, feedForward, vocabulary, weights } = shape;
  const visible = cellsOfSlot({ context, slots });
  const inFeedForward =
    weights.experts === null
      ? 2 * feedForward + WIDTHS_WITH_FEED_FORWARD * width
      : 3 * feedForward + WIDTHS_WITH_EXPERTS * width;
  const atTheEnd = vocabulary + besideScores(shape);
  const inLatent = Math.max(0, ...layers.map((layer) => (layer.kind === 'latent' ? valuesOfLatent(layer) : 0)));
  if (flashAttention) {
    return batch * Math.max(inFeedForward * BYTES + visible * (BYTES / 2), inLatent * BYTES, atTheEnd * BYTES);
  }
  const heads = Math.max(0, ...layers.map((layer) => ('heads' in layer ? layer.heads : 0)));
  const inAttention = heads * visible + Math.max(WIDTHS_WITH_SCORES * width, inLatent);
  return batch * Math.max(Math.max(inFeedForward, inAttention) + visible, atTheEnd) * BYTES;
}

/**
 * What lies in the buffer before the scores of the vocabulary. Of latent attention with experts it was read off variations of DeepSeek-V2-Lite
 * (test/support/published-gguf.ts): neither heads nor inner widths change it, and the products of a token's experts lie there unless the width is more
 * than twice the inner one.
 */
function besideScores({ width, layers, weights: { experts } }: ModelShape): number {
  if (experts === null || layers.every(({ kind }) => kind !== 'latent')) return WIDTHS_WITH_VOCABULARY * width;
  const { count, used, parameters } = experts;
  const inner = parameters / (layers.length * count * MATRICES_OF_EXPERT * width);
  if (width > 2 * inner) return WIDTHS_WITH_SHARED * width;
  // The router has two values for each expert.
  return (used + WIDTHS_WITH_SHARED) * width + 2 * count;
}

const MATRICES_OF_EXPERT = 3;

/** Each head's query and its copy in the compressed space, and what the head reads there. */
function valuesOfLatent({ heads, rank, ropeSize }: LatentLayer): number {
  return heads * (2 * (rank + ropeSize) + rank);
}
