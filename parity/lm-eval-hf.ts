/**
 * The same weights side by side: `onnxruntime` here, and lm-evaluation-harness with its `hf` model, each asking the same rows by
 * its own definition of the task. Log-likelihoods agree within 0.001, predictions are equal, and both are timed in turn, so that
 * what else the machine does falls on both alike.
 *
 *     RIGHTSIZE_PYTHON   a Python that has lm_eval with torch and transformers (python3)
 *     RIGHTSIZE_MODEL    a folder with weights for both: safetensors and onnx/model.onnx of one precision (models/reference-slm)
 *     RIGHTSIZE_LIMIT    rows of each task (200)
 *     RIGHTSIZE_ROUNDS   how often both are timed (3)
 *     RIGHTSIZE_THREADS  of both engines (the physical cores)
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Session } from '../src/backends/backend.js';
import { physicalCores } from '../src/backends/cores.js';
import { onnxruntime } from '../src/backends/onnxruntime.js';
import { modelSchema } from '../src/core/definition/model.js';
import type { Outcome } from '../src/core/measure/measurement.js';
import type { Sample } from '../src/core/message.js';
import { multipleChoice } from '../src/core/score/scorers/multiple-choice.js';
import { loadSuites } from '../src/files/definitions.js';
import { loadSamples } from '../src/files/samples.js';
import { PACKAGE_ROOT } from '../src/system/package.js';
import { runTrial } from '../src/worker/trial.js';
import type { AsyncCheck, Figure, Folder, Row } from './check.js';
import { rowsOf } from './folder.js';

const PYTHON = process.env.RIGHTSIZE_PYTHON ?? 'python3';
const MODEL = resolve(process.env.RIGHTSIZE_MODEL ?? join(PACKAGE_ROOT, 'models/reference-slm'));
const LIMIT = Number(process.env.RIGHTSIZE_LIMIT ?? 200);
const ROUNDS = Number(process.env.RIGHTSIZE_ROUNDS ?? 3);
const THREADS = Number(process.env.RIGHTSIZE_THREADS ?? physicalCores());
/** Its default, and one that fills the processor better. */
const BATCHES = [1, 8] as const;
const TOLERANCE = 1e-3;
const TIMEOUT = 600;
const WARMUP = 20;
const never = new AbortController().signal;

interface SideTask {
  readonly suite: string;
  readonly name: string;
  /** lm-evaluation-harness's name of it, and the split it reads. */
  readonly task: string;
  readonly split: 'test' | 'validation';
  /** The rows as both definitions expect them. */
  rows(data: Folder): readonly Row[];
}

const TASKS: readonly SideTask[] = [
  {
    suite: 'arc',
    name: 'arc-easy',
    task: 'arc_easy',
    split: 'test',
    rows: (data) =>
      data.rows('data/arc_easy.test.jsonl').map(({ id, query, choices, gold }) => ({
        id,
        question: query.slice('Question: '.length, -'\nAnswer:'.length),
        choices: { text: choices, label: choices.map((_: string, i: number) => 'ABCDE'[i]) },
        answerKey: 'ABCDE'[gold],
      })),
  },
  {
    suite: 'piqa',
    name: 'piqa',
    task: 'piqa',
    split: 'validation',
    rows: (data) => data.rows('data/piqa.validation.jsonl'),
  },
  {
    suite: 'boolq',
    name: 'boolq',
    task: 'boolq',
    split: 'validation',
    rows: (data) =>
      rowsOf(data.text('data/boolq.validation.jsonl.gz')).map(({ query, question, answer }, idx) => ({
        idx,
        question,
        // The passage with its title, as SuperGLUE has it.
        passage: query.slice(0, query.lastIndexOf(`\nQuestion: ${question}?`)),
        label: answer ? 1 : 0,
      })),
  },
];

interface Document {
  readonly loglikelihoods: readonly number[];
  readonly acc: number;
  readonly acc_norm?: number;
}

interface Result {
  readonly seconds: number;
  /** Seconds of the processor, all threads together: what a busy machine changes least. */
  readonly processor: number;
  readonly documents: readonly Document[];
}

export const lmEvalHf: AsyncCheck = {
  name: 'lm-eval-hf',
  folder: 'lm-eval-v0-fixtures',
  title: `lm-evaluation-harness, hf, on the weights of ${MODEL}, ${THREADS} threads`,
  cannot() {
    const { status } = spawnSync(PYTHON, ['-c', 'import lm_eval.models.huggingface'], { stdio: 'ignore' });
    return status === 0
      ? null
      : `${PYTHON} has no lm_eval with torch and transformers; name one that has: RIGHTSIZE_PYTHON`;
  },
  async *run(data) {
    const folder = mkdtempSync(join(tmpdir(), 'side-by-side-'));
    const theirs = startTheirs();
    const session = await openOurs();
    try {
      const { version, engine } = await theirs.next<{ version: string; engine: string }>();
      console.error(`${session.facts.engine} beside lm_eval ${version} (${engine})`);
      for (const task of TASKS) {
        const file = join(folder, `${task.task}.jsonl`);
        const rows = task.rows(data).slice(0, LIMIT);
        writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
        const samples = await samplesOf(task, file);
        const ask = (batch: number, limit = rows.length) =>
          theirs.ask<Result>({ task: task.task, file, split: task.split, limit, batch });
        const ours: Result[] = [];
        const others: Result[][] = BATCHES.map(() => []);
        // Neither is timed on its first samples: processes warm up.
        const few = samples.slice(0, WARMUP);
        await measure(session, few);
        for (const batch of BATCHES) await ask(batch, few.length);
        for (let round = 0; round < ROUNDS; round++) {
          ours.push(await measure(session, samples));
          for (const [i, batch] of BATCHES.entries()) others[i]!.push(await ask(batch));
          console.error(`${task.task}: round ${round + 1} of ${ROUNDS}`);
        }
        yield* compare(task.task, ours[0]!.documents, others[0]![0]!.documents);
        for (const [i, batch] of BATCHES.entries())
          yield* speeds(`${task.task}, batches of ${batch}`, samples.length, ours, others[i]!);
      }
    } finally {
      theirs.end();
      await session.close();
      rmSync(folder, { recursive: true });
    }
  },
};

