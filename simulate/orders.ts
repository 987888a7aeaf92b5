/**
 * What would a run have done that stops when it is sure? The log of a run that asked everything has all of its answers, so they are
 * asked again in the rounds that `--until-sure` would have made, in an order drawn from each seed.
 */
import { analyse } from '../src/core/analyse/analyse.js';
import { taskKey } from '../src/core/keys.js';
import type { LogRecord, MeasurementRecord } from '../src/core/log/log.js';
import { askingOrder, countRounds, placesIn, sizeOfRound } from '../src/core/plan/rounds.js';
import { openTasks } from '../src/core/recommend/open-tasks.js';
import { recommend } from '../src/core/recommend/recommend.js';

export interface Replay {
  readonly seed: number;
  /** The verdict of each task, by its `suite/task`. */
  readonly verdicts: ReadonlyMap<string, string>;
  readonly asked: number;
}

/** As in a run. */
const FIRST_ROUND = 25;

export function replay(records: readonly LogRecord[], seed: number): Replay {
  const trials = records.filter((record) => record.type === 'measurement');
  const others = records.filter((record) => record.type !== 'measurement').map((record) => sequential(record, seed));
  const places = placesOf(records, seed);
  const placeOf = ({ suite, task, sample }: MeasurementRecord) => places.get(taskKey(suite, task))!.get(sample)!;
  const extentOf = (task: string) => ({ total: places.get(task)!.size, firstRound: FIRST_ROUND });
  const rounds = Math.max(...[...places.keys()].map((task) => countRounds(extentOf(task))));
  const asked = new Set<MeasurementRecord>();
  let open: ReadonlySet<string> = new Set(places.keys());
  for (let round = 0; ; round++) {
    for (const trial of trials) {
      const task = taskKey(trial.suite, trial.task);
      if (open.has(task) && placeOf(trial) < sizeOfRound(round, extentOf(task))) asked.add(trial);
    }
    const recommendation = recommend(analyse([...others, ...trials.filter((trial) => asked.has(trial))]));
    open = openTasks(recommendation);
    if (open.size === 0 || round >= rounds - 1)
      return { seed, verdicts: verdictsOf(recommendation), asked: asked.size };
  }
}

export function fixedPlan(records: readonly LogRecord[]): Omit<Replay, 'seed'> {
  const trials = records.filter(({ type }) => type === 'measurement');
  return { verdicts: verdictsOf(recommend(analyse(records))), asked: trials.length };
}

export interface Comparison {
  /** Verdicts of the fixed plan that the replay has too, and those that it has otherwise; undecided ones are neither. */
  readonly same: number;
  readonly contrary: number;
  /** Decided by the fixed plan. */
  readonly decided: number;
  /** The share of the trials that were not asked. */
  readonly saved: number;
}

const UNDECIDED = ['inconclusive', 'not-measured', 'one-class'];

export function compare(fixed: Omit<Replay, 'seed'>, replayed: Replay): Comparison {
  const decided = [...fixed.verdicts].filter(([, verdict]) => !UNDECIDED.includes(verdict));
  const other = [...replayed.verdicts].filter(([, verdict]) => !UNDECIDED.includes(verdict));
  return {
    decided: decided.length,
    same: decided.filter(([task, verdict]) => replayed.verdicts.get(task) === verdict).length,
    contrary: other.filter(([task, verdict]) => {
      const wanted = fixed.verdicts.get(task)!;
      return !UNDECIDED.includes(wanted) && wanted !== verdict;
    }).length,
    saved: 1 - replayed.asked / fixed.asked,
  };
}

function sequential(record: LogRecord, seed: number): LogRecord {
  if (record.type !== 'run') return record;
  return { ...record, settings: { ...record.settings, seed, untilSure: { firstRound: FIRST_ROUND, budget: null } } };
}

function placesOf(records: readonly LogRecord[], seed: number): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const samples = new Map<string, { readonly id: string; readonly group: string | null }[]>();
  for (const record of records) {
    if (record.type !== 'sample') continue;
    const key = taskKey(record.suite, record.task);
    samples.set(key, [...(samples.get(key) ?? []), { id: record.sample, group: record.group }]);
  }
  return new Map([...samples].map(([task, ofTask]) => [task, placesIn(askingOrder(ofTask, { seed, task }))]));
}

function verdictsOf({ suites }: ReturnType<typeof recommend>): ReadonlyMap<string, string> {
  return new Map(
    suites.flatMap(({ suite, tasks }) =>
      tasks.map(({ task, verdict }) => [taskKey(suite, task), verdict.kind] as const),
    ),
  );
}
