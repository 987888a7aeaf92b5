/**
 * The plan of two versions that are measured in turns. Samples are dealt into blocks, groups whole, so that each block has its share of
 * every task. In each block both versions are opened twice and asked the samples of the block:
 *
 *     block 1   A B B A      block 2   B A A B      ...      the seed draws which version begins
 *
 * A first look has the repetitions 1 and 2 of each sample, a second look 3 and 4.
 */

import { ALONE } from '../definition/condition.js';
import { UserError } from '../errors.js';
import { taskKey } from '../keys.js';
import type { InTurns } from '../log/log.js';
import { createRandom, shuffle } from '../stats/basics/random.js';
import { type Block, type PlannedCell, trialId, type Workload } from './plan.js';
import { groupsOf } from './rounds.js';

export interface DealtWorkload extends Pick<Workload, 'suite' | 'task'> {
  readonly samples: readonly { readonly id: string; readonly group: string | null }[];
}

export interface InTurnsOptions {
  readonly seed: number;
  /** Counts from 1. */
  readonly look: number;
}

/** Openings of each version in one look at a block. */
export const OPENINGS = 2;

/** @throws UserError when there are fewer samples than blocks. */
export function planInTurns(
  workloads: readonly DealtWorkload[],
  { base, candidate, blocks }: InTurns,
  { seed, look }: InTurnsOptions,
): readonly Block[] {
  const dealt = deal(workloads, blocks, seed);
  const random = createRandom(seed, 'turns', look);
  return dealt.flatMap((parts) => {
    const [first, second] = random.below(2) === 0 ? [base, candidate] : [candidate, base];
    const asked = new Map<string, number>();
    return [first, second, second, first].map((model): Block => {
      const opening = (asked.get(model) ?? 0) + 1;
      asked.set(model, opening);
      const repetition = (look - 1) * OPENINGS + opening;
      return { model, condition: ALONE, cells: parts.map((part) => cellOf(part, model, repetition)) };
    });
  });
}

interface Part {
  readonly suite: string;
  readonly task: string;
  readonly samples: readonly string[];
}

/** The parts of each block, one for each task that has a share in it. */
function deal(workloads: readonly DealtWorkload[], blocks: number, seed: number): readonly (readonly Part[])[] {
  const dealt: Part[][] = Array.from({ length: blocks }, () => []);
  let next = 0;
  for (const { suite, task, samples } of workloads) {
    const hands = new Map<number, string[]>();
    const random = createRandom(seed, 'blocks', taskKey(suite, task));
    for (const group of shuffle(groupsOf(samples), random)) {
      const block = next++ % blocks;
      hands.set(block, [...(hands.get(block) ?? []), ...group.map(({ id }) => id)]);
    }
    for (const [block, ids] of hands) dealt[block]!.push({ suite, task, samples: ids });
  }
  if (next < blocks) {
    throw new UserError(
      `--blocks ${blocks}: expected at least as many groups of samples as blocks, found ${next}; take more samples`,
    );
  }
  return dealt;
}

function cellOf({ suite, task, samples }: Part, model: string, repetition: number): PlannedCell {
  return {
    suite,
    task,
    trials: samples.map((sample) => {
      const trial = { suite, task, sample, model, condition: ALONE, repetition };
      return { id: trialId(trial), ...trial };
    }),
  };
}
