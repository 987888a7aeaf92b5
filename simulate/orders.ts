/**
 * What would a run have done that stops when it is sure? A run that asked everything has all of the answers, so they are asked again in
 * the rounds that `--until-sure` would have made, in an order drawn from each seed. The run is a log, or a suite that was drawn.
 */

import { analyse } from '../src/core/analyse/analyse.js';
import type { Analysis } from '../src/core/analyse/analysis.js';
import { taskKey } from '../src/core/keys.js';
import type { LogRecord, MeasurementRecord } from '../src/core/log/log.js';
import { askingOrder, countRounds, placesIn, sizeOfRound } from '../src/core/plan/rounds.js';
import { openTasks } from '../src/core/recommend/open-tasks.js';
import { recommend } from '../src/core/recommend/recommend.js';
import { analysisOf, type DrawnSuite } from './suite.js';

/** The answers of a run that asked everything. */
export interface Answered {
  /** By the key of their task. */
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  /** The analysis of the answers to some samples. @param seed of a run that stops when it is sure; null under a fixed plan. */
  analyse(isAsked: IsAsked, seed: number | null): Analysis;
}

interface Sample {
  readonly id: string;
  readonly group: string | null;
}

type IsAsked = (task: string, sample: string) => boolean;

export interface Replay {
  /** The verdict of each task, by its key. */
  readonly verdicts: ReadonlyMap<string, string>;
  /** Samples that were asked of all models, over all tasks. */
  readonly asked: number;
}

/** As in a run. */
const FIRST_ROUND = 25;
const SEQUENTIAL = { untilSure: { firstRound: FIRST_ROUND, budget: null } };

export function answersOf(records: readonly LogRecord[]): Answered {
  const samples = new Map<string, Sample[]>();
  for (const record of records) {
    if (record.type !== 'sample') continue;
    const key = taskKey(record.suite, record.task);
    samples.set(key, [...(samples.get(key) ?? []), { id: record.sample, group: record.group }]);
  }
  return {
    samples,
    analyse: (isAsked, seed) =>
      analyse(
        records.flatMap((record): LogRecord[] => {
          if (record.type === 'measurement') return isAsked(keyOf(record), record.sample) ? [record] : [];
          if (record.type !== 'run' || seed === null) return [record];
          return [{ ...record, settings: { ...record.settings, seed, ...SEQUENTIAL } }];
        }),
      ),
  };
}

function keyOf({ suite, task }: Pick<MeasurementRecord, 'suite' | 'task'>): string {
  return taskKey(suite, task);
}

export function answersOfDrawn(suite: DrawnSuite): Answered {
  const whole = analysisOf(suite);
  const suites = whole.suites.map((one) => ({
    ...one,
    tasks: one.tasks.map((task) => ({ ...task, key: taskKey(one.name, task.name) })),
  }));
  return {
    samples: new Map(suites.flatMap(({ tasks }) => tasks.map(({ key, samples }) => [key, samples] as const))),
    analyse: (isAsked, seed) => ({
      ...whole,
      run: { ...whole.run, settings: { ...whole.run.settings, ...(seed !== null && { seed, ...SEQUENTIAL }) } },
      suites: suites.map((one) => ({
        ...one,
        tasks: one.tasks.map((task) => ({
          ...task,
          cells: task.cells.map((cell) => ({
            ...cell,
            results: cell.results.map((result, i) => (isAsked(task.key, task.samples[i]!.id) ? result : null)),
          })),
        })),
      })),
    }),
  };
}

export function replay({ samples, analyse }: Answered, seed: number): Replay {
  const places = new Map(
    [...samples].map(([task, ofTask]) => [task, placesIn(askingOrder(ofTask, { seed, task }))] as const),
  );
  const extentOf = (task: string) => ({ total: places.get(task)!.size, firstRound: FIRST_ROUND });
  const rounds = Math.max(...[...places.keys()].map((task) => countRounds(extentOf(task))));
  const sizes = new Map<string, number>();
  let open: ReadonlySet<string> = new Set(places.keys());
  for (let round = 0; ; round++) {
    for (const task of open) sizes.set(task, sizeOfRound(round, extentOf(task)));
    const recommendation = recommend(
      analyse((task, sample) => places.get(task)!.get(sample)! < sizes.get(task)!, seed),
    );
    open = openTasks(recommendation);
    if (open.size === 0 || round >= rounds - 1)
      return { verdicts: verdictsOf(recommendation), asked: [...sizes.values()].reduce((sum, size) => sum + size, 0) };
  }
}

export function fixedPlan({ samples, analyse }: Answered): Replay {
  return {
    verdicts: verdictsOf(recommend(analyse(() => true, null))),
    asked: [...samples.values()].reduce((sum, { length }) => sum + length, 0),
  };
}

export interface Comparison {
  /** Verdicts of the fixed plan that the replay has too, and those that it has otherwise; undecided ones are neither. */
  readonly same: number;
  readonly contrary: number;
  /** Decided by the fixed plan, and by the replay alone. */
  readonly decided: number;
  readonly more: number;
  /** The share of the samples that were not asked. */
  readonly saved: number;
}

const UNDECIDED = ['inconclusive', 'not-measured', 'one-class'];

export function compare(fixed: Replay, replayed: Replay): Comparison {
  const isDecided = (verdict: string) => !UNDECIDED.includes(verdict);
  const decided = [...fixed.verdicts].filter(([, verdict]) => isDecided(verdict));
  const other = [...replayed.verdicts].filter(([, verdict]) => isDecided(verdict));
  const isDecidedByPlan = (task: string) => isDecided(fixed.verdicts.get(task)!);
  return {
    decided: decided.length,
    same: decided.filter(([task, verdict]) => replayed.verdicts.get(task) === verdict).length,
    contrary: other.filter(([task, verdict]) => isDecidedByPlan(task) && fixed.verdicts.get(task) !== verdict).length,
    more: other.filter(([task]) => !isDecidedByPlan(task)).length,
    saved: 1 - replayed.asked / fixed.asked,
  };
}

function verdictsOf({ suites }: ReturnType<typeof recommend>): ReadonlyMap<string, string> {
  return new Map(
    suites.flatMap(({ suite, tasks }) =>
      tasks.map(({ task, verdict }) => [taskKey(suite, task), verdict.kind] as const),
    ),
  );
}
