/**
 * The search for the greatest load at which every objective holds. It is a function of the steps so far, so a search that was
 * interrupted goes on where it was, and a log shows why each step was made.
 *
 *     double    1, 2, 4, … until an objective is missed; these steps are short
 *     narrow    between the last load that held and the first that did not, by halves; these are short too. Users who kept the server busy
 *               show the place at once
 *     prove     around the load where the objective that binds is about to be missed, from all steps pooled (./queue.ts, ./crossing.ts),
 *               until the budget is spent or the answer is narrow
 *
 * So most requests are spent at the edge, where they tell most.
 */
import type { Condition } from '../definition/condition.js';
import { isMissing } from '../quantity.js';
import { sum } from '../stats/basics/moments.js';
import { binomialAtMost } from '../stats/estimate/quantile-test.js';
import { type Capacity, capacityOf, earlyMiss, tallyAt } from './capacity.js';
import { durationLimit, type Objective, WAITING } from './objective.js';
import { conditionAt, loadNear, loadOf, type SearchRule } from './search-rule.js';
import type { Settled } from './settled.js';
import type { StepResult } from './step.js';
import type { Tally } from './tally.js';
import { meanThink } from './think.js';

export interface PlannedStep {
  readonly condition: Condition;
  readonly load: number;
  /** The step ends when this many requests were due. */
  readonly requests: number;
  /** Or when no more requests are due after this many seconds. */
  readonly seconds: number;
  readonly purpose: 'locate' | 'prove';
}

export type Next =
  | { readonly run: PlannedStep }
  | { readonly done: Capacity; readonly why: 'decided' | 'budget' | 'unknown' };

/** @param history The finished steps, in the order in which they were made. */
export function nextStep(history: readonly StepResult[], rule: SearchRule): Next {
  if (isUntold(history)) return { done: capacityOf(history, rule), why: 'unknown' };
  const located = nextToLocate(history, rule);
  if (located !== null) return { run: planned(located, 'locate', { history, rule }) };
  const capacity = capacityOf(history, rule);
  if (edgeStepsOf(history, rule) >= EDGE_STEPS[rule.find.kind] && isDecided(capacity, rule))
    return { done: capacity, why: 'decided' };
  if (remaining(history, rule).steps < 1) return { done: capacity, why: 'budget' };
  return { run: planned(edgeLoad(history, capacity, rule), 'prove', { history, rule }) };
}

/** An objective that the answers of a step do not tell is told by no further step of the same model. */
function isUntold(history: readonly StepResult[]): boolean {
  const last = history.at(-1);
  return (
    last !== undefined &&
    last.counts.due >= LOCATE_REQUESTS &&
    last.objectives.some((_, i) => history.every(({ objectives }) => objectives[i]!.unknown !== undefined))
  );
}

/** The requests of a step while the search looks for the edge. They tell a p95 objective that holds from one that fails by far. */
const LOCATE_REQUESTS = 40;
/** In times the slowest answer so far: longer than a step must be to count (`settledOf`), since the slowest answer grows with the load. */
const RELAXATION = 8;
/** The slowest answer where a limit is about to be missed, in times that limit. */
const SLOWEST_OF_LIMIT = 2;
/** The share of a budget in seconds that such a step may take. */
const LOCATE_SHARE = 0.04;
/**
 * Steps at the edge, where the budget has room for them. A rate has more of them, each at a better guess than the one before: its answer
 * rests on how the queue moves (./queue.ts), and so does that of users, whose queue forgets as slowly as they think.
 */
const EDGE_STEPS = { concurrency: 4, users: 4, rate: 6 } as const;
/** A step at the edge is not worth its warm-up if its window has fewer requests. */
const EDGE_REQUESTS = 130;
/** A one-sided p-value of "the objective holds" below which a load counts as missed, if this many requests say so. */
const DOUBT = 0.3;
const SURE_REQUESTS = 50;
/** A load is tried again this often at most, before what it showed counts. */
const MOST_TRIES = 3;
/** The share of the budget that stays for the edge while its place is not yet found. */
const LEAST_SHARE = 0.5;
/**
 * The edge is found when the load that is too much is at most this many times the one that holds. Short steps tell a closed loop's edge,
 * and how a queue moved tells that of a rate.
 */
