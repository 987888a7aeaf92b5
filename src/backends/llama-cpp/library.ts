/**
 * The C interface of llama.cpp (`llama.h`, `ggml-backend.h`), called in the libraries that node-llama-cpp ships.
 *
 * Note: why past node-llama-cpp. Its addon gives llama.cpp no thread pool, so llama.cpp starts and ends its threads for every
 * token, and it hands every token to another thread and back, twice. On two threads a small model decoded 100 tokens a
 * second that way and 7,000 this way (bench/README.md).
 *
 * Structs are passed by value, so their layout is that of one version: node-llama-cpp is pinned, and `openLibrary` refuses
 * libraries whose default parameters do not read as they should.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import koffi from 'koffi';

/** An address; null pointers are null. */
export type Pointer = bigint | null;

export interface Library {
  /** `llama.cpp v0.5.0 (node-llama-cpp 3.22.1)` */
  readonly version: string;
  readonly llama: LlamaFunctions;
  /** Errors that the library logged since they were last taken. */
  takeComplaints(): string[];
  /** Starts threads that wait for work by spinning a while, as llama-bench's do. */
  createThreadPool(threads: number): ThreadPool;
}

export interface ThreadPool {
  readonly pointer: Pointer;
  free(): void;
}

interface ModelParams {
  n_gpu_layers: number;
  vocab_only: boolean;
  use_extra_bufts: boolean;
}

interface ContextParams {
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

let opened: Promise<Library> | undefined;

/** @throws Error where there are no such libraries for this system, or they are of another version. */
export function openLibrary(): Promise<Library> {
  opened ??= open();
  return opened;
}

async function open(): Promise<Library> {
  const { folder, version } = await findLibraries();
  const load = (name: string) => koffi.load(join(folder, fileOf(folder, name)));
  const ggmlBase = load('ggml-base');
  const ggml = load('ggml');
  const llama = functionsOf(load('llama'));

  const complaints: string[] = [];
  const logged = (level: number, message: string) => {
    if (level === ERROR) complaints.push(message.trim());
  };
  llama.log_set(koffi.register(logged, koffi.pointer(LOG)), null);
  ggml.func('void ggml_backend_load_all_from_path(const char *folder)')(folder);
  requireKnownLayout(llama);

  const device = ggml.func('void *ggml_backend_dev_by_type(int type)')(CPU) as Pointer;
  const registry = ggmlBase.func('void *ggml_backend_dev_backend_reg(void *device)')(device) as Pointer;
  const find = ggmlBase.func('void *ggml_backend_reg_get_proc_address(void *registry, const char *name)');
  const defaults = ggmlBase.func('ggml_threadpool_params_default', THREADPOOL_PARAMS, ['int']);
  const create = find(registry, 'ggml_threadpool_new') as Pointer;
  const free = find(registry, 'ggml_threadpool_free') as Pointer;
  return {
    version,
    llama,
    takeComplaints: () => complaints.splice(0),
    createThreadPool(threads) {
      const pointer = koffi.call(create, CREATE_THREADPOOL, defaults(threads)) as Pointer;
      return { pointer, free: () => koffi.call(free, FREE_THREADPOOL, pointer) };
    },
  };
}

/** The CPU libraries are a package of their own for each system. */
async function findLibraries(): Promise<{ folder: string; version: string }> {
  const system = { linux: 'linux', darwin: 'mac', win32: 'win' }[process.platform as string];
  const metal = process.platform === 'darwin' && process.arch === 'arm64' ? '-metal' : '';
  const name = `@node-llama-cpp/${system}-${process.arch}${metal}`;
  // They are node-llama-cpp's dependency, not ours, so they are looked for from where it is.
  const near = createRequire(createRequire(import.meta.url).resolve('node-llama-cpp'));
  const { getBinsDir } = (await import(pathToFileURL(near.resolve(name)).href)) as {
    getBinsDir(): { binsDir: string; packageVersion: string };
  };
  const { binsDir, packageVersion } = getBinsDir();
  const folder = join(binsDir, readdirSync(binsDir)[0]!);
  const metadata = JSON.parse(readFileSync(join(folder, '_nlcBuildMetadata.json'), 'utf8')) as {
    buildOptions: { llamaCpp: { release: string } };
  };
  return { folder, version: `llama.cpp ${metadata.buildOptions.llamaCpp.release} (node-llama-cpp ${packageVersion})` };
}

/** `libllama.v0.5.0.so`, `llama.dll` … */
function fileOf(folder: string, name: string): string {
  const pattern = new RegExp(`^(lib)?${name}(\\.v[\\d.]+)?\\.(so|dylib|dll)$`);
  const file = readdirSync(folder).find((candidate) => pattern.test(candidate));
  if (file === undefined) throw new Error(`there is no library ${name} in ${folder}`);
  return file;
}

/** `enum ggml_backend_dev_type`, `enum ggml_log_level` */
const CPU = 0;
const ERROR = 4;

const LOG = koffi.proto('void rightsize_llama_log(int level, const char *text, void *data)');

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

koffi.struct('llama_context_params', {
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
});

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

const THREADPOOL_PARAMS = koffi.struct('ggml_threadpool_params', {
  cpumask: koffi.array('bool', 512),
  n_threads: 'int',
  prio: 'int',
  poll: 'uint32_t',
  strict_cpu: 'bool',
  paused: 'bool',
});

const CREATE_THREADPOOL = koffi.proto('void *rightsize_threadpool_new(ggml_threadpool_params *params)');
const FREE_THREADPOOL = koffi.proto('void rightsize_threadpool_free(void *pool)');

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

type Functions = LlamaFunctions & { readonly log_set: Native<[bigint, null], void> };

/** Every function of the prototypes, by its name without `llama_`. */
function functionsOf(library: ReturnType<typeof koffi.load>): Functions {
  const functions: Record<string, unknown> = {};
  for (const prototype of PROTOTYPES.trim().split('\n')) {
    functions[/llama_(\w+)\(/.exec(prototype)![1]!] = library.func(prototype);
  }
  return functions as unknown as Functions;
}

function requireKnownLayout({ model_default_params, context_default_params }: LlamaFunctions): void {
  const model = model_default_params();
  const context = context_default_params();
  const known =
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
  if (!known) throw new Error('the libraries of llama.cpp are of another version than these structs');
}
