/**
 * The answer of a search: the greatest load at which every objective holds, with its interval, what binds, and the same for half and
 * twice each objective, from the same steps.
 */
import { isMissing, type Missing } from '../quantity.js';
import { sum } from '../stats/basics/moments.js';
import { type Crossing, crossingOf, type LoadPoint } from './crossing.js';
import { minPassingQueries } from './early-stopping.js';
import { durationLimit, WAITING } from './objective.js';
import { type QueuePoint, queueCrossingOf, sourceOf } from './queue.js';
import { loadOf, type SearchRule } from './search-rule.js';
import { type ObjectiveResult, RELAXATIONS, type StepResult, wasSpoilt } from './step.js';
import { metOf, type Tally } from './tally.js';

/** Why a search has no load to tell. */
export const NOTHING_SHOWN = 'no step was valid and settled, or too few requests show it';

/** Why a search has no load to tell: its answers do not tell an objective, or `NOTHING_SHOWN`. */
export function whyNoLoad(history: readonly StepResult[]): string {
  const unknown = history.flatMap(({ objectives }) => objectives.flatMap((one) => one.unknown ?? []));
  return unknown[0]?.missing ?? NOTHING_SHOWN;
}

export interface Capacity {
  /** Null where no step says anything, or too few requests do (`whyNoLoad`). */
  readonly load: LoadRange | null;
  /** The index of the objective that is missed first. Null where none is missed at any load that was tried. */
  readonly binding: number | null;
}

/** Loads, not rounded. Whole users are the whole part of each. */
export interface LoadRange {
  readonly value: number;
  /** Every objective is shown to hold up to here; 0 where none is. */
  readonly low: number;
  /** The load from which an objective is shown to be missed; null if no load was shown to be too great. */
  readonly high: number | null;
}

/** The capacity with one objective at another limit, and the others as they are. */
export interface Tier {
  readonly objective: number;
  readonly factor: number;
  readonly load: LoadRange | null;
}

export function capacityOf(history: readonly StepResult[], rule: SearchRule): Capacity {
  return capacityFrom(foundBy(history, rule));
}

function capacityFrom(found: readonly Found[]): Capacity {
  const load = rangeOf(found);
  const binding = found.findIndex(({ crossing }) => crossing !== null && crossing.value === load?.value);
  return { load, binding: binding < 0 || load?.high === null ? null : binding };
}

/**
 * The capacity as it is told. The belief about slopes lets few answers in time say something of other loads, and a search is guided by it.
 * But no load is shown to hold by fewer requests than show a single step to hold (./early-stopping.ts), and none beyond the greatest
 * that was tried.
 */
export function shownCapacity(history: readonly StepResult[], rule: SearchRule): Capacity {
  const found = foundBy(history, rule);
  return { load: shownBy(history, rule, found), binding: capacityFrom(found).binding };
}

function shownBy(history: readonly StepResult[], rule: SearchRule, found: readonly Found[]): LoadRange | null {
  const load = rangeOf(found);
  const isEnough = rule.objectives.every((objective, index) => {
    const { lateShare } = durationLimit(objective);
    if (lateShare === null) return true;
    const seen = history.reduce((total, step) => total + requestsIn(step.objectives[index]!, found[index]!), 0);
    return seen >= minPassingQueries(1 - lateShare, 0, { confidence: 1 - rule.alpha });
  });
  if (load === null) return null;
  if (isEnough) return { ...load, low: Math.min(load.low, greatestCounted(history, found)) };
  return load.high === null ? null : { ...load, low: 0 };
}

/** The greatest load of a step that counts for every objective; 0 where none does. */
function greatestCounted(history: readonly StepResult[], found: readonly Found[]): number {
  const counts = (step: StepResult) =>
    found.every(({ byQueue }, i) =>
      byQueue ? step.objectives[i]!.lateByQueue !== undefined : !isMissing(tallyAt(step, i)),
    );
  return Math.max(0, ...history.filter(counts).map(({ condition }) => loadOf(condition)));
}

/** By its queue, a step counts that did not settle. */
function requestsIn({ tally, lateByQueue = [] }: ObjectiveResult, { byQueue }: Found): number {
  if (byQueue) return sum(lateByQueue.map(({ judged }) => sum(judged)));
  return isMissing(tally) ? 0 : tally.n;
}