const NEAR = { concurrency: 2, users: 1.5, rate: 2.05 } as const;
/** An answer that is known within this share is narrow. */
const NARROW = 0.05;

/** The next load while the edge is sought; null when it lies between two loads that are near each other. */
function nextToLocate(history: readonly StepResult[], rule: SearchRule): number | null {
  if (history.length === 0) return rule.least;
  if (remaining(history, rule).share <= LEAST_SHARE) return null;
  const bracket = bracketOf(history, rule);
  const { held, unsure, unknown, missed } = bracket;
  if (unsure !== null) return unsure;
  if (unknown || saturatedUsers(history, rule, bracket) !== null) return null;
  if (missed === Number.POSITIVE_INFINITY)
    return held >= rule.most ? null : loadNear(growthAfter(history.at(-1)!) * held, rule);
  if (held === 0 || missed <= NEAR[rule.find.kind] * held) return null;
  const middle = loadNear(Math.sqrt(held * missed), rule);
  return middle > held && middle < missed ? middle : null;
}

/** Fewer answers say too little of how fast a server is that has enough to do. */
const SATURATED_ANSWERS = 50;
/** How much of its best a server gives where a limit on waiting is about to be missed. */
const NEARLY_ALL = 0.97;
/** There, the mean of what is limited, as a share of a limit on its tail. */
const MEAN_OF_LIMIT = 0.4;

/**
 * The users at whom waiting is about to miss its limit, from a short step that kept the server busy; null where none did, or where that lies
 * outside what the steps so far leave open. By the response time law, users = answers per second x (think time + e2e) (Denning and Buzen 1978,
 * ACM Computing Surveys 10:225).
 */
function saturatedUsers(history: readonly StepResult[], rule: SearchRule, bracket: Bracket): number | null {
  const { find, objectives, alpha } = rule;
  if (find.kind !== 'users') return null;
  for (const { queue, counts, decoding, objectives: results } of history.toReversed()) {
    const missed = objectives.filter((_, i) => earlyMiss(results[i]!, alpha) !== null);
    if (queue === null || missed.length === 0 || !missed.every(({ metric }) => WAITING.has(metric))) continue;
    const later = queue.slice(Math.floor(queue.length / 2));
    const answered = counts.completed / (counts.completed + counts.failed + counts.timedOut);
    const answers = answered * sum(later.map(({ departures }) => sum(departures)));
    if (answers < SATURATED_ANSWERS) continue;
    const perSecond = answers / sum(later.map(({ seconds }) => sum(seconds)));
    const e2e = Math.min(...missed.map((one) => meanAtLimit(one) + (one.metric === 'e2e' ? 0 : decoding)));
    const users = NEARLY_ALL * perSecond * (meanThink(find.think) + e2e);
    return users > bracket.held && users < bracket.missed ? users : null;
  }
  return null;
}

/** Seconds. */
function meanAtLimit(objective: Objective): number {
  const { seconds, lateShare } = durationLimit(objective);
  return lateShare === null || lateShare >= 0.5 ? seconds : MEAN_OF_LIMIT * seconds;
}

/** Few requests have hardly asked the server anything: it is far from its edge. */
function growthAfter({ condition, counts }: StepResult): number {
  return condition.kind !== 'closed' && counts.due < LOCATE_REQUESTS / 4 ? 4 : 2;
}

interface Bracket {
  /** The greatest load below the one that is too much; 0 where there is none. */
  readonly held: number;
  /** A load below the one that is too much that must be tried again. */
  readonly unsure: number | null;
  /** Whether a load was tried as often as it may be and shows nothing. */
  readonly unknown: boolean;
  /** The least load that is too much; infinite where none is. */
  readonly missed: number;
}

