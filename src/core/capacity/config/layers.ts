/** The layers that a `config.json` describes, each with its memory and the parameters of its mixing part. */
import type { Layer } from '../shape.js';
import type { Architecture } from './architectures.js';
import type { ConfigFields } from './fields.js';

export interface ConfiguredLayer {
  readonly layer: Layer;
  /** Parameters of what mixes tokens: attention, a recurrence, a convolution. */
  readonly mixing: number;
  readonly feedForward: 'dense' | 'experts' | 'none';
}

export function layersOf(config: ConfigFields, architecture: Architecture): readonly ConfiguredLayer[] {
  return Array.from({ length: config.num_hidden_layers }, (_, index) => {
    const kind = kindOf(config, index);
    return { ...mixingOf(config, architecture, index, kind), feedForward: feedForwardOf(config, index, kind) };
  });
}

function mixingOf(config: ConfigFields, architecture: Architecture, index: number, kind: Kind): Mixing {
  switch (kind) {
    case 'attention':
      return attention(config, architecture, index);
    case 'delta':
      return gatedDeltaNet(config);
    case 'mamba':
      return mamba2(config);
    case 'convolution':
      return shortConvolution(config);
    case 'feed-forward':
      return { layer: { kind: 'stateless' }, mixing: 0 };
  }
}

type Kind = 'attention' | 'delta' | 'mamba' | 'convolution' | 'feed-forward';

/** Nemotron-H writes its layers as letters: M is Mamba, * is attention, - and E are feed-forward parts. */
const LETTERS: Readonly<Record<string, Kind>> = {
  M: 'mamba',
  '*': 'attention',
  '-': 'feed-forward',
  E: 'feed-forward',
};

const TYPES: Readonly<Record<string, Kind>> = {
  linear_attention: 'delta',
  mamba: 'mamba',
  conv: 'convolution',
};

function kindOf({ hybrid_override_pattern, layer_types, full_attention_interval }: ConfigFields, index: number): Kind {
  if (hybrid_override_pattern !== null) return LETTERS[hybrid_override_pattern[index] ?? '*'] ?? 'attention';
  const type = layer_types?.[index];
  if (type !== undefined) return TYPES[type] ?? 'attention';
  return full_attention_interval !== null && (index + 1) % full_attention_interval !== 0 ? 'delta' : 'attention';
}

function feedForwardOf(config: ConfigFields, index: number, kind: Kind): ConfiguredLayer['feedForward'] {
  if (config.hybrid_override_pattern !== null) {
    if (kind !== 'feed-forward') return 'none';
    return config.hybrid_override_pattern[index] === 'E' ? 'experts' : 'dense';
  }
  if (config.num_experts === null) return 'dense';
  return index < (config.first_k_dense_replace ?? config.num_dense_layers ?? 0) ? 'dense' : 'experts';
}

type Mixing = Pick<ConfiguredLayer, 'layer' | 'mixing'>;

function attention(config: ConfigFields, architecture: Architecture, index: number): Mixing {
  const { hidden_size: width, num_attention_heads: heads } = config;
  if (config.kv_lora_rank !== null) return latentAttention(config, config.kv_lora_rank);
  const kvHeads = config.num_key_value_heads ?? heads;
  const size = config.head_dim ?? width / heads;
  const shared = index >= config.num_hidden_layers - (config.num_kv_shared_layers ?? 0);
  const queries = config.attn_output_gate === true || config.model_type === 'qwen3_next' ? 2 : 1;
  return {
    layer: {
      kind: 'attention',
      heads,
      kvHeads,
      keySize: size,
      valueSize: size,
      window: windowOf(config, architecture, index),
      cache: shared ? 'shared' : 'own',
    },
    mixing: width * size * ((queries + 1) * heads + 2 * kvHeads),
  };
}

function latentAttention(config: ConfigFields, rank: number): Mixing {
  const { hidden_size: width, num_attention_heads: heads, q_lora_rank: queryRank } = config;
  const ropeSize = config.qk_rope_head_dim ?? 64;
  const keySize = (config.qk_nope_head_dim ?? 128) + ropeSize;
  const valueSize = config.v_head_dim ?? 128;
  const queries = queryRank === null ? width * heads * keySize : queryRank * (width + heads * keySize);
  const keysAndValues = width * (rank + ropeSize) + rank * heads * (keySize - ropeSize + valueSize);
  return {
    layer: { kind: 'latent', heads, rank, ropeSize },
    mixing: queries + keysAndValues + heads * valueSize * width,
  };
}

