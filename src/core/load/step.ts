/**
 * The analysis of a step: what a model served, how fast and how well, while one condition was held. A figure is valid, settled and
 * rests on enough requests, or it is missing with the reason and what it takes.
 */
import type { Condition } from '../definition/condition.js';
import type { Price } from '../measure/metric.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import { mean } from '../stats/basics/moments.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { countedOf, countsOf, figuresOf, type RequestCounts, type WindowFigures } from './figures.js';
import { isPercentile, type Objective, relax } from './objective.js';
import { type LateByQueue, type Queue, type QueuePart, queueOf, sourceOf } from './queue.js';
import type { ClientHealth, StepRequest } from './request.js';
import { type Saturation, saturationOf } from './saturation.js';
import { type Settled, settledOf } from './settled.js';
import { type Met, meanOf, metOf, type Tally, tallyOf, unknownOf } from './tally.js';
import { judgeValidity, type Validity } from './validity.js';
import { findWindow } from './window.js';

export interface StepOptions {
  readonly condition: Condition;
  readonly objectives: readonly Objective[];
  readonly health: ClientHealth;
  /** The one-sided error rate of "met" and of "missed". The default is 0.05. */
  readonly alpha?: number;
  readonly price?: Price | Missing;
}

export interface StepResult {
  readonly condition: Condition;
  /** The seconds from the beginning to the last answer. */
  readonly seconds: number;
  /** The longest time from due to the end of an answer, in seconds. */
  readonly slowest: number;
  /** The mean time from the first token of an answer to its end, in seconds; 0 where none was answered. */
  readonly decoding: number;
  /** All requests of the step. */
  readonly counts: RequestCounts;
  readonly saturation: Saturation;
  /** Missing when the step was too short to have a window. */
  readonly window: WindowFigures | Missing;
  /** How the queue of a steady rate or of users moved; null under other conditions, or where the client spoilt the step. */
  readonly queue: readonly QueuePart[] | null;
  /** How each objective stands by this step alone. */
  readonly objectives: readonly ObjectiveResult[];
}

export interface ObjectiveResult {
  readonly objective: Objective;
  /** Missing when the step has no valid, settled window. */
  readonly tally: Tally | Missing;
  readonly met: Met;
  /** Of a limit on a mean: that of the window, in seconds. Absent of a percentile. */
  readonly mean?: Estimate | Missing;
  /** The tally of the same requests for the objective at other limits. */
  readonly relaxed: readonly Relaxed[];
  /**
   * All requests of a step of users, or of a steady rate, that has no tally because it was too short. Its queue began empty and was still
   * growing, so too few of them are late: they may show a miss, and never that the objective holds.
   */
  readonly early?: Tally;
  /** The late requests of each part of the queue; absent without a queue. */
  readonly lateByQueue?: readonly LateByQueue[];
  /** Why its answers do not tell the objective, whatever its limit is (`unknownOf`); absent if they do. */
  readonly unknown?: Missing;
}

export interface Relaxed {
  /** 2 is twice the time, or half the rate. */
  readonly factor: number;
  readonly tally: Tally | Missing;
  readonly lateByQueue?: readonly LateByQueue[];
}

/** Half and twice each objective: the second table of a search. */
export const RELAXATIONS = [0.5, 2] as const;

/** @param requests All requests of the step, in any order. */
export function analyseStep(requests: readonly StepRequest[], options: StepOptions): StepResult {
  const { condition, objectives, health, alpha = 0.05 } = options;
  const saturation = saturationUnder(condition, requests);
  const window = findWindow(requests, condition);
  const seconds = requests.reduce((latest, { end }) => Math.max(latest, end), 0);
  const slowest = requests.reduce((longest, { due, end }) => Math.max(longest, end - due), 0);
  const step = { condition, seconds, slowest, decoding: decodingOf(requests), counts: countsOf(requests), saturation };
  if (isMissing(window)) {
    const sent = earlyIn(requests, condition);
    // What the client itself made late shows no miss.
    const whole = { from: 0, to: seconds, requests };
    const isValid = sent.length > 0 && judgeValidity({ condition, window: whole, requests, health, objectives }).valid;
    const early = isValid ? sent : [];
    const queue = isValid ? queueOf(requests, condition) : null;
    return {
      ...step,
      window,
      queue: queue?.parts ?? null,
      objectives: objectives.map((objective) =>
        objectiveResult(objective, { alpha, requests, queue, early, tallyFor: () => window, meanFor: () => window }),
      ),
    };
  }
  const validity = judgeValidity({ condition, window, requests, health, objectives });
  const settled = settledOf(window);
  const spoilt = reasonAgainst(validity, settled, condition);
  const counted = countedOf(window.requests);
  const silent = whySilent(validity, settled, condition);
  const queue = validity.valid ? queueOf(requests, condition) : null;
  const isEarly = silent !== null && validity.valid && settled.state === 'too short';
  const early = isEarly ? earlyIn(requests, condition) : [];
  return {
    ...step,
    queue: queue?.parts ?? null,
    window: figuresOf({ window, counted, requests, validity, settled, spoilt }, options),
    objectives: objectives.map((objective) =>
      objectiveResult(objective, {
        alpha,
        requests,
        queue,
        early,
        tallyFor: (limited) => silent ?? tallyOf(counted, limited),
        meanFor: (limited) => spoilt ?? meanOf(counted, limited),
      }),
    ),
  };
}

