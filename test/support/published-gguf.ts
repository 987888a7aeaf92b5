/** Headers of published configurations as llama.cpp's converter would write them, with all matrices in 16 bits. */
import { PUBLISHED_MODELS } from '../../src/core/capacity/catalogue/models.js';
import type { Metadata, SparseTensor } from './sparse-gguf.js';

interface Config {
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly intermediate_size: number;
  readonly vocab_size: number;
  readonly max_position_embeddings: number;
  readonly tie_word_embeddings: boolean;
  readonly head_dim?: number;
  readonly sliding_window?: number;
  readonly num_experts?: number;
  readonly num_local_experts?: number;
  readonly n_routed_experts?: number;
  readonly num_experts_per_tok?: number;
  readonly moe_intermediate_size?: number;
  readonly n_shared_experts?: number;
  readonly first_k_dense_replace?: number;
  readonly q_lora_rank?: number;
  readonly kv_lora_rank?: number;
  readonly qk_nope_head_dim?: number;
  readonly qk_rope_head_dim?: number;
  readonly v_head_dim?: number;
  readonly layer_types?: readonly string[];
  readonly full_attention_interval?: number;
  readonly linear_num_key_heads?: number;
  readonly linear_num_value_heads?: number;
  readonly linear_key_head_dim?: number;
  readonly global_head_dim?: number;
  readonly num_kv_shared_layers?: number;
  readonly hidden_size_per_layer_input?: number;
  readonly mamba_n_heads?: number;
  readonly mamba_d_head?: number;
  readonly mamba_d_state?: number;
  readonly shared_intermediate_size?: number;
  readonly hybrid_override_pattern?: string;
  readonly mamba_num_heads?: number;
  readonly mamba_head_dim?: number;
  readonly ssm_state_size?: number;
  readonly n_groups?: number;
  readonly moe_shared_expert_intermediate_size?: number;
}

export interface SparseModel {
  readonly metadata: Metadata;
  readonly tensors: readonly SparseTensor[];
}

type Family =
  | 'llama'
  | 'qwen3moe'
  | 'qwen35'
  | 'gemma2'
  | 'gemma3'
  | 'gemma4'
  | 'deepseek2'
  | 'lfm2'
  | 'granitehybrid'
  | 'nemotron_h_moe';

/** The published models that a test opens, some with changed fields, with the name of their family in llama.cpp. */
export const PUBLISHED: readonly (readonly [id: string, family: Family, change?: Partial<Config>])[] = [
  ['gemma-2-2b', 'gemma2'],
  ['gemma-3-1b', 'gemma3'],
  ['mistral-7b-v0.1', 'llama'],
  ['mixtral-8x7b', 'llama'],
  ['qwen3-30b-a3b', 'qwen3moe'],
  ['deepseek-v2-lite', 'deepseek2'],
  // Nobody published these: they show what the buffer for scores depends on.
  ['deepseek-v2-lite', 'deepseek2', { num_experts_per_tok: 4 }],
  ['deepseek-v2-lite', 'deepseek2', { num_experts_per_tok: 8 }],
  ['deepseek-v2-lite', 'deepseek2', { n_routed_experts: 128 }],
  ['deepseek-v2-lite', 'deepseek2', { hidden_size: 1024 }],
  ['deepseek-v2-lite', 'deepseek2', { hidden_size: 4096 }],
  ['deepseek-v3', 'deepseek2'],
  ['lfm2-1.2b', 'lfm2'],
  ['qwen3.5-4b', 'qwen35'],
  ['gemma-4-e2b', 'gemma4'],
  ['granite-4.0-h-tiny', 'granitehybrid'],
  ['nemotron-3-nano-30b-a3b', 'nemotron_h_moe'],
];

/** @param change Fields of its configuration that differ from those of the published one. */
export function publishedGguf(id: string, family: Family, change: Partial<Config> = {}): SparseModel {
  const config = { ...PUBLISHED_MODELS.find((model) => model.id === id)!.config, ...change } as unknown as Config;
  const { hidden_size: width, num_hidden_layers: count, vocab_size: vocabulary } = config;
  return {
    metadata: metadataOf(config, family),
    tensors: [
      { name: 'token_embd.weight', dims: [width, vocabulary] },
      { name: family === 'lfm2' ? 'token_embd_norm.weight' : 'output_norm.weight', dims: [width] },
      ...(config.tie_word_embeddings ? [] : [{ name: 'output.weight', dims: [width, vocabulary] }]),
      ...(family === 'gemma4' ? tablesOf(config) : []),
      ...Array.from({ length: count }, (_, index) =>
        [...mixingOf(config, family, index), ...feedForwardOf(config, family, index)].map(
          ([name, ...dims]): SparseTensor => ({ name: `blk.${index}.${NAMES[name] ?? `${name}.weight`}`, dims }),
        ),
      ).flat(),
    ],
  };
}

