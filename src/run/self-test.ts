/**
 * Measures the client itself, before it measures a server: a null server answers at times that are known, at a rate that is doubled
 * until the client is late. Up to there its figures are those of a server, and not its own.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { steadyRate } from '../core/definition/condition.js';
import { generationSchema } from '../core/definition/suite.js';
import type { SampleRecord, SelfTestRecord } from '../core/log/log.js';
import { toMicroseconds } from '../core/microseconds.js';
import { percentile } from '../core/stats/estimate/percentiles.js';
import { modelFrom } from '../files/definitions.js';
import { type NullPace, PACED, type Served } from '../load/null-server.js';
import type { TrialRequest } from '../worker/protocol.js';
import type { OpenWorker, WorkerSession } from '../worker/worker-session.js';
import { holdStep } from './load-step.js';
import type { World } from './world.js';

export interface SelfTestOptions extends Pick<World, 'environment' | 'signal'> {
  readonly openWorker: OpenWorker;
  readonly clients: number;
  /** Requests per second, from low to high. */
  readonly rates?: readonly number[];
  /** Seconds of each rate. */
  readonly seconds?: number;
}

const RATES = [50, 100, 200, 400, 800];
const SECONDS = 1;
/** Seconds: the p99 of lateness, and of the error of TTFT, from which on a client does not hold a rate (inference-perf). */
const LATE = 0.01;

/** @returns What the client held, rate by rate, up to the first that it did not hold. */
export async function testClient({
  openWorker,
  clients: count,
  rates = RATES,
  seconds = SECONDS,
  environment,
  signal,
}: SelfTestOptions): Promise<Omit<SelfTestRecord, 'type'>> {
  const server = await openNullServer(PACED);
  const loaded = modelFrom(
    { id: 'null', class: 'slm', backend: 'openai', source: 'null', endpoint: server.endpoint },
    '.',
  );
  const clients: WorkerSession[] = [];
  const levels: Level[] = [];
  try {
    for (let i = 0; i < count; i++) {
      clients.push(await openWorker(loaded, { concurrency: 1, under: 'load', environment, signal }));
    }
    for (const rate of rates) {
      const level = await hold(rate, { clients, server, seconds, signal });
      levels.push(level);
      if (!level.held) break;
    }
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    server.end();
  }
  return { processes: count, levels };
}

type Level = SelfTestRecord['levels'][number];

interface HoldOptions extends Pick<SelfTestOptions, 'signal'> {
  readonly clients: readonly WorkerSession[];
  readonly server: NullProcess;
  readonly seconds: number;
}

async function hold(rate: number, { clients, server, seconds, signal }: HoldOptions): Promise<Level> {
  await server.take();
  const began = performance.now();
  const { record, requests } = await holdStep(
    {
      id: 'self-test',
      model: 'null',
      condition: { kind: 'open', rate: steadyRate(rate), arrivals: { kind: 'constant' } },
      seed: 0,
      requests: Math.ceil(rate * seconds),
      first: 0,
      most: Number.POSITIVE_INFINITY,
    },
    {
      clients: clients.map((worker) => ({ worker, session: 'self-test' })),
      orderSeed: 0,
      samples: [SAMPLE],
      questions: [QUESTION],
      elapsed: () => (performance.now() - began) / 1000,
      append: () => {},
      // A client that falls far behind is not waited for.
      judge: (course) => (course.seconds > 3 * seconds + 1 ? 'overloaded' : null),
      signal,
    },
  );
  const served = await server.take();
  const sent = requests.filter(({ outcome }) => outcome !== 'unsent');
  const ttft = sent.flatMap(({ first, sent }) => (first === undefined ? [] : [first - sent]));
  const lateness = percentile(
    sent.map((request) => request.sent - request.due),
    0.99,
  );
  const error = Math.max(0, percentile(ttft, 0.99) - percentile(served.ttft, 0.99));
  const held = record.ending === 'answered' && lateness <= LATE && error <= LATE;
  return { rate, streams: served.most, lateness: toMicroseconds(lateness), error: toMicroseconds(error), held };
}

/** What a client is measured with: one question, and its sample. */
export const QUESTION: TrialRequest = {
  for: 'answer',
  prompt: { messages: [{ role: 'user', content: 'Say something, please. '.repeat(20) }] },
  generation: generationSchema.parse({ maxTokens: PACED.chunks }),
};

export const SAMPLE: SampleRecord = {
  type: 'sample',
  suite: 'self-test',
  task: 'self-test',
  sample: '1',
  group: null,
  fields: {},
  prompt: { text: '' },
  promptHash: '',
  hash: '',
};

interface NullProcess {
  readonly endpoint: string;
  /** What it served since the last call. */
  take(): Promise<Served>;
  end(): void;
}

const SERVER = fileURLToPath(new URL('../load/null-server-process.js', import.meta.url));

/** A null server in a process of its own, or it would take the time of its client. */
export async function openNullServer(pace: NullPace): Promise<NullProcess> {
  const child = fork(SERVER, [JSON.stringify(pace)], { execArgv: [], serialization: 'advanced' });
  const [endpoint] = (await once(child, 'message')) as [string];
  return {
    endpoint,
    async take() {
      child.send('take');
      const [served] = (await once(child, 'message')) as [Served];
      return served;
    },
    end: () => child.disconnect(),
  };
}
