/**
 * Runs on three machines, of which, and of whose coordinator and Redis, one is killed at a random moment, three times a run. Each trial
 * must be in the log, and once, and the report must say of quality what that of one machine says. In every tenth run Redis loses its data.
 */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../src/core/stats/basics/random.js';
import { evens, type Fleet, openFleet, qualityIn, type Running, trialsIn } from '../test/support/fleet.js';
import { faultsIn } from './faults.js';
import { folderWith, tidied } from './folder.js';
import type { Outcome, Part } from './part.js';

const SAMPLES = 240;
const FILES = evens({ samples: SAMPLES, ttft: 0.012, itl: 0.002 });
const TRIALS = SAMPLES * 2;
const MACHINES = ['desk', 'laptop', 'pi'];
const FLAGS = ['--quiet', '--reports', 'summary'];
const KILLS = 3;
/** Seconds from the last kill to the end of the run. */
const LIMIT = 240;

export const fleet: Part = {
  about: 'a machine, the coordinator or Redis killed at a random moment, and started again',
  cases: { quick: 3, long: 100 },
  // A round waits most of its time: for models that answer slowly, and for leases.
  atOnce: 3,
  async open() {
    const alone = folderWith(FILES);
    const lone = await openFleet(alone);
    await lone.run(['run', '-s', 'suite.yaml', ...FLAGS]).closed;
    const expected = qualityIn(summaryIn(alone));
    rmSync(alone, { recursive: true, force: true });
    return {
      async attempt(random, number) {
        const folder = folderWith(FILES);
        const begun = performance.now();
        const loses = number % 10 === 9;
        const { ended, faults } = await killAndCheck(folder, random, { loses, expected });
        const took = (performance.now() - begun) / 1000;
        const outcome: Outcome = { ended, faults, took, memory: 0, again: `the run in ${folder}` };
        return tidied(folder, outcome);
      },
      async close() {},
    };
  },
};

interface Expected {
  readonly loses: boolean;
  readonly expected: string;
}

async function killAndCheck(
  folder: string,
  random: Random,
  { loses, expected }: Expected,
): Promise<{ readonly ended: string; readonly faults: readonly string[] }> {
  const fleet = await openFleet(folder);
  const killed: string[] = [];
  try {
    await fleet.startRedis();
    for (const name of MACHINES) fleet.startMachine(name);
    let coordinator = start(fleet, folder);
    for (let i = 0; i < KILLS; i++) {
      await Promise.race([sleep(300 + random.below(3000)), coordinator.closed]);
      if (coordinator.child.exitCode !== null) break;
      const victim = loses && i === 0 ? 'redis' : [...MACHINES, 'coordinator', 'redis'][random.below(5)]!;
      killed.push(loses && victim === 'redis' ? 'redis with its data' : victim);
      const pause = random.below(1500);
      if (victim === 'redis') {
        fleet.killRedis();
        await sleep(pause);
        await fleet.startRedis(loses ? 'lost' : 'kept');
      } else if (victim === 'coordinator') {
        coordinator.child.kill('SIGKILL');
        await coordinator.closed;
        await sleep(pause);
        coordinator = start(fleet, folder);
      } else {
        const machine = fleet.machines().get(victim)!;
        machine.child.kill('SIGKILL');
        await machine.closed;
        await sleep(pause);
        fleet.startMachine(victim);
      }
    }
    // Whoever started while there was no Redis said so and ended; a service manager would start it again.
    for (const [name, { child }] of fleet.machines()) if (child.exitCode !== null) fleet.startMachine(name);
    await Promise.race([sleep(1000), coordinator.closed]);
    if (coordinator.child.exitCode === 2 && coordinator.output().includes('ECONNREFUSED'))
      coordinator = start(fleet, folder);
    const code = await endOf(coordinator);
    if (code === 'no end') coordinator.child.kill('SIGKILL');
    const outputs = [coordinator, ...fleet.machines().values()].map((one) => one.output());
    writeFileSync(join(folder, 'outputs.txt'), outputs.join('\n----\n'));
    return {
      ended:
        killed.length === 0 ? 'over before a kill' : `${killed.length} kills${loses ? ', data of Redis lost' : ''}`,
      faults: [
        ...(code === 0 ? [] : [`it ended with ${code} after killing ${killed.join(', ')}: ${outputs[0]!.trim()}`]),
        ...outputs.flatMap((output) => faultsIn(output)),
        ...(code === 0 ? faultsOf(folder, expected) : []),
      ],
    };
  } finally {
    await fleet.close();
  }
}

/** The exit code, unless it takes too long. Time in which these processes were stopped, so that others measure alone, does not count. */
async function endOf({ closed }: Running): Promise<number | null | 'no end'> {
  for (let second = 0; second < LIMIT; second++) {
    const code = await Promise.race([closed, sleep(1000, 'not yet' as const)]);
    if (code !== 'not yet') return code;
  }
  return 'no end';
}

function start(fleet: Fleet, folder: string): Running {
  const [run] = runsIn(folder);
  const what = run === undefined ? ['-s', 'suite.yaml'] : ['--resume', join('reports', run)];
  return fleet.run(['run', ...what, ...FLAGS, '--fleet', fleet.url]);
}

function faultsOf(folder: string, expected: string): readonly string[] {
  const runs = runsIn(folder);
  const trials = trialsIn(join(folder, 'reports', runs[0]!, 'log.jsonl'));
  const distinct = new Set(trials).size;
  return [
    ...(runs.length === 1 ? [] : [`there are ${runs.length} runs`]),
    ...(distinct === TRIALS ? [] : [`${TRIALS - distinct} trials are lost`]),
    ...(trials.length === distinct ? [] : [`${trials.length - distinct} trials are in the log twice`]),
    ...(qualityIn(summaryIn(folder)) === expected
      ? []
      : ['the report says another thing of quality than that of one machine']),
  ];
}

function summaryIn(folder: string): string {
  return join(folder, 'reports', runsIn(folder)[0]!, 'summary.json');
}

function runsIn(folder: string): readonly string[] {
  try {
    // A run that was killed while its folder was made has none.
    return readdirSync(join(folder, 'reports')).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}
