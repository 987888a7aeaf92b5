/**
 * The shape of a model from the header of its GGUF file. The tensors themselves tell what each layer is and how many bytes it has, so a
 * new way to store weights needs no table here. What no tensor tells (heads, windows) stands in the metadata.
 *
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
import { UserError } from '../errors.js';
import { type Experts, type Layer, type ModelShape, type Part, sumOf } from './shape.js';

export interface GgufTensor {
  readonly name: string;
  readonly parameters: number;
  readonly bytes: number;
}

export interface GgufContent {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly tensors: readonly GgufTensor[];
}

/** @throws UserError for a header that lacks what the shape follows from. */
export function shapeOfGguf({ metadata, tensors }: GgufContent, place: string): ModelShape {
  const architecture = architectureOf(metadata, place);
  const fields = new Fields(metadata, architecture, place);
  const width = fields.required('embedding_length');
  const count = fields.required('block_count');
  const token = tensors.filter(({ name }) => name.startsWith('token_embd'));
  const tables = tensors.filter(({ name }) => name.startsWith('per_layer_token_embd'));
  const untied = tensors.filter(({ name }) => /^output\.weight$/.test(name));
  // Beside tables for each layer (Gemma 3n), an embedding that is the output too is the output: it alone is read whole.
  const [embedding, output] =
    untied.length === 0 && tables.length > 0 ? [tables, token] : [[...token, ...tables], untied];
  const experts = tensors.filter(({ name }) => name.includes('_exps.'));
  const taken = new Set([...embedding, ...output, ...experts]);
  return {
    architecture,
    width,
    feedForward: feedForwardOf(fields),
    vocabulary: vocabularyOf(metadata, fields, token, width),
    maxContext: fields.optional('context_length'),
    layers: Array.from({ length: count }, (_, index) => layerOf(fields, tensors, index)),
    weights: {
      embedding: sumOf(embedding),
      output: output.length === 0 ? null : sumOf(output),
      body: sumOf(tensors.filter((tensor) => !taken.has(tensor))),
      experts: expertsOf(fields, sumOf(experts)),
    },
  };
}

/**
 * The names of llama.cpp (`src/llama-arch.cpp`) for architectures whose layers are of the kinds below. Others keep another state (RWKV, Kimi Linear),
 * two in a layer (Falcon H1), the keys of a latent attention in full (MiniCPM 3, PLM), or have windows in layers that their files do not name.
 */
const KNOWN: ReadonlySet<string> = new Set(
  [
    'apertus arcee arctic baichuan bailingmoe bailingmoe2 bitnet bloom chatglm codeshell cohere2 command-r dbrx deci',
    'deepseek deepseek2 dots1 ernie4_5 ernie4_5-moe exaone exaone4 falcon gemma gemma2 gemma3 gemma3n gemma4 glm4 glm4moe',
    'gpt-oss gpt2 gptj gptneox granite granitehybrid granitemoe grok hunyuan-dense hunyuan-moe internlm2 jais jamba',
    'lfm2 lfm2moe llama llama4 mamba mamba2 minicpm minimax-m2 mistral3 mpt nemotron nemotron_h nemotron_h_moe olmo',
    'olmo2 olmoe openelm orion pangu-embedded phi2 phi3 phimoe plamo qwen qwen2 qwen2moe qwen2vl qwen3 qwen35 qwen35moe',
    'qwen3moe qwen3next qwen3vl qwen3vlmoe refact seed_oss smollm3 stablelm starcoder starcoder2 xverse',
  ].flatMap((line) => line.split(' ')),
);

function architectureOf(metadata: GgufContent['metadata'], place: string): string {
  const name = metadata['general.architecture'];
  if (typeof name === 'string' && KNOWN.has(name)) return name;
  throw new UserError(
    `${place}: general.architecture: expected an architecture whose layers are known, found ${JSON.stringify(name ?? null)}; ` +
      'measure the model with `rightsize run`, or name a published one like it',
  );
}

/** Numbers of the metadata under the name of the architecture. */
class Fields {
  constructor(
    readonly metadata: Readonly<Record<string, unknown>>,
    readonly architecture: string,
    readonly place: string,
  ) {}

  optional(name: string): number | null {
    return numberOf(this.metadata[`${this.architecture}.${name}`]);
  }

  required(name: string): number {
    const value = this.optional(name);
    if (value !== null && value > 0) return value;
    throw new UserError(
      `${this.place}: ${this.architecture}.${name}: expected a number above 0 in the header of the GGUF file, found ` +
        `${JSON.stringify(this.metadata[`${this.architecture}.${name}`] ?? null)}; convert the model again`,
    );
  }

  /** The greatest value of all layers. */
  greatest(name: string): number | null {
    const value = this.metadata[`${this.architecture}.${name}`];
    return Array.isArray(value) ? Math.max(...value.map((one) => numberOf(one) ?? 0)) : numberOf(value);
  }

  /** The value of one layer: some models give each layer its own. */
  ofLayer(name: string, index: number): number | null {
    const value = this.metadata[`${this.architecture}.${name}`];
    return numberOf(Array.isArray(value) ? value[index] : value);
  }
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null;
}

