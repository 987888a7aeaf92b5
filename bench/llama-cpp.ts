/**
 * How much of llama.cpp's own speed reaches a measurement: the llama-cpp backend against upstream's `llama-bench` on the
 * same file, threads, prompt and answer lengths and depth. `LLAMA_BENCH` is the command that runs it, if it is not on the path.
 *
 * Its llama.cpp is of another build than ours, and compilers and versions differ by more than what we look for. So goals are ratios to
 * llama-bench's own loop on our libraries (any token, no sampling, no text), and the ratio to llama-bench is information.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { Session } from '../src/backends/backend.js';
import { physicalCores } from '../src/backends/cores.js';
import { createBatch } from '../src/backends/llama-cpp/batch.js';
import { shippedLibraries } from '../src/backends/llama-cpp/find-library.js';
import { type Library, openLibrary } from '../src/backends/llama-cpp/library.js';
import { defaultThreads } from '../src/backends/llama-cpp/threads.js';
import { llamaCpp } from '../src/backends/llama-cpp.js';
import { modelSchema } from '../src/core/definition/model.js';
import { type Generation, generationSchema } from '../src/core/definition/suite.js';
import { compared, type Figure, type Part, spreadOf } from './part.js';
import { absent, GGUF, type Weights } from './weights.js';

const run = promisify(execFile);

const PROMPT = 128;
/** Tokens before the answer that decoding is timed on: an answer is never the first thing in a context. */
const DEPTH = 16;

/** Goals are ratios to the loop on our libraries. The embedded pair is so small that bookkeeping shows. */
const SUBJECTS = [
  { weights: GGUF.slm, answer: 256, goal: 0.9 },
  { weights: GGUF.llm, answer: 256, goal: 0.9 },
  { weights: GGUF.stories, answer: 128, goal: 0.97 },
  { weights: GGUF.smolLm2, answer: 64, goal: 0.97 },
  { weights: GGUF.tinyLlama, answer: 32, goal: 0.97 },
] as const;
const THREADS = [...new Set([1, 2, physicalCores()])];
/** The default number of threads decodes at least at this share of the fastest one's rate. */
const DEFAULT_THREADS = 0.95;

interface Rates {
  /** Tokens per second. */
  readonly prefill: number;
  readonly decode: number;
}

export const llamaCppPart: Part = {
  about: 'decode and prefill rates of the llama-cpp backend, against llama-bench on the same file',
  async *measure({ pairs }) {
    const command = (process.env.LLAMA_BENCH ?? 'llama-bench').split(' ');
    const reason = await run(command[0]!, [...command.slice(1), '--help']).then(
      () => null,
      () => `there is no ${command.join(' ')}; name the command in LLAMA_BENCH`,
    );
    if (reason !== null) yield { what: 'llama-bench', skipped: reason };
    for (const subject of SUBJECTS) {
      const skipped = absent(subject.weights);
      if (skipped !== null) {
        yield { what: subject.weights.name, skipped };
        continue;
      }
      const rates = new Map<number, number>();
      for (const threads of THREADS) {
        const figures = await compare(reason === null ? command : null, subject, threads, pairs);
        rates.set(threads, figures[0]!.ours.median);
        yield* figures;
      }
      yield defaultOf(subject.weights, rates);
    }
  },
};

/** How near the default number of threads comes to the best one. @param rates of decoding, by threads. */
function defaultOf({ name, path }: Weights, rates: ReadonlyMap<number, number>): Figure {
  const threads = defaultThreads(statSync(path).size);
  return {
    what: `decode with the default of ${threads} ${threads === 1 ? 'thread' : 'threads'} to the best of ${[...rates.keys()].join(', ')}, ${name}`,
    unit: '',
    goal: { atLeast: DEFAULT_THREADS },
    ours: spreadOf([rates.get(threads)! / Math.max(...rates.values())]),
  };
}

