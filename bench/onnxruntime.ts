/**
 * The decoding loop of the onnxruntime backend against transformers.js' own generation on the same graph, and against the
 * tightest loops one can write in Python on the same version of onnxruntime (onnxruntime-loop.py). `RIGHTSIZE_PYTHON` names a
 * Python that has it, and onnxruntime-genai. Every loop computes on as many threads, with all graph optimisations.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Session } from '../src/backends/backend.js';
import { readModelFolder } from '../src/backends/onnxruntime/folder.js';
import { describeGraph } from '../src/backends/onnxruntime/graph.js';
import { onnxruntime } from '../src/backends/onnxruntime.js';
import { transformers } from '../src/backends/transformers.js';
import { modelSchema } from '../src/core/definition/model.js';
import { generationSchema } from '../src/core/definition/suite.js';
import { compared, type Figure, type Part, type Skipped } from './part.js';
import { whyNoPython } from './python.js';
import { absent, inPlace, ONNX, type Weights } from './weights.js';

const ANSWER = 100;
const THREADS = 1;
const GOALS: Readonly<Record<string, number>> = { 'transformers.js': 1.2, python: 0.97 };

export const onnxruntimePart: Part = {
  about: 'time of a token in the onnxruntime backend, against transformers.js and against loops in Python',
  async *measure({ pairs, wants }) {
    const noLoops = await whyNoPython('numpy', 'onnxruntime');
    if (noLoops !== null) yield { what: 'loops in Python', skipped: noLoops };
    const noGenai = noLoops ?? (await whyNoPython('onnxruntime_genai'));
    if (noLoops === null && noGenai !== null) yield { what: 'the loop of onnxruntime-genai', skipped: noGenai };
    const python = process.env.RIGHTSIZE_PYTHON;
    const kinds = [...(noLoops === null ? LOOPS : []), ...(noGenai === null ? [GENAI] : [])];
    for await (const subject of subjects()) {
      if ('skipped' in subject) {
        yield subject;
        continue;
      }
      const { name, path } = subject;
      if (!wants(name)) continue;
      const reason = absent({ name, path });
      if (reason !== null) {
        yield { what: name, skipped: reason };
        continue;
      }
      const folder = endless(path);
      try {
        yield* await compare(name, folder, { python, kinds, count: pairs });
      } finally {
        rmSync(folder, { recursive: true });
      }
    }
  },
};

async function* subjects(): AsyncGenerator<Weights | Skipped> {
  yield* Object.values(ONNX);
  yield* inPlace(ONNX.slm);
}

/** Seconds of each step of one answer: the gaps between its tokens. */
type Steps = readonly number[];
type Loop = () => Promise<Steps>;

/** The loops of onnxruntime-loop.py, by their names there. */
const LOOPS = ['returned', 'bound'] as const;
const GENAI = 'genai';

interface Comparison {
  readonly python: string | undefined;
  readonly kinds: readonly string[];
  readonly count: number;
}

async function compare(name: string, folder: string, { python, kinds, count }: Comparison): Promise<Figure[]> {
  const context = { directory: folder, environment: {} };
  const { signal } = new AbortController();
  const ours = await onnxruntime.open(entry('onnxruntime', folder), context, signal);
  const loops = new Map<string, Loop>([['ours', () => decode(ours)]]);
  const closing: (() => Promise<void> | void)[] = [() => ours.close()];
  // Transformers.js begins with a cache of no sequences, which a graph that writes its cache in place refuses.
  if (existsSync(join(folder, 'onnx')) && !describeGraph(readModelFolder(folder, undefined)).sharedCache) {
    const theirs = await transformers.open(entry('transformers', folder), context, signal);
    loops.set('transformers.js', () => decode(theirs));
    closing.push(() => theirs.close());
  }
  if (python !== undefined && kinds.length > 0) {
    const loop = startPython(python, readModelFolder(folder, undefined).weights[0]);
    for (const kind of kinds) {
      // It reads no folder without a configuration of its own.
      if (kind === GENAI && !existsSync(join(folder, 'genai_config.json'))) continue;
      loops.set(kind === GENAI ? 'python, onnxruntime-genai' : `python, outputs ${kind}`, () => loop.run(kind));
    }
    closing.push(() => void loop.child.kill());
  }

  for (const loop of loops.values()) await loop();
  const seen = new Map([...loops.keys()].map((loop) => [loop, [] as Steps[]]));
  for (let pair = 0; pair < count; pair++) {
    for (const [loop, decode] of loops) seen.get(loop)!.push(await decode());
  }
  for (const close of closing) await close();

  const mean = (steps: Steps) => (steps.reduce((total, step) => total + step, 0) / steps.length) * 1e6;
  const mine = seen.get('ours')!.map(mean);
  const myBest = best(seen.get('ours')!);
  return [...seen]
    .filter(([loop]) => loop !== 'ours')
    .flatMap(([against, theirs]) => {
      const figure = {
        unit: 'us',
        goal: { atLeast: GOALS[against.split(',')[0]!]! },
        against,
        better: 'less',
      } as const;
      const pairs = theirs.map((steps, i) => ({ ours: mine[i]!, theirs: mean(steps) }));
      return [
        compared(pairs, { ...figure, what: `a token, ${name}, 1 thread` }),
        compared([{ ours: myBest, theirs: best(theirs) }], { ...figure, what: `a token at best, ${name}, 1 thread` }),
      ];
    });
}

/** The mean over the steps of the fastest time seen for each, microseconds: other programs only add time. */
function best(answers: readonly Steps[]): number {
  const fastest = answers[0]!.map((_, step) => Math.min(...answers.map((steps) => steps[step]!)));
  return (fastest.reduce((total, step) => total + step, 0) / fastest.length) * 1e6;
}

async function decode(session: Session): Promise<Steps> {
  const prompt = {
    messages: [{ role: 'user' as const, content: 'Customer Ivan Tran asks about the Delta mouse S91.' }],
  };
  const generation = { ...generationSchema.parse({}), maxTokens: ANSWER };
  const times: number[] = [];
  for await (const event of session.generate(prompt, generation, new AbortController().signal)) {
    if (event.kind === 'piece') times.push(event.time);
  }
  if (times.length !== ANSWER) throw new Error(`expected ${ANSWER} tokens, got ${times.length}`);
  return times.slice(1).map((time, i) => time - times[i]!);
}

function entry<Name extends 'onnxruntime' | 'transformers'>(backend: Name, source: string) {
  const quantised = !existsSync(join(source, 'onnx/model.onnx'));
  const dtype = backend === 'transformers' ? { dtype: quantised ? 'q8' : 'fp32' } : {};
  return modelSchema.parse({ id: 'm', backend, source, threads: THREADS, ...dtype }) as Extract<
    ReturnType<typeof modelSchema.parse>,
    { backend: Name }
  >;
}

/** The model's folder with no token that ends an answer, so that every answer is as long as asked for. */
function endless(model: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-bench-'));
  cpSync(model, folder, {
    recursive: true,
    filter: (file) => !/\.(onnx|data|json|gguf|safetensors)$|onnx_data/.test(file),
  });
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

function startPython(python: string, graph: string) {
  const script = join(import.meta.dirname, 'onnxruntime-loop.py');
  const args = [script, graph, String(THREADS), String(ANSWER)];
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
