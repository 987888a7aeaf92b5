/**
 * Rounds of a run that stops when it is sure: each asks more samples of the tasks that are still open. Samples that belong
 * together are asked together, and in an order drawn from the seed: what is seen so far must be a fair draw of the whole.
 */
import { createRandom, shuffle } from '../stats/basics/random.js';
import type { Block } from './plan.js';

interface Grouped {
  readonly id: string;
  readonly group: string | null;
}

/** The samples of a task in the order in which they are asked, those of one group together; however they were listed. */
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

/** By id, how many samples are asked before each; those of one group are asked as one. */
export function placesIn(groups: readonly (readonly Grouped[])[]): Map<string, number> {
  const places = new Map<string, number>();
  let asked = 0;
  for (const group of groups) {
    for (const { id } of group) places.set(id, asked);
    asked += group.length;
  }
  return places;
}

/** Samples of each task up to the end of a round, counted from 0: each round doubles them. */
export function sizeOfRound(round: number, firstRound: number): number {
  return firstRound * 2 ** round;
}

/** The round that asks the sample at a place: the first whose size lies beyond it. */
export function roundAt(place: number, firstRound: number): number {
  return place < firstRound ? 0 : Math.floor(Math.log2(place / firstRound)) + 1;
}

export interface RoundOptions {
  /** By `suite/task`, from `askingOrder`. */
  readonly order: ReadonlyMap<string, readonly (readonly Grouped[])[]>;
  /** Samples of each task so far, this round's included; groups stay whole. */
  readonly size: number;
  /** `suite/task` of the tasks that are not decided. */
  readonly open: ReadonlySet<string>;
}

/** The part of a plan that a round asks for, with the trials of earlier rounds still in it. */
export function roundOf(blocks: readonly Block[], { order, size, open }: RoundOptions): Block[] {
  const places = new Map([...order].map(([task, groups]) => [task, placesIn(groups)]));
  const placeOf = (trial: { readonly suite: string; readonly task: string; readonly sample: string }) =>
    places.get(`${trial.suite}/${trial.task}`)!.get(trial.sample)!;
  return blocks.map(({ model, cells }) => ({
    model,
    cells: cells
      .filter(({ suite, task }) => open.has(`${suite}/${task}`))
      .map((cell) => ({
        ...cell,
        trials: cell.trials
          .filter((trial) => placeOf(trial) < size)
          .sort((a, b) => a.repetition - b.repetition || placeOf(a) - placeOf(b)),
      })),
  }));
}