/** @returns the tokens that a layer can see; null for all. */
function windowOf(config: ConfigFields, { windows }: Architecture, index: number): number | null {
  if (windows === 'chunks') return chunkOf(config, index);
  const { sliding_window: window, layer_types, num_hidden_layers } = config;
  if (window === null || window === 0 || config.use_sliding_window === false) return null;
  const type = layer_types?.[index];
  if (type !== undefined) return type === 'sliding_attention' ? window : null;
  switch (windows) {
    case 'none':
      return config.use_sliding_window === true && index >= (config.max_window_layers ?? num_hidden_layers)
        ? window
        : null;
    case 'all':
      return window;
    case 'every second':
      return index % 2 === 0 ? window : null;
    case 'all but every n-th':
      return (index + 1) % (config.sliding_window_pattern ?? 6) === 0 ? null : window;
  }
}

/** Llama 4 without these fields, as its configuration class in transformers. */
const USUAL_CHUNK = 8192;
const USUAL_INTERVAL = 4;

/**
 * A layer that turns positions sees its chunk of the context alone, so a chunk bounds the cache as a window does. Of `no_rope_layers`, which has the
 * opposite name, 1 is such a layer; without the list every fourth sees everything.
 */
function chunkOf(config: ConfigFields, index: number): number | null {
  const { layer_types, no_rope_layers, attention_chunk_size, no_rope_layer_interval } = config;
  const isChunked =
    layer_types !== null
      ? layer_types[index] === 'chunked_attention'
      : no_rope_layers !== null && no_rope_layers.length > 0
        ? no_rope_layers[index] === 1
        : (index + 1) % (no_rope_layer_interval ?? USUAL_INTERVAL) !== 0;
  return isChunked ? (attention_chunk_size ?? USUAL_CHUNK) : null;
}

/** Qwen3-Next and Qwen3.5: a matrix for each head that is corrected by each token (arXiv 2412.06464). */
function gatedDeltaNet(config: ConfigFields): Mixing {
  const { hidden_size: width } = config;
  const valueHeads = config.linear_num_value_heads ?? 32;
  const [keySize, valueSize] = [config.linear_key_head_dim ?? 128, config.linear_value_head_dim ?? 128];
  const keys = (config.linear_num_key_heads ?? 16) * keySize;
  const values = valueHeads * valueSize;
  const kernel = config.linear_conv_kernel_dim ?? 4;
  return {
    layer: {
      kind: 'recurrent',
      convolution: (2 * keys + values) * (kernel - 1),
      state: valueHeads * keySize * valueSize,
    },
    mixing: width * (2 * keys + 2 * values + 2 * valueHeads) + (2 * keys + values) * kernel + values * width,
  };
}

/** Mamba-2 (arXiv 2405.21060). */
function mamba2(config: ConfigFields): Mixing {
  const { hidden_size: width } = config;
  const heads = config.mamba_num_heads ?? config.num_attention_heads;
  const inner = heads * (config.mamba_head_dim ?? 64);
  const state = config.mamba_d_state ?? 128;
  const groups = (config.mamba_n_groups ?? 1) * state;
  const kernel = config.mamba_d_conv ?? 4;
  return {
    layer: { kind: 'recurrent', convolution: (inner + 2 * groups) * (kernel - 1), state: inner * state },
    mixing: width * (2 * inner + 2 * groups + heads) + (inner + 2 * groups) * kernel + inner * width,
  };
}

/** LFM2: a gated convolution over the last tokens. */
function shortConvolution({ hidden_size: width, conv_L_cache }: ConfigFields): Mixing {
  const kernel = conv_L_cache ?? 3;
  return {
    layer: { kind: 'recurrent', convolution: width * (kernel - 1), state: 0 },
    mixing: 4 * width * width + width * kernel,
  };
}