/** Tensors that are no weights of a matrix or a norm. */
const NAMES: Readonly<Record<string, string>> = {
  ssm_a: 'ssm_a',
  ssm_d: 'ssm_d',
  ssm_dt: 'ssm_dt.bias',
  ssm_conv1d_bias: 'ssm_conv1d.bias',
  exp_probs_b: 'exp_probs_b.bias',
};

/** The vectors that each layer of Gemma 4 E2B looks up, and how far a head turns. */
function tablesOf(config: Config): readonly SparseTensor[] {
  const size = config.hidden_size_per_layer_input! * config.num_hidden_layers;
  return [
    { name: 'per_layer_token_embd.weight', dims: [size, config.vocab_size] },
    { name: 'per_layer_model_proj.weight', dims: [config.hidden_size, size] },
    { name: 'per_layer_proj_norm.weight', dims: [config.hidden_size_per_layer_input!] },
    { name: 'rope_freqs.weight', dims: [config.global_head_dim! / 2] },
  ];
}

function metadataOf(config: Config, family: Family): Metadata {
  const experts = config.num_experts ?? config.num_local_experts ?? config.n_routed_experts;
  const latent = config.kv_lora_rank;
  const rope = config.qk_rope_head_dim ?? 0;
  const named = {
    vocab_size: config.vocab_size,
    block_count: config.num_hidden_layers,
    context_length: config.max_position_embeddings,
    embedding_length: config.hidden_size,
    feed_forward_length:
      family === 'gemma4' ? widthsOf(config) : family === 'lfm2' ? innerOf(config) : config.intermediate_size,
    'attention.head_count': config.num_attention_heads,
    'attention.head_count_kv': latent
      ? 1
      : config.layer_types === undefined || family === 'gemma4'
        ? config.num_key_value_heads
        : config.layer_types.map((type) => (type === 'conv' || type === 'mamba' ? 0 : config.num_key_value_heads)),
    'attention.layer_norm_rms_epsilon': 1.5e-6,
    ...(config.head_dim && { 'attention.key_length': config.head_dim, 'attention.value_length': config.head_dim }),
    // The converter leaves Mistral's window out.
    ...(config.sliding_window && family !== 'llama' && { 'attention.sliding_window': config.sliding_window }),
    ...(experts && {
      expert_count: experts,
      expert_used_count: config.num_experts_per_tok!,
      ...(config.moe_intermediate_size && { expert_feed_forward_length: config.moe_intermediate_size }),
    }),
    ...(latent && {
      'attention.kv_lora_rank': latent,
      ...(config.q_lora_rank && { 'attention.q_lora_rank': config.q_lora_rank }),
      'attention.key_length': latent + rope,
      'attention.value_length': latent,
      'attention.key_length_mla': config.qk_nope_head_dim! + rope,
      'attention.value_length_mla': config.v_head_dim!,
      'rope.dimension_count': rope,
      leading_dense_block_count: config.first_k_dense_replace!,
      expert_shared_count: config.n_shared_experts!,
      expert_weights_scale: 2.5,
      expert_gating_func: 2,
    }),
    ...(family === 'lfm2' && { 'shortconv.l_cache': 3 }),
    ...(family === 'qwen35' && {
      'rope.dimension_count': 64,
      'rope.dimension_sections': [11, 11, 10, 0],
      full_attention_interval: config.full_attention_interval!,
      'ssm.conv_kernel': 4,
      'ssm.state_size': config.linear_key_head_dim!,
      'ssm.inner_size': config.linear_num_value_heads! * config.linear_key_head_dim!,
      'ssm.time_step_rank': config.linear_num_value_heads!,
      'ssm.group_count': config.linear_num_key_heads!,
    }),
    ...(family === 'granitehybrid' && {
      'ssm.conv_kernel': 4,
      'ssm.state_size': config.mamba_d_state!,
      'ssm.inner_size': config.mamba_n_heads! * config.mamba_d_head!,
      'ssm.time_step_rank': config.mamba_n_heads!,
      'ssm.group_count': 1,
      'attention.scale': 0.0078125,
      embedding_scale: 12.5,
      residual_scale: 0.22,
      logit_scale: 6.5,
      expert_shared_feed_forward_length: config.shared_intermediate_size!,
      'rope.dimension_count': 128,
    }),
    ...(family === 'nemotron_h_moe' && {
      'attention.head_count_kv': lettersOf(config).map((letter) => (letter === '*' ? config.num_key_value_heads : 0)),
      feed_forward_length: lettersOf(config).map((letter) => (letter === 'E' ? config.intermediate_size : 0)),
      'attention.layer_norm_epsilon': 1.5e-6,
      expert_weights_norm: true,
      expert_weights_scale: 2.5,
      expert_shared_feed_forward_length: config.moe_shared_expert_intermediate_size!,
      expert_shared_count: 1,
      expert_gating_func: 2,
      'ssm.conv_kernel': 4,
      'ssm.state_size': config.ssm_state_size!,
      'ssm.inner_size': config.mamba_num_heads! * config.mamba_head_dim!,
      'ssm.time_step_rank': config.mamba_num_heads!,
      'ssm.group_count': config.n_groups!,
      'rope.dimension_count': 84,
    }),
    ...(family === 'gemma4' && {
      'attention.key_length': config.global_head_dim!,
      'attention.value_length': config.global_head_dim!,
      'attention.key_length_swa': config.head_dim!,
      'attention.value_length_swa': config.head_dim!,
      'attention.sliding_window_pattern': config.layer_types!.map((type) => type === 'sliding_attention'),
      'attention.shared_kv_layers': config.num_kv_shared_layers!,
      'rope.dimension_count': config.global_head_dim!,
      'rope.dimension_count_swa': config.head_dim!,
      embedding_length_per_layer_input: config.hidden_size_per_layer_input!,
    }),
  };
  return {
    'general.architecture': family,
    'tokenizer.ggml.model': 'no_vocab',
    ...Object.fromEntries(Object.entries(named).map(([name, value]) => [`${family}.${name}`, value])),
  };
}

