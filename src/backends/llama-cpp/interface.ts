/**
 * The C interface of llama.cpp (`llama.h`): its functions, and the structs that they take by value.
 *
 * A struct passed by value has the layout of one version. So a library is called only if it is of a version whose header was
 * compared with these structs, has every function, and gives default parameters that read as its source has them. To add a
 * version, compare `llama.h` and `ggml.h` with those of the version before it.
 */
import koffi from 'koffi';

/** An address; null pointers are null. */
export type Pointer = bigint | null;

export interface ModelParams {
  /** The devices to compute on besides the CPU, as a list that null ends; null itself stands for all that there are. */
  devices: Pointer;
  n_gpu_layers: number;
  vocab_only: boolean;
  use_extra_bufts: boolean;
}

export interface ContextParams {
  n_ctx: number;
  n_batch: number;
  n_ubatch: number;
  n_seq_max: number;
  n_threads: number;
  n_threads_batch: number;
  flash_attn_type: number;
  type_k: number;
  type_v: number;
  offload_kqv: boolean;
  swa_full: boolean;
  kv_unified: boolean;
  embeddings: boolean;
}

/** Arrays of a batch by their addresses, as `llama_batch`. */
export interface Batch {
  n_tokens: number;
  token: Pointer;
  embd: null;
  pos: Pointer;
  n_seq_id: Pointer;
  seq_id: Pointer;
  logits: Pointer;
}

/** A function that can also run on another thread, so that this one stays free. */
type Native<Arguments extends unknown[], Result> = ((...args: Arguments) => Result) & {
  async(...args: [...Arguments, (error: Error | null, result: Result) => void]): void;
};

export interface LlamaFunctions {
  readonly log_set: Native<[bigint, null], void>;
  readonly model_default_params: Native<[], ModelParams>;
  readonly context_default_params: Native<[], ContextParams>;
  readonly model_load_from_file: Native<[string, ModelParams], Pointer>;
  readonly model_free: Native<[Pointer], void>;
  readonly model_n_ctx_train: Native<[Pointer], number>;
  readonly model_is_recurrent: Native<[Pointer], boolean>;
  readonly model_is_hybrid: Native<[Pointer], boolean>;
  readonly model_get_vocab: Native<[Pointer], Pointer>;
  readonly init_from_model: Native<[Pointer, ContextParams], Pointer>;
  readonly free: Native<[Pointer], void>;
  readonly n_ctx: Native<[Pointer], number>;
  readonly attach_threadpool: Native<[Pointer, Pointer, Pointer], void>;
  readonly adapter_lora_init: Native<[Pointer, string], Pointer>;
  readonly set_adapters_lora: Native<[Pointer, BigUint64Array, number, Float32Array], number>;
  readonly get_memory: Native<[Pointer], Pointer>;
  readonly memory_seq_rm: Native<[Pointer, number, number, number], boolean>;
  readonly memory_seq_cp: Native<[Pointer, number, number, number, number], void>;
  readonly decode: Native<[Pointer, Batch], number>;
  readonly synchronize: Native<[Pointer], void>;
  readonly get_logits_ith: Native<[Pointer, number], Pointer>;
  readonly vocab_n_tokens: Native<[Pointer], number>;
  readonly vocab_bos: Native<[Pointer], number>;
  readonly vocab_eos: Native<[Pointer], number>;
  readonly vocab_get_add_bos: Native<[Pointer], boolean>;
  readonly vocab_is_eog: Native<[Pointer, number], boolean>;
  readonly tokenize: Native<[Pointer, Uint8Array, number, Int32Array, number, boolean, boolean], number>;
  readonly detokenize: Native<[Pointer, Int32Array, number, Uint8Array, number, boolean, boolean], number>;
  readonly sampler_chain_init: Native<[{ no_perf: boolean }], Pointer>;
  readonly sampler_chain_add: Native<[Pointer, Pointer], void>;
  readonly sampler_init_temp: Native<[number], Pointer>;
  readonly sampler_init_top_p: Native<[number, number], Pointer>;
  readonly sampler_init_dist: Native<[number], Pointer>;
  readonly sampler_sample: Native<[Pointer, Pointer, number], number>;
  readonly sampler_free: Native<[Pointer], void>;
}

