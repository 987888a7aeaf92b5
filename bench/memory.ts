/**
 * Is memory what we say it is? Processes allocate a known amount, each in its own way, and are read from outside; models are
 * opened, and the weights and the KV cache that are read are held against the file and against
 * `2 x layers x kv_heads x head_dim x bytes x context`. At last an A/A run shows whether reading disturbs the timing.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';
import type { Session } from '../src/backends/backend.js';
import { llamaCpp } from '../src/backends/llama-cpp.js';
import { bytesPerToken, copiesOfCache, Decoder } from '../src/backends/onnxruntime/decoder.js';
import { openDirect } from '../src/backends/onnxruntime/direct.js';
import { readModelFolder } from '../src/backends/onnxruntime/folder.js';
import { describeGraph } from '../src/backends/onnxruntime/graph.js';
import { onnxruntime } from '../src/backends/onnxruntime.js';
import { modelSchema } from '../src/core/definition/model.js';
import { generationSchema } from '../src/core/definition/suite.js';
import type { MemoryReading } from '../src/core/measure/measurement.js';
import { isMissing, type Quantity } from '../src/core/quantity.js';
import { readMemory, sampleMemory } from '../src/worker/memory.js';
import { compared, type Figure, type Pair, type Part, type Skipped, spreadOf } from './part.js';
import { absent, GGUF, ONNX, type Weights } from './weights.js';

const SIZE = 200e6;
const WITHIN = { atMost: 2 };
/** What a child process can do: allocate, or open a model with a context of so many tokens. */
const WAYS = ['anonymous', 'native', 'file-mapped', 'freed before the end'] as const;
type Way = (typeof WAYS)[number];
type Order =
  | { readonly do: Way }
  | { readonly open: string; readonly backend: Backend; readonly context?: number }
  | { readonly grow: string; readonly tokens: number };
type Backend = 'llama-cpp' | 'onnxruntime';
const CHILD = 'memory-child';

export const memoryPart: Part = {
  about: 'memory as it is read, against allocations that are known, weights and KV caches',
  async *measure({ pairs }) {
    for (const way of WAYS) {
      const errors: number[] = [];
      for (let n = 0; n < pairs; n++) errors.push(errorOf(await allocated(way), SIZE));
      yield { what: `error of ${SIZE / 1e6} MB, ${way}`, unit: '%', ours: spreadOf(errors), goal: WITHIN };
    }
    yield* weightsOf(GGUF.tinyLlama, 'llama-cpp', pairs);
    yield* weightsOf(GGUF.stories, 'llama-cpp', pairs);
    yield* weightsOf(ONNX.miniMind, 'onnxruntime', pairs);
    yield* cacheOf(GGUF.tinyLlama, pairs, twoContexts);
    yield* cacheOf(ONNX.miniMind, pairs, grown);
    yield await samplingOnAndOff(pairs);
  },
};

/** Percent. */
function errorOf(measured: number, known: number): number {
  return Math.abs(measured / known - 1) * 100;
}

async function allocated(way: Way): Promise<number> {
  return inChild(async (child, tell) => {
    const before = await readMemory([child.pid!]);
    const sampler = sampleMemory([child.pid!], 20);
    await tell({ do: way });
    const after = await readMemory([child.pid!]);
    const { peak } = await sampler.stop();
    switch (way) {
      case 'anonymous':
      case 'native':
        return bytes(after.anonymous) - bytes(before.anonymous);
      case 'file-mapped':
        return bytes(after.fileMapped) - bytes(before.fileMapped);
      case 'freed before the end':
        return bytes(peak.resident) - bytes(before.resident);
    }
  });
}

/** Megabytes as they are read, against those that are known beforehand. */
async function* against(
  known: 'file' | 'formula',
  { what, weights, count }: { readonly what: string; readonly weights: Weights; readonly count: number },
  read: () => Promise<Pair>,
): AsyncGenerator<Figure | Skipped> {
  const reason = absent(weights);
  if (reason !== null) return yield { what, skipped: reason };
  const pairs: Pair[] = [];
  for (let n = 0; n < count; n++) {
    const { ours, theirs } = await read();
    pairs.push({ ours: ours / 1e6, theirs: theirs / 1e6 });
  }
  yield compared(pairs, { what, unit: 'MB', goal: null, against: known, better: 'more' });
}