type Row = readonly [name: string, ...dims: number[]];

function mixingOf(config: Config, family: Family, index: number): readonly Row[] {
  const { hidden_size: width, num_attention_heads: heads, num_key_value_heads: kvHeads, kv_lora_rank: rank } = config;
  if (config.layer_types?.[index] === 'conv') {
    return [
      ['attn_norm', width],
      ['shortconv.conv', 3, width],
      ['shortconv.in_proj', width, 3 * width],
      ['shortconv.out_proj', width, width],
    ];
  }
  if (config.layer_types?.[index] === 'mamba') return mamba2(config);
  const letter = config.hybrid_override_pattern?.[index];
  if (letter === 'M') return mamba2(config);
  if (letter === 'E') return [['attn_norm', width]];
  if (rank !== undefined) {
    const [nope, rope, value] = [config.qk_nope_head_dim!, config.qk_rope_head_dim!, config.v_head_dim!];
    const query = heads * (nope + rope);
    return [
      ['attn_norm', width],
      ...(config.q_lora_rank === undefined
        ? ([['attn_q', width, query]] as Row[])
        : ([
            ['attn_q_a', width, config.q_lora_rank],
            ['attn_q_a_norm', config.q_lora_rank],
            ['attn_q_b', config.q_lora_rank, query],
          ] as Row[])),
      ['attn_kv_a_mqa', width, rank + rope],
      ['attn_kv_a_norm', rank],
      ['attn_k_b', nope, rank, heads],
      ['attn_v_b', rank, value, heads],
      ['attn_output', heads * value, width],
    ];
  }
  if (family === 'qwen35' && (index + 1) % config.full_attention_interval! !== 0) return deltaNet(config);
  const size =
    family === 'gemma4' && config.layer_types![index] === 'full_attention'
      ? config.global_head_dim!
      : (config.head_dim ?? width / heads);
  return [
    ['attn_norm', width],
    // Qwen3.5 has a gate for each value of a query.
    ['attn_q', width, (family === 'qwen35' ? 2 : 1) * heads * size],
    ['attn_k', width, kvHeads * size],
    ['attn_v', width, kvHeads * size],
    ['attn_output', heads * size, width],
    ...(family === 'qwen3moe' || family === 'qwen35' || family === 'gemma3' || family === 'gemma4' || family === 'lfm2'
      ? ([
          ['attn_q_norm', size],
          ['attn_k_norm', size],
        ] as Row[])
      : []),
    ...(/gemma|qwen35/.test(family) ? ([['post_attention_norm', width]] as Row[]) : []),
    ...(family === 'gemma4'
      ? ([
          ['layer_output_scale', 1],
          ['inp_gate', width, config.hidden_size_per_layer_input!],
          ['proj', config.hidden_size_per_layer_input!, width],
          ['post_norm', width],
        ] as Row[])
      : []),
  ];
}