function bracketOf(history: readonly StepResult[], rule: SearchRule): Bracket {
  const loads = [...new Set(history.map(({ condition }) => loadOf(condition)))];
  const doubts = loads.map((load) => ({ load, doubt: doubtAt(load, history, rule) }));
  const missed = Math.min(...doubts.flatMap(({ load, doubt }) => (doubt === 'missed' ? [load] : [])));
  const below = doubts.filter(({ load }) => load < missed);
  return {
    held: Math.max(0, ...below.map(({ load }) => load)),
    unsure: below.find(({ doubt }) => doubt === 'unsure')?.load ?? null,
    unknown: below.some(({ doubt }) => doubt === 'unknown'),
    missed,
  };
}

/** What the steps at a load say. A few late requests among few may be chance: the load is then tried once more. */
function doubtAt(
  load: number,
  history: readonly StepResult[],
  { objectives, alpha }: SearchRule,
): 'missed' | 'unsure' | 'unknown' | 'holds' {
  const steps = history.filter(({ condition }) => loadOf(condition) === load);
  const last = steps.at(-1)!;
  if (last.saturation === 'overloaded') return 'missed';
  if (!isMissing(last.window) && isRising(last.window.settled)) return 'missed';
  if (last.counts.completed === 0 && last.counts.failed + last.counts.timedOut > 0) return 'missed';
  if (steps.some((step) => step.objectives.some((one) => earlyMiss(one, alpha) !== null))) return 'missed';
  if (steps.length < MOST_TRIES && wasTooShort(last)) return 'unsure';
  // Many requests that show nothing are no reason to try a greater load.
  const isSilent = (_: Objective, i: number) => isMissing(tallyAt(last, i)) && last.objectives[i]!.early === undefined;
  const sawNothing = last.counts.due >= LOCATE_REQUESTS && objectives.every(isSilent);
  const doubts = objectives.map((_, i) => {
    const found = steps.flatMap((step): Tally[] => {
      const tally = tallyAt(step, i);
      if (!isMissing(tally)) return [tally];
      const { early } = step.objectives[i]!;
      return early === undefined ? [] : [early];
    });
    const n = found.reduce((total, tally) => total + tally.n, 0);
    const p = leastHoldsP(found);
    if (p > DOUBT) return 'holds';
    return p <= alpha || n >= SURE_REQUESTS ? 'missed' : 'unsure';
  });
  if (doubts.includes('missed')) return 'missed';
  if (doubts.includes('unsure')) return 'unsure';
  return sawNothing ? 'unknown' : 'holds';
}

/** A rate that was not seen with its queue. Users are not tried again: their step ends at the same place again, before they have thought once. */
function wasTooShort({ condition, counts, window }: StepResult): boolean {
  if (condition.kind !== 'open' || counts.due < LOCATE_REQUESTS) return false;
  return isMissing(window) || (window.settled.state === 'too short' && !window.settled.relaxed);
}

/** A latency that rises may have missed its limit later on. It shows no miss, but is a reason to look at lower loads. */
function isRising(settled: Settled): boolean {
  return settled.state === 'drifting' && settled.direction === 'rises';
}

/** The one-sided p-value of "the objective holds", from steps at one load. */
function leastHoldsP(found: readonly Tally[]): number {
  const means = found.filter((tally) => tally.kind === 'mean');
  if (means.length > 0) return means.every(({ excess }) => excess > 0) ? 0 : 1;
  const counts = found.filter((tally) => tally.kind === 'late');
  const [late, n] = [counts.reduce((t, one) => t + one.late, 0), counts.reduce((t, one) => t + one.n, 0)];
  return late === 0 ? 1 : 1 - binomialAtMost(late - 1, n, counts[0]!.allowed);
}

interface Remaining {
  /** The remaining share of the budget, from 0 to 1. */
  readonly share: number;
  readonly requests: number;
  readonly seconds: number;
  /** Steps at the edge that the rest has room for. */
  readonly steps: number;
}

