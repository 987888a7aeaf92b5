/**
 * The search for the greatest load at which every objective holds. It is a function of the steps so far, so a search that was
 * interrupted goes on where it was, and a log shows why each step was made.
 *
 *     double    1, 2, 4, … until an objective is missed; these steps are short
 *     narrow    at the load where the objective that binds is about to be missed, from all steps pooled (./crossing.ts)
 *     prove     there and one step beyond, in turns, until the budget is spent or the answer is narrow
 *
 * Most requests are so spent at the edge, where they tell most.
 */
import type { Condition } from '../definition/condition.js';
import { isMissing } from '../quantity.js';
import { binomialAtMost } from '../stats/estimate/quantile-test.js';
import { type Capacity, capacityOf, evidenceAt } from './capacity.js';
import type { Evidence } from './evidence.js';
import { conditionAt, loadNear, loadOf, type SearchRule } from './search-rule.js';
import type { StepResult } from './step.js';

export interface PlannedStep {
  readonly condition: Condition;
  readonly load: number;
  /** The step ends when this many requests were due. */
  readonly requests: number;
  /** Or when no more requests are due after this many seconds. */
  readonly seconds: number;
  readonly purpose: 'double' | 'edge';
}

export type Next = { readonly run: PlannedStep } | { readonly done: Capacity; readonly why: 'decided' | 'budget' };

/** @param history The finished steps, in the order in which they were made. */
export function nextStep(history: readonly StepResult[], rule: SearchRule): Next {
  const doubling = nextDoubling(history, rule);
  if (doubling !== null) return { run: planned(doubling, 'double', { history, rule }) };
  const capacity = capacityOf(history, rule);
  const left = remaining(history, rule);
  const edge = edgeLoad(history, capacity, rule);
  if (isDecided(capacity, rule)) return { done: capacity, why: 'decided' };
  if (left.steps < 1) return { done: capacity, why: 'budget' };
  return { run: planned(edge, 'edge', { history, rule }) };
}

/** A step while doubling: so many requests tell an objective on p95 that holds from one that is far from it. */
const DOUBLING_REQUESTS = 40;
/** The share of a budget in seconds that a doubling step may take. */
const DOUBLING_SHARE = 0.04;
/** Steps at the edge, where the budget has room for them. */
const EDGE_STEPS = 4;
/** Below this many requests in its window a step at the edge is not worth its warm-up. */
const EDGE_REQUESTS = 130;
/** A one-sided p-value of "the objective holds" below which doubling pauses, and ends when this many requests say so. */
const DOUBT = 0.3;
const SURE_REQUESTS = 50;
/** Of the budget, what doubling leaves for the edge. */
const LEAST_SHARE = 0.2;
/** An answer that is known within this share is narrow. */
const NARROW = 0.05;

/** The next load of the doubling; null when it has found a load that is too much. */
function nextDoubling(history: readonly StepResult[], rule: SearchRule): number | null {
  const last = history.at(-1);
  if (last === undefined) return rule.least;
  const loads = [...new Set(history.map(({ condition }) => loadOf(condition)))];
  const greatest = Math.max(...loads);
  const doubts = loads.map((load) => ({ load, doubt: doubtAt(load, history, rule) }));
  if (doubts.some(({ doubt }) => doubt === 'missed')) return null;
  if (remaining(history, rule).share <= LEAST_SHARE) return null;
  const unsure = doubts.find(({ doubt }) => doubt === 'unsure');
  if (unsure !== undefined) return unsure.load;
  return greatest >= rule.most ? null : Math.min(rule.most, greatest * 2);
}

/** What the steps at a load say. A few late requests among few may be chance: the load is then tried once more. */
function doubtAt(
  load: number,
  history: readonly StepResult[],
  { objectives, alpha }: SearchRule,
): 'missed' | 'unsure' | 'holds' {
  const steps = history.filter(({ condition }) => loadOf(condition) === load);
  const last = steps.at(-1)!;
  if (last.saturation === 'overloaded') return 'missed';
  if (last.counts.completed === 0 && last.counts.failed + last.counts.timedOut > 0) return 'missed';
  const doubts = objectives.map((_, i) => {
    const found = steps.flatMap((step): Evidence[] => {
      const evidence = evidenceAt(step, i);
      return isMissing(evidence) ? [] : [evidence];
    });
    const n = found.reduce((total, evidence) => total + evidence.n, 0);
    const p = leastHoldsP(found);
    if (p > DOUBT) return 'holds';
    return p <= alpha || n >= SURE_REQUESTS ? 'missed' : 'unsure';
  });
  return doubts.includes('missed') ? 'missed' : doubts.includes('unsure') ? 'unsure' : 'holds';
}

