/**
 * Asks the scorers of the user's own again, about the answers that a log holds: a scorer that was mended, or one that could not run
 * before. What they say is appended to the log as evidence, and of several scores of one answer the latest counts.
 */

import { dirname } from 'node:path';
import { sampleKey } from '../core/keys.js';
import { openLog } from '../files/log.js';
import { openWorker } from '../worker/supervisor.js';
import { gatherEvidence } from './evidence.js';
import { ownScorersOf, requireAllowed } from './own-scorer.js';
import { lockRun, logOf, openRun } from './runs.js';
import { type World, worldOf } from './world.js';

export interface RescoreOptions extends Partial<World> {
  /** The scorers, modules and commands, that may run. */
  readonly allowScorers?: readonly string[] | undefined;
  /** Takes a line for people. */
  readonly say?: ((text: string) => void) | undefined;
}

/**
 * @param reference The folder of a run, or its log.
 * @throws UserError where a scorer is not allowed to run.
 */
export async function rescore(reference: string, options: RescoreOptions = {}): Promise<void> {
  const world = worldOf(options);
  const folder = dirname(logOf(reference, world.cwd));
  const lock = await lockRun(folder, world);
  try {
    const { definitions } = await openRun(folder);
    const { suites } = definitions.record;
    const allowed = { names: options.allowScorers ?? [], cwd: world.cwd, environment: world.environment };
    for (const { place, source } of ownScorersOf(suites)) requireAllowed(source, place, allowed);
    const log = openLog(logOf(folder));
    try {
      await gatherEvidence(logOf(folder), {
        suites,
        samples: new Map(definitions.samples.map((sample) => [sampleKey(sample), sample])),
        sandbox: null,
        judge: null,
        allowed,
        again: 'own',
        directory: world.cwd,
        environment: world.environment,
        openWorker,
        append: log.append,
        now: world.now,
        signal: world.signal,
        say: options.say ?? (() => {}),
      });
    } finally {
      log.close();
    }
  } finally {
    await lock.release();
  }
}
