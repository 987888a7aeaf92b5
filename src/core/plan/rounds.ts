/**
 * The rounds of a sequential run, which stops when it is sure. Each round asks more samples of the tasks that are still open. The last
 * round ends with all samples, and each earlier one with half of the next, so that no round adds only a few.
 *
 * The order is a systematic sample with a random start in each group: a round that ends with a third of the samples has asked a
 * third of each group. So the mean of what was asked estimates that of all samples, whatever the sizes of the groups, and many
 * groups come early, because their number decides what a comparison can show.
 */
import { taskKey } from '../keys.js';
import { createRandom, shuffle } from '../stats/basics/random.js';
import type { Block, Trial } from './plan.js';
import { type Trials, trialsAt } from './trials.js';

interface Identified {
  readonly id: string;
}

interface Grouped extends Identified {
  readonly group: string | null;
}

/** Returns the groups of a task's samples. Their order does not depend on the order of the list. */
export function groupsOf<S extends Grouped>(samples: readonly S[]): S[][] {
  const groups = new Map<string, S[]>();
  for (const sample of samples.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const key = sample.group === null ? `sample ${sample.id}` : `group ${sample.group}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [sample]);
    else group.push(sample);
  }
  return [...groups.values()];
}

/** Returns a task's samples in the order in which they are asked. It does not depend on the order of the list. */
export function askingOrder<S extends Grouped>(
  samples: readonly S[],
  { seed, task }: { readonly seed: number; readonly task: string },
): S[] {
  const random = createRandom(seed, 'asking order', task);
  return groupsOf(samples)
    .flatMap((group) => {
      const start = random.uniform();
      return shuffle(group, random).map((sample, i) => ({ sample, at: (i + start) / group.length }));
    })
    .sort((a, b) => a.at - b.at)
    .map(({ sample }) => sample);
}

/** Returns for each sample id the number of samples that are asked before it. */
export function placesIn(order: readonly Identified[]): Map<string, number> {
  return new Map(order.map(({ id }, place) => [id, place]));
}

/** How many samples a task has, and how many its first round asks at least. */
export interface Extent {
  readonly total: number;
  readonly firstRound: number;
}

export function countRounds({ total, firstRound }: Extent): number {
  return 1 + Math.max(0, Math.floor(Math.log2(total / firstRound)));
}

/** The number of samples at the end of a round. Rounds count from 0. */
export function sizeOfRound(round: number, extent: Extent): number {
  return Math.ceil(extent.total / 2 ** Math.max(0, countRounds(extent) - 1 - round));
}

/** Returns the round that asks the sample at a place: the first round whose size is larger than the place. */
export function roundAt(place: number, extent: Extent): number {
  let round = 0;
  while (sizeOfRound(round, extent) <= place) round++;
  return round;
}

export interface RoundOptions {
  /** The result of `askingOrder` for each `taskKey`. */
  readonly order: ReadonlyMap<string, readonly Identified[]>;
  /** The number of samples at the end of the round, for each `taskKey`. */
  readonly sizes: ReadonlyMap<string, number>;
  /** The `taskKey` of each task that is not decided. */
  readonly open: ReadonlySet<string>;
}

/** Returns the part of a plan that belongs to a round or to the rounds before it. */
export function roundOf(blocks: readonly Block[], { order, sizes, open }: RoundOptions): Block[] {
  const places = new Map([...order].map(([task, samples]) => [task, placesIn(samples)]));
  const placeOf = (trial: { readonly suite: string; readonly task: string; readonly sample: string }) =>
    places.get(taskKey(trial.suite, trial.task))!.get(trial.sample)!;
  return blocks.map(({ cells, ...block }) => ({
    ...block,
    cells: cells
      .filter(({ suite, task }) => open.has(taskKey(suite, task)))
      .map((cell) => ({
        ...cell,
        trials: inOrder(cell.trials, (trial) =>
          placeOf(trial) < sizes.get(taskKey(trial.suite, trial.task))! ? [trial.repetition, placeOf(trial)] : null,
        ),
      })),
  }));
}

/** The trials that have a rank, by its first number and then by its second. A rank takes 16 bytes for each trial of the list. */
function inOrder(trials: Trials, rankOf: (trial: Trial) => readonly [number, number] | null): Trials {
  const [first, second] = [new Float64Array(trials.length), new Float64Array(trials.length)];
  const indexes = new Uint32Array(trials.length);
  let [count, index] = [0, 0];
  for (const trial of trials) {
    const rank = rankOf(trial);
    if (rank !== null) {
      [first[index], second[index]] = rank;
      indexes[count++] = index;
    }
    index++;
  }
  return trialsAt(
    trials,
    indexes.slice(0, count).sort((a, b) => first[a]! - first[b]! || second[a]! - second[b]!),
  );
}