/** The one-sided p-value of "the objective holds", from steps at one load. */
function leastHoldsP(found: readonly Evidence[]): number {
  const means = found.filter((evidence) => evidence.kind === 'mean');
  if (means.length > 0) return means.every(({ excess }) => excess > 0) ? 0 : 1;
  const counts = found.filter((evidence) => evidence.kind === 'late');
  const [late, n] = [counts.reduce((t, one) => t + one.late, 0), counts.reduce((t, one) => t + one.n, 0)];
  return late === 0 ? 1 : 1 - binomialAtMost(late - 1, n, counts[0]!.allowed);
}

interface Remaining {
  /** Of the budget, from 0 to 1. */
  readonly share: number;
  readonly requests: number;
  readonly seconds: number;
  /** Steps at the edge that the rest has room for. */
  readonly steps: number;
}

function remaining(history: readonly StepResult[], { budget }: SearchRule): Remaining {
  const spent = history.reduce(
    (total, { counts, seconds }) => ({ requests: total.requests + counts.due, seconds: total.seconds + seconds }),
    { requests: 0, seconds: 0 },
  );
  const requests = (budget.requests ?? Number.POSITIVE_INFINITY) - spent.requests;
  const seconds = (budget.seconds ?? Number.POSITIVE_INFINITY) - spent.seconds;
  const share = Math.min(
    budget.requests === undefined ? 1 : requests / budget.requests,
    budget.seconds === undefined ? 1 : seconds / budget.seconds,
  );
  const perStep = EDGE_REQUESTS + overheadOf(history.at(-1));
  const byRequests = budget.requests === undefined ? EDGE_STEPS : Math.floor(requests / perStep);
  const bySeconds = budget.seconds === undefined ? EDGE_STEPS : Math.floor(seconds / (DOUBLING_SHARE * budget.seconds));
  return { share, requests, seconds, steps: Math.min(byRequests, bySeconds) };
}

/** The requests of a step outside its window: those that fill the server, and those that run while it drains. */
function overheadOf(step: StepResult | undefined): number {
  if (step === undefined || isMissing(step.window)) return 2;
  return Math.ceil(2 * Math.max(1, step.window.underWay.mean));
}

function planned(
  load: number,
  purpose: PlannedStep['purpose'],
  { history, rule }: { readonly history: readonly StepResult[]; readonly rule: SearchRule },
): PlannedStep {
  const left = remaining(history, rule);
  const condition = conditionAt(load, rule);
  const overhead = condition.kind === 'closed' ? 2 * load : overheadOf(history.at(-1));
  if (purpose === 'double') {
    return {
      condition,
      load,
      purpose,
      requests: Math.min(left.requests, DOUBLING_REQUESTS + overhead),
      seconds: Math.min(left.seconds, DOUBLING_SHARE * (rule.budget.seconds ?? Number.POSITIVE_INFINITY)),
    };
  }
  const done = edgeStepsOf(history, rule);
  const parts = Math.max(1, Math.min(left.steps, EDGE_STEPS - done));
  return {
    condition,
    load,
    purpose,
    requests: Math.floor(left.requests / parts),
    seconds: left.seconds / parts,
  };
}

/** The steps that were made after doubling had found a load that is too much. */
function edgeStepsOf(history: readonly StepResult[], rule: SearchRule): number {
  return history.filter((_, i) => i > 0 && nextDoubling(history.slice(0, i), rule) === null).length;
}

/**
 * Where steps at the edge are made, around the load at which an objective is about to be missed: at first on both sides, because the
 * slope of the curve must be known too; then there.
 */
const SPREAD = [-0.15, 0.15] as const;

function edgeLoad(history: readonly StepResult[], { load }: Capacity, rule: SearchRule): number {
  const greatest = Math.max(...history.map(({ condition }) => loadOf(condition)));
  const centre = load === null ? greatest : Math.min(load.value, 2 * greatest);
  const done = edgeStepsOf(history, rule);
  const spread = SPREAD[done];
  if (rule.find.kind === 'rate') return loadNear(centre * (1 + (spread ?? 0)), rule);
  if (spread !== undefined)
    return loadNear(centre + Math.sign(spread) * Math.max(0.6, Math.abs(spread) * centre), rule);
  // The last load that holds and the first that does not: whichever was asked less.
  const inside = Math.max(rule.least, Math.floor(centre));
  return loadNear(requestsAt(inside, history) <= requestsAt(inside + 1, history) ? inside : inside + 1, rule);
}

function requestsAt(load: number, history: readonly StepResult[]): number {
  return history.reduce((total, { condition, counts }) => total + (loadOf(condition) === load ? counts.due : 0), 0);
}

function isDecided({ load }: Capacity, { find }: SearchRule): boolean {
  if (load === null || load.high === null) return false;
  if (find.kind === 'rate') return load.high - load.low <= NARROW * load.value;
  return Math.floor(load.high) - Math.floor(load.low) <= Math.floor(NARROW * load.value);
}
