/**
 * The architectures whose shape we can read from a `config.json`. An architecture that is not here is unknown, and unknown is not
 * "like Llama": a model with another kind of layer would get a wrong number without a warning.
 */

export interface Architecture {
  /** A feed-forward part has three matrices if it is gated, otherwise two. */
  readonly gated: boolean;
  /** Whether the embedding is the output matrix if the file does not say. */
  readonly tied: boolean;
  /** Whether the layers are of several kinds, which the file has to list. */
  readonly mixed?: true;
  /** Whether a head is as long as `head_dim` says, and not the width divided by the heads. */
  readonly ownHeadSize?: true;
  /** Whether layers that see everything have heads of another length than those with a window, which the file has to say. */
  readonly globalHeads?: true;
  /** Whether the inner width is four times the width if the file does not say, as in the family's configuration class. */
  readonly fourfold?: true;
  /** Which layers have a window if the file does not list them. */
  readonly windows: 'none' | 'all' | 'every second' | 'all but every n-th' | 'chunks';
}

const llama: Architecture = { gated: true, tied: false, windows: 'none' };
const qwen3: Architecture = { ...llama, ownHeadSize: true };
const gemma: Architecture = { gated: true, tied: true, windows: 'none', ownHeadSize: true };
const gemma4: Architecture = { ...gemma, mixed: true, globalHeads: true };
const gpt: Architecture = { gated: false, tied: false, windows: 'none' };

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  llama,
  mistral: { ...llama, windows: 'all' },
  mistral3: llama,
  ministral3: { ...llama, ownHeadSize: true },
  mixtral: { ...llama, windows: 'all' },
  qwen2: llama,
  qwen2_moe: llama,
  qwen3,
  qwen3_moe: qwen3,
  qwen3_vl_text: qwen3,
  qwen3_vl_moe_text: qwen3,
  qwen3_next: { ...qwen3, mixed: true },
  qwen3_5: { ...qwen3, mixed: true },
  qwen3_5_text: { ...qwen3, mixed: true },
  qwen3_5_moe: { ...qwen3, mixed: true },
  qwen3_5_moe_text: { ...qwen3, mixed: true },
  gemma,
  gemma2: { ...gemma, windows: 'every second' },
  gemma3: { ...gemma, windows: 'all but every n-th' },
  gemma3_text: { ...gemma, windows: 'all but every n-th' },
  gemma3n: { ...gemma, mixed: true },
  gemma3n_text: { ...gemma, mixed: true },
  gemma4,
  gemma4_text: gemma4,
  gemma4_unified: gemma4,
  gemma4_unified_text: gemma4,
  phi: gpt,
  phi3: { ...llama, windows: 'all' },
  granite: llama,
  granitemoehybrid: { ...llama, mixed: true },
  smollm3: llama,
  arcee: { ...gpt, ownHeadSize: true },
  olmo2: llama,
  exaone: llama,
  cohere: { ...llama, tied: true },
  internlm3: llama,
  stablelm: llama,
  baichuan: llama,
  glm4: llama,
  chatglm: llama,
  glm4_moe: llama,
  glm4_moe_lite: llama,
  glm_moe_dsa: llama,
  gpt_oss: { ...llama, mixed: true, ownHeadSize: true },
  minimax_m2: llama,
  llama4: { ...llama, windows: 'chunks', ownHeadSize: true },
  llama4_text: { ...llama, windows: 'chunks', ownHeadSize: true },
  deepseek_v2: llama,
  deepseek_v3: llama,
  kimi_k2: llama,
  lfm2: { ...llama, tied: true, mixed: true },
  lfm2_moe: { ...llama, tied: true, mixed: true },
  nemotron_h: { ...gpt, mixed: true },
  gptj: { ...gpt, fourfold: true },
  opt: { ...gpt, tied: true },
  bloom: { ...gpt, tied: true, fourfold: true },
};

export function architectureOf(modelType: string): Architecture | null {
  return Object.hasOwn(ARCHITECTURES, modelType) ? ARCHITECTURES[modelType]! : null;
}
