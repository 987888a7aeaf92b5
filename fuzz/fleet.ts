/**
 * Runs on three machines, of which, and of whose coordinator and Redis, one is killed at a random moment, three times a run. Each trial
 * must be in the log, and once, and the report must say of quality what that of one machine says. In every tenth run Redis loses its data.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../src/core/stats/basics/random.js';
import { evens, openFleet } from '../test/support/fleet.js';
import { faultsIn } from './faults.js';
import { bytesRecorded, type Code, expectedOf, faultsOf, MACHINES, start } from './fleet-run.js';
import { folderWith, tidied } from './folder.js';
import type { Outcome, Part } from './part.js';

const SAMPLES = 240;
const FILES = evens({ samples: SAMPLES, ttft: 0.012, itl: 0.002 });
const TRIALS = SAMPLES * 2;
const KILLS = 3;
/** What a process says that was started while there was no Redis. */
const NO_REDIS = 'found none that answers';
/** Seconds in which no further trial comes into the log. On a busy machine a run may take as long as it likes. */
const LIMIT = 240;

export const fleet: Part = {
  about: 'a machine, the coordinator or Redis killed at a random moment, and started again',
  cases: { quick: 3, long: 100 },
  // A round waits most of its time: for models that answer slowly, and for leases.
  atOnce: 3,
  async open() {
    const expected = await expectedOf(FILES);
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
    const ended: string[] = [];
    let coordinator = start(fleet, folder);
    // Whoever started while there was no Redis said so and ended: as a service manager does, it is started again.
    const supervise = () => {
      for (const [name, machine] of fleet.machines()) {
        if (machine.child.exitCode === null) continue;
        ended.push(machine.output());
        fleet.startMachine(name);
      }
      if (coordinator.child.exitCode === 2 && coordinator.output().includes(NO_REDIS)) {
        ended.push(coordinator.output());
        coordinator = start(fleet, folder);
      }
    };
    for (let i = 0; i < KILLS; i++) {
      await Promise.race([sleep(300 + random.below(3000)), coordinator.closed]);
      supervise();
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
    let code: Code = 'no end';
    // Time in which these processes were stopped, so that others measure alone, does not count.
    for (let [still, bytes] = [0, 0]; still < LIMIT && code === 'no end'; still++) {
      supervise();
      const found = bytesRecorded(folder);
      if (found !== bytes) [still, bytes] = [0, found];
      code = await Promise.race([coordinator.closed, sleep(1000, 'no end' as const)]);
      if (code === 2 && coordinator.output().includes(NO_REDIS)) code = 'no end';
    }
    if (code === 'no end') coordinator.child.kill('SIGKILL');
    const outputs = [coordinator, ...fleet.machines().values()].map((one) => one.output()).concat(ended);
    writeFileSync(join(folder, 'outputs.txt'), outputs.join('\n----\n'));
    return {
      ended:
        killed.length === 0 ? 'over before a kill' : `${killed.length} kills${loses ? ', data of Redis lost' : ''}`,
      faults: [
        ...(code === 0 ? [] : [`it ended with ${code} after killing ${killed.join(', ')}: ${outputs[0]!.trim()}`]),
        ...outputs.flatMap((output) => faultsIn(output)),
        ...ended
          .filter((output) => !output.includes(NO_REDIS))
          .map((output) => `a machine ended by itself: ${output.trim().slice(-200)}`),
        ...(code === 0 ? faultsOf(folder, { trials: TRIALS, expected }) : []),
      ],
    };
  } finally {
    await fleet.close();
  }
}
