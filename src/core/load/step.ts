/**
 * The analysis of a step: what a model served, how fast and how well, while one condition was held. A figure is valid, settled and
 * rests on enough requests, or it is missing with the reason and what it takes.
 */
import { distributionOf } from '../analyse/distribution.js';
import type { Condition } from '../definition/condition.js';
import type { Price } from '../measure/metric.js';
import { isMissing, known, type Missing, missing, type Quantity } from '../quantity.js';
import { mean } from '../stats/basics/moments.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { estimateMean, estimateProportion, NOT_NEGATIVE } from '../stats/estimate/estimators.js';
import { serialInflation } from '../stats/estimate/serial.js';
import { minPassingQueries } from './early-stopping.js';
import { isMet, LOAD_METRIC_NAMES, LOAD_METRICS, type LoadMetric, type Objective, relax } from './objective.js';
import { type LateByQueue, type Queue, type QueuePart, queueOf, sourceOf } from './queue.js';
import type { ClientHealth, StepRequest } from './request.js';
import { type RightAnswers, rightAnswersOf } from './right-answers.js';
import { type Saturation, saturationOf } from './saturation.js';
import { type Settled, settledOf } from './settled.js';
import { type Met, metOf, type Tally, tallyOf } from './tally.js';
import { underWayBetween, underWayOf } from './under-way.js';
import { judgeValidity, type Validity } from './validity.js';
import { findWindow, type Window } from './window.js';

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

export interface RequestCounts {
  readonly due: number;
  readonly completed: number;
  readonly timedOut: number;
  readonly failed: number;
  /** Left out, because we cut them or never sent them. */
  readonly leftOut: number;
}

/** The figures of the steady-state window. */
export interface WindowFigures {
  /** Seconds since the step began. */
  readonly from: number;
  readonly to: number;
  readonly counts: RequestCounts;
  readonly settled: Settled;
  readonly validity: Validity;
  readonly metrics: Readonly<Record<LoadMetric, Percentiles | Missing>>;
  /** The gaps between tokens, and between pieces that hold several tokens. They are never pooled. */
  readonly gaps: Readonly<Record<'tokens' | 'pieces', Percentiles | Missing>>;
  /** The share of requests that met every objective, of all that were due. */
  readonly attainment: Estimate | Missing;
  /** Requests per second that met every objective. */
  readonly goodput: Estimate | Missing;
  /** Requests per second that were due. */
  readonly requestRate: Quantity;
  /** Output tokens per second of all requests together. */
  readonly throughput: Estimate | Missing;
  /** The share of prompt tokens that came from a cache, of the requests whose server told it. */
  readonly cached: Quantity;
  readonly underWay: { readonly mean: number; readonly peak: number };
  readonly right: RightAnswers;
}

/** Percentiles in the unit of the metric. One is missing below its floor of requests. */
export interface Percentiles {
  readonly n: number;
  readonly median: Estimate | Missing;
  readonly p90: Estimate | Missing;
  readonly p95: Estimate | Missing;
  readonly p99: Estimate | Missing;
}

