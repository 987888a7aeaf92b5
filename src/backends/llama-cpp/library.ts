/**
 * llama.cpp as a library in this process: loaded from the folder of node-llama-cpp's package for this system, or from one that the
 * user names.
 *
 * Note: why node-llama-cpp's own calls are not used. Its addon gives llama.cpp no thread pool, so llama.cpp starts and ends its
 * threads for every token, and it hands every token to another thread and back, twice. On two threads a small model decoded 100
 * tokens a second that way and 7,000 this way (bench/README.md).
 */
import koffi from 'koffi';
import type { LibraryFiles } from './find-library.js';
import { functionsOf, type LlamaFunctions, type Pointer } from './interface.js';

export interface Library {
  /** Which build it is, for which CPU, and where it is from: `llama.cpp 0.5.0-dev, ggml 0ad4a86, for zen4 (node-llama-cpp 3.22.1)`. */
  readonly build: string;
  /** The names of the GPUs that it computes on. */
  readonly gpus: readonly string[];
  readonly llama: LlamaFunctions;
  /** Returns the errors that the library has logged since the last call. */
  takeComplaints(): string[];
  /** Returns the lines of the warnings that the library has logged since the last call. */
  takeWarnings(): readonly string[];
  /** Returns the bytes of weights that it has put into memory since the last call, those of files and those in an order for this CPU. */
  takeHeldBytes(): number;
  /** Starts threads that spin a while when they wait for work, as those of llama-bench do. */
  createThreadPool(threads: number): ThreadPool;
}

export interface ThreadPool {
  readonly pointer: Pointer;
  free(): void;
}

let opened: { readonly folder: string; readonly library: Library } | undefined;

/**
 * Loads a library, once in a process: two builds would share the symbols of whichever came first.
 *
 * @throws Error when it cannot be loaded, or has another interface.
 */
export function openLibrary(files: LibraryFiles): Library {
  if (opened === undefined) opened = { folder: files.folder, library: open(files) };
  else if (opened.folder !== files.folder) {
    throw new Error(`expected one build of llama.cpp in a process, found that ${opened.folder} is loaded already`);
  }
  return opened.library;
}

function open({ base, ggml, llama: llamaFile, backends, origin }: LibraryFiles): Library {
  const ggmlBase = koffi.load(base);
  const registry = registryOf(koffi.load(ggml), ggmlBase);
  const { version, llama } = functionsOf(koffi.load(llamaFile));

  const complaints: string[] = [];
  const warnings: string[] = [];
  let variant: string | null = null;
  let held = 0;
  const logged = (level: number, message: string) => {
    variant ??= cpuVariantIn(message);
    held += heldBytesIn(message);
    if (level === ERROR) complaints.push(message.trim());
    if (level === WARN) warnings.push(message);
  };
  llama.log_set(koffi.register(logged, koffi.pointer(LOG)), null);
  for (const folder of backends) {
    registry.load(folder);
    if (registry.gpus().length > 0) break;
  }
  const createThreadPool = threadPoolsOf(registry.cpu(), ggmlBase);
  const commit = (ggmlBase.func('const char *ggml_commit()') as () => string)();
  // Distributions build from archives, which have no commit.
  const revision = commit === 'unknown' ? '' : `, ggml ${commit}`;
  return {
    build: `llama.cpp ${version}${revision}${variant === null ? '' : `, for ${variant}`} (${origin})`,
    gpus: registry.gpus(),
    llama,
    takeComplaints: () => complaints.splice(0),
    takeWarnings: () => readable(warnings.splice(0)),
    takeHeldBytes() {
      const bytes = held;
      held = 0;
      return bytes;
    },
    createThreadPool,
  };
}

type NativeLibrary = ReturnType<typeof koffi.load>;

/** `enum ggml_log_level` */
const WARN = 3;
const ERROR = 4;

const MOST_WARNINGS = 5;

/** The lines without the names of the functions that wrote them, without frames of stars, and each once. */
function readable(messages: readonly string[]): readonly string[] {
  const lines = messages
    .join('')
    .split('\n')
    .map((line) => line.replace(/^[\w:]+: +/, '').trim())
    .filter((line) => /\p{L}/u.test(line));
  const distinct = [...new Set(lines)];
  const more = distinct.length - MOST_WARNINGS;
  return more > 0 ? [...distinct.slice(0, MOST_WARNINGS), `and ${more} more lines of this kind`] : distinct;
}
const LOG = koffi.proto('void rightsize_llama_log(int level, const char *text, void *data)');

/** A build has its code for the CPU once for each generation of CPUs, and logs which of them it takes. */
function cpuVariantIn(message: string): string | null {
  return /loaded CPU backend from .*ggml-cpu-(\w+)\.(?:so|dylib|dll)/.exec(message)?.[1] ?? null;
}

/** Bytes of weights that a message says are in memory: those of the file, or those in an order for the CPU. */
export function heldBytesIn(message: string): number {
  const mebibytes = /model buffer size = +([\d.]+) MiB/.exec(message)?.[1];
  return mebibytes === undefined ? 0 : Number(mebibytes) * 2 ** 20;
}

/** `enum ggml_backend_dev_type` */
const CPU = 0;
const GPUS = [1, 2];

/** The devices that the backends of a library compute on. */
function registryOf(ggml: NativeLibrary, ggmlBase: NativeLibrary) {
  const count = ggml.func('size_t ggml_backend_dev_count()') as () => number;
  const get = ggml.func('void *ggml_backend_dev_get(size_t index)') as (index: number) => Pointer;
  const typeOf = ggmlBase.func('int ggml_backend_dev_type(void *device)') as (device: Pointer) => number;
  const describe = ggmlBase.func('const char *ggml_backend_dev_description(void *device)') as (
    device: Pointer,
  ) => string;
  const all = () => Array.from({ length: Number(count()) }, (_, index) => get(index));
  return {
    load: ggml.func('void ggml_backend_load_all_from_path(const char *folder)') as (folder: string) => void,
    gpus: () => all().flatMap((device) => (GPUS.includes(typeOf(device)) ? [describe(device)] : [])),
    cpu(): Pointer {
      const device = all().find((device) => typeOf(device) === CPU);
      if (device === undefined) throw new Error('expected code for this CPU beside libllama, found none');
      return device;
    },
  };
}

/** The functions for thread pools belong to the code for the CPU, which is a library of its own. */
function threadPoolsOf(cpu: Pointer, ggmlBase: NativeLibrary): Library['createThreadPool'] {
  const registry = ggmlBase.func('void *ggml_backend_dev_backend_reg(void *device)')(cpu) as Pointer;
  const find = ggmlBase.func('void *ggml_backend_reg_get_proc_address(void *registry, const char *name)');
  const defaults = ggmlBase.func('ggml_threadpool_params_default', THREADPOOL_PARAMS, ['int']);
  const create = find(registry, 'ggml_threadpool_new') as Pointer;
  const free = find(registry, 'ggml_threadpool_free') as Pointer;
  return (threads) => {
    const pointer = koffi.call(create, CREATE_THREADPOOL, defaults(threads)) as Pointer;
    return { pointer, free: () => koffi.call(free, FREE_THREADPOOL, pointer) };
  };
}

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