function feedForwardOf(fields: Fields): number {
  const dense = fields.greatest('feed_forward_length') ?? 0;
  // Mixtral's experts are as wide as a dense part would be.
  const experts =
    (fields.optional('expert_feed_forward_length') ?? dense) * (fields.optional('expert_used_count') ?? 0);
  return Math.max(dense, experts);
}

function vocabularyOf(
  metadata: Fields['metadata'],
  fields: Fields,
  embedding: readonly GgufTensor[],
  width: number,
): number {
  const tokens = metadata['tokenizer.ggml.tokens'];
  const table = embedding.find(({ name }) => name === 'token_embd.weight');
  if (Array.isArray(tokens)) return tokens.length;
  return fields.optional('vocab_size') ?? (table === undefined ? 0 : table.parameters / width);
}

function expertsOf(fields: Fields, part: Part): Experts | null {
  if (part.parameters === 0) return null;
  return { ...part, count: fields.required('expert_count'), used: fields.required('expert_used_count') };
}

function layerOf(fields: Fields, tensors: readonly GgufTensor[], index: number): Layer {
  const has = (part: string) => tensors.some(({ name }) => name.startsWith(`blk.${index}.${part}`));
  if (has('attn_kv_a')) return latentLayer(fields);
  if (has('ssm_') && !has('attn_k.')) return recurrentLayer(fields);
  if (has('shortconv')) return convolution(fields);
  // A feed-forward layer of Nemotron has a norm of this name, and neither queries nor keys.
  return has('attn_q') || has('attn_k') ? attentionLayer(fields, index) : { kind: 'stateless' };
}

function attentionLayer(fields: Fields, index: number): Layer {
  const heads = fields.ofLayer('attention.head_count', index) ?? fields.required('attention.head_count');
  const window = windowOf(fields, index);
  // Heads of layers with a window may have a length of their own (Gemma 4).
  const sizeOf = (part: 'key' | 'value') =>
    (window === null ? null : fields.optional(`attention.${part}_length_swa`)) ??
    fields.optional(`attention.${part}_length`);
  const keySize = sizeOf('key') ?? fields.required('embedding_length') / heads;
  const shared = fields.optional('attention.shared_kv_layers') ?? 0;
  return {
    kind: 'attention',
    heads,
    // llama.cpp takes one for each head too where the file names none, and the length of a head that follows (`llama_model::load_hparams`).
    kvHeads: fields.ofLayer('attention.head_count_kv', index) ?? heads,
    keySize,
    valueSize: sizeOf('value') ?? keySize,
    window,
    cache: index >= fields.required('block_count') - shared ? 'shared' : 'own',
  };
}

/**
 * llama.cpp knows which layers of an architecture have a window; of `n` layers the last one sees everything (`set_swa_pattern` in
 * llama.cpp `src/llama-model.cpp`). The window of an architecture that is not here is not used: Mistral's files name none.
 */
const PATTERNS: Readonly<Record<string, number>> = {
  gemma2: 2,
  gemma3: 6,
  gemma3n: 5,
  'gpt-oss': 2,
  cohere2: 4,
  llama4: 4,
  olmo2: 4,
  exaone4: 4,
};

/** llama.cpp takes this chunk for Llama 4, whose files name none unless a window of 0 turns it off (`LLM_ARCH_LLAMA4`, the same file). */
const CHUNK = 8192;

function windowOf(fields: Fields, index: number): number | null {
  const window = fields.optional('attention.sliding_window') ?? (fields.architecture === 'llama4' ? CHUNK : null);
  const stated = fields.metadata[`${fields.architecture}.attention.sliding_window_pattern`];
  if (window === null || window === 0) return null;
  if (Array.isArray(stated)) return stated[index] === true ? window : null;
  const pattern = numberOf(stated) ?? PATTERNS[fields.architecture];
  return pattern === undefined || index % pattern === pattern - 1 ? null : window;
}

function latentLayer(fields: Fields): Layer {
  return {
    kind: 'latent',
    heads: fields.required('attention.head_count'),
    rank: fields.required('attention.kv_lora_rank'),
    ropeSize: fields.required('rope.dimension_count'),
  };
}

/** Mamba of the first kind, whose convolution sees the inputs alone. */
const WITHOUT_GROUPS: ReadonlySet<string> = new Set(['mamba', 'jamba']);

function recurrentLayer(fields: Fields): Layer {
  const inner = fields.required('ssm.inner_size');
  const state = fields.required('ssm.state_size');
  const groups = WITHOUT_GROUPS.has(fields.architecture) ? 0 : fields.required('ssm.group_count');
  const kernel = fields.required('ssm.conv_kernel');
  return { kind: 'recurrent', convolution: (inner + 2 * groups * state) * (kernel - 1), state: inner * state };
}

function convolution(fields: Fields): Layer {
  const width = fields.required('embedding_length');
  return { kind: 'recurrent', convolution: width * (fields.required('shortconv.l_cache') - 1), state: 0 };
}
