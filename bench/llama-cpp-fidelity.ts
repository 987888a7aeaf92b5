/**
 * How much of llama.cpp's own speed reaches a measurement: the llama-cpp backend against upstream's `llama-bench` on the
 * same file, threads, prompt and answer lengths and depth, run alternately (A B A B …) so that drift of the machine
 * cancels. Each pair gives a ratio, ours over upstream's; the median of the pairs and their range are printed as JSON.
 *
 *     npx tsx bench/llama-cpp-fidelity.ts --bench "llama-bench" --model slm.gguf --threads 1 --pairs 7 [--answer 32]
 */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { Session } from '../src/backends/backend.js';
import { llamaCpp } from '../src/backends/llama-cpp.js';
import { modelSchema } from '../src/core/definition/model.js';
import { type Generation, generationSchema } from '../src/core/definition/suite.js';

const run = promisify(execFile);

const { values } = parseArgs({
  options: {
    bench: { type: 'string', default: 'llama-bench' },
    model: { type: 'string', multiple: true },
    threads: { type: 'string', multiple: true, default: ['1'] },
    pairs: { type: 'string', default: '7' },
    prompt: { type: 'string', default: '128' },
    answer: { type: 'string', default: '32' },
    goal: { type: 'string', default: '0.97' },
  },
});

interface Rates {
  /** Tokens per second. */
  readonly prefill: number;
  readonly decode: number;
}

const promptLength = Number(values.prompt);
const answerLength = Number(values.answer);
/** Tokens before the answer that decoding is timed on: an answer is never the first thing in a context. */
const DEPTH = 16;

async function upstream(file: string, threads: number): Promise<Rates> {
  const [command, ...before] = values.bench.split(' ');
  const common = ['-m', file, '-t', String(threads), '-r', '1', '-fa', '0', '-o', 'json'];
  const test = async (...flags: string[]) => {
    const { stdout } = await run(command!, [...before, ...common, ...flags]);
    return (JSON.parse(stdout) as { avg_ts: number }[])[0]!.avg_ts;
  };
  return {
    prefill: await test('-p', String(promptLength), '-n', '0'),
    decode: await test('-p', '0', '-n', String(answerLength), '-d', String(DEPTH)),
  };
}

async function ours(session: Session): Promise<Rates> {
  return { prefill: (await answer(session, promptLength, 1)).prefill, decode: await decodeRate(session) };
}

/** Small models end their answers early, so answers are added up until they are as long as llama-bench's. */
async function decodeRate(session: Session): Promise<number> {
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

function summary(ratios: readonly number[]) {
  const sorted = ratios.toSorted((a, b) => a - b);
  const round = (ratio: number) => Math.round(ratio * 1000) / 1000;
  return {
    ratio: round(sorted[Math.floor(sorted.length / 2)]!),
    range: [round(sorted[0]!), round(sorted.at(-1)!)],
  };
}

for (const file of values.model ?? []) {
  for (const threads of values.threads.map(Number)) {
    const model = modelSchema.parse({ id: 'm', backend: 'llama-cpp', source: resolve(file), threads });
    if (model.backend !== 'llama-cpp') throw new Error('expected a llama-cpp model');
    const context = { directory: process.cwd(), environment: process.env };
    const session = await llamaCpp.open(model, context, new AbortController().signal);
    await ours(session);
    const pairs: { ours: Rates; upstream: Rates }[] = [];
    for (let pair = 0; pair < Number(values.pairs); pair++) {
      pairs.push({ upstream: await upstream(resolve(file), threads), ours: await ours(session) });
    }
    for (const rate of ['decode', 'prefill'] as const) {
      const best = (whose: 'ours' | 'upstream') => Math.round(Math.max(...pairs.map((pair) => pair[whose][rate])));
      console.log(
        JSON.stringify({
          what: `${rate} of ${file.split('/').at(-1)} on ${threads} threads`,
          goal: Number(values.goal),
          ...summary(pairs.map((pair) => pair.ours[rate] / pair.upstream[rate])),
          pairs: pairs.length,
          figure: { ours: best('ours'), upstream: best('upstream'), unit: 'tokens/s, best of all' },
        }),
      );
    }
    await session.close();
  }
}
