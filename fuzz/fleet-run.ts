/** A run on a fleet of three machines, as the parts of the fuzzing start it, and what must be true of it. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fleet, openFleet, qualityIn, type Running, trialsIn } from '../test/support/fleet.js';
import { folderWith } from './folder.js';

export const MACHINES = ['desk', 'laptop', 'pi'];
const FLAGS = ['--quiet', '--reports', 'summary'];

/** What the report of one machine says of quality. */
export async function expectedOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = folderWith(files);
  const lone = await openFleet(folder);
  await lone.run(['run', '-s', 'suite.yaml', ...FLAGS]).closed;
  const expected = qualityIn(summaryIn(folder));
  rmSync(folder, { recursive: true, force: true });
  return expected;
}

/** An exit code, which a process that was killed has not. */
export type Code = number | null | 'no end';

/** The exit code, unless it takes more seconds. Time in which these processes were stopped, so that others measure alone, does not count. */
export async function endOf({ closed }: Running, limit: number): Promise<Code> {
  for (let second = 0; second < limit; second++) {
    const code = await Promise.race([closed, sleep(1000, 'not yet' as const)]);
    if (code !== 'not yet') return code;
  }
  return 'no end';
}

export function start(fleet: Fleet, folder: string): Running {
  const [run] = runsIn(folder);
  const what = run === undefined ? ['-s', 'suite.yaml'] : ['--resume', join('reports', run)];
  return fleet.run(['run', ...what, ...FLAGS, '--fleet', fleet.url]);
}

/** What is wrong with the one run in a folder. */
export function faultsOf(
  folder: string,
  { trials: planned, expected }: { readonly trials: number; readonly expected: string },
): readonly string[] {
  const runs = runsIn(folder);
  const trials = trialsIn(join(folder, 'reports', runs[0]!, 'log.jsonl'));
  const distinct = new Set(trials).size;
  return [
    ...(runs.length === 1 ? [] : [`there are ${runs.length} runs`]),
    ...(distinct === planned ? [] : [`${planned - distinct} trials are lost`]),
    ...(trials.length === distinct ? [] : [`${trials.length - distinct} trials are in the log twice`]),
    ...(qualityIn(summaryIn(folder)) === expected
      ? []
      : ['the report says another thing of quality than that of one machine']),
  ];
}

/** Bytes of the logs of the runs in a folder. */
export function bytesRecorded(folder: string): number {
  return runsIn(folder).reduce((sum, run) => sum + statSync(join(folder, 'reports', run, 'log.jsonl')).size, 0);
}

function summaryIn(folder: string): string {
  return join(folder, 'reports', runsIn(folder)[0]!, 'summary.json');
}

export function runsIn(folder: string): readonly string[] {
  try {
    // A run that was killed while its folder was made has none.
    return readdirSync(join(folder, 'reports')).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}
