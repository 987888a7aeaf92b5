/**
 * A model in llama.cpp, by the same calls on a CPU and on a GPU. A small model's token takes a fifth of a millisecond, as long as
 * handing work to another thread and back, so short batches are computed on this thread; long ones on another, so that this one
 * stays free to hear of an abort. The caches of the other core are also cold for work that is handed over.
 */
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import koffi from 'koffi';
import { logProbability, scoreOf } from '../logits.js';
import { likeliest } from '../token-sampling.js';
import { createBatch } from './batch.js';
import type {
  ContextNeeds,
  Engine,
  LoadedModel,
  LoadOptions,
  Places,
  Sampler,
  Sampling,
  Span,
  Tokenizer,
} from './engine.js';
import type { LlamaFunctions, Pointer } from './interface.js';
import type { Library } from './library.js';
import { fastestThreads, raceOn } from './threads.js';

/** Batches that are expected to take longer than this many seconds are computed on another thread. */
const LONG = 0.03;
/** Places of logits that are kept in mind. */
const MOST_PLACES = 64;
/**
 * Seconds after which this thread sees again to whatever else has happened, which takes it some 0.05 ms. An abort waits for it. Where
 * answers are computed side by side, the next request does, too.
 */
const BREATH = { alone: 0.016, together: 0.004 };