export interface ObjectiveResult {
  readonly objective: Objective;
  /** Missing when the step has no valid, settled window. */
  readonly tally: Tally | Missing;
  readonly met: Met;
  /** The tally of the same requests for the objective at other limits. */
  readonly relaxed: readonly Relaxed[];
  /**
   * All requests of a step of users, or of a steady rate, that has no tally because it was too short. Its queue began empty and was still
   * growing, so too few of them are late: they may show a miss, and never that the objective holds.
   */
  readonly early?: Tally;
  /** The late requests of each part of the queue; absent without a queue. */
  readonly lateByQueue?: readonly LateByQueue[];
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
        objectiveResult(objective, { alpha, queue, early, tallyFor: () => window }),
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
        queue,
        early,
        tallyFor: (limited) => silent ?? tallyOf(counted, limited),
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

/** Requests that we cut or did not send say nothing of the server. */
export function countedOf(requests: readonly StepRequest[]): readonly StepRequest[] {
  return requests.filter(({ outcome }) => outcome !== 'cut' && outcome !== 'unsent');
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
  readonly queue: Queue | null;
  readonly early: readonly StepRequest[];
  readonly tallyFor: (objective: Objective) => Tally | Missing;
}

function objectiveResult(objective: Objective, { alpha, queue, early, tallyFor }: ObjectiveParts): ObjectiveResult {
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

interface Parts {
  readonly window: Window;
  /** The requests of the window without those that are left out. */
  readonly counted: readonly StepRequest[];
  /** All requests of the step. */
  readonly requests: readonly StepRequest[];
  readonly validity: Validity;
  readonly settled: Settled;
  readonly spoilt: Missing | null;
}

function figuresOf(parts: Parts, { objectives, price }: StepOptions): WindowFigures {
  const { window, counted, requests, validity, settled, spoilt } = parts;
  const seconds = window.to - window.from;
  const shown = <T>(figure: () => T | Missing): T | Missing => spoilt ?? figure();
  const attainment = shown(() =>
    objectives.length === 0
      ? missing('there is no objective to meet')
      : estimateProportion(counted.map((request) => (meetsAll(request, objectives) ? 1 : 0))),
  );
  return {
    from: window.from,
    to: window.to,
    counts: countsOf(window.requests),
    settled,
    validity,
    metrics: metricsOf(counted, spoilt),
    gaps: {
      tokens: shown(() => gapsBetween('tokens', counted)),
      pieces: shown(() => gapsBetween('pieces', counted)),
    },
    attainment,
    goodput: isMissing(attainment) ? attainment : perSecond(attainment, counted.length / seconds),
    requestRate: shown(() => known(counted.length / seconds)),
    throughput: shown(() => throughputOf(counted, window)),
    cached: cachedShareOf(counted),
    underWay: underWayBetween(underWayOf(requests, 'due'), window),
    right: rightAnswersOf(counted, { seconds, meets: (request) => meetsAll(request, objectives), price, spoilt }),
  };
}

export function meetsAll(request: StepRequest, objectives: readonly Objective[]): boolean {
  return objectives.every((objective) => isMet(request, objective));
}

function perSecond(share: Estimate, rate: number): Estimate {
  const { standardError: _ofTheShare, ...rest } = share;
  return { ...rest, value: share.value * rate, low: share.low * rate, high: share.high * rate };
}

const BATCHES = 30;

/**
 * Tokens and seconds of the same requests: the tokens of those that were due in the window, over its length. The interval is by batch
 * means, over parts of equal time whose neighbours may be alike; n is the number of answers.
 */
function throughputOf(requests: readonly StepRequest[], { from, to }: Window): Estimate | Missing {
  const seconds = (to - from) / BATCHES;
  const rates = new Float64Array(BATCHES);
  let n = 0;
  for (const { outcome, due, outputTokens } of requests) {
    if (outcome !== 'completed') continue;
    if (isMissing(outputTokens)) return outputTokens;
    rates[Math.min(BATCHES - 1, Math.floor((due - from) / seconds))]! += outputTokens.value / seconds;
    n++;
  }
  const estimate = estimateMean(rates, { inflation: serialInflation([rates]), bounds: NOT_NEGATIVE });
  return isMissing(estimate) ? estimate : { ...estimate, n };
}

/** It says how the server was asked and not how fast it was, so a step that its client spoilt has it too. */
function cachedShareOf(requests: readonly StepRequest[]): Quantity {
  let [cached, prompts] = [0, 0];
  for (const { cachedTokens, promptTokens } of requests) {
    if (cachedTokens === undefined || isMissing(promptTokens)) continue;
    cached += cachedTokens;
    prompts += promptTokens.value;
  }
  return prompts === 0 ? missing('the server does not tell') : known(cached / prompts);
}

export function metricsOf(requests: readonly StepRequest[], spoilt: Missing | null): WindowFigures['metrics'] {
  const entries = LOAD_METRIC_NAMES.map((metric) => [metric, spoilt ?? percentilesOf(requests, metric)]);
  return Object.fromEntries(entries) as WindowFigures['metrics'];
}

function percentilesOf(requests: readonly StepRequest[], metric: LoadMetric): Percentiles | Missing {
  const { seen, better } = LOAD_METRICS[metric];
  const values: number[] = [];
  let [never, censored, after] = [0, 0, Number.POSITIVE_INFINITY];
  for (const request of requests) {
    const one = seen(request);
    if (one === 'none') continue;
    // Tokens that all came at the same instant have no rate.
    if (one !== 'never' && 'seconds' in one && one.seconds === 0 && better === 'higher') continue;
    if (one === 'never') never++;
    else if ('seconds' in one) values.push(better === 'higher' ? 1 / one.seconds : one.seconds);
    else {
      censored++;
      after = Math.min(after, one.atLeast);
    }
  }
  // An answer that never came has no rate. It is the slowest.
  if (better === 'higher') {
    values.push(...Array.from({ length: never + censored }, () => 0));
    [never, censored] = [0, 0];
  }
  if (values.length === 0) return missing('no request of the step has it');
  return percentilesFrom(values, { censored, after, never });
}

function gapsBetween(kind: 'tokens' | 'pieces', requests: readonly StepRequest[]): Percentiles | Missing {
  const values = requests.flatMap(({ gaps }) => (gaps?.between === kind ? Array.from(gaps.seconds) : []));
  if (values.length === 0) return missing(`no answer came with times of its ${kind}`);
  return percentilesFrom(values, { censored: 0, after: Number.POSITIVE_INFINITY, never: 0 });
}

function percentilesFrom(
  values: readonly number[],
  late: Parameters<typeof distributionOf>[1]['late'] & {},
): Percentiles {
  const { n, at } = distributionOf([Float64Array.from(values)], { serial: true, late });
  const above = (q: number, estimate: Estimate | Missing): Estimate | Missing => {
    const floor = percentileFloor(q);
    return n < floor ? missing(`it needs ${floor - n} more requests`) : estimate;
  };
  return {
    n,
    median: above(0.5, at.median),
    p90: above(0.9, at.p90),
    p95: above(0.95, at.p95),
    p99: above(0.99, at.p99),
  };
}

/**
 * The fewest requests that a percentile is reported from: 11 for the median, 64 for p90, 130 for p95, 662 for p99. It is the least n
 * that may have one slow request by MLPerf's early stopping at 99% (MLCommons endpoints).
 */
export function percentileFloor(q: number): number {
  return minPassingQueries(q, 1) + 1;
}

export function countsOf(requests: readonly StepRequest[]): RequestCounts {
  const count = (...outcomes: StepRequest['outcome'][]) =>
    requests.filter(({ outcome }) => outcomes.includes(outcome)).length;
  return {
    due: requests.length,
    completed: count('completed'),
    timedOut: count('timed-out'),
    failed: count('failed'),
    leftOut: count('cut', 'unsent'),
  };
}
