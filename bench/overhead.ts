/**
 * What rightsize itself costs. The scripted backend takes no time, so all time that passes is ours: between tokens, between
 * trials, in the log, the analysis and the reports. The command line is run as people run it, from dist/ (`npm run build`).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { isMissing } from '../src/core/quantity.js';
import { readLog } from '../src/files/log.js';
import { sampleMemory } from '../src/worker/memory.js';
import { type Figure, type Part, spreadOf } from './part.js';

const CLI = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Trials of the whole flow, and records of a log that is only read. */
const TRIALS = 100_000;
const RECORDS = 1_000_000;
const MODELS = ['one', 'two'];

export const overheadPart: Part = {
  about: "rightsize's own cost: a token, a hundred thousand trials, a log of a million records",
  async *measure({ pairs }) {
    const folder = mkdtempSync(join(tmpdir(), 'rightsize-bench-'));
    const repeat = async <T>(measure: (at: string) => Promise<T>) => {
      const found: T[] = [];
      for (let n = 0; n < pairs; n++) {
        const at = mkdtempSync(join(folder, 'run-'));
        found.push(await measure(at));
        rmSync(at, { recursive: true });
      }
      return found;
    };
    try {
      const costs = await repeat(tokenCosts);
      const cost = (what: string, of: (cost: (typeof costs)[number]) => number, goal: Figure['goal']): Figure => ({
        what: `cost of a token, engine to log, ${what}`,
        unit: 'us',
        ours: spreadOf(costs.map((one) => of(one) * 1e6)),
        goal,
      });
      yield cost('p50 of answers', ({ p50 }) => p50, { atMost: 20 });
      yield cost('p99 of answers', ({ p99 }) => p99, { atMost: 100 });
      yield* resources('100,000 trials: run, log, analysis, reports', await repeat(manyTrials), {
        seconds: 30,
        megabytes: 500,
      });
      yield* resources('a log of 1,000,000 records, reports anew', await repeat(manyRecords), {
        seconds: 20,
        megabytes: 500,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function resources(
  what: string,
  found: readonly Resources[],
  goal: { readonly seconds: number; readonly megabytes: number },
): Figure[] {
  const seconds = spreadOf(found.map((one) => one.seconds));
  const megabytes = spreadOf(found.map(({ bytes }) => bytes / 1e6));
  return [
    { what, unit: 's', ours: seconds, goal: { atMost: goal.seconds } },
    { what: `${what}, peak memory`, unit: 'MB', ours: megabytes, goal: { atMost: goal.megabytes } },
  ];
}

/** A thousand answers of 200 tokens: what lies between the records of two trials, divided by the tokens. */
async function tokenCosts(folder: string): Promise<{ p50: number; p99: number }> {
  const tokens = 200;
  define(folder, {
    samples: 1000,
    models: ['one'],
    answer: Array.from({ length: tokens }, (_, i) => `w${i}`).join(' '),
  });
  await command(folder, ['run', '--suite', 'suite.yaml', '--models', 'models.json', '--model', 'one', '--quiet']);
  const ends: number[] = [];
  for await (const record of readLog(join(folder, 'reports', readdirSync(join(folder, 'reports'))[0]!, 'log.jsonl'))) {
    if (record.type === 'measurement') ends.push(record.at);
  }
  const costs = ends.slice(1).map((end, i) => (end - ends[i]!) / tokens);
  costs.sort((a, b) => a - b);
  return { p50: costs[Math.floor(costs.length / 2)]!, p99: costs[Math.floor(costs.length * 0.99)]! };
}

function manyTrials(folder: string): Promise<Resources> {
  define(folder, { samples: TRIALS / MODELS.length, models: MODELS, answer: 'yes it is , of that I am sure' });
  const models = MODELS.flatMap((id) => ['--model', id]);
  return command(folder, ['run', '--suite', 'suite.yaml', '--models', 'models.json', ...models, '--quiet']);
}

/** The log of a run of five thousand samples, written as if it had been repeated until a million trials were done. */
async function manyRecords(folder: string): Promise<Resources> {
  const samples = 5000;
  define(folder, { samples, models: MODELS, answer: 'yes it is , of that I am sure' });
  const models = MODELS.flatMap((id) => ['--model', id]);
  await command(folder, ['run', '--suite', 'suite.yaml', '--models', 'models.json', ...models, '--quiet']);
  const source = join(folder, 'reports', readdirSync(join(folder, 'reports'))[0]!, 'log.jsonl');
  const repetitions = RECORDS / samples / MODELS.length;
  mkdirSync(join(folder, 'long'));
  const log = createWriteStream(join(folder, 'long', 'log.jsonl'));
  const write = async (record: unknown) => {
    if (!log.write(`${JSON.stringify(record)}\n`)) await once(log, 'drain');
  };
  for await (const record of readLog(source)) {
    if (record.type === 'run') await write({ ...record, settings: { ...record.settings, repetitions } });
    else if (record.type !== 'measurement') await write(record);
    else {
      for (let repetition = 1; repetition <= repetitions; repetition++) {
        const trial = `${record.trial.slice(0, record.trial.lastIndexOf('#'))}#${repetition}`;
        await write({ ...record, trial, repetition, at: record.at + repetition / 1000 });
      }
    }
  }
  log.end();
  await finished(log);
  return command(folder, ['report', 'long']);
}

interface Workload {
  readonly samples: number;
  readonly models: readonly string[];
  readonly answer: string;
}

/** A suite of questions, of which every third has another answer than the models give. */
function define(folder: string, { samples, models, answer }: Workload): void {
  const rows = Array.from({ length: samples }, (_, i) => ({
    id: `s${i}`,
    text: `question number ${i}`,
    target: i % 3 === 0 ? 'no' : answer,
  }));
  const suite = [
    'name: overhead',
    'tasks:',
    '  - name: ask',
    "    prompt: { user: '{{ text }}' }",
    '    samples: { file: rows.jsonl }',
    '    scorer: exact',
  ];
  const script = { answers: { '*': answer }, ttft: 0.01, itl: 0.001 };
  const catalogue = {
    default: models,
    models: models.map((id, i) => ({ id, backend: 'scripted', class: i === 0 ? 'slm' : 'llm', script })),
  };
  writeFileSync(join(folder, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  writeFileSync(join(folder, 'suite.yaml'), `${suite.join('\n')}\n`);
  writeFileSync(join(folder, 'models.json'), JSON.stringify(catalogue));
}

interface Resources {
  readonly seconds: number;
  /** Of the process that runs, logs and reports; its workers hold one trial. */
  readonly bytes: number;
}

async function command(folder: string, words: readonly string[]): Promise<Resources> {
  const begin = performance.now();
  const child = spawn(process.execPath, [...NODE_OPTIONS, CLI, ...words], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const memory = sampleMemory([child.pid!], 20);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  const seconds = (performance.now() - begin) / 1000;
  const { peak } = await memory.stop();
  if (code !== 0) throw new Error(`rightsize ${words.join(' ')} ended with exit code ${code}`);
  if (isMissing(peak.resident)) throw new Error(peak.resident.missing);
  return { seconds, bytes: peak.resident.value };
}

/** Of the command measured, for a profile of it: RIGHTSIZE_BENCH_NODE="--cpu-prof --cpu-prof-dir=/tmp/profiles". */
const NODE_OPTIONS = (process.env.RIGHTSIZE_BENCH_NODE ?? '').split(' ').filter(Boolean);
