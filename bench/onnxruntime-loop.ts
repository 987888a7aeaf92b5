/**
 * The decoding loop of the onnxruntime backend against (a) transformers.js' own generation on the same graph and (b) the
 * tightest loops one can write in Python on the same version of onnxruntime (bench/onnxruntime-loop.py).
 *
 *     npx tsx bench/onnxruntime-loop.ts --model FOLDER [--threads 1] [--pairs 9] [--answer 100] [--python PYTHON]
 *
 * The loops take turns (A B C A B C …), so that drift of the machine cancels; each turn gives a ratio of decode rates, of
 * which the median and the range are printed. `best` compares the fastest that each loop was ever seen to take for the n-th
 * token, summed over the answer: a busy machine only ever adds time, so that is what the loops cost without it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { Session } from '../src/backends/backend.js';
import { readModelFolder } from '../src/backends/onnxruntime/folder.js';
import { onnxruntime } from '../src/backends/onnxruntime.js';
import { transformers } from '../src/backends/transformers.js';
import { modelSchema } from '../src/core/definition/model.js';
import { generationSchema } from '../src/core/definition/suite.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', multiple: true },
    threads: { type: 'string', multiple: true, default: ['1'] },
    pairs: { type: 'string', default: '9' },
    answer: { type: 'string', default: '100' },
    python: { type: 'string' },
  },
});
const pairs = Number(values.pairs);
const answerLength = Number(values.answer);
const GOALS: Readonly<Record<string, number>> = { 'transformers.js': 1.2, python: 0.97 };

/** Seconds of each step of one answer: the gaps between its tokens. */
type Steps = readonly number[];
type Loop = () => Promise<Steps>;

for (const model of values.model ?? []) {
  const folder = endless(resolve(model));
  try {
    for (const threads of values.threads) await compare(model, folder, Number(threads));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function compare(model: string, folder: string, threads: number): Promise<void> {
  const context = { directory: folder, environment: {} };
  const { signal } = new AbortController();
  const ours = await onnxruntime.open(entry('onnxruntime', folder, threads), context, signal);
  const loops = new Map<string, Loop>([['ours', () => decode(ours)]]);
  const closing: (() => Promise<void> | void)[] = [() => ours.close()];
  if (existsSync(join(folder, 'onnx'))) {
    const theirs = await transformers.open(entry('transformers', folder, threads), context, signal);
    loops.set('transformers.js', () => decode(theirs));
    closing.push(() => theirs.close());
  }
  if (values.python !== undefined) {
    const python = startPython(values.python, readModelFolder(folder, undefined).weights[0], threads);
    for (const kind of ['returned', 'bound'] as const) loops.set(`python ${kind}`, () => python.run(kind));
    closing.push(() => void python.child.kill());
  }

  for (const loop of loops.values()) await loop();
  const seen = new Map([...loops.keys()].map((name) => [name, [] as Steps[]]));
  for (let pair = 0; pair < pairs; pair++) {
    for (const [name, loop] of loops) seen.get(name)!.push(await loop());
  }
  for (const close of closing) await close();

  const mine = seen.get('ours')!;
  for (const [against, theirs] of seen) {
    if (against === 'ours') continue;
    const ratios = theirs.map((steps, i) => sum(steps) / sum(mine[i]!)).sort((a, b) => a - b);
    const row = {
      model,
      threads,
      against,
      pairs,
      goal: GOALS[against.split(' ')[0]!],
      median: round(ratios[Math.floor(ratios.length / 2)]!),
      range: [round(ratios[0]!), round(ratios.at(-1)!)],
      best: round(best(theirs) / best(mine)),
      microseconds: { ours: Math.round(best(mine) * 1e6), theirs: Math.round(best(theirs) * 1e6) },
    };
    process.stdout.write(`${JSON.stringify(row)}\n`);
  }
}

/** Seconds of an average step, if every step were as fast as the fastest of its place. */
function best(answers: readonly Steps[]): number {
  const fastest = answers[0]!.map((_, step) => Math.min(...answers.map((steps) => steps[step]!)));
  return sum(fastest) / fastest.length;
}

async function decode(session: Session): Promise<Steps> {
  const prompt = {
    messages: [{ role: 'user' as const, content: 'Customer Ivan Tran asks about the Delta mouse S91.' }],
  };
  const generation = { ...generationSchema.parse({}), maxTokens: answerLength };
  const times: number[] = [];
  for await (const event of session.generate(prompt, generation, new AbortController().signal)) {
    if (event.kind === 'piece') times.push(event.time);
  }
  if (times.length !== answerLength) throw new Error(`expected ${answerLength} tokens, got ${times.length}`);
  return times.slice(1).map((time, i) => time - times[i]!);
}

function entry<Name extends 'onnxruntime' | 'transformers'>(backend: Name, source: string, threads: number) {
  const quantised = !existsSync(join(source, 'onnx/model.onnx'));
  const dtype = backend === 'transformers' ? { dtype: quantised ? 'q8' : 'fp32' } : {};
  return modelSchema.parse({ id: 'm', backend, source, threads, ...dtype }) as Extract<
    ReturnType<typeof modelSchema.parse>,
    { backend: Name }
  >;
}

/** The model's folder with no token that ends an answer, so that every answer is as long as asked for. */
function endless(model: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-bench-'));
  cpSync(model, folder, { recursive: true, filter: (file) => !/\.(onnx|data|json)$|onnx_data/.test(file) });
  const { weights } = readModelFolder(model, undefined);
  for (const file of weights) symlinkSync(file, join(folder, file.slice(model.length + 1)));
  for (const name of ['config', 'generation_config', 'genai_config', 'tokenizer', 'tokenizer_config']) {
    if (!existsSync(join(model, `${name}.json`))) continue;
    const config = JSON.parse(readFileSync(join(model, `${name}.json`), 'utf8'));
    for (const part of [config, config.model]) {
      if (part?.eos_token_id !== undefined) part.eos_token_id = null;
      if (part?.eos_token !== undefined) part.eos_token = null;
    }
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(config));
  }
  return folder;
}

function startPython(python: string, graph: string, threads: number) {
  const script = join(import.meta.dirname, 'onnxruntime-loop.py');
  const args = [script, graph, String(threads), String(answerLength)];
  const child: ChildProcess = spawn(python, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    child,
    async run(kind: string): Promise<Steps> {
      child.stdin!.write(`${kind}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('the Python loop ended');
      return JSON.parse(value) as Steps;
    },
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function round(ratio: number): number {
  return Math.round(ratio * 1000) / 1000;
}
