/**
 * What the client of a load test costs, and how long it keeps its schedule. The null server answers after 50 ms, then sends 32 chunks,
 * one every 10 ms; its process is not counted. Every request goes to a log, as in `rightsize load`. How other clients do on the same
 * server is in README.md.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Condition, steadyRate } from '../src/core/definition/condition.js';
import { generationSchema } from '../src/core/definition/suite.js';
import type { SampleRecord } from '../src/core/log/log.js';
import { isMissing } from '../src/core/quantity.js';
import { percentile } from '../src/core/stats/estimate/percentiles.js';
import { modelFrom } from '../src/files/definitions.js';
import { openLog } from '../src/files/log.js';
import { PACED } from '../src/load/null-server.js';
import { type HeldStep, holdStep } from '../src/run/load-step.js';
import { openNullServer } from '../src/run/self-test.js';
import type { TrialRequest } from '../src/worker/protocol.js';
import { openWorker } from '../src/worker/supervisor.js';
import { compared, type Figure, type Part, spreadOf } from './part.js';

/** Seconds of each step. */
const SECONDS = 10;
const BARE = fileURLToPath(new URL('./bare-reader.mjs', import.meta.url));
const LATE = { atMost: 10 };

export const loadClientPart: Part = {
  about: 'the client of a load test against a null server: processor time, memory, lateness',
  async *measure({ pairs }) {
    const cost: Cost[] = [];
    const bare: number[] = [];
    for (let pair = 0; pair < pairs; pair++) {
      cost.push(await hold(rate(200), 200 * SECONDS));
      bare.push(await readBarely(200, 200 * SECONDS));
    }
    yield compared(
      cost.map(({ client }, pair) => ({ ours: client, theirs: bare[pair]! })),
      {
        what: 'processor time of 1,000 requests, client',
        unit: 's',
        better: 'less',
        against: 'a reader that counts chunks',
        // 1.2 s where such a reader took 0.97.
        goal: { atLeast: 0.97 / 1.2 },
      },
    );
    yield figure('processor time of 1,000 requests, with the writer of the log', 's', cost, ({ all }) => all, null);
    yield figure('peak memory of the client', 'MB', cost, ({ megabytes }) => megabytes, { atMost: 200 });
    yield figure('log of a request', 'bytes', cost, ({ bytes }) => bytes, { atMost: 1024 });
    const waiting = await repeat(pairs, () =>
      hold({ kind: 'users', users: 100, think: { kind: 'constant', seconds: 1000 } }, Number.POSITIVE_INFINITY),
    );
    yield figure('processor time while waiting', '% of a core', waiting, ({ share }) => 100 * share, { atMost: 5 });
    for (const [perSecond, clients] of [
      [600, 1],
      [1000, 2],
    ] as const) {
      const held = await repeat(pairs, () => hold(rate(perSecond), perSecond * SECONDS, clients));
      const on = `${perSecond} requests/s from ${clients} ${clients === 1 ? 'process' : 'processes'}`;
      yield figure(`p99 of send lateness, ${on}`, 'ms', held, ({ lateness }) => lateness, LATE);
      yield figure(`p99 of TTFT over the server's own, ${on}`, 'ms', held, ({ error }) => error, LATE);
    }
  },
};

function rate(perSecond: number): Condition {
  return { kind: 'open', rate: steadyRate(perSecond), arrivals: { kind: 'constant' } };
}

interface Cost {
  /** Seconds of processor time for 1,000 requests. */
  readonly client: number;
  readonly all: number;
  /** Of a core. */
  readonly share: number;
  readonly megabytes: number;
  readonly bytes: number;
  /** Milliseconds. */
  readonly lateness: number;
  readonly error: number;
}

