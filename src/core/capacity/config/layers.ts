/** The layers that a `config.json` describes, each with its memory and the parameters of its mixing part. */
import { UserError } from '../../errors.js';
import type { Layer } from '../shape.js';
import type { Architecture } from './architectures.js';
import { type ConfigFields, neededField } from './fields.js';

export interface ConfiguredLayer {
  readonly layer: Layer;
  /** Parameters of what mixes tokens: attention, a recurrence, a convolution. */
  readonly mixing: number;
  readonly feedForward: 'dense' | 'experts' | 'none';
}

export function layersOf(config: ConfigFields, architecture: Architecture): readonly ConfiguredLayer[] {
  return Array.from({ length: config.num_hidden_layers }, (_, index) => {
    const kind = kindOf(config, architecture, index);
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
  attention: 'attention',
  full_attention: 'attention',
  sliding_attention: 'attention',
  chunked_attention: 'attention',
  linear_attention: 'delta',
  mamba: 'mamba',
  conv: 'convolution',
};

function kindOf(config: ConfigFields, { mixed, windows }: Architecture, index: number): Kind {
  const { hybrid_override_pattern: letters, layer_types: types, full_attention_interval: interval } = config;
  if (letters !== null) return listedAs(LETTERS, letters[index], [config, 'hybrid_override_pattern', index]);
  if (types !== null) {
    const known = windows === 'chunks' ? TYPES : WITHOUT_CHUNKS;
    return listedAs(known, types[index], [config, 'layer_types', index]);
  }
  if (interval !== null) return (index + 1) % interval !== 0 ? 'delta' : 'attention';
  if (mixed) {
    throw new UserError(
      `${config.place}: layer_types: expected the kind of each layer of ${config.model_type}, found none; ` +
        'give the config.json as its makers publish it, or a GGUF file',
    );
  }
  return 'attention';
}

const { chunked_attention: _, ...WITHOUT_CHUNKS } = TYPES;

/** @throws UserError for a kind of layer that nobody here knows, whose memory would be a guess. */
function listedAs(
  known: Readonly<Record<string, Kind>>,
  name: string | undefined,
  [{ place }, field, index]: readonly [ConfigFields, string, number],
): Kind {
  if (name !== undefined && Object.hasOwn(known, name)) return known[name]!;
  throw new UserError(
    `${place}: ${field}: expected one of ${Object.keys(known).join(', ')} for layer ${index + 1}, ` +
      `found ${name === undefined ? 'none' : `"${name}"`}; the memory of another kind of layer is not known`,
  );
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
  const global = architecture.globalHeads === true && config.layer_types?.[index] === 'full_attention';
  const size = sizeOfHead(config, architecture, global);
  // The values of Gemma 4's larger models are the keys before their norm and position, so both are cached and one matrix makes them.
  const keysAreValues = global && config.attention_k_eq_v === true;
  // Configuration classes that know groups of heads take one for each head too if the file names none.
  const kvHeads = (keysAreValues ? config.num_global_key_value_heads : null) ?? config.num_key_value_heads ?? heads;
  const queries = config.attn_output_gate === true || config.model_type === 'qwen3_next' ? 2 : 1;
  return {
    layer: {
      kind: 'attention',
      heads,
      kvHeads,
      keySize: size,
      valueSize: size,
      window: windowOf(config, architecture, index),
      cache: sharesCache(config, index) ? 'shared' : 'own',
    },
    // The files hold the keys' and values' matrices of layers that read another cache too.
    mixing: width * size * ((queries + 1) * heads + (keysAreValues ? 1 : 2) * kvHeads),
  };
}

function sizeOfHead(config: ConfigFields, { ownHeadSize }: Architecture, global: boolean): number {
  if (global) return neededField(config, 'global_head_dim', 'layers that see everything');
  if (ownHeadSize) return neededField(config, 'head_dim', 'heads of their own length');
  return config.head_dim ?? config.hidden_size / config.num_attention_heads;
}

/** Whether a layer has no cache: it reads that of an earlier layer of its kind. */
export function sharesCache(config: ConfigFields, index: number): boolean {
  return index >= config.num_hidden_layers - (config.num_kv_shared_layers ?? 0);
}

function latentAttention(config: ConfigFields, rank: number): Mixing {
  const { hidden_size: width, num_attention_heads: heads, q_lora_rank: queryRank } = config;
  const size = (name: 'qk_rope_head_dim' | 'qk_nope_head_dim' | 'v_head_dim') =>
    neededField(config, name, 'latent attention');
  const ropeSize = size('qk_rope_head_dim');
  const keySize = size('qk_nope_head_dim') + ropeSize;
  const valueSize = size('v_head_dim');
  const queries = queryRank === null ? width * heads * keySize : queryRank * (width + heads * keySize);
  const keysAndValues = width * (rank + ropeSize) + rank * heads * (keySize - ropeSize + valueSize);
  return {
    layer: { kind: 'latent', heads, rank, ropeSize, keySize, valueSize },
    mixing: queries + keysAndValues + heads * valueSize * width,
  };
}

/** @returns the tokens that a layer can see; null for all. */
function windowOf(config: ConfigFields, { windows }: Architecture, index: number): number | null {
  if (windows === 'chunks') return chunkOf(config, index);
  const { sliding_window: window, layer_types, num_hidden_layers } = config;
  if (window === 0 || config.use_sliding_window === false) return null;
  const needed = () => neededField(config, 'sliding_window', 'layers with a window');
  const type = layer_types?.[index];
  if (type !== undefined) return type === 'sliding_attention' ? needed() : null;
  switch (windows) {
    case 'none':
      return config.use_sliding_window === true && index >= (config.max_window_layers ?? num_hidden_layers)
        ? window
        : null;
    case 'all':
      return window;
    case 'every second':
      return index % 2 === 0 ? needed() : null;
    case 'all but every n-th':
      // Gemma 3's configuration class has 6 too.
      return (index + 1) % (config.sliding_window_pattern ?? 6) === 0 ? null : needed();
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
  const size = (name: LinearField) => neededField(config, name, 'layers of Gated DeltaNet');
  const valueHeads = size('linear_num_value_heads');
  const [keySize, valueSize] = [size('linear_key_head_dim'), size('linear_value_head_dim')];
  const keys = size('linear_num_key_heads') * keySize;
  const values = valueHeads * valueSize;
  const kernel = size('linear_conv_kernel_dim');
  return {
    layer: {
      kind: 'recurrent',
      convolution: (2 * keys + values) * (kernel - 1),
      state: valueHeads * keySize * valueSize,
    },
    mixing: width * (2 * keys + 2 * values + 2 * valueHeads) + (2 * keys + values) * kernel + values * width,
  };
}

type LinearField = Extract<keyof ConfigFields, `linear_${string}`>;
type MambaField = Extract<keyof ConfigFields, `mamba_${string}`>;

/** Mamba-2 (arXiv 2405.21060). */
function mamba2(config: ConfigFields): Mixing {
  const { hidden_size: width } = config;
  const size = (name: MambaField) => neededField(config, name, 'layers of Mamba');
  const heads = size('mamba_num_heads');
  const inner = heads * size('mamba_head_dim');
  const state = size('mamba_d_state');
  const groups = size('mamba_n_groups') * state;
  const kernel = size('mamba_d_conv');
  return {
    layer: { kind: 'recurrent', convolution: (inner + 2 * groups) * (kernel - 1), state: inner * state },
    mixing: width * (2 * inner + 2 * groups + heads) + (inner + 2 * groups) * kernel + inner * width,
  };
}

/** LFM2: a gated convolution over the last tokens. */
function shortConvolution(config: ConfigFields): Mixing {
  const { hidden_size: width } = config;
  const kernel = neededField(config, 'conv_L_cache', 'short convolutions');
  return {
    layer: { kind: 'recurrent', convolution: width * (kernel - 1), state: 0 },
    mixing: 4 * width * width + width * kernel,
  };
}
