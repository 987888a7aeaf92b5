/**
 * How much of llama.cpp's own speed reaches a measurement: the llama-cpp backend against upstream's `llama-bench` on the
 * same file, threads, prompt and answer lengths and depth. `LLAMA_BENCH` is the command that runs it, if it is not on the path.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { Session } from '../src/backends/backend.js';
import { llamaCpp } from '../src/backends/llama-cpp.js';
import { modelSchema } from '../src/core/definition/model.js';
import { type Generation, generationSchema } from '../src/core/definition/suite.js';
import { compared, type Figure, type Part } from './part.js';
import { absent, GGUF } from './weights.js';

const run = promisify(execFile);

const PROMPT = 128;
/** Tokens before the answer that decoding is timed on: an answer is never the first thing in a context. */
const DEPTH = 16;

/** Goals are ratios to llama-bench; the embedded pair is so small that bookkeeping shows. */
const SUBJECTS = [
  { weights: GGUF.slm, answer: 256, decode: 0.5, prefill: 0.97 },
  { weights: GGUF.llm, answer: 256, decode: 0.5, prefill: 0.97 },
  { weights: GGUF.stories, answer: 128, decode: 0.9, prefill: 0.97 },
  { weights: GGUF.tinyLlama, answer: 32, decode: 0.97, prefill: 0.97 },
] as const;
const THREADS = [1, 2];

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
    for (const subject of SUBJECTS) {
      const skipped = absent(subject.weights) ?? reason;
      if (skipped !== null) {
        yield { what: subject.weights.name, skipped };
        continue;
      }
      for (const threads of THREADS) yield* await compare(command, subject, threads, pairs);
    }
  },
};

async function compare(
  command: readonly string[],
  { weights, answer, ...goals }: (typeof SUBJECTS)[number],
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
  try {
    await ours(session, answer);
    const pairs: { ours: Rates; theirs: Rates }[] = [];
    for (let pair = 0; pair < count; pair++) {
      pairs.push({ theirs: await upstream(command, file, threads, answer), ours: await ours(session, answer) });
    }
    return (['decode', 'prefill'] as const).map((rate) =>
      compared(
        pairs.map((pair) => ({ ours: pair.ours[rate], theirs: pair.theirs[rate] })),
        {
          what: `${rate}, ${weights.name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
          unit: 'tokens/s',
          goal: { atLeast: goals[rate] },
          against: 'llama-bench',
          better: 'more',
        },
      ),
    );
  } finally {
    await session.close();
    rmSync(folder, { recursive: true });
  }
}

async function upstream(command: readonly string[], file: string, threads: number, answer: number): Promise<Rates> {
  const common = ['-m', file, '-t', String(threads), '-r', '1', '-fa', '0', '-o', 'json'];
  const test = async (...flags: string[]) => {
    const { stdout } = await run(command[0]!, [...command.slice(1), ...common, ...flags]);
    return (JSON.parse(stdout) as { avg_ts: number }[])[0]!.avg_ts;
  };
  return {
    prefill: await test('-p', String(PROMPT), '-n', '0'),
    decode: await test('-p', '0', '-n', String(answer), '-d', String(DEPTH)),
  };
}

async function ours(session: Session, answerLength: number): Promise<Rates> {
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
