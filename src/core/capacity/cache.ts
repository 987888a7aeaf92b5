/**
 * The memory of requests under way. Each layer is counted for itself:
 *
 *     full attention    2 x KV heads x head size x bytes, for each token of the context
 *     sliding window    the same, for the tokens of the window and of one batch of the prompt
 *     shared layer      nothing: it reads the cache of another layer
 *     latent attention  (rank + position part) x bytes, for each token, once for all heads
 *     recurrent         a state that does not grow, in 32 bits
 */
import type { CacheType } from './engines.js';
import type { AttentionLayer, Layer, ModelShape } from './shape.js';

/** Bytes of a value. The quantised types hold blocks of 32 values with a scale of two bytes. */
export const CACHE_BYTES: Readonly<Record<CacheType, number>> = {
  f32: 4,
  f16: 2,
  bf16: 2,
  fp8: 1,
  q8_0: 34 / 32,
  q4_0: 18 / 32,
};

/** A recurrent state is summed up over all tokens, so engines keep it in 32 bits. */
const BYTES_OF_STATE = 4;

/** The values that a layer keeps for one token. @returns 0 for a layer without a cache that grows. */
export function valuesOfToken(layer: Layer): number {
  switch (layer.kind) {
    case 'attention':
      return layer.cache === 'shared' ? 0 : layer.kvHeads * (layer.keySize + layer.valueSize);
    case 'latent':
      return layer.rank + layer.ropeSize;
    case 'recurrent':
    case 'stateless':
      return 0;
  }
}

/** The bytes of the states of one request that do not grow with its context. */
export function stateBytes({ layers }: Pick<ModelShape, 'layers'>): number {
  return layers.reduce(
    (sum, layer) => sum + (layer.kind === 'recurrent' ? (layer.convolution + layer.state) * BYTES_OF_STATE : 0),
    0,
  );
}

/** The tokens that a layer can see in a context of `context` tokens. */
export function visible(layer: Layer, context: number): number {
  return layer.kind === 'attention' && layer.window !== null ? Math.min(layer.window, context) : context;
}

/**
 * The bytes that one request needs if nothing is reserved beyond its context, and that each of its tokens reads again. A layer with
 * a window counts the window.
 */
export function cacheBytes({ layers }: Pick<ModelShape, 'layers'>, context: number, bytesOfValue: number): number {
  const cached = layers.reduce((sum, layer) => sum + valuesOfToken(layer) * visible(layer, context), 0);
  return cached * bytesOfValue + stateBytes({ layers });
}

/** The cells of llama.cpp's caches come in blocks of this many tokens. */
const LLAMA_CPP_BLOCK = 256;

/**
 * The cells of one slot. Without `--kv-unified`, as with `-np N`, each slot has a cache of its own, rounded up (`n_ctx_seq`, llama.cpp
 * `src/llama-context.cpp`).
 */
export function cellsOfSlot({ context, slots }: Pick<LlamaCppContext, 'context' | 'slots'>): number {
  return inBlocks(context / slots);
}

function inBlocks(tokens: number): number {
  return Math.ceil(tokens / LLAMA_CPP_BLOCK) * LLAMA_CPP_BLOCK;
}

/**
 * The bytes of the caches that llama.cpp reserves when it opens a context, one for each slot. A layer with a window keeps, beside the window, room
 * for one batch of the prompt (`llama_kv_cache_iswa`, llama.cpp `src/llama-kv-cache-iswa.cpp`). Without flash attention values are kept by column, and every layer has
 * room for as many as the widest (`n_embd_v_gqa_max`, `src/llama-kv-cache.cpp`).
 */
export function llamaCppCacheBytes(
  { layers }: Pick<ModelShape, 'layers'>,
  { context, slots, batch, bytesOfValue, flashAttention }: LlamaCppContext,
): number {
  const all = cellsOfSlot({ context, slots });
  const widest = Math.max(0, ...layers.map((layer) => (layer.kind === 'attention' ? valuesIn(layer) : 0)));
  const cached = layers.reduce((sum, layer) => {
    const window = layer.kind === 'attention' ? layer.window : null;
    const cells = window === null ? all : inBlocks(Math.min(all, window + batch));
    const padding =
      flashAttention || layer.kind !== 'attention' || layer.cache === 'shared' ? 0 : widest - valuesIn(layer);
    return sum + (valuesOfToken(layer) + padding) * cells;
  }, 0);
  return slots * (cached * bytesOfValue + stateBytes({ layers }));
}

function valuesIn({ kvHeads, valueSize }: AttentionLayer): number {
  return kvHeads * valueSize;
}

export interface LlamaCppContext {
  /** The tokens of all slots together, which share them equally. */
  readonly context: number;
  readonly slots: number;
  /** The greatest number of prompt tokens that are computed at once (`n_ubatch`). */
  readonly batch: number;
  readonly bytesOfValue: number;
  readonly flashAttention: boolean;
}
