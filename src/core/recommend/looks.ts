/**
 * The looks of a run that stops when it is sure. It looks at the data after each of its rounds, so the error rate is shared by
 * the looks: 1, 4, 20, 45 and 44% of it at the last five rounds of a task. That is more than all of it, because the looks at one
 * claim go together: each round doubles the data, so the statistics of neighbouring looks have a correlation of the root of a
 * half, and with these shares some look is wrong at most alpha of the time for any alpha from .0028 to .1 (a group-sequential
 * design; Jennison and Turnbull 1999, chapter 2). At each look the tests are those of a fixed plan. All looks are
 * made again from the log, so a report decides what the run decided when it stopped.
 *
 * Claims that were decided stay decided. Claims whose data did not grow keep their p-values: no second chance is spent on them.
 */

import type { Analysis, Cell, Distribution, SuiteAnalysis, TaskAnalysis } from '../analyse/analysis.js';
import { NOT_LATE } from '../analyse/distribution.js';
import { taskKey } from '../keys.js';
import { DISTRIBUTED, type DistributedMetric } from '../measure/metrics.js';
import { askingOrder, countRounds, type Extent, placesIn, roundAt, sizeOfRound } from '../plan/rounds.js';
import { isMissing } from '../quantity.js';
import { sorted } from '../stats/basics/moments.js';
import { type ClaimLevels, type Decisions, decideClaims, type LimitsPValues, type PValues } from './claims.js';
import { type ComparedModels, pValuesAt, type SuiteTests, testSuite } from './suite-tests.js';

/** The shares of the error rate at the last rounds of a task, the last one last. */
const SHARES = [0.01, 0.04, 0.2, 0.45, 0.44] as const;

/** The share at a round, counted from 0. The first round takes what fewer rounds leave; the earliest of many share the least. */
export function shareOfRound(round: number, rounds: number): number {
  const fromEnd = rounds - 1 - round;
  const place = SHARES.length - 1 - fromEnd;
  const earlier = rounds - SHARES.length;
  if (place <= 0 && earlier > 0) return SHARES[0] / (earlier + 1);
  const unspent = round === 0 ? SHARES.slice(0, Math.max(0, place)).reduce((total, share) => total + share, 0) : 0;
  return Math.min(1, SHARES[place]! + unspent);
}

/** What was known at each look. */
export interface Looks {
  readonly tests: readonly SuiteTests[];
  readonly progress: ReadonlyMap<string, Progress>;
}

export interface Progress {
  readonly places: ReadonlyMap<string, number>;
  readonly extent: Extent;
  readonly rounds: number;
  /** The round of the last sample that was asked; -1 where none was. */
  readonly last: number;
}

export function lookAgain(analysis: Analysis, suite: SuiteAnalysis, models: ComparedModels, firstRound: number): Looks {
  const { seed } = analysis.run.settings;
  const progress = new Map(suite.tasks.map((task) => [task.name, progressOf(task, { seed, firstRound })]));
  const looks = Math.max(0, ...[...progress.values()].map(({ last }) => last)) + 1;
  const tests = Array.from({ length: looks }, (_, look) => {
    const tasks = suite.tasks.map((task) => upTo(task, progress.get(task.name)!, look));
    return testSuite(analysis, { tasks }, models);
  });
  return { tests, progress };
}

/** The decisions after all looks. */
export function decideByLooks(
  { tests, progress }: Looks,
  { margin, alpha }: { readonly margin: number; readonly alpha: number },
): Decisions {
  let decided: Decisions | null = null;
  let before: PValues | null = null;
  tests.forEach((known, look) => {
    const shareOf = (task: string) => {
      const { rounds, last } = progress.get(task)!;
      return look <= Math.max(0, last) ? shareOfRound(look, rounds) : null;
    };
    before = scalePValues(pValuesAt(known, margin), { shareOf, before, decided });
    decided = merge(decided, decideClaims(before, alpha), shareOf);
  });
  return decided ?? decideClaims({ pairs: [], large: [] }, alpha);
}

/** The share of a cascade, which is judged at the last look at a task: what the claims of other SLMs left at the looks before. */
export function lastShare(analysis: Analysis, task: TaskAnalysis, firstRound: number): number {
  const { rounds, last } = progressOf(task, { seed: analysis.run.settings.seed, firstRound });
  const look = Math.max(0, last);
  const before = Array.from({ length: look }, (_, round) => shareOfRound(round, rounds));
  const left = 1 - before.reduce((sum, share) => sum + share, 0);
  return Math.min(shareOfRound(look, rounds), left);
}

