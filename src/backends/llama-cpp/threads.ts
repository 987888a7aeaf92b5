/**
 * How many threads decode fastest. They meet at a barrier after every operation of every layer, hundreds of times a token, and wait
 * there by spinning. On idle cores that costs some tens of microseconds a token. Where another process has one of the cores, it costs
 * milliseconds, whatever the size of the model. So a small model is fastest on all cores of an idle machine and on one core of a busy
 * machine, by factors of 1.7 and 30 (bench/README.md). No rule on sizes is right for both, so a small model is tried when it is opened,
 * which takes some tenths of a second at most. A larger model has arithmetic enough for all cores, and to try it would take long.
 */
import { physicalCores } from '../cores.js';
import { createBatch } from './batch.js';
import type { Pointer } from './interface.js';
import type { Library, ThreadPool } from './library.js';

/** Bytes of weights below which the threads are tried: some 20 M parameters. */
const SMALL_MODEL = 32e6;

/**
 * The numbers of threads for a model whose entry names none. If there are several, a trial finds the fastest.
 *
 * @param bytes The size of the weights.
 * @returns The numbers, ascending.
 */
export function defaultThreads(bytes: number): readonly number[] {
  const cores = physicalCores();
  if (bytes >= SMALL_MODEL) return [cores];
  const doublings = Array.from({ length: Math.ceil(Math.log2(cores)) }, (_, i) => 2 ** i);
  return [...doublings, cores];
}

/** Decodes some tokens on a number of threads; gives up after `limit` seconds. @returns Seconds, or null. */
export type Race = (limit: number) => number | null;

/**
 * The fastest of several numbers of threads. Each is raced in turn, and a race ends when it can no longer win. Once more threads
 * are slower, none beyond them are tried.
 *
 * @param start prepares the race of a number of threads.
 */
export function fastestThreads(
  [first, ...others]: readonly number[],
  start: (threads: number) => { readonly race: Race; close(): void },
): number {
  if (first === undefined) throw new Error('no number of threads is allowed');
  if (others.length === 0) return first;
  const secondsOf = (threads: number, limit: number) => {
    const { race, close } = start(threads);
    // The weights come from the disk in the first race of all.
    if (threads === first) race(limit);
    const seconds = race(limit);
    close();
    return seconds;
  };
  let [fastest, best] = [first, secondsOf(first, Number.POSITIVE_INFINITY) ?? Number.POSITIVE_INFINITY];
  for (const threads of others) {
    const seconds = secondsOf(threads, best);
    if (seconds === null) break;
    [fastest, best] = [threads, seconds];
  }
  return fastest;
}

/** Tokens of a race: enough to meet whatever else wants the cores. */
const TOKENS = 64;
const CONTEXT = 256;

/** Races on a loaded model, in a context of its own, which is small and soon gone. @throws Error when there is no context. */
export function raceOn({ llama, createThreadPool }: Library, model: Pointer, threads: number) {
  const settings = { n_ctx: CONTEXT, n_batch: 1, n_ubatch: 1, n_threads: threads, n_threads_batch: threads };
  const context = llama.init_from_model(model, { ...llama.context_default_params(), ...settings });
  if (context === null) throw new Error('llama.cpp opens no context');
  const pool: ThreadPool | null = threads > 1 ? createThreadPool(threads) : null;
  if (pool !== null) llama.attach_threadpool(context, pool.pointer, null);
  const vocabulary = llama.vocab_n_tokens(llama.model_get_vocab(model));
  const batch = createBatch(1);
  let position = 0;
  const decode = () => {
    if (position === CONTEXT) {
      llama.memory_seq_rm(llama.get_memory(context), 0, -1, -1);
      position = 0;
    }
    batch.fill([{ sequence: 0, position, tokens: [position % vocabulary], logits: 'last' }]);
    llama.decode(context, batch.struct);
    position++;
  };
  const race: Race = (limit) => {
    const begun = performance.now();
    const elapsed = () => (performance.now() - begun) / 1000;
    for (let token = 0; token < TOKENS; token++) {
      if (elapsed() > limit) return null;
      decode();
    }
    const seconds = elapsed();
    return seconds > limit ? null : seconds;
  };
  return {
    race,
    close() {
      llama.free(context);
      pool?.free();
      batch.free();
    },
  };
}
