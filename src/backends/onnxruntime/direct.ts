/**
 * ONNX Runtime through its C interface, called from JavaScript: the library is the one in onnxruntime-node, but its Node
 * binding is passed by. The binding copies every output of a run into a new, zeroed buffer, even one that was written into
 * memory of the caller's: with keys and values for outputs, that is the whole cache at every token, and a third of the time
 * of a small model (bench/README.md). Here tensors are handed over as they lie in memory, and nothing is copied.
 *
 * The interface is a table of functions (`OrtApi`) whose first 102 entries, those of version 1, never change their places:
 * https://github.com/microsoft/onnxruntime/blob/main/include/onnxruntime/core/session/onnxruntime_c_api.h
 */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import koffi, { type KoffiFunc } from 'koffi';
import type { Tensor } from 'onnxruntime-node';
import type { Feeds, Fetches } from './cache.js';

/** What runs a graph; the outputs are written into the tensors that `fetches` holds. */
export interface GraphSession {
  /** @param stop for a run that takes long: where it can, it leaves the event loop free and ends when this is aborted. */
  run(feeds: Feeds, fetches: Fetches, stop: AbortSignal | null): Promise<unknown>;
  release(): Promise<void>;
}

/** A pointer to something that the library owns. */
type Handle = bigint;

/** @throws Error in the library's words when the file is no graph that it can run. */
export function openDirect(file: string, threads: number): GraphSession {
  const ort = load();
  const options = ort.create((out) => ort.api.CreateSessionOptions(out));
  try {
    ort.check(ort.api.SetSessionGraphOptimizationLevel(options, ALL_OPTIMISATIONS));
    ort.check(ort.api.SetIntraOpNumThreads(options, threads));
    ort.check(ort.api.SetInterOpNumThreads(options, 1));
    ort.check(ort.api.SetSessionLogSeverityLevel(options, ERRORS_ONLY));
    return new DirectSession(
      ort,
      ort.create((out) => ort.api.CreateSession(ort.environment, file, options, out)),
    );
  } finally {
    ort.api.ReleaseSessionOptions(options);
  }
}

const ALL_OPTIMISATIONS = 99;
const ERRORS_ONLY = 3;
/** Milliseconds after which the event loop gets its turn between two runs: an abort comes through it, and takes so long at most. */
const TURN = 8;

class DirectSession implements GraphSession {
  /** The library's view of the tensors of the last run: those that come again are not made again. */
  private values = new Map<Tensor, Handle>();
  /** There is one list with logits, one without, and hardly any other. */
  private readonly lists: NameList[] = [];
  private lastTurn = performance.now();

  constructor(
    private readonly ort: Library,
    private readonly session: Handle,
  ) {}

  async run(feeds: Feeds, fetches: Fetches, stop: AbortSignal | null): Promise<void> {
    if (performance.now() - this.lastTurn > TURN) {
      await eventLoopTurn();
      this.lastTurn = performance.now();
    }
    const values = new Map<Tensor, Handle>();
    try {
      const inputs = this.list(feeds, values);
      const outputs = this.list(fetches, values);
      const passed = [inputs.names, inputs.values, inputs.length, outputs.names, outputs.length, outputs.values];
      if (stop === null) this.ort.check(this.ort.api.Run(this.session, 0n, ...passed));
      else await this.runAside(passed, stop);
    } finally {
      for (const [tensor, value] of this.values) if (!values.has(tensor)) this.ort.api.ReleaseValue(value);
      this.values = values;
    }
  }

  /** Runs on another thread until it is done or the signal stops it. */
  private async runAside(passed: readonly unknown[], stop: AbortSignal): Promise<void> {
    const { api, check, create } = this.ort;
    const options = create((out) => api.CreateRunOptions(out));
    const terminate = () => check(api.RunOptionsSetTerminate(options));
    stop.addEventListener('abort', terminate, { once: true });
    try {
      const status = await new Promise((resolve, reject) => {
        const done = (error: unknown, result: unknown) => (error ? reject(error) : resolve(result));
        api.Run.async(this.session, options, ...passed, done);
      });
      check(status);
    } catch (error) {
      stop.throwIfAborted();
      throw error;
    } finally {
      stop.removeEventListener('abort', terminate);
      api.ReleaseRunOptions(options);
    }
  }

  async release(): Promise<void> {
    for (const value of this.values.values()) this.ort.api.ReleaseValue(value);
    this.values.clear();
    this.ort.api.ReleaseSession(this.session);
  }

  /** The tensors as the library takes them: an array of names and one of values. */
  private list(tensors: Readonly<Record<string, Tensor>>, values: Map<Tensor, Handle>): NameList {
    const names = Object.keys(tensors);
    let list = this.lists.find((known) => known.holds(names));
    if (list === undefined) {
      list = new NameList(names);
      this.lists.push(list);
    }
    for (let i = 0; i < names.length; i++) {
      const tensor = tensors[names[i]!]!;
      const value = values.get(tensor) ?? this.values.get(tensor) ?? this.ort.valueOf(tensor);
      values.set(tensor, value);
      list.values[i] = value;
    }
    return list;
  }
}

/** Names in the library's memory, with room for as many values. They are few, and live as long as the process. */
class NameList {
  readonly names: unknown;
  readonly values: BigUint64Array;
  readonly length: number;

  constructor(private readonly texts: readonly string[]) {
    this.length = texts.length;
    this.values = new BigUint64Array(texts.length);
    this.names = koffi.alloc('char *', texts.length);
    koffi.encode(this.names, koffi.array('char *', texts.length), texts);
  }