function mamba2(config: Config): readonly Row[] {
  const { hidden_size: width, n_groups: groups = 1 } = config;
  const heads = config.mamba_n_heads ?? config.mamba_num_heads;
  const inner = heads! * (config.mamba_d_head ?? config.mamba_head_dim!);
  const mixed = inner + 2 * groups * (config.mamba_d_state ?? config.ssm_state_size!);
  return [
    ['attn_norm', width],
    ['ssm_in', width, inner + mixed + heads!],
    ['ssm_conv1d', 4, mixed],
    ['ssm_conv1d_bias', mixed],
    ['ssm_dt', heads!],
    ['ssm_a', 1, heads!],
    ['ssm_d', 1, heads!],
    ['ssm_norm', inner / groups, groups],
    ['ssm_out', inner, width],
  ];
}

function deltaNet(config: Config): readonly Row[] {
  const { hidden_size: width, linear_key_head_dim: size, linear_num_value_heads: heads } = config;
  const values = heads! * size!;
  const mixed = 2 * config.linear_num_key_heads! * size! + values;
  return [
    ['attn_norm', width],
    ['post_attention_norm', width],
    ['attn_qkv', width, mixed],
    ['attn_gate', width, values],
    ['ssm_conv1d', 4, mixed],
    ['ssm_a', heads!],
    ['ssm_dt', heads!],
    ['ssm_alpha', width, heads!],
    ['ssm_beta', width, heads!],
    ['ssm_norm', size!],
    ['ssm_out', values, width],
  ];
}

function feedForwardOf(config: Config, family: Family, index: number): readonly Row[] {
  const { hidden_size: width, moe_intermediate_size: inner = config.intermediate_size } = config;
  const experts = config.num_experts ?? config.num_local_experts ?? config.n_routed_experts;
  const gated = (name: string, size: number, ...more: number[]): Row[] => [
    [`ffn_gate${name}`, width, size, ...more],
    [`ffn_up${name}`, width, size, ...more],
    [`ffn_down${name}`, size, width, ...more],
  ];
  const norms: Row[] = [
    ...(family === 'qwen35' ? [] : ([['ffn_norm', width]] as Row[])),
    ...(family.startsWith('gemma') ? ([['post_ffw_norm', width]] as Row[]) : []),
  ];
  if (family === 'nemotron_h_moe') return lettersOf(config)[index] === 'E' ? ungatedExperts(config) : [];
  if (family === 'gemma4') return [...norms, ...gated('', widthsOf(config)[index]!)];
  if (experts === undefined || index < (config.first_k_dense_replace ?? 0)) {
    return [...norms, ...gated('', family === 'lfm2' ? innerOf(config) : config.intermediate_size)];
  }
  return [
    ...norms,
    ['ffn_gate_inp', width, experts],
    ...gated('_exps', inner, experts),
    ...(config.n_shared_experts === undefined ? [] : gated('_shexp', inner * config.n_shared_experts)),
    ...(config.shared_intermediate_size === undefined ? [] : gated('_shexp', config.shared_intermediate_size)),
  ];
}

/** LFM2 takes two thirds of what its configuration says, in whole blocks of 256. */
function innerOf({ intermediate_size }: Config): number {
  return Math.ceil(Math.floor((2 * intermediate_size) / 3) / 256) * 256;
}

/** Layers of Gemma 4 E2B that read the cache of another are twice as wide. */
function widthsOf({ intermediate_size, num_hidden_layers: count, num_kv_shared_layers: shared }: Config): number[] {
  return Array.from({ length: count }, (_, index) => intermediate_size * (index < count - shared! ? 1 : 2));
}

function lettersOf({ hybrid_override_pattern: letters }: Config): readonly string[] {
  return [...letters!];
}

function ungatedExperts(config: Config): readonly Row[] {
  const { hidden_size: width, n_routed_experts: count, moe_intermediate_size: inner } = config;
  const shared = config.moe_shared_expert_intermediate_size!;
  return [
    ['ffn_gate_inp', width, count!],
    ['exp_probs_b', count!],
    ['ffn_up_exps', width, inner!, count!],
    ['ffn_down_exps', inner!, width, count!],
    ['ffn_up_shexp', width, shared],
    ['ffn_down_shexp', shared, width],
  ];
}