function remaining(history: readonly StepResult[], { budget, find }: SearchRule): Remaining {
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
  const byRequests = budget.requests === undefined ? EDGE_STEPS[find.kind] : Math.floor(requests / perStep);
  const bySeconds =
    budget.seconds === undefined ? EDGE_STEPS[find.kind] : Math.floor(seconds / (LOCATE_SHARE * budget.seconds));
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
  if (purpose === 'locate') {
    return {
      condition,
      load,
      purpose,
      requests: Math.min(
        left.requests,
        Math.max(LOCATE_REQUESTS, relaxationAt(load, history), queueingAt(load, rule)) + overhead,
      ),
      seconds: Math.min(left.seconds, LOCATE_SHARE * (rule.budget.seconds ?? Number.POSITIVE_INFINITY)),
    };
  }
  const done = edgeStepsOf(history, rule);
  const parts = Math.max(
    1,
    Math.min(left.steps, EDGE_STEPS[rule.find.kind] - done, longEnough(load, left.seconds, history, rule)),
  );
  return {
    condition,
    load,
    purpose,
    requests: Math.floor(left.requests / parts),
    seconds: left.seconds / parts,
  };
}

/** How many steps of users fit into these seconds, each some times as long as its slowest answer; of a rate, each with enough requests. */
function longEnough(load: number, seconds: number, history: readonly StepResult[], rule: SearchRule): number {
  const last = history.at(-1);
  if (last?.condition.kind === 'open') return Math.floor((seconds * load) / EDGE_REQUESTS);
  if (last?.condition.kind !== 'users') return Number.POSITIVE_INFINITY;
  // A server that was far too full was slower than it is at the edge.
  const limit = Math.max(...rule.objectives.map((one) => durationLimit(one).seconds));
  const atEdge = SLOWEST_OF_LIMIT * limit + last.decoding;
  const slowest =
    saturatedUsers(history, rule, bracketOf(history, rule)) === null ? last.slowest : Math.min(last.slowest, atEdge);
  return Math.floor(seconds / (RELAXATION * slowest));
}

/** Requests that an open server needs to be seen with its queue: those of some times its slowest answers so far. */
function relaxationAt(load: number, history: readonly StepResult[]): number {
  const last = history.at(-1);
  if (last === undefined || last.condition.kind === 'closed') return 0;
  const rate = last.counts.due / last.seconds;
  return Math.ceil(RELAXATION * last.slowest * rate * (load / loadOf(last.condition)));
}

/** Requests of a rate that is too high, until its queue shows: those of a third of the longest time that such a step may take. */
function queueingAt(load: number, { find, budget }: SearchRule): number {
  if (find.kind !== 'rate') return 0;
  const { seconds = Number.POSITIVE_INFINITY, requests = Number.POSITIVE_INFINITY } = budget;
  return Math.ceil((LOCATE_SHARE / 3) * Math.min(seconds * load, requests));
}

/** The steps that were made after the edge was found. */
function edgeStepsOf(history: readonly StepResult[], rule: SearchRule): number {
  return history.filter((_, i) => i > 0 && nextToLocate(history.slice(0, i), rule) === null).length;
}

/**
 * Where steps at the edge are made, around the load at which an objective is about to be missed: at first on both sides, because the
 * slope of the curve must be known too; then there. Of a rate, the first guess rests on short steps, so the first step is made at it.
 */
const SIDES = { concurrency: [-1, 1], users: [-1, 1], rate: [0, -1, 1] } as const;
const SPREAD = { concurrency: 0.15, users: 0.08, rate: 0.04 } as const;

function edgeLoad(history: readonly StepResult[], { load }: Capacity, rule: SearchRule): number {
  const greatest = Math.max(...history.map(({ condition }) => loadOf(condition)));
  const bracket = bracketOf(history, rule);
  const { held, missed } = bracket;
  const between = missed === Number.POSITIVE_INFINITY ? greatest : Math.sqrt(Math.max(rule.least, held) * missed);
  const pooled = load === null ? between : Math.min(load.value, 2 * greatest);
  const side = SIDES[rule.find.kind][edgeStepsOf(history, rule)];
  const spread = SPREAD[rule.find.kind];
  if (rule.find.kind === 'rate') return loadNear(pooled * (1 + (side ?? 0) * spread), rule);
  // The steps so far were short, and their curve is a guess: what they found of the bracket is kept.
  const centre =
    side === undefined ? pooled : (saturatedUsers(history, rule, bracket) ?? Math.min(missed, Math.max(held, pooled)));
  if (side !== undefined) return loadNear(centre + side * Math.max(0.6, spread * centre), rule);
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