  holds(names: readonly string[]): boolean {
    if (names.length !== this.length) return false;
    for (let i = 0; i < names.length; i++) if (names[i] !== this.texts[i]) return false;
    return true;
  }
}

const SIGNATURES = {
  GetErrorMessage: [2, 'const char *(uintptr_t status)'],
  CreateEnv: [3, 'uintptr_t (int level, const char *name, void *out)'],
  CreateSession: [
    7,
    `uintptr_t (uintptr_t env, const ${process.platform === 'win32' ? 'char16_t' : 'char'} *path, uintptr_t options, void *out)`,
  ],
  Run: [
    9,
    'uintptr_t (uintptr_t session, uintptr_t options, void *names, void *values, size_t n, void *outputs, size_t m, void *out)',
  ],
  CreateSessionOptions: [10, 'uintptr_t (void *out)'],
  SetSessionLogSeverityLevel: [22, 'uintptr_t (uintptr_t options, int level)'],
  SetSessionGraphOptimizationLevel: [23, 'uintptr_t (uintptr_t options, int level)'],
  SetIntraOpNumThreads: [24, 'uintptr_t (uintptr_t options, int threads)'],
  SetInterOpNumThreads: [25, 'uintptr_t (uintptr_t options, int threads)'],
  CreateRunOptions: [39, 'uintptr_t (void *out)'],
  RunOptionsSetTerminate: [46, 'uintptr_t (uintptr_t options)'],
  CreateTensorWithDataAsOrtValue: [
    49,
    'uintptr_t (uintptr_t memory, void *data, size_t bytes, void *shape, size_t rank, int type, void *out)',
  ],
  CreateCpuMemoryInfo: [69, 'uintptr_t (int allocator, int type, void *out)'],
  ReleaseStatus: [93, 'void (uintptr_t status)'],
  ReleaseSession: [95, 'void (uintptr_t session)'],
  ReleaseValue: [96, 'void (uintptr_t value)'],
  ReleaseRunOptions: [97, 'void (uintptr_t options)'],
  ReleaseSessionOptions: [100, 'void (uintptr_t options)'],
} as const satisfies Record<string, readonly [place: number, signature: string]>;

type Api = Readonly<Record<keyof typeof SIGNATURES, KoffiFunc<(...values: unknown[]) => unknown>>>;

const ELEMENT_TYPES: Readonly<Record<string, number>> = { float32: 1, int32: 6, int64: 7, bool: 9, float16: 10 };
const VERSION_1_FUNCTIONS = 102;
const MOST_DIMENSIONS = 8;

interface Library {
  readonly api: Api;
  readonly environment: Handle;
  /** Calls a function that writes a new handle to `out`. */
  create(call: (out: BigUint64Array) => unknown): Handle;
  /** @throws Error with the library's message when the status is not null. */
  check(status: unknown): void;
  /** The library's view of a tensor's memory, which must outlive it. */
  valueOf(tensor: Tensor): Handle;
}

let loaded: Library | undefined;

function load(): Library {
  loaded ??= loadLibrary();
  return loaded;
}

function loadLibrary(): Library {
  const base = koffi.load(libraryFile()).func('void *OrtGetApiBase()')();
  const [getApi] = koffi.decode(base, koffi.array('void *', 1));
  const table = koffi.call(getApi, koffi.proto('void *(uint32_t version)'), 1);
  const functions = koffi.decode(table, koffi.array('void *', VERSION_1_FUNCTIONS));
  const api = Object.fromEntries(
    Object.entries(SIGNATURES).map(([name, [place, signature]]) => [
      name,
      koffi.decode(functions[place], koffi.proto(signature)),
    ]),
  ) as Api;

  const check = (status: unknown) => {
    if (status === 0 || status === 0n) return;
    const message = String(api.GetErrorMessage(status));
    api.ReleaseStatus(status);
    throw new Error(message);
  };
  // Made once: a token makes a dozen handles.
  const out = new BigUint64Array(1);
  const create = (call: (out: BigUint64Array) => unknown): Handle => {
    check(call(out));
    return out[0]!;
  };
  const memory = create((out) => api.CreateCpuMemoryInfo(1, 0, out));
  const shape = new BigInt64Array(MOST_DIMENSIONS);
  return {
    api,
    check,
    create,
    environment: create((out) => api.CreateEnv(ERRORS_ONLY, 'rightsize', out)),
    valueOf({ data, dims, type }) {
      const bytes = data as Float32Array;
      for (let i = 0; i < dims.length; i++) shape[i] = BigInt(dims[i]!);
      const element = ELEMENT_TYPES[type];
      if (element === undefined) throw new Error(`tensors of type ${type} are not handed over here`);
      return create((out) =>
        api.CreateTensorWithDataAsOrtValue(memory, bytes, bytes.byteLength, shape, dims.length, element, out),
      );
    },
  };
}

/** onnxruntime-node has the library for each platform beside its binding, under the platform's usual name. */
function libraryFile(): string {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const folder = join(root, 'bin/napi-v6', process.platform, process.arch);
  const name = readdirSync(folder).find((file) => /^(lib)?onnxruntime\.(so\.\d+|\d[\d.]*\.dylib|dll)$/.test(file));
  if (name === undefined) throw new Error(`onnxruntime-node has no library for this platform in ${folder}`);
  return join(folder, name);
}