/** What opening a model adds, against the size of its files: mapped where the engine maps them, else anonymous. */
function weightsOf(weights: Weights, backend: Backend, count: number): AsyncGenerator<Figure | Skipped> {
  const what = `weights of ${weights.name}, read against file`;
  return against('file', { what, weights, count }, async () => {
    const { before, after, file } = await opened({ open: weights.path, backend, context: 256 });
    return { ours: bytes(after.resident) - bytes(before.resident), theirs: file };
  });
}

const SHORT = 256;
const LONG = 2048;

/** What one length adds to another is its cache, and what the engine computes with. */
function cacheOf(
  weights: Weights,
  count: number,
  read: (weights: Weights) => Promise<readonly [short: Held, long: Held]>,
): AsyncGenerator<Figure | Skipped> {
  const what = `KV cache of ${weights.name}, ${SHORT} to ${LONG.toLocaleString('en')} tokens`;
  return against('formula', { what, weights, count }, async () => {
    const [short, long] = await read(weights);
    return { ours: long.anonymous - short.anonymous, theirs: long.cache - short.cache };
  });
}

/** Bytes that are read, and those of the cache by the formula. */
interface Held {
  readonly anonymous: number;
  readonly cache: number;
}

/** Two processes, each with a context of its own. */
async function twoContexts({ path }: Weights): Promise<readonly [Held, Held]> {
  const at = async (context: number) => {
    const { after, cache } = await opened({ open: path, backend: 'llama-cpp', context });
    return { anonymous: bytes(after.anonymous), cache };
  };
  return [await at(SHORT), await at(LONG)];
}

/** An ONNX decoder of one process: its cache grows with the tokens it has read, while JavaScript's heap shrinks by as much. */
function grown({ path }: Weights): Promise<readonly [Held, Held]> {
  return inChild(async (child, tell) => {
    const at = async (tokens: number) => {
      const { cache, heap } = (await tell({ grow: path, tokens })) as Grown;
      return { anonymous: bytes((await readMemory([child.pid!])).anonymous) - heap, cache };
    };
    return [await at(SHORT), await at(LONG)];
  });
}

/** What the child says of it: bytes of the cache by the formula, and of the heap. */
interface Grown {
  readonly cache: number;
  readonly heap: number;
}

interface OpenedModel {
  readonly before: MemoryReading;
  readonly after: MemoryReading;
  /** Bytes of the files, and of the cache by the formula. */
  readonly file: number;
  readonly cache: number;
}

function opened(order: Order): Promise<OpenedModel> {
  return inChild(async (child, tell) => {
    const before = await readMemory([child.pid!]);
    const facts = (await tell(order)) as Pick<OpenedModel, 'file' | 'cache'>;
    return { before, after: await readMemory([child.pid!]), ...facts };
  });
}