/**
 * By version without its last number: the name of the struct whose layout changed. Of 0.4 no header was at hand: it exports the
 * functions of 0.5, fills both structs of default parameters with the same bytes, and passes the same tests (Linux x64).
 */
const CONTEXT_PARAMS = new Map([
  ['0.4', 'llama_context_params_0_5'],
  ['0.5', 'llama_context_params_0_5'],
  ['0.7', 'llama_context_params_0_7'],
]);

/**
 * The functions of a library.
 *
 * @throws Error when the library has another interface than these structs.
 */
export function functionsOf(library: ReturnType<typeof koffi.load>): { version: string; llama: LlamaFunctions } {
  const version = versionOf(library);
  const contextParams = CONTEXT_PARAMS.get(/^\d+\.\d+/.exec(version)?.[0] ?? '');
  if (contextParams === undefined) throw unknownVersion(`version ${version}`);
  const functions: Record<string, unknown> = {};
  for (const prototype of PROTOTYPES.trim().split('\n')) {
    const name = /llama_(\w+)\(/.exec(prototype)![1]!;
    try {
      functions[name] = library.func(prototype.replaceAll('llama_context_params', contextParams));
    } catch (error) {
      throw new Error(`expected the functions of llama.cpp ${version}, found no llama_${name}`, { cause: error });
    }
  }
  const llama = functions as unknown as LlamaFunctions;
  requireKnownDefaults(llama, version);
  return { version, llama };
}

function versionOf(library: ReturnType<typeof koffi.load>): string {
  try {
    return (library.func('const char *llama_version()') as () => string)();
  } catch {
    throw unknownVersion('one older than that, which does not tell its version');
  }
}

function unknownVersion(found: string): Error {
  const known = [...CONTEXT_PARAMS.keys()].join(' or ');
  return new Error(`expected llama.cpp ${known}, whose interfaces rightsize knows, found ${found}`);
}

const POINTER = 'void *';

koffi.struct('llama_model_params', {
  devices: POINTER,
  tensor_buft_overrides: POINTER,
  n_gpu_layers: 'int32_t',
  split_mode: 'int',
  load_mode: 'int',
  lazy_mode: 'int',
  main_gpu: 'int32_t',
  tensor_split: POINTER,
  progress_callback: POINTER,
  progress_callback_user_data: POINTER,
  kv_overrides: POINTER,
  vocab_only: 'bool',
  check_tensors: 'bool',
  use_extra_bufts: 'bool',
  no_host: 'bool',
  no_alloc: 'bool',
  load_mtp: 'bool',
});

const BEFORE_MOE = {
  n_ctx: 'uint32_t',
  n_batch: 'uint32_t',
  n_ubatch: 'uint32_t',
  n_seq_max: 'uint32_t',
  n_rs_seq: 'uint32_t',
  n_outputs_max: 'uint32_t',
  n_outputs_max_per_seq: 'uint32_t',
  n_threads: 'int32_t',
  n_threads_batch: 'int32_t',
  ctx_type: 'int',
  rope_scaling_type: 'int',
  pooling_type: 'int',
  attention_type: 'int',
  flash_attn_type: 'int',
  rope_freq_base: 'float',
  rope_freq_scale: 'float',
  yarn_ext_factor: 'float',
  yarn_attn_factor: 'float',
  yarn_beta_fast: 'float',
  yarn_beta_slow: 'float',
  yarn_orig_ctx: 'uint32_t',
  defrag_thold: 'float',
  cb_eval: POINTER,
  cb_eval_user_data: POINTER,
  type_k: 'int',
  type_v: 'int',
};

const AFTER_MOE = {
  abort_callback: POINTER,
  abort_callback_data: POINTER,
  embeddings: 'bool',
  offload_kqv: 'bool',
  no_perf: 'bool',
  op_offload: 'bool',
  swa_full: 'bool',
  kv_unified: 'bool',
  samplers: POINTER,
  n_samplers: 'size_t',
  ctx_other: POINTER,
};

koffi.struct('llama_context_params_0_5', { ...BEFORE_MOE, ...AFTER_MOE });
koffi.struct('llama_context_params_0_7', { ...BEFORE_MOE, moe_cache_size: 'size_t', ...AFTER_MOE });

koffi.struct('llama_batch', {
  n_tokens: 'int32_t',
  token: POINTER,
  embd: POINTER,
  pos: POINTER,
  n_seq_id: POINTER,
  seq_id: POINTER,
  logits: POINTER,
});

koffi.struct('llama_sampler_chain_params', { no_perf: 'bool' });

const PROTOTYPES = `
void llama_log_set(void *callback, void *data)
llama_model_params llama_model_default_params()
llama_context_params llama_context_default_params()
void *llama_model_load_from_file(const char *path, llama_model_params params)
void llama_model_free(void *model)
int32_t llama_model_n_ctx_train(void *model)
bool llama_model_is_recurrent(void *model)
bool llama_model_is_hybrid(void *model)
void *llama_model_get_vocab(void *model)
void *llama_init_from_model(void *model, llama_context_params params)
void llama_free(void *context)
uint32_t llama_n_ctx(void *context)
void llama_attach_threadpool(void *context, void *pool, void *pool_of_batches)
void *llama_adapter_lora_init(void *model, const char *path)
int32_t llama_set_adapters_lora(void *context, void *adapters, size_t count, float *scales)
void *llama_get_memory(void *context)
bool llama_memory_seq_rm(void *memory, int32_t sequence, int32_t from, int32_t to)
void llama_memory_seq_cp(void *memory, int32_t source, int32_t target, int32_t from, int32_t to)
int32_t llama_decode(void *context, llama_batch batch)
void llama_synchronize(void *context)
void *llama_get_logits_ith(void *context, int32_t index)
int32_t llama_vocab_n_tokens(void *vocab)
int32_t llama_vocab_bos(void *vocab)
int32_t llama_vocab_eos(void *vocab)
bool llama_vocab_get_add_bos(void *vocab)
bool llama_vocab_is_eog(void *vocab, int32_t token)
int32_t llama_tokenize(void *vocab, uint8_t *text, int32_t length, int32_t *tokens, int32_t room, bool add_special, bool parse_special)
int32_t llama_detokenize(void *vocab, int32_t *tokens, int32_t count, uint8_t *text, int32_t room, bool remove_special, bool unparse_special)
void *llama_sampler_chain_init(llama_sampler_chain_params params)
void llama_sampler_chain_add(void *chain, void *sampler)
void *llama_sampler_init_temp(float temperature)
void *llama_sampler_init_top_p(float p, size_t min_keep)
void *llama_sampler_init_dist(uint32_t seed)
int32_t llama_sampler_sample(void *sampler, void *context, int32_t index)
void llama_sampler_free(void *sampler)`;

function requireKnownDefaults({ model_default_params, context_default_params }: LlamaFunctions, version: string): void {
  const model = model_default_params();
  const context = context_default_params();
  const known =
    model.devices === null &&
    model.n_gpu_layers === -1 &&
    !model.vocab_only &&
    model.use_extra_bufts &&
    context.n_ctx === 512 &&
    context.n_batch === 2048 &&
    context.n_ubatch === 512 &&
    context.n_seq_max === 1 &&
    context.flash_attn_type === -1 &&
    context.type_k === 1 &&
    context.type_v === 1 &&
    context.offload_kqv &&
    !context.kv_unified &&
    !context.embeddings;
  if (!known) {
    throw new Error(
      `expected the default parameters of llama.cpp ${version}, found others; the library was built with another interface`,
    );
  }
}
