/**
 * The plan of two versions that are measured in turns. Samples are dealt into blocks, groups whole, so that each block has its share of
 * every task. Each block opens both versions twice. Two openings, one of each version, stand side by side, and are asked the samples
 * of the block in turns, a few at a time. So what else the machine does in these seconds slows down both:
 *
 *     block 1   A1 B1 open   A B B A A B B A ...      B2 A2 open   B A A B B A A B ...
 *     block 2   B1 A1 open   B A A B B A A B ...      A2 B2 open   A B B A A B B A ...
 *
 * The seed draws which version begins a block. If only one version can be open at a time, an opening is asked all samples of the block
 * before the next: A B B A. A first look has the repetitions 1 and 2 of each sample, a second look 3 and 4.
 */

import { ALONE } from '../definition/condition.js';
import { UserError } from '../errors.js';
import { taskKey } from '../keys.js';
import type { InTurns, LoggedSuite, SampleRecord } from '../log/log.js';
import { partnersAmong } from '../pairing.js';
import { createRandom, shuffle } from '../stats/basics/random.js';
import { type Block, type PlannedCell, trialId, type Workload } from './plan.js';
import { groupsOf } from './rounds.js';

export interface DealtWorkload extends Pick<Workload, 'suite' | 'task'> {
  /** The suite that the base is asked. */
  readonly baseSuite: string;
  readonly samples: readonly DealtSample[];
}

export interface DealtSample {
  readonly id: string;
  /** The same sample in the suite of the base. */
  readonly inBase: string;
  readonly group: string | null;
}

/**
 * What each version is asked. Where the base has suites of its own, samples are paired by the hash of their row and target, and those with
 * one hash in their order.
 * @throws UserError when a suite of the base has other tasks or samples.
 */
export function dealtWorkloads(
  suites: readonly Pick<LoggedSuite, 'name' | 'tasks'>[],
  samples: readonly SampleRecord[],
  { baseSuites = {} }: Pick<InTurns, 'baseSuites'>,
): readonly DealtWorkload[] {
  const ofBase = new Set(Object.values(baseSuites));
  const samplesOf = (suite: string, task: string) =>
    samples.filter((sample) => sample.suite === suite && sample.task === task);
  return suites
    .filter(({ name }) => !ofBase.has(name))
    .flatMap(({ name: suite, tasks }) =>
      tasks.map(({ name: task }): DealtWorkload => {
        const baseSuite = baseSuites[suite] ?? suite;
        const partners = partnersAmong(samplesOf(baseSuite, task));
        const dealt = samplesOf(suite, task).map(({ sample, group, hash }): DealtSample => {
          const partner = partners.take(hash);
          if (partner === undefined) {
            throw new UserError(
              `--base-suite: expected the samples of ${suite} in ${baseSuite}, found no partner there of ${sample} in task ${task}; both suites must read the same data, with the same limit and seed`,
            );
          }
          return { id: sample, inBase: partner.sample, group };
        });
        return { suite, task, baseSuite, samples: dealt };
      }),
    );
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
  { base, candidate, blocks, oneAtATime }: InTurns,
  { seed, look }: InTurnsOptions,
): readonly Block[] {
  const random = createRandom(seed, 'turns', look);
  return deal(workloads, blocks, seed).flatMap((parts, block) => {
    const [first, second] = random.below(2) === 0 ? [base, candidate] : [candidate, base];
    const turns = oneAtATime ? [parts] : turnsOf(parts);
    return [1, 2].flatMap((opening) => {
      const repetition = (look - 1) * OPENINGS + opening;
      const order = opening === 1 ? [first, second] : [second, first];
      return turns.flatMap((turn, i) =>
        (i % 2 === 0 ? order : order.toReversed()).map(
          (model): Block => ({
            model,
            condition: ALONE,
            opening: `${model} ${look}.${block}.${opening}`,
            cells: turn.map((part) => cellOf(model === base ? inBase(part) : part, model, repetition)),
          }),
        ),
      );
    });
  });
}

/** Samples that one version is asked before it is the turn of the other. */
const SAMPLES_OF_TURN = 4;

function turnsOf(parts: readonly Part[]): readonly (readonly Part[])[] {
  return parts.flatMap(({ samples, ...task }) =>
    Array.from({ length: Math.ceil(samples.length / SAMPLES_OF_TURN) }, (_, i) => [
      { ...task, samples: samples.slice(i * SAMPLES_OF_TURN, (i + 1) * SAMPLES_OF_TURN) },
    ]),
  );
}

interface Part extends Omit<DealtWorkload, 'samples'> {
  readonly samples: readonly Pick<DealtSample, 'id' | 'inBase'>[];
}

function inBase({ baseSuite, samples, ...part }: Part): Part {
  return { ...part, suite: baseSuite, baseSuite, samples: samples.map((sample) => ({ ...sample, id: sample.inBase })) };
}

/** The parts of each block, one for each task that has a share in it. */
function deal(workloads: readonly DealtWorkload[], blocks: number, seed: number): readonly (readonly Part[])[] {
  const dealt: Part[][] = Array.from({ length: blocks }, () => []);
  let next = 0;
  for (const { samples, ...workload } of workloads) {
    const { suite, task } = workload;
    const hands = new Map<number, DealtSample[]>();
    const random = createRandom(seed, 'blocks', taskKey(suite, task));
    for (const group of shuffle(groupsOf(samples), random)) {
      const block = next++ % blocks;
      hands.set(block, [...(hands.get(block) ?? []), ...group]);
    }
    for (const [block, ids] of hands) dealt[block]!.push({ ...workload, samples: ids });
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
    trials: samples.map(({ id: sample }) => {
      const trial = { suite, task, sample, model, condition: ALONE, repetition };
      return { id: trialId(trial), ...trial };
    }),
  };
}
