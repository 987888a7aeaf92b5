/**
 * The rounds of a run that stops when it is sure. Each round asks more samples of the tasks that are still open. The groups of
 * samples stay whole, and the seed draws their order: the samples of the first rounds must be a fair draw of all samples.
 */
import { taskKey } from '../keys.js';
import { createRandom, shuffle } from '../stats/basics/random.js';
import type { Block } from './plan.js';

interface Grouped {
  readonly id: string;
  readonly group: string | null;
}

/** The groups of a task's samples in the order in which they are asked. The order of the list does not change it. */
export function askingOrder<S extends Grouped>(
  samples: readonly S[],
  { seed, task }: { readonly seed: number; readonly task: string },
): S[][] {
  const groups = new Map<string, S[]>();
  for (const sample of samples.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const key = sample.group === null ? `sample ${sample.id}` : `group ${sample.group}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [sample]);
    else group.push(sample);
  }
  return shuffle([...groups.values()], createRandom(seed, 'asking order', task));
}

/** For each sample id, how many samples are asked before its group. */
export function placesIn(groups: readonly (readonly Grouped[])[]): Map<string, number> {
  const places = new Map<string, number>();
  let asked = 0;
  for (const group of groups) {
    for (const { id } of group) places.set(id, asked);
    asked += group.length;
  }
  return places;
}

/** The number of samples of each task at the end of a round. Rounds count from 0, and each doubles the number. */
export function sizeOfRound(round: number, firstRound: number): number {
  return firstRound * 2 ** round;
}

/** The round that asks the sample at a place: the first round whose size is larger than the place. */
export function roundAt(place: number, firstRound: number): number {
  return place < firstRound ? 0 : Math.floor(Math.log2(place / firstRound)) + 1;
}

export interface RoundOptions {
  /** For each `taskKey`, the result of `askingOrder`. */
  readonly order: ReadonlyMap<string, readonly (readonly Grouped[])[]>;
  /** The number of samples of each task at the end of the round. The last group is asked whole. */
  readonly size: number;
  /** The `taskKey` of each task that is not decided. */
  readonly open: ReadonlySet<string>;
}

/** The part of a plan that belongs to a round and those before it. */
export function roundOf(blocks: readonly Block[], { order, size, open }: RoundOptions): Block[] {
  const places = new Map([...order].map(([task, groups]) => [task, placesIn(groups)]));
  const placeOf = (trial: { readonly suite: string; readonly task: string; readonly sample: string }) =>
    places.get(taskKey(trial.suite, trial.task))!.get(trial.sample)!;
  return blocks.map(({ cells, ...block }) => ({
    ...block,
    cells: cells
      .filter(({ suite, task }) => open.has(taskKey(suite, task)))
      .map((cell) => ({
        ...cell,
        trials: cell.trials
          .filter((trial) => placeOf(trial) < size)
          .sort((a, b) => a.repetition - b.repetition || placeOf(a) - placeOf(b)),
      })),
  }));
}