function decodingOf(requests: readonly StepRequest[]): number {
  const times = requests.flatMap(({ outcome, first, end }) =>
    outcome === 'completed' && first !== undefined ? [end - first] : [],
  );
  return times.length === 0 ? 0 : mean(times);
}

/** Whether the client did not keep its schedule, so that the step counts for nothing. */
export function wasSpoilt({ window }: StepResult): boolean {
  return !isMissing(window) && !window.validity.valid;
}

/** The requests of a step that was too short to count, in the order in which they were due; none where they show no miss. */
function earlyIn(requests: readonly StepRequest[], condition: Condition): readonly StepRequest[] {
  return sourceOf(condition) === null ? [] : countedOf(requests).toSorted((a, b) => a.due - b.due);
}

/**
 * A closed loop waits for its answers, so it never sends more than the server answers. Users wait too: their queue fills, from an empty
 * server, and grows no further, so it is no overload.
 */
function saturationUnder({ kind }: Condition, requests: readonly StepRequest[]): Saturation {
  if (kind === 'closed') return 'stable';
  const found = saturationOf(countedOf(requests));
  return kind === 'users' && found === 'overloaded' ? 'backlogged' : found;
}

interface ObjectiveParts {
  readonly alpha: number;
  /** All requests of the step. */
  readonly requests: readonly StepRequest[];
  readonly queue: Queue | null;
  readonly early: readonly StepRequest[];
  readonly tallyFor: (objective: Objective) => Tally | Missing;
  readonly meanFor: (objective: Objective) => Estimate | Missing;
}

function objectiveResult(
  objective: Objective,
  { alpha, requests, queue, early, tallyFor, meanFor }: ObjectiveParts,
): ObjectiveResult {
  const meanIf = (mean: () => Estimate | Missing) => !isPercentile(objective.level) && { mean: mean() };
  const unknown = unknownOf(countedOf(requests), objective);
  if (unknown !== null) {
    const relaxed = RELAXATIONS.map((factor) => ({ factor, tally: unknown }));
    return { objective, tally: unknown, met: 'open', ...meanIf(() => unknown), relaxed, unknown };
  }
  const shownBy = (limited: Objective) => ({
    tally: tallyFor(limited),
    ...(queue !== null && { lateByQueue: queue.lateFor(limited) }),
  });
  const shown = shownBy(objective);
  const relaxed = RELAXATIONS.map((factor) => ({ factor, ...shownBy(relax(objective, factor)) }));
  const earlyTally = tallyOf(early, objective);
  return {
    objective,
    ...shown,
    met: metOf(shown.tally, alpha),
    ...meanIf(() => meanFor(objective)),
    relaxed,
    ...(!isMissing(earlyTally) && { early: earlyTally }),
  };
}

/** Why the figures of a step are not shown; null if they are. */
function reasonAgainst(validity: Validity, settled: Settled, condition: Condition): Missing | null {
  const broken = whySilent(validity, settled, condition);
  if (broken !== null) return broken;
  return settled.state === 'too short' ? needsMore(settled) : null;
}

/**
 * Why a step says nothing about an objective; null if it does. A step that its client spoilt, or that drifts, says nothing. A short step
 * of a closed loop says as much as it has requests, since the loop fills the server at once. A short step of any other condition began
 * with an empty server and saw too little of its queue.
 */
function whySilent(validity: Validity, settled: Settled, condition: Condition): Missing | null {
  if (!validity.valid) return missing('the client did not keep its schedule, so the step is invalid');
  switch (settled.state) {
    case 'steady':
      return null;
    case 'drifting':
      return missing(`the step has not settled: ${settled.reason}`);
    case 'too short':
      return condition.kind === 'closed' || settled.relaxed ? null : needsMore(settled);
  }
}

function needsMore({ more, reason }: Extract<Settled, { state: 'too short' }>): Missing {
  return missing(`it needs ${more} more requests: ${reason}`);
}