/** The processor time of 1,000 requests in seconds, of a client that only counts chunks. */
async function readBarely(perSecond: number, requests: number): Promise<number> {
  const server = await openNullServer(PACED);
  try {
    const args = [BARE, server.endpoint, String(perSecond), String(requests)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { seconds } = JSON.parse(stdout) as { readonly seconds: number };
    return (1000 * seconds) / requests;
  } finally {
    server.end();
  }
}

async function hold(condition: Condition, requests: number, clients = 1): Promise<Cost> {
  const server = await openNullServer(PACED);
  const entry = { id: 'null', class: 'slm', backend: 'openai', source: 'null', endpoint: server.endpoint } as const;
  const stop = new AbortController();
  const options = { concurrency: 1, under: 'load', environment: process.env, signal: stop.signal } as const;
  const opened = await Promise.all(Array.from({ length: clients }, () => openWorker(modelFrom(entry, '.'), options)));
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-bench-'));
  const log = openLog(join(folder, 'log.jsonl'));
  try {
    await server.take();
    const began = performance.now();
    const cpu = process.cpuUsage();
    const held = await holdStep(
      { id: 'null/1', model: 'null', condition, seed: 0, requests, seconds: 2 * SECONDS, first: 0, most: requests },
      {
        clients: opened.map((worker) => ({ worker, session: 'bench' })),
        orderSeed: 0,
        samples: SAMPLES,
        questions: QUESTIONS,
        elapsed: () => (performance.now() - began) / 1000,
        append: log.append,
        judge: () => null,
        signal: stop.signal,
      },
    );
    const { user, system } = process.cpuUsage(cpu);
    const { ttft } = await server.take();
    const closings = await Promise.all(opened.map((client) => client.close()));
    const memory = closings.map((closing) => closing.memory.peak.resident);
    return {
      ...costOf(held, { writer: (user + system) / 1e6, ttft }),
      megabytes: Math.max(...memory.map((bytes) => (isMissing(bytes) ? Number.NaN : bytes.value / 1e6))),
      bytes: statSync(join(folder, 'log.jsonl')).size / Math.max(1, held.requests.length),
    };
  } finally {
    log.close();
    server.end();
    rmSync(folder, { recursive: true });
  }
}

function costOf(
  { record, requests }: HeldStep,
  { writer, ttft }: { readonly writer: number; readonly ttft: readonly number[] },
): Omit<Cost, 'megabytes' | 'bytes'> {
  const { cpuSeconds } = record.client;
  if (isMissing(cpuSeconds)) throw new Error(cpuSeconds.missing);
  const thousands = requests.length / 1000;
  const p99 = (values: readonly number[]) => (values.length === 0 ? Number.NaN : 1000 * percentile(values, 0.99));
  return {
    client: cpuSeconds.value / thousands,
    all: (cpuSeconds.value + writer) / thousands,
    share: cpuSeconds.value / (record.ended - record.began),
    lateness: p99(requests.map(({ sent, due }) => sent - due)),
    error: p99(requests.flatMap(({ first, sent }) => (first === undefined ? [] : [first - sent]))) - p99(ttft),
  };
}

const QUESTIONS: readonly TrialRequest[] = Array.from({ length: 200 }, (_, i) => ({
  for: 'answer',
  prompt: { messages: [{ role: 'user', content: `${i} Tell me a story, please. `.repeat(20) }] },
  generation: generationSchema.parse({ maxTokens: PACED.chunks }),
}));

const SAMPLES: readonly SampleRecord[] = QUESTIONS.map((_, i) => ({
  type: 'sample',
  suite: 'support-desk',
  task: 'reply',
  sample: `p-${i}`,
  group: null,
  fields: {},
  prompt: { text: '' },
  promptHash: '',
  hash: '',
}));

async function repeat<T>(times: number, measure: () => Promise<T>): Promise<T[]> {
  const found: T[] = [];
  for (let i = 0; i < times; i++) found.push(await measure());
  return found;
}

function figure(
  what: string,
  unit: string,
  found: readonly Cost[],
  read: (cost: Cost) => number,
  goal: Figure['goal'],
): Figure {
  return { what, unit, ours: spreadOf(found.map(read)), goal };
}
