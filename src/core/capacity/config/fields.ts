/**
 * The fields of a `config.json` of Hugging Face that memory and speed depend on. Families spell some of them in their own way
 * (`n_embd`, `num_local_experts`), and models that also see or hear keep those of the language model in `text_config`.
 */
import { z } from 'zod';
import { UserError } from '../../errors.js';

const count = z.int().positive();
const optional = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().transform((value) => value ?? null);

/** Granite writes 0 for a model without experts. */
const countOrNone = optional(z.int().nonnegative()).transform((value) => value || null);

const everyLayer = optional(z.literal(1, 'experts in some of the layers are not known'));

const schema = z.object({
  model_type: z.string(),
  num_hidden_layers: count,
  hidden_size: count,
  num_attention_heads: count,
  num_key_value_heads: optional(count),
  head_dim: optional(count),
  intermediate_size: optional(
    z.union([
      count,
      z
        .array(count)
        .nonempty()
        .transform((sizes) => sizes[0]),
    ]),
  ),
  vocab_size: count,
  max_position_embeddings: optional(count),
  tie_word_embeddings: optional(z.boolean()),
  // Windows
  layer_types: optional(z.array(z.string())),
  sliding_window: optional(z.int().nonnegative()),
  use_sliding_window: optional(z.boolean()),
  max_window_layers: optional(z.int().nonnegative()),
  sliding_window_pattern: optional(count),
  num_kv_shared_layers: optional(z.int().nonnegative()),
  // Chunks (Llama 4)
  attention_chunk_size: optional(count),
  no_rope_layers: optional(z.array(z.int().nonnegative())),
  no_rope_layer_interval: optional(count),
  attn_output_gate: optional(z.boolean()),
  // Latent attention
  kv_lora_rank: optional(count),
  q_lora_rank: optional(count),
  qk_nope_head_dim: optional(count),
  qk_rope_head_dim: optional(count),
  v_head_dim: optional(count),
  // Layers that see everything and have heads of their own kind, beside those with a window (Gemma 4)
  global_head_dim: optional(count),
  num_global_key_value_heads: optional(count),
  attention_k_eq_v: optional(z.boolean()),
  use_double_wide_mlp: optional(z.boolean()),
  // Experts
  num_experts: countOrNone,
  num_experts_per_tok: countOrNone,
  moe_intermediate_size: optional(count),
  moe_latent_size: optional(count),
  enable_moe_block: optional(z.boolean()),
  n_shared_experts: optional(z.int().nonnegative()),
  shared_expert_intermediate_size: optional(z.int().nonnegative()),
  shared_intermediate_size: optional(z.int().nonnegative()),
  first_k_dense_replace: optional(z.int().nonnegative()),
  num_dense_layers: optional(z.int().nonnegative()),
  interleave_moe_layer_step: everyLayer,
  decoder_sparse_step: everyLayer,
  moe_layer_freq: everyLayer,
  mlp_only_layers: optional(z.array(z.int()).max(0, 'layers without experts among those with experts are not known')),
  // Gated DeltaNet
  full_attention_interval: optional(count),
  linear_num_key_heads: optional(count),
  linear_num_value_heads: optional(count),
  linear_key_head_dim: optional(count),
  linear_value_head_dim: optional(count),
  linear_conv_kernel_dim: optional(count),
  // Mamba
  hybrid_override_pattern: optional(z.string()),
  mamba_num_heads: optional(count),
  mamba_head_dim: optional(count),
  mamba_d_state: optional(count),
  mamba_n_groups: optional(count),
  mamba_d_conv: optional(count),
  // Short convolutions (LFM2)
  conv_L_cache: optional(count),
  block_auto_adjust_ff_dim: optional(z.boolean()),
  block_multiple_of: optional(count),
  // Tables of vectors for each layer, and streams beside the main one (Gemma 3n, Gemma 4)
  hidden_size_per_layer_input: optional(z.int().nonnegative()),
  vocab_size_per_layer_input: optional(count),
  altup_num_inputs: optional(count),
  laurel_rank: optional(count),
});

export type ConfigFields = z.infer<typeof schema> & {
  /** What an error names: the file. */
  readonly place: string;
};

type NumberField = {
  [Name in keyof ConfigFields]: ConfigFields[Name] extends number | null ? Name : never;
}[keyof ConfigFields];

/** @param part The part of a model that has the field. @throws UserError where it is absent: another size is another memory. */
export function neededField(config: ConfigFields, name: NumberField, part: string): number {
  const value = config[name];
  if (value !== null) return value;
  throw new UserError(
    `${config.place}: ${name}: expected a number, for the model has ${part}, found none; ` +
      'give the config.json as its makers publish it, or a GGUF file',
  );
}

/** The spellings of families, and the name that this page uses. */
const ALIASES: Readonly<Record<string, keyof z.infer<typeof schema>>> = {
  n_layer: 'num_hidden_layers',
  n_layers: 'num_hidden_layers',
  n_embd: 'hidden_size',
  d_model: 'hidden_size',
  n_head: 'num_attention_heads',
  n_heads: 'num_attention_heads',
  n_inner: 'intermediate_size',
  ffn_hidden_size: 'intermediate_size',
  multi_query_group_num: 'num_key_value_heads',
  kv_channels: 'head_dim',
  ffn_dim: 'intermediate_size',
  block_ff_dim: 'intermediate_size',
  n_positions: 'max_position_embeddings',
  num_local_experts: 'num_experts',
  n_routed_experts: 'num_experts',
  top_k_experts: 'num_experts_per_tok',
  moe_shared_expert_intermediate_size: 'shared_expert_intermediate_size',
  expert_intermediate_size: 'moe_intermediate_size',
  attention_head_dim: 'head_dim',
  mamba_n_heads: 'mamba_num_heads',
  mamba_d_head: 'mamba_head_dim',
  ssm_state_size: 'mamba_d_state',
  n_groups: 'mamba_n_groups',
  conv_kernel: 'mamba_d_conv',
};

/** @throws UserError for a configuration that lacks what the shape follows from. */
export function readConfig(config: unknown, place: string): ConfigFields {
  const parsed = schema.safeParse(renamed(languageModelOf(config)));
  if (parsed.success) return { ...parsed.data, place };
  const { path, message } = parsed.error.issues[0]!;
  throw new UserError(
    `${place}: ${path.join('.') || 'config'}: ${message}; expected the config.json of a language model of Hugging Face`,
  );
}

/** The fields of the language model, with those of the whole model where it has none of its own. */
function languageModelOf(config: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(config)) return {};
  const inner = config.text_config ?? config.llm_config;
  return isRecord(inner) ? { ...config, ...inner } : config;
}

function renamed(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result: Record<string, unknown> = { ...config };
  for (const [alias, name] of Object.entries(ALIASES)) if (alias in config) result[name] ??= config[alias];
  return result;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