/** The second table of a search: what it would be with half and with twice each objective. */
export function tiersOf(history: readonly StepResult[], rule: SearchRule): Tier[] {
  const found = foundBy(history, rule);
  return rule.objectives.flatMap((_, i) =>
    RELAXATIONS.map((factor): Tier => {
      const relaxed = foundFor(history, rule, { index: i, factor });
      return { objective: i, factor, load: shownBy(history, rule, found.with(i, relaxed)) };
    }),
  );
}

/** Where an objective ceases to hold, and whether how the queue moved said so. */
interface Found {
  readonly crossing: Crossing | null;
  readonly byQueue: boolean;
}

function foundBy(history: readonly StepResult[], rule: SearchRule): Found[] {
  return rule.objectives.map((_, index) => foundFor(history, rule, { index, factor: 1 }));
}

/**
 * The tally of a step on an objective. A server that was overloaded answers every later request later still; where the client spoilt the
 * step, it may have been the client that was.
 */
export function tallyAt(step: StepResult, index: number, factor = 1): Tally | Missing {
  const { objective, tally, relaxed, unknown } = step.objectives[index]!;
  if (unknown !== undefined) return unknown;
  const found = factor === 1 ? tally : relaxed.find((one) => one.factor === factor)!.tally;
  if (step.saturation !== 'overloaded' || wasSpoilt(step)) return found;
  const n = step.counts.completed;
  const { lateShare: allowed } = durationLimit(objective);
  if (allowed === null) return { kind: 'mean', n, excess: 1, standardError: 0.1 };
  return { kind: 'late', allowed, n: OVERLOADED, late: OVERLOADED, undecided: 0, together: null };
}

/** An overloaded step counts as this many late requests, however long it was. */
const OVERLOADED = 20;

/** What a short step shows of a miss, though it ended before its queue had grown; null where it shows none. */
export function earlyMiss({ early }: ObjectiveResult, alpha: number): Tally | null {
  return early !== undefined && metOf(early, alpha) === 'missed' ? early : null;
}

interface Limited {
  /** The place of the objective in the list. */
  readonly index: number;
  readonly factor: number;
}

function foundFor(history: readonly StepResult[], rule: SearchRule, limited: Limited): Found {
  const { alpha, objectives } = rule;
  // Any one objective that fails ends the capacity, so "fails" shares its error rate among them. To hold, all must hold.
  const levels = { low: alpha, high: alpha / objectives.length };
  const { lateShare: allowed } = durationLimit(objectives[limited.index]!);
  // How long a token of an answer takes depends on all who come while it is written, and what users find at first tells little of it.
  const isTold = allowed !== null && (rule.find.kind === 'rate' || WAITING.has(objectives[limited.index]!.metric));
  const byQueue = isTold ? queueCrossingOf(queuesOf(history, limited), { allowed, levels }) : null;
  if (byQueue !== null) return { crossing: byQueue, byQueue: true };
  const points = history.flatMap((step): LoadPoint[] => {
    const load = loadOf(step.condition);
    const tally = tallyAt(step, limited.index, limited.factor);
    if (!isMissing(tally)) return [{ load, tally }];
    // Who is later than a limit is later than a shorter one.
    const early = limited.factor <= 1 ? earlyMiss(step.objectives[limited.index]!, alpha) : null;
    return early === null ? [] : [{ load, tally: early, early: true }];
  });
  return { crossing: crossingOf(points, levels), byQueue: false };
}

function queuesOf(history: readonly StepResult[], { index, factor }: Limited): QueuePoint[] {
  return history.flatMap(({ condition, queue, objectives }): QueuePoint[] => {
    const result = objectives[index]!;
    const { lateByQueue } = factor === 1 ? result : result.relaxed.find((one) => one.factor === factor)!;
    const source = sourceOf(condition);
    if (source === null || queue === null || lateByQueue === undefined) return [];
    return [{ load: loadOf(condition), source, parts: queue, late: lateByQueue }];
  });
}

/** Every objective must hold. */
function rangeOf(found: readonly Found[]): LoadRange | null {
  const crossings = found.flatMap(({ crossing }) => (crossing === null ? [] : [crossing]));
  const high = Math.min(...crossings.map((crossing) => crossing.high));
  const isWhole = crossings.length === found.length && crossings.length > 0;
  // What one objective shows to be too much is too much, whatever is not known of another.
  if (!isWhole && !Number.isFinite(high)) return null;
  return {
    value: Math.min(...crossings.map(({ value }) => value)),
    low: isWhole ? Math.min(...crossings.map(({ low }) => low)) : 0,
    high: Number.isFinite(high) ? high : null,
  };
}
