/** What a fleet adds: three machines as processes, on a Redis of their own, with a model that takes no time. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { measure } from '../src/run/measure.js';
import { FLEET_KEY, type Fleet, openFleet, whyNoRedis } from '../test/support/fleet.js';
import { type Figure, type Part, type Skipped, spreadOf } from './part.js';

const TRIALS = 10_000;
const MACHINES = ['desk', 'laptop', 'pi'];
/** Seconds that machines do nothing. */
const IDLE = 20;
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
      await sleep(5_000);
      const idle = await idleShares(fleet);
      yield {
        what: 'a machine that waits, share of a core',
        unit: '%',
        ours: spreadOf(idle.map((share) => share * 100)),
        goal: { atMost: 1 },
      };
      const costs: number[] = [];
      for (let n = 0; n < pairs; n++) costs.push(await secondsOf(folder, fleet));
      yield {
        what: 'a trial, queue and log and opening of models',
        unit: 'ms',
        ours: spreadOf(costs.map((seconds) => (seconds / TRIALS) * 1000)),
        goal: { atMost: 2 },
      };
    } finally {
      await fleet.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

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

/** From the plan to the last line in the log. */
async function secondsOf(folder: string, { url }: Fleet): Promise<number> {
  let planned = 0;
  const environment = { ...process.env, RIGHTSIZE_FLEET_KEY: FLEET_KEY };
  const { complete, reason } = await measure(
    { suites: ['suite.yaml'] },
    {
      cwd: folder,
      environment,
      fleet: { url },
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