function progressOf(
  task: TaskAnalysis,
  { seed, firstRound }: { readonly seed: number; readonly firstRound: number },
): Progress {
  const places = placesIn(askingOrder(task.samples, { seed, task: taskKey(task.suite, task.name) }));
  const extent = { total: task.samples.length, firstRound };
  const asked = task.samples.filter((_, i) => task.cells.some(({ results }) => results[i] !== null));
  const furthest = asked.reduce((most, { id }) => Math.max(most, places.get(id)!), -1);
  return { places, extent, rounds: countRounds(extent), last: furthest < 0 ? -1 : roundAt(furthest, extent) };
}

/** The task as it was at a look. */
function upTo(task: TaskAnalysis, { places, extent, last }: Progress, look: number): TaskAnalysis {
  const size = sizeOfRound(look, extent);
  if (size >= extent.total || last < 0) return task;
  const isAsked = task.samples.map(({ id }) => places.get(id)! < size);
  return {
    ...task,
    cells: task.cells.map((cell): Cell => {
      const results = cell.results.map((result, i) => (isAsked[i] ? result : null));
      if (results.every((result, i) => result === cell.results[i])) return cell;
      return { ...cell, results, metrics: metricsOf(cell, results) };
    }),
  };
}

function metricsOf(cell: Cell, results: Cell['results']): Cell['metrics'] {
  const of = (metric: DistributedMetric): Distribution | { readonly missing: string } => {
    const whole = cell.metrics[metric];
    if (isMissing(whole)) return whole;
    const values = results.flatMap((result) => result?.timings[metric] ?? []);
    if (values.length === 0) return { missing: 'no request of this look has a value' };
    const failed = results.filter(
      (result) => result?.finish === 'failed' && result.timings[metric] === undefined,
    ).length;
    const late = whole.late.censored + whole.late.never === 0 ? NOT_LATE : { ...NOT_LATE, never: failed };
    const ascending = sorted(values);
    return { ...whole, n: values.length + late.never, ascending, late };
  };
  return Object.fromEntries(DISTRIBUTED.map((metric) => [metric, of(metric)])) as unknown as Cell['metrics'];
}

interface Scaling {
  /** The share of the error rate that a task has at this look; null where its data did not grow. */
  readonly shareOf: (task: string) => number | null;
  readonly before: PValues | null;
  readonly decided: Decisions | null;
}

/** P-values over their share of the error rate, so that all of them are held against the same alpha. */
function scalePValues(pValues: PValues, { shareOf, before, decided }: Scaling): PValues {
  return {
    pairs: pValues.pairs.map((pair, i) => {
      const earlier = decided?.pairs[i];
      const limits = pair.limits;
      if (earlier?.fits) return { ...pair, nonInferiorP: 0, inferiorP: 1, limits: { ...limits, metP: 0, missedP: 1 } };
      if (earlier?.out) return { ...pair, nonInferiorP: 1, inferiorP: 0, limits: { ...limits, metP: 1 } };
      const share = shareOf(pair.task);
      if (share === null) return before!.pairs[i]!;
      return {
        ...pair,
        nonInferiorP: Math.min(1, pair.nonInferiorP / share),
        inferiorP: Math.min(1, pair.inferiorP / share),
        limits: scaleLimits(limits, share),
      };
    }),
    large: pValues.large.map((one, i) => {
      const share = shareOf(one.task);
      return share === null ? before!.large[i]! : { ...one, limits: scaleLimits(one.limits, share) };
    }),
  };
}

function scaleLimits(limits: LimitsPValues, share: number): LimitsPValues {
  return { ...limits, metP: Math.min(1, limits.metP / share), missedP: Math.min(1, limits.missedP / share) };
}

/** The decisions of a look, with levels in p-values as they are, and those of the look that decided a claim. */
function merge(before: Decisions | null, now: Decisions, shareOf: (task: string) => number | null): Decisions {
  return {
    ...now,
    pairs: now.pairs.map((pair, i) => {
      const earlier = before?.pairs[i];
      if (earlier?.fits || earlier?.out) return earlier;
      const share = shareOf(pair.task);
      if (share === null) return { ...pair, levels: earlier!.levels };
      return { ...pair, levels: scaleLevels(pair.levels, share) };
    }),
    large: now.large.map((one, i) => {
      const share = shareOf(one.task);
      if (share === null) return { ...one, levels: before!.large[i]!.levels };
      return { ...one, levels: { met: one.levels.met * share, missed: one.levels.missed * share } };
    }),
  };
}

function scaleLevels(levels: ClaimLevels, share: number): ClaimLevels {
  return {
    nonInferior: levels.nonInferior * share,
    inferior: levels.inferior * share,
    met: levels.met * share,
    missed: levels.missed * share,
  };
}
