/** What a fleet adds: three machines as processes, on a Redis of their own, with a model that takes no time. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'bullmq';
import { PREFIX, queueName, resultsKey } from '../src/fleet/keys.js';
import type { BlockOrder } from '../src/fleet/messages.js';
import { connect } from '../src/fleet/redis.js';
import { sealWith } from '../src/fleet/seal.js';
import { measure } from '../src/run/measure.js';
import { FLEET_KEY, type Fleet, openFleet, whyNoRedis } from '../test/support/fleet.js';
import { orderOf, PART } from './fleet-order.js';
import { type Figure, type Part, type Skipped, spreadOf } from './part.js';

const TRIALS = 10_000;
const MACHINES = ['desk', 'laptop', 'pi'];
/** Seconds after which a machine that has begun is at rest. */
const SETTLING = 20;
/** Seconds that machines do nothing. */
const IDLE = 20;
/** Trials of the runs whose coordinator is watched. */
const SIZES = [10_000, 100_000, 1_000_000];
/** Ticks of a second in /proc. */
const TICKS = 100;

export const fleetPart: Part = {
  about: `${TRIALS} trials over ${MACHINES.length} machines, and machines that wait`,
  async *measure({ pairs }): AsyncGenerator<Figure | Skipped> {
    const why = whyNoRedis();
    if (why !== null) return yield { what: 'a fleet', skipped: why };
    const folder = mkdtempSync(join(tmpdir(), 'rightsize-bench-'));
    define(folder);
    const fleet = await openFleet(folder);
    try {
      await fleet.startRedis();
      for (const name of MACHINES) fleet.startMachine(name);
      await sleep(SETTLING * 1000);
      const idle = await idleShares(fleet);
      yield {
        what: 'a machine that waits, share of a core',
        unit: '%',
        ours: spreadOf(idle.map((share) => share * 100)),
        goal: { atMost: 1 },
      };
      const costs: { readonly fleet: number; readonly alone: number }[] = [];
      for (let n = 0; n < pairs; n++)
        costs.push({ alone: await secondsOf(folder), fleet: await secondsOf(folder, { url: fleet.url }) });
      const milliseconds = (of: (one: (typeof costs)[number]) => number) =>
        spreadOf(costs.map((one) => (of(one) / TRIALS) * 1000));
      yield {
        what: 'a trial, queue and log and opening of models',
        unit: 'ms',
        ours: milliseconds((one) => one.fleet),
        goal: null,
      };
      yield {
        what: 'of it more than a trial of a run on this machine alone',
        unit: 'ms',
        ours: milliseconds((one) => one.fleet - one.alone),
        goal: { atMost: 2 },
      };
      for (const trials of SIZES) {
        const { resident, planned, atHalf, atEnd, seconds } = await coordinate(trials, fleet.url);
        process.stderr.write(
          `${trials} trials: ${mebibytes(planned)} MiB are kept with the plan, ${mebibytes(atHalf)} at half, ${mebibytes(atEnd)} at the end, in ${seconds.toFixed(0)} s\n`,
        );
        yield {
          what: `the coordinator of ${trials} trials, most resident memory`,
          unit: 'MiB',
          ours: spreadOf([mebibytes(resident)]),
          goal: null,
        };
      }
    } finally {
      await fleet.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

interface Kept {
  /** Bytes of the heap and of arrays outside of it, after a collection: with the plan, when half of the answers had come, and at the end. */
  readonly planned: number;
  readonly atHalf: number;
  readonly atEnd: number;
  /** The most resident memory, bytes. */
  readonly resident: number;
  readonly seconds: number;
}

/** Lets a coordinator in a process of its own gather answers that are made up here, faster than any model answers. */
async function coordinate(trials: number, url: string): Promise<Kept> {
  const program = join(import.meta.dirname, 'fleet-coordinator.ts');
  const child = fork(program, [url, String(trials)], { execArgv: [...process.execArgv, '--expose-gc'] });
  const ended = once(child, 'message') as Promise<[Kept]>;
  const stop = new AbortController();
  const answering = answerAll(trials, url, stop.signal);
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the coordinator ended with ${code}`);
  });
  try {
    return (await Promise.race([ended, failed]))[0];
  } finally {
    stop.abort();
    failed.catch(() => {});
    await answering;
  }
}

async function answerAll(trials: number, url: string, signal: AbortSignal): Promise<void> {
  const { log, record } = orderOf(trials);
  const seal = sealWith(FLEET_KEY);
  const { redis } = await connect(url, () => {});
  const taken = record.models.map(({ id }, i) => ({
    session: log.find((one) => one.type === 'session' && one.model === id)!,
    answer: log.find((one) => one.type === 'measurement' && one.model === id)!,
    worker: new Worker<string>(queueName(PART, i), null, { connection: redis, prefix: PREFIX, autorun: false }),
  }));
  let blocks = 0;
  while (!signal.aborted) {
    let busy = false;
    for (const { session, answer, worker } of taken) {
      const job = await worker.getNextJob('token', { block: false });
      if (job === undefined) continue;
      busy = true;
      const order: BlockOrder = JSON.parse(job.data.slice(64));
      const own = `session ${++blocks}`;
      const lines = order.trials.map((trial) => ({
        ...answer,
        ...trial,
        session: own,
        trial: `${order.suite}/${order.task}/${trial.sample}@${order.model}#${trial.repetition}`,
      }));
      const batch = {
        run: PART,
        machine: 'm',
        lines: [{ ...session, session: own }, ...lines].map((line) => JSON.stringify(line)),
      };
      await redis.xadd(resultsKey(PART), '*', 'batch', seal.close('batch', batch));
      await job.moveToCompleted('', 'token', false);
    }
    if (!busy) await sleep(50);
  }
  await Promise.all(taken.map(({ worker }) => worker.close(true)));
  redis.disconnect();
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

function define(folder: string): void {
  const samples = Array.from({ length: TRIALS / 2 }, (_, i) => ({ q: `is ${i} even?`, target: 'yes' }));
  const model = (id: string, size: string) => ({
    id,
    class: size,
    backend: 'scripted',
    script: { answers: { '*': 'yes' } },
  });
  writeFileSync(
    join(folder, 'models.json'),
    JSON.stringify({ models: [model('small', 'slm'), model('large', 'llm')] }),
  );
  writeFileSync(
    join(folder, 'suite.yaml'),
    JSON.stringify({ name: 'evens', tasks: [{ name: 'even', prompt: { user: '{{ q }}' }, samples, scorer: 'exact' }] }),
  );
}

/** From the plan to the last line in the log. @param fleet Without it, on this machine alone. */
async function secondsOf(folder: string, fleet?: { readonly url: string }): Promise<number> {
  let planned = 0;
  const environment = { ...process.env, RIGHTSIZE_FLEET_KEY: FLEET_KEY };
  const { complete, reason } = await measure(
    { suites: ['suite.yaml'] },
    {
      cwd: folder,
      environment,
      ...(fleet && { fleet }),
      onEvent: ({ type }) => {
        if (type === 'planned') planned = performance.now();
      },
    },
  );
  if (!complete) throw new Error(reason);
  return (performance.now() - planned) / 1000;
}

async function idleShares(fleet: Fleet): Promise<readonly number[]> {
  const pids = [...fleet.machines().values()].map(({ child }) => child.pid!);
  const before = pids.map(cpuSeconds);
  await sleep(IDLE * 1000);
  return pids.map((pid, i) => (cpuSeconds(pid) - before[i]!) / IDLE);
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