async function inChild<T>(
  use: (child: ChildProcess, tell: (order: Order) => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const child = fork(fileURLToPath(import.meta.url), [CHILD], { execArgv: [...process.execArgv, '--expose-gc'] });
  try {
    await once(child, 'message');
    return await use(child, async (order) => {
      const answer = once(child, 'message');
      child.send(order);
      return (await answer)[0];
    });
  } finally {
    child.kill('SIGKILL');
  }
}

/** The same answers with and without somebody reading this process's memory ten times a second, as a run does. */
async function samplingOnAndOff(count: number): Promise<Figure> {
  const session = await openModel(GGUF.slm.path, 'llama-cpp', undefined);
  const watcher = fork(fileURLToPath(import.meta.url), [CHILD], { execArgv: [...process.execArgv, '--expose-gc'] });
  await once(watcher, 'message');
  const tell = async (watch: number | null) => {
    watcher.send({ watch });
    await once(watcher, 'message');
  };
  try {
    await secondsOfAnswers(session);
    const pairs = [];
    for (let n = 0; n < 2 * count; n++) {
      await tell(process.pid);
      const ours = await secondsOfAnswers(session);
      await tell(null);
      pairs.push({ ours, theirs: await secondsOfAnswers(session) });
    }
    return compared(pairs, {
      what: 'time of answers while memory is read',
      unit: 's',
      goal: { atLeast: 0.98 },
      against: 'while it is not',
      better: 'less',
    });
  } finally {
    watcher.kill('SIGKILL');
    await session.close();
  }
}

async function secondsOfAnswers(session: Session): Promise<number> {
  const generation = { ...generationSchema.parse({}), maxTokens: 32 };
  const begin = session.now();
  for (let i = 0; i < 40; i++) {
    const prompt = {
      messages: [{ role: 'user' as const, content: `Customer ${i} asks about the Delta mouse S${i}.` }],
    };
    for await (const _ of session.generate(prompt, generation, new AbortController().signal));
  }
  return session.now() - begin;
}

async function openModel(source: string, backend: Backend, context: number | undefined): Promise<Session> {
  const model = modelSchema.parse({ id: 'm', backend, source, threads: 1, ...(context && { context }) });
  const place = { directory: '/', environment: {} };
  const { signal } = new AbortController();
  if (model.backend === 'llama-cpp') return llamaCpp.open(model, place, signal);
  if (model.backend === 'onnxruntime') return onnxruntime.open(model, place, signal);
  throw new Error(`expected a backend of this process, found ${model.backend}`);
}

function bytes(quantity: Quantity): number {
  if (isMissing(quantity)) throw new Error(quantity.missing);
  return quantity.value;
}

/** The child: does what it is told and keeps it until it is killed. */
function serve(): void {
  const kept: unknown[] = [];
  let decoder: Decoder | null = null;
  let watching: ReturnType<typeof sampleMemory> | null = null;
  process.on('message', async (order: Order | { readonly watch: number | null }) => {
    if ('watch' in order) {
      await watching?.stop();
      watching = order.watch === null ? null : sampleMemory([order.watch]);
      process.send!({});
    } else if ('do' in order) {
      kept.push(await allocate(order.do));
      process.send!({});
    } else if ('grow' in order) {
      decoder ??= await openDecoder(order.grow);
      process.send!(await grow(decoder, order.tokens));
    } else {
      const session = await openModel(order.open, order.backend, order.context);
      kept.push(session);
      // What was read to hash the weights is garbage by now, and no part of the model.
      globalThis.gc!();
      const { weights, architecture, context } = session.facts;
      const { layers = 0, kvHeads = 0, headSize = 0, bytesPerCachedValue = 0 } = architecture ?? {};
      const tokens = isMissing(context) ? 0 : context.value;
      process.send!({
        file: weights?.bytes ?? 0,
        cache: 2 * layers * kvHeads * headSize * bytesPerCachedValue * tokens,
      });
    }
  });
  process.send!('up');
}

async function openDecoder(directory: string): Promise<Decoder> {
  const folder = readModelFolder(directory, undefined);
  const session = await openDirect(folder.weights[0], 1);
  return new Decoder(session, describeGraph(folder), { context: LONG, bytesOfWeights: 0 });
}

/** Reads on, a token at a time. */
async function grow(decoder: Decoder, tokens: number): Promise<Grown> {
  const { signal } = new AbortController();
  decoder.reserve(tokens);
  while (decoder.cache.length < tokens) await decoder.step(decoder.cache.length % 64, signal);
  // Buffers that were outgrown, and what the allocator keeps of them.
  globalThis.gc!();
  if (process.platform === 'linux') koffi.load('libc.so.6').func('int malloc_trim(size_t pad)')(0);
  const cache = copiesOfCache(decoder.graph) * bytesPerToken(decoder.graph) * tokens;
  return { cache, heap: process.memoryUsage().heapTotal };
}

const PROT_READ = 1;
const MAP_PRIVATE = 2;

async function allocate(way: Way): Promise<unknown> {
  const libc = koffi.load(process.platform === 'darwin' ? 'libSystem.dylib' : 'libc.so.6');
  const malloc = libc.func('void *malloc(size_t size)');
  const memset = libc.func('void *memset(void *to, int value, size_t size)');
  switch (way) {
    case 'anonymous':
      return Buffer.alloc(SIZE, 1);
    case 'native':
      return memset(malloc(SIZE), 1, SIZE);
    case 'freed before the end': {
      const memory = memset(malloc(SIZE), 1, SIZE);
      libc.func('void free(void *memory)')(memory);
      return null;
    }
    case 'file-mapped': {
      const folder = mkdtempSync(join(tmpdir(), 'rightsize-bench-'));
      const file = join(folder, 'data');
      writeFileSync(file, Buffer.alloc(SIZE, 1));
      const fd = openSync(file, 'r');
      const mmap = libc.func('void *mmap(void *at, size_t size, int protection, int flags, int fd, int64_t offset)');
      const memory = mmap(null, SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
      // Looks at every byte for one that is not there.
      libc.func('void *memchr(void *memory, int value, size_t size)')(memory, 0, SIZE);
      closeSync(fd);
      rmSync(folder, { recursive: true });
      return memory;
    }
  }
}

if (process.argv[2] === CHILD) serve();