async function openOurs(): Promise<Session> {
  const model = modelSchema.parse({ id: 'ours', backend: 'onnxruntime', source: MODEL, threads: THREADS });
  return onnxruntime.open(
    model as Extract<typeof model, { backend: 'onnxruntime' }>,
    { directory: '.', environment: {} },
    never,
  );
}

function startTheirs() {
  const child = spawn(PYTHON, [join(import.meta.dirname, 'lm-eval-hf.py'), MODEL, String(THREADS)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  child.stderr.on('data', (chunk) => said.splice(0, said.length - 20, String(chunk)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`lm_eval ended: ${said.join('').slice(-2000)}`);
    return JSON.parse(value) as T;
  };
  return {
    next,
    ask<T>(question: object): Promise<T> {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      return next<T>();
    },
    end: () => child.stdin.end(),
  };
}

async function samplesOf({ suite, name }: SideTask, file: string): Promise<readonly Sample[]> {
  const [loaded] = await loadSuites(suite);
  const index = loaded!.suite.tasks.findIndex((task) => task.name === name);
  const data = new Map([[`${suite}/${name}`, file]]);
  return (await loadSamples(loaded!, index, { seed: 0, limit: null, environment: {}, data })).samples;
}

/** Every sample as a run asks it. */
async function measure(session: Session, samples: readonly Sample[]): Promise<Result> {
  const outcomes: Outcome[] = [];
  const start = performance.now();
  const busy = process.cpuUsage();
  for (const { continuations } of samples) {
    const asked = {
      for: 'likelihoods',
      continuations: continuations!,
      unconditional: false,
      timeout: TIMEOUT,
    } as const;
    outcomes.push(await runTrial(session, asked, { cancel: never }));
  }
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(busy);
  return {
    seconds,
    processor: (user + system) / 1e6,
    documents: outcomes.map((outcome, i) => documentOf(samples[i]!, outcome)),
  };
}

function documentOf({ target, fields, continuations }: Sample, outcome: Outcome): Document {
  if (outcome.state !== 'ranked') throw new Error(`not ranked: ${JSON.stringify(outcome)}`);
  const loglikelihoods = outcome.loglikelihoods.map(({ sum }) => sum);
  const score = multipleChoice.score(
    {
      output: '',
      target,
      fields: { ...fields, choices: continuations!.map(({ choice }) => choice) },
      evidence: { effect: 'loglikelihoods', conditional: loglikelihoods },
    },
    multipleChoice.options.parse({}),
  );
  if (score.state !== 'scored') throw new Error(score.reason);
  return { loglikelihoods, acc: Number(score.details!.acc), acc_norm: Number(score.details!.acc_norm) };
}

function* compare(task: string, here: readonly Document[], there: readonly Document[]): Iterable<Figure> {
  const differences = here.flatMap(({ loglikelihoods }, i) =>
    loglikelihoods.map((value, k) => Math.abs(value - there[i]!.loglikelihoods[k]!)),
  );
  const near = differences.filter((difference) => difference <= TOLERANCE).length;
  yield {
    what: `${task}, log-likelihoods within ${TOLERANCE}`,
    published: String(there.flatMap(({ loglikelihoods }) => loglikelihoods).length),
    found: String(near),
    note: `the largest difference is ${Math.max(...differences).toExponential(1)}`,
  };
  for (const metric of ['acc', 'acc_norm'] as const) {
    if (there[0]![metric] === undefined) continue;
    const equal = here.filter((document, i) => document[metric] === there[i]![metric]).length;
    yield { what: `${task}, samples of equal ${metric}`, published: String(there.length), found: String(equal) };
    const mean = (documents: readonly Document[]) =>
      (documents.reduce((sum, document) => sum + document[metric]!, 0) / documents.length).toFixed(4);
    yield { what: `${task}, ${metric}`, published: mean(there), found: mean(here) };
  }
}

function* speeds(what: string, samples: number, here: readonly Result[], there: readonly Result[]): Iterable<Figure> {
  const kinds = { seconds: 'samples/s', processor: 'samples/s of one processor' } as const;
  for (const kind of ['seconds', 'processor'] as const) {
    const [ours, theirs] = [here, there].map((results) => samples / median(results.map((result) => result[kind])));
    yield {
      what: `${what}: ${(ours! / theirs!).toFixed(1)} times as many ${kinds[kind]} here`,
      published: theirs!.toPrecision(3),
      found: ours!.toPrecision(3),
      compared: false,
    };
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
