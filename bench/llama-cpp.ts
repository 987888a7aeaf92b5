/**
 * How much of llama.cpp's own speed reaches a measurement: the llama-cpp backend against upstream's `llama-bench` on the
 * same file, threads, prompt and answer lengths and depth. `LLAMA_BENCH` is the command that runs it, if it is not on the path.
 *
 * Its llama.cpp is of another build than ours, and compilers and versions differ by more than what we look for. So goals are ratios to
 * llama-bench's own loop on our libraries (any token, no sampling, no text), and the ratio to llama-bench is information.
 */
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Session } from '../src/backends/backend.js';
import { physicalCores } from '../src/backends/cores.js';
import { llamaCpp } from '../src/backends/llama-cpp.js';
import { modelSchema } from '../src/core/definition/model.js';
import { type Generation, generationSchema } from '../src/core/definition/suite.js';
import { isMissing } from '../src/core/quantity.js';
import { compared, type Figure, type Part, spreadOf } from './part.js';
import { absent, GGUF, type Weights } from './weights.js';

const run = promisify(execFile);

const PROMPT = 128;
/** Words of the prompt whose answer is timed. With the chat's own tokens they are the depth at which both sides decode. */
const WORDS = 16;

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

/** Milliseconds in which the threads of the side before stop spinning. */
const REST = 1000;

/** Tokens. */
export interface Lengths {
  readonly answer: number;
  /** Those before the answer. */
  readonly depth: number;
}

export interface Rates {
  /** Tokens per second. */
  readonly prefill: number;
  readonly decode: number;
}

export const llamaCppPart: Part = {
  about: 'decode and prefill rates of the llama-cpp backend, against llama-bench on the same file',
  async *measure({ pairs, wants }) {
    const command = (process.env.LLAMA_BENCH ?? 'llama-bench').split(' ');
    const reason = await run(command[0]!, [...command.slice(1), '--help']).then(
      () => null,
      () => `there is no ${command.join(' ')}; name the command in LLAMA_BENCH`,
    );
    if (reason !== null) yield { what: 'llama-bench', skipped: reason };
    for (const subject of SUBJECTS.filter(({ weights }) => wants(weights.name))) {
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
      yield await defaultOf(subject.weights, rates);
    }
  },
};

/** How near the default number of threads comes to the best one. @param rates of decoding, by threads. */
async function defaultOf({ name, path }: Weights, rates: ReadonlyMap<number, number>): Promise<Figure> {
  await setTimeout(REST);
  const session = await openOurs(path);
  const { threads } = session.facts;
  await session.close();
  if (isMissing(threads)) throw new Error(threads.missing);
  const { value } = threads;
  return {
    what: `decode with the default of ${value} ${value === 1 ? 'thread' : 'threads'} to the best of ${[...rates.keys()].join(', ')}, ${name}`,
    unit: '',
    goal: { atLeast: DEFAULT_THREADS },
    ours: spreadOf([(rates.get(value) ?? 0) / Math.max(...rates.values())]),
  };
}

/** @param threads the default when unsaid. */
async function openOurs(source: string, threads?: number): Promise<Session> {
  const model = modelSchema.parse({ id: 'm', backend: 'llama-cpp', source, threads });
  if (model.backend !== 'llama-cpp') throw new Error('expected a llama-cpp model');
  return llamaCpp.open(model, { directory: '.', environment: {} }, new AbortController().signal);
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
  try {
    const trios: { ours: Rates; upstream: Rates | null; bare: Rates }[] = [];
    for (let pair = 0; pair < count; pair++) {
      // Both sides are opened anew: the same loop on the same file differs by a fifth with the pages that its weights get (README.md).
      const session = await openOurs(file, threads);
      const bare = openBare(file, threads);
      const lengths = { answer, depth: await depthOf(session) };
      trios.push({
        upstream: command && (await upstream(command, file, threads, lengths)),
        ours: await afterRest(() => ours(session, answer)),
        bare: await afterRest(() => bare.rates(lengths)),
      });
      await session.close();
      bare.close();
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
    rmSync(folder, { recursive: true });
  }
}

async function upstream(
  command: readonly string[],
  file: string,
  threads: number,
  { answer, depth }: Lengths,
): Promise<Rates> {
  const common = ['-m', file, '-t', String(threads), '-r', '1', '-fa', 'auto', '-o', 'json'];
  const test = async (...flags: string[]) => {
    const { stdout } = await run(command[0]!, [...command.slice(1), ...common, ...flags]);
    return (JSON.parse(stdout) as { avg_ts: number }[])[0]!.avg_ts;
  };
  return {
    prefill: await test('-p', String(PROMPT), '-n', '0'),
    decode: await test('-p', '0', '-n', String(answer), '-d', String(depth)),
  };
}

async function afterRest<T>(measure: () => Promise<T>): Promise<T> {
  await setTimeout(REST);
  return measure();
}

/** llama-bench's own loop on our libraries: see bare-loop.ts. */
function openBare(file: string, threads: number) {
  const script = fileURLToPath(new URL('./bare-loop.ts', import.meta.url));
  const child = fork(script, [file, String(threads)]);
  return {
    async rates(lengths: Lengths): Promise<Rates> {
      child.send(lengths);
      const [rates] = await once(child, 'message');
      return rates as Rates;
    },
    close: () => child.disconnect(),
  };
}

async function ours(session: Session, answerLength: number): Promise<Rates> {
  // The process that was read before has filled the caches.
  const words = await wordsOfPrompt(session);
  return {
    prefill: (await answer(session, words, 1)).prefill,
    decode: await decodeRate(session, answerLength),
  };
}

async function depthOf(session: Session): Promise<number> {
  return (await answer(session, WORDS, 1)).promptTokens;
}

/** The words that make a prompt of exactly `PROMPT` tokens, for a batch of 133 takes a fifth longer than one of 128. */
async function wordsOfPrompt(session: Session): Promise<number> {
  let words = PROMPT;
  for (let tries = 0; tries < 5; tries++) {
    const { promptTokens } = await answer(session, words, 1);
    if (promptTokens === PROMPT) return words;
    words -= promptTokens - PROMPT;
  }
  throw new Error(`no number of words makes a prompt of ${PROMPT} tokens`);
}

/** Small models end their answers early, so answers are added up until they are as long as llama-bench's. */
async function decodeRate(session: Session, answerLength: number): Promise<number> {
  let tokens = 0;
  let seconds = 0;
  for (let tries = 0; tokens < answerLength && tries < 64; tries++) {
    const { times } = await answer(session, WORDS, answerLength + 1 - tokens, tries);
    tokens += times.length - 1;
    seconds += times.at(-1)! - times[0]!;
  }
  return tokens / seconds;
}

/** Answers a text of so many words more than those of the chat; which of several texts is up to `variant`. */
async function answer(session: Session, words: number, maxTokens: number, variant = 0) {
  const start = session.now();
  const times: number[] = [];
  let promptTokens = 0;
  let end = start;
  const generation: Generation = { ...generationSchema.parse({}), maxTokens };
  const content = `${'abcdefghijklmnopqrstuvwxyz'.charAt(variant % 26)} time`.concat(' the'.repeat(words));
  const prompt = { messages: [{ role: 'user' as const, content }] };
  for await (const event of session.generate(prompt, generation, new AbortController().signal)) {
    if (event.kind === 'piece') times.push(event.time);
    else {
      end = event.time;
      if ('value' in event.promptTokens) promptTokens = event.promptTokens.value;
    }
  }
  // A model may end its answer at once: then the end is the first that was sampled.
  return { times, promptTokens, prefill: promptTokens / ((times[0] ?? end) - start) };
}
