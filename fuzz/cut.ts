/**
 * A machine of a fleet that is cut off from the network for a minute, in the middle of a block. Others take its block, each trial is in
 * the log once, and the machine takes blocks again when it is back. Cases differ by which machine is cut, and when.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Random } from '../src/core/stats/basics/random.js';
import { MACHINES as NOTICES } from '../src/fleet/keys.js';
import { evens, type Fleet, openFleet, trialsIn } from '../test/support/fleet.js';
import { openNetwork, whyNoNamespaces } from '../test/support/namespaces.js';
import { faultsIn } from './faults.js';
import { endOf, expectedOf, faultsOf, MACHINES, runsIn, start } from './fleet-run.js';
import { folderWith, tidied } from './folder.js';
import type { Part } from './part.js';

const SAMPLES = 1_500;
const TRIALS = SAMPLES * 2;
/** Seconds without a network. */
const CUT = 60;
/** Seconds from the return of the network to the return of the machine, and to the end of the run. */
const LIMIT = 240;

export const cut: Part = {
  about: 'a machine of a fleet cut off from the network for a minute',
  cases: { quick: 1, long: 3 },
  async open() {
    const why = whyNoNamespaces();
    // The answers are the same at any pace.
    const expected = why === null ? await expectedOf(evens({ samples: SAMPLES, ttft: 0, itl: 0 })) : '';
    return {
      async attempt(random) {
        const begun = performance.now();
        const took = () => (performance.now() - begun) / 1000;
        if (why !== null) return { ended: `skipped: ${why}`, faults: [], took: took(), memory: 0, again: '' };
        const folder = folderWith(evens({ samples: SAMPLES, ttft: 0.04, itl: 0.004 }));
        const { ended, faults } = await cutAndCheck(folder, { random, expected });
        return tidied(folder, { ended, faults, took: took(), memory: 0, again: `the run in ${folder}` });
      },
      async close() {},
    };
  },
};

interface Case {
  readonly random: Random;
  readonly expected: string;
}

async function cutAndCheck(
  folder: string,
  { random, expected }: Case,
): Promise<{ readonly ended: string; readonly faults: readonly string[] }> {
  const network = openNetwork(MACHINES);
  const fleet = await openFleet(folder, network);
  try {
    await fleet.startRedis();
    for (const name of MACHINES) fleet.startMachine(name);
    const coordinator = start(fleet, folder);
    const recorded = () => runsIn(folder).flatMap((run) => trialsIn(join(folder, 'reports', run, 'log.jsonl'))).length;
    const first = 50 + random.below(400);
    while (recorded() < first && coordinator.child.exitCode === null) await sleep(200);
    const machine = MACHINES[random.below(MACHINES.length)]!;
    const before = recorded();
    network.cut(machine);
    await sleep(CUT * 1000);
    const meanwhile = recorded() - before;
    network.mend(machine);
    const back = await secondsUntilHeard(fleet, machine);
    const code = await endOf(coordinator, LIMIT);
    if (code === 'no end') coordinator.child.kill('SIGKILL');
    const outputs = [coordinator, ...fleet.machines().values()].map((one) => one.output());
    return {
      ended: `${meanwhile} of ${TRIALS} trials by the others while ${machine} was away; it was back after ${back ?? 'more than 240'} s`,
      faults: [
        ...(back === null ? [`${machine} did not come back`] : []),
        ...(meanwhile > 0 ? [] : ['the others did nothing while it was away']),
        ...(code === 0 ? faultsOf(folder, { trials: TRIALS, expected }) : [`it ended with ${code}: ${outputs[0]}`]),
        ...outputs.flatMap((output) => faultsIn(output)),
      ],
    };
  } finally {
    await fleet.close();
    network.close();
  }
}

/** Seconds until a machine says a word again; null if it takes too long. Redis's socket is in the file system, where no cable is cut. */
async function secondsUntilHeard(fleet: Fleet, machine: string): Promise<number | null> {
  const redis = new Redis(fleet.socket);
  try {
    const words = async () => {
      const notices = Object.values(await redis.hgetall(NOTICES)).map((sealed) => JSON.parse(sealed.slice(64)));
      return notices.find(({ name }) => name === machine)?.sent as number | undefined;
    };
    const last = await words();
    for (let second = 0; second < LIMIT; second++) {
      if ((await words()) !== last) return second;
      await sleep(1000);
    }
    return null;
  } finally {
    redis.disconnect();
  }
}
