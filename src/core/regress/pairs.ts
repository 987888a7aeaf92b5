/**
 * Pairs the samples of two versions by the hash of their row and target, task by task, whatever their ids. A sample that a task has
 * several times is paired in the order of the samples.
 */
import { taskKey } from '../keys.js';
import { partnersAmong } from '../pairing.js';
import type { Version, VersionSample, VersionTask } from './version.js';

export interface PairedTask {
  readonly suite: string;
  readonly name: string;
  readonly base: VersionTask;
  readonly candidate: VersionTask;
  readonly pairs: readonly SamplePair[];
  /** Samples of the base that the new version has not, and the other way round. */
  readonly lost: readonly VersionSample[];
  readonly added: readonly VersionSample[];
}

export interface SamplePair {
  readonly task: string;
  readonly base: VersionSample;
  readonly candidate: VersionSample;
}

export interface PairedVersions {
  readonly tasks: readonly PairedTask[];
  /** Tasks of only one of the versions. */
  readonly lostTasks: readonly string[];
  readonly addedTasks: readonly string[];
}

export function pairVersions(base: Version, candidate: Version): PairedVersions {
  const candidates = new Map(candidate.tasks.map((task) => [taskKey(task.suite, task.name), task]));
  const bases = new Set(base.tasks.map((task) => taskKey(task.suite, task.name)));
  const lostTasks: string[] = [];
  const tasks = base.tasks.flatMap((task) => {
    const key = taskKey(task.suite, task.name);
    const other = candidates.get(key);
    if (other !== undefined) return [pairTasks(task, other)];
    lostTasks.push(key);
    return [];
  });
  return { tasks, lostTasks, addedTasks: [...candidates.keys()].filter((key) => !bases.has(key)) };
}

function pairTasks(base: VersionTask, candidate: VersionTask): PairedTask {
  const { suite, name } = base;
  const partners = partnersAmong(candidate.samples);
  const pairs: SamplePair[] = [];
  const lost: VersionSample[] = [];
  for (const sample of base.samples) {
    const partner = partners.take(sample.hash);
    if (partner === undefined) lost.push(sample);
    else pairs.push({ task: taskKey(suite, name), base: sample, candidate: partner });
  }
  return { suite, name, base, candidate, pairs, lost, added: partners.left() };
}

/** The group of a pair among those of all tasks; null where no sample of the pairs has one. */
export function clustersOfPairs(pairs: readonly SamplePair[]): readonly string[] | undefined {
  if (pairs.every(({ base }) => base.group === null)) return undefined;
  return pairs.map(({ task, base }) => JSON.stringify(base.group === null ? [task, base.id, 0] : [task, base.group]));
}