/** @throws Error when the library does not load the model. */
export async function loadModel(library: Library, options: LoadOptions): Promise<LoadedModel> {
  const { llama } = library;
  library.takeComplaints();
  library.takeWarnings();
  library.takeHeldBytes();
  const onGpu = options.gpuLayers !== 0 && library.gpus.length > 0;
  const params = {
    ...llama.model_default_params(),
    ...(onGpu
      ? { n_gpu_layers: options.gpuLayers === 'max' ? ALL_LAYERS : options.gpuLayers }
      : { n_gpu_layers: 0, devices: noDevices() }),
  };
  const model = await onAnotherThread<Pointer>((done) => llama.model_load_from_file.async(options.file, params, done));
  if (model === null) throw new Error(causeOf(library));
  const warnings = library.takeWarnings();
  const heldBytes = library.takeHeldBytes();
  const closing: (() => Promise<void> | void)[] = [() => llama.model_free(model)];
  const close = async () => {
    for (const part of closing.splice(0).reverse()) await part();
  };
  try {
    const threads = await options.untimed(async () =>
      fastestThreads(options.threads, (some) => raceOn(library, model, some)),
    );
    const pool = threads > 1 ? library.createThreadPool(threads) : null;
    if (pool !== null) closing.push(() => pool.free());
    const adapters = options.adapters.map(({ filePath }) => {
      const adapter = llama.adapter_lora_init(model, filePath);
      if (adapter === null) throw new Error(causeOf(library));
      return adapter;
    });
    return {
      tokenizer: tokenizerOf(llama, model),
      engine: library.build,
      threads,
      device: onGpu ? `gpu (${library.gpus.join(', ')})` : 'cpu',
      heldBytes,
      trainedContext: llama.model_n_ctx_train(model),
      warnings: [
        ...(warnings.length > 0 ? [`llama.cpp warns: ${warnings.join('; ')}`] : []),
        ...(options.gpuLayers === 0 || onGpu
          ? []
          : [`gpuLayers is ${options.gpuLayers}, but llama.cpp found no GPU here: the model runs on the CPU`]),
      ],
      // A recurrent state is of all tokens before it, and cannot be cut.
      copies: llama.model_is_recurrent(model) || llama.model_is_hybrid(model) ? 'whole' : 'up to a position',
      close,
      openContext: async (needs) => {
        const context = llama.init_from_model(model, contextParams(llama, { ...options, threads }, needs));
        if (context === null) throw new Error(causeOf(library));
        if (pool !== null) llama.attach_threadpool(context, pool.pointer, null);
        if (adapters.length > 0) {
          const scales = Float32Array.from(options.adapters, ({ scale }) => scale);
          llama.set_adapters_lora(context, BigUint64Array.from(adapters), adapters.length, scales);
        }
        const engine = createEngine(llama, { model, context, ...needs, batchSize: options.batchSize, onGpu });
        closing.push(engine.close);
        return engine;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** `n_gpu_layers` for all that there are. */
const ALL_LAYERS = -1;

/**
 * With a GPU at hand, llama.cpp computes long prompts on it even for a model without layers there, unless it is given a list of
 * devices that has none.
 */
function noDevices(): Pointer {
  const list = koffi.alloc('uint64_t', 1) as Pointer;
  new BigUint64Array(koffi.view(list, BigUint64Array.BYTES_PER_ELEMENT))[0] = 0n;
  return list;
}

/** The first complaint is the cause; those after it say that each caller failed in turn. */
function causeOf(library: Library): string {
  return library.takeComplaints()[0]?.replace(/^\w+: (error loading model: )?/, '') ?? 'it gives no reason';
}

/** llama.cpp rounds the room of a sequence up to a multiple of this. */
const CELLS = 256;
/** `enum llama_flash_attn_type`: flash attention is used if the device supports it. */
const AUTO = -1;
/** `enum ggml_type` */
const CACHE_TYPES = { f32: 0, f16: 1, q4_0: 2, q8_0: 8 } as const;

type ContextOptions = Omit<LoadOptions, 'threads'> & Pick<LoadedModel, 'threads'>;

function contextParams(llama: LlamaFunctions, options: ContextOptions, needs: ContextNeeds) {
  const cells = (tokens: number) => Math.ceil(tokens / CELLS) * CELLS;
  return {
    ...llama.context_default_params(),
    n_ctx: cells(needs.sharedRoom ?? needs.contextSize) * (needs.sharedRoom === undefined ? needs.sequences : 1),
    kv_unified: needs.sharedRoom !== undefined,
    n_batch: options.batchSize,
    n_ubatch: options.batchSize,
    n_seq_max: needs.sequences,
    n_threads: options.threads,
    n_threads_batch: options.threads,
    flash_attn_type: options.flashAttention === 'auto' ? AUTO : Number(options.flashAttention),
    type_k: CACHE_TYPES[options.kvCacheType],
    type_v: CACHE_TYPES[options.kvCacheType],
    swa_full: needs.fullWindow,
  };
}

function tokenizerOf(llama: LlamaFunctions, model: Pointer): Tokenizer {
  const vocab = llama.model_get_vocab(model);
  const tokenOrNull = (token: number) => (token < 0 ? null : token);
  let ids = new Int32Array(64);
  let bytes = Buffer.alloc(1024);
  return {
    bos: tokenOrNull(llama.vocab_bos(vocab)),
    eos: tokenOrNull(llama.vocab_eos(vocab)),
    addBos: llama.vocab_get_add_bos(vocab),
    isEndOfGeneration: (token) => llama.vocab_is_eog(vocab, token),
    tokenize(text) {
      const bytes = Buffer.from(text);
      // Room for what a vocabulary may put before the first byte; no token is shorter than a byte.
      const tokens = new Int32Array(bytes.length + 8);
      const count = llama.tokenize(vocab, bytes, bytes.length, tokens, tokens.length, false, true);
      if (count < 0) throw new Error(`llama.cpp needs ${-count} tokens for a text of ${bytes.length} bytes`);
      return [...tokens.subarray(0, count)];
    },
    detokenize(tokens) {
      if (ids.length < tokens.length) ids = new Int32Array(2 * tokens.length);
      ids.set(tokens);
      const decode = () => llama.detokenize(vocab, ids, tokens.length, bytes, bytes.length, false, true);
      let length = decode();
      if (length < 0) {
        bytes = Buffer.alloc(-length);
        length = decode();
      }
      return bytes.toString('utf8', 0, length);
    },
  };
}

interface EngineParts extends ContextNeeds {
  readonly model: Pointer;
  readonly context: Pointer;
  readonly batchSize: number;
  readonly onGpu: boolean;
}

/** A token of an answer, or several: those of a prompt take a fraction of the time each, for they are computed together. */
type Kind = 'alone' | 'together';

function createEngine(llama: LlamaFunctions, parts: EngineParts): Engine {
  const { model, context, contextSize, batchSize, onGpu, sequences } = parts;
  const longestBreath = sequences === 1 ? BREATH.alone : BREATH.together;
  const memory = llama.get_memory(context);
  const vocabulary = llama.vocab_n_tokens(llama.model_get_vocab(model));
  const batch = createBatch(batchSize);
  let inFlight: Promise<unknown> = Promise.resolve();
  const secondsPerToken = { alone: Number.POSITIVE_INFINITY, together: Number.POSITIVE_INFINITY };
  let breath = 0;
  let closed: Promise<void> | undefined;

  /** After closing, the address belongs to memory of another owner. */
  function requireOpen(): void {
    if (closed !== undefined) throw new Error('the context is closed');
  }

  /** Promises cost a small model's token as much as its text does, so there is one only where something is waited for. */
  function decode(spans: readonly Span[]): Places | Promise<Places> {
    requireOpen();
    const places = batch.fill(spans);
    const tokens = batch.struct.n_tokens;
    const kind = tokens === 1 ? 'alone' : 'together';
    if (secondsPerToken[kind] * tokens > LONG) return computeElsewhere(kind, places);
    if (!isBreathDue()) return compute(kind, places);
    return takeBreath().then(() => compute(kind, places));
  }

  function compute(kind: Kind, places: Places): Places {
    const start = seconds();
    const status = llama.decode(context, batch.struct);
    // A GPU still computes when the call returns.
    if (onGpu) llama.synchronize(context);
    finish(kind, status, seconds() - start);
    return places;
  }

  async function computeElsewhere(kind: Kind, places: Places): Promise<Places> {
    if (isBreathDue()) await takeBreath();
    const start = seconds();
    const status = await onAnotherThread<number>((done) => llama.decode.async(context, batch.struct, done));
    if (onGpu) await onAnotherThread<void>((done) => llama.synchronize.async(context, done));
    finish(kind, status, seconds() - start);
    return places;
  }

  function finish(kind: Kind, status: number, taken: number): void {
    const tokens = batch.struct.n_tokens;
    if (status !== 0) throw new Error(`llama.cpp could not compute a batch of ${tokens} tokens (status ${status})`);
    // A batch that had to wait for another process says little of the next.
    secondsPerToken[kind] = Math.min(taken / tokens, secondsPerToken[kind] * 1.5);
  }

  function isBreathDue(): boolean {
    return seconds() - breath > longestBreath;
  }

  async function takeBreath(): Promise<void> {
    await setImmediate();
    breath = seconds();
  }

  const seen = new Map<Pointer, Float32Array>();
  /** The logits where llama.cpp keeps them, which are the same few places for token after token. */
  const logitsAt = (place: number) => {
    requireOpen();
    const address = llama.get_logits_ith(context, place);
    if (address === null) throw new Error(`llama.cpp has no logits at place ${place}`);
    const known = seen.get(address);
    if (known !== undefined) return known;
    const logits = new Float32Array(koffi.view(address, vocabulary * Float32Array.BYTES_PER_ELEMENT));
    if (seen.size === MOST_PLACES) seen.clear();
    seen.set(address, logits);
    return logits;
  };

  return {
    contextSize,
    batchSize,
    decode(spans) {
      const work = decode(spans);
      if (work instanceof Promise) inFlight = work.catch(() => {});
      return work;
    },
    sampler: (sampling) => createSampler(llama, context, logitsAt, sampling),
    score: (place, token) => scoreOf(logitsAt(place), token),
    copy(from, to, count = -1) {
      requireOpen();
      llama.memory_seq_rm(memory, to, -1, -1);
      llama.memory_seq_cp(memory, from, to, 0, count);
    },
    forget(sequence, from) {
      requireOpen();
      return llama.memory_seq_rm(memory, sequence, from, -1);
    },
    async idle() {
      await inFlight;
      // A request has just come in, so this thread has seen to everything else.
      breath = seconds();
    },
    close() {
      closed ??= inFlight.then(() => {
        batch.free();
        llama.free(context);
      });
      return closed;
    },
  };
}

function createSampler(
  llama: LlamaFunctions,
  context: Pointer,
  logitsAt: (place: number) => Float32Array,
  { temperature, topP, seed }: Sampling,
): Sampler {
  if (temperature === 0) {
    return {
      sample: (place) => likeliest(logitsAt(place)),
      close() {},
    };
  }
  const chain = llama.sampler_chain_init({ no_perf: true });
  if (topP < 1) llama.sampler_chain_add(chain, llama.sampler_init_top_p(topP, 1));
  llama.sampler_chain_add(chain, llama.sampler_init_temp(temperature));
  // llama.cpp draws the seed 2^32 - 1 from the clock.
  llama.sampler_chain_add(chain, llama.sampler_init_dist(seed % 0xffffffff));
  return {
    sample(place) {
      const logits = logitsAt(place);
      const token = llama.sampler_sample(chain, context, place);
      return { token, logprob: logProbability(logits, token) };
    },
    close: () => llama.sampler_free(chain),
  };
}

function seconds(): number {
  return performance.now() / 1000;
}

function onAnotherThread<T>(start: (done: (error: Error | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, result) => (error === null ? resolve(result) : reject(error)));
  });
}