/** @param command that of llama-bench; null where there is none. */
async function compare(
  command: readonly string[] | null,
  { weights, answer, goal }: (typeof SUBJECTS)[number],
  threads: number,
  count: number,
): Promise<Figure[]> {
  // A llama-bench in a container sees the folder of temporary files and not much else.
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-bench-'));
  const file = join(folder, basename(weights.path));
  copyFileSync(weights.path, file);
  const model = modelSchema.parse({ id: 'm', backend: 'llama-cpp', source: file, threads });
  if (model.backend !== 'llama-cpp') throw new Error('expected a llama-cpp model');
  const session = await llamaCpp.open(model, { directory: '.', environment: {} }, new AbortController().signal);
  const bare = openBare(openLibrary(await shippedLibraries('cpu')), file, threads);
  try {
    await ours(session, answer);
    const trios: { ours: Rates; upstream: Rates | null; bare: Rates }[] = [];
    for (let pair = 0; pair < count; pair++) {
      trios.push({
        upstream: command && (await upstream(command, file, threads, answer)),
        ours: await ours(session, answer),
        bare: bare.rates(answer),
      });
    }
    const sides = [
      { side: 'bare', against: 'its loop on our libraries', goal: { atLeast: goal } },
      ...(command === null ? [] : [{ side: 'upstream', against: 'llama-bench', goal: null } as const]),
    ] as const;
    return sides.flatMap(({ side, against, goal }) =>
      (['decode', 'prefill'] as const).map((rate) =>
        compared(
          trios.map((trio) => ({ ours: trio.ours[rate], theirs: trio[side]![rate] })),
          {
            what: `${rate}, ${weights.name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
            unit: 'tokens/s',
            goal,
            against,
            better: 'more',
          },
        ),
      ),
    );
  } finally {
    await session.close();
    bare.close();
    rmSync(folder, { recursive: true });
  }
}

async function upstream(command: readonly string[], file: string, threads: number, answer: number): Promise<Rates> {
  const common = ['-m', file, '-t', String(threads), '-r', '1', '-fa', 'auto', '-o', 'json'];
  const test = async (...flags: string[]) => {
    const { stdout } = await run(command[0]!, [...command.slice(1), ...common, ...flags]);
    return (JSON.parse(stdout) as { avg_ts: number }[])[0]!.avg_ts;
  };
  return {
    prefill: await test('-p', String(PROMPT), '-n', '0'),
    decode: await test('-p', '0', '-n', String(answer), '-d', String(DEPTH)),
  };
}

/** What `test_prompt` and `test_gen` of llama-bench do, with nothing around it. */
function openBare({ llama, createThreadPool }: Library, file: string, threads: number) {
  const model = llama.model_load_from_file(file, { ...llama.model_default_params(), n_gpu_layers: 0 });
  const settings = { n_ctx: 512, n_threads: threads, n_threads_batch: threads };
  const context = llama.init_from_model(model, { ...llama.context_default_params(), ...settings });
  const pool = createThreadPool(threads);
  llama.attach_threadpool(context, pool.pointer, null);
  const vocabulary = llama.vocab_n_tokens(llama.model_get_vocab(model));
  const batch = createBatch(PROMPT);
  const read = (position: number, count: number) => {
    const tokens = Array.from({ length: count }, (_, i) => ((position + i) * 7919) % vocabulary);
    batch.fill([{ sequence: 0, position, tokens, logits: 'last' }]);
    if (llama.decode(context, batch.struct) !== 0) throw new Error('llama.cpp computed nothing');
  };
  const rate = (tokens: number, work: () => void) => {
    const start = performance.now();
    work();
    return (1000 * tokens) / (performance.now() - start);
  };
  return {
    rates(answer: number): Rates {
      const forget = () => llama.memory_seq_rm(llama.get_memory(context), 0, -1, -1);
      forget();
      read(0, PROMPT);
      forget();
      const prefill = rate(PROMPT, () => read(0, PROMPT));
      forget();
      read(0, DEPTH);
      const decode = rate(answer, () => {
        for (let token = 0; token < answer; token++) read(DEPTH + token, 1);
      });
      return { prefill, decode };
    },
    close() {
      llama.free(context);
      pool.free();
      llama.model_free(model);
      batch.free();
    },
  };
}

async function ours(session: Session, answerLength: number): Promise<Rates> {
  // The process that was read before has filled the caches.
  await answer(session, PROMPT, 1);
  return {
    prefill: (await answer(session, PROMPT, 1)).prefill,
    decode: await decodeRate(session, answerLength),
  };
}

/** Small models end their answers early, so answers are added up until they are as long as llama-bench's. */
async function decodeRate(session: Session, answerLength: number): Promise<number> {
  let tokens = 0;
  let seconds = 0;
  for (let tries = 0; tokens < answerLength && tries < 64; tries++) {
    const { times } = await answer(session, DEPTH, answerLength + 1 - tokens, tries);
    tokens += times.length - 1;
    seconds += times.at(-1)! - times[0]!;
  }
  return tokens / seconds;
}

/** Answers a text of about so many tokens; which of several texts is up to `variant`. */
async function answer(session: Session, words: number, maxTokens: number, variant = 0) {
  const start = session.now();
  const times: number[] = [];
  let promptTokens = 0;
  const generation: Generation = { ...generationSchema.parse({}), maxTokens };
  const content = `${'abcdefghijklmnopqrstuvwxyz'.charAt(variant % 26)} time`.concat(' the'.repeat(words));
  const prompt = { messages: [{ role: 'user' as const, content }] };
  for await (const event of session.generate(prompt, generation, new AbortController().signal)) {
    if (event.kind === 'piece') times.push(event.time);
    else if ('value' in event.promptTokens) promptTokens = event.promptTokens.value;
  }
  return { times, prefill: promptTokens / (times[0]! - start) };
}
