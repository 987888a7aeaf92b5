/**
 * An objective is a limit on a latency or rate at a level, held under load:
 *
 *     ttft p95 <= 500 ms         decodeRate median >= 10
 *
 * Inside, every objective is an upper bound on a duration, so that later is worse everywhere: a decode rate of at least 10 tokens per
 * second is a time per token of at most 0.1 s, and the p90 of rates is the p10 of times.
 */
import { QUANTILES } from '../analyse/distribution.js';
import { DURATIONS, readMagnitude } from '../definition/magnitude.js';
import type { Limits } from '../definition/requirement.js';
import { UserError } from '../errors.js';
import { LEVELS, type Level } from '../measure/metric.js';
import { METRICS } from '../measure/metrics.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import type { StepRequest } from './request.js';

/** What a request shows of one of its durations. */
export type Seen =
  | { readonly seconds: number }
  /** It was cut off at its timeout before the duration was complete. */
  | { readonly atLeast: number }
  /** It failed: later than every limit. */
  | 'never'
  /** An answer of one token has no time between tokens. */
  | 'none'
  /** It was answered, and the answer does not tell the duration. */
  | Missing;

interface LoadMetricEntry {
  readonly title: string;
  readonly short: string;
  readonly unit: 'seconds' | 'tokens per second';
  readonly better: 'lower' | 'higher';
  readonly formula: string;
  readonly source: string;
  /** The level of an objective that names none. */
  readonly level: Level;
  /** The duration that the objective bounds. */
  readonly seen: (request: StepRequest) => Seen;
}

/** The metrics of a request under load. One entry holds the words, the formula and how it is computed. */
export const LOAD_METRICS = {
  ttft: {
    title: METRICS.ttft.title,
    short: METRICS.ttft.short,
    unit: 'seconds',
    better: 'lower',
    formula: METRICS.ttft.formula,
    source: METRICS.ttft.source,
    level: 'p95',
    seen: (request) => until(request, request.first),
  },
  ttfa: {
    title: 'Time to first token of the answer',
    short: 'TTFA',
    unit: 'seconds',
    better: 'lower',
    formula: 'first token of the answer, after any reasoning - due',
    source: 'AIPerf (time to first output token)',
    level: 'p95',
    seen: untilAnswer,
  },
  tpot: {
    title: METRICS.tpot.title,
    short: METRICS.tpot.short,
    unit: 'seconds',
    better: 'lower',
    formula: METRICS.tpot.formula,
    source: METRICS.tpot.source,
    level: 'p95',
    seen: perToken,
  },
  e2e: {
    title: METRICS.e2e.title,
    short: METRICS.e2e.short,
    unit: 'seconds',
    better: 'lower',
    formula: METRICS.e2e.formula,
    source: METRICS.e2e.source,
    level: 'p95',
    seen: (request) => (request.outcome === 'completed' ? until(request, request.last) : unfinished(request)),
  },
  decodeRate: {
    title: METRICS.decodeRate.title,
    short: METRICS.decodeRate.short,
    unit: 'tokens per second',
    better: 'higher',
    formula: METRICS.decodeRate.formula,
    source: METRICS.decodeRate.source,
    level: 'median',
    seen: perToken,
  },
} as const satisfies Record<string, LoadMetricEntry>;

export type LoadMetric = keyof typeof LOAD_METRICS;

export const LOAD_METRIC_NAMES = Object.keys(LOAD_METRICS) as LoadMetric[];

export interface Objective {
  readonly metric: LoadMetric;
  readonly level: Level;
  /** The bound in the unit of the metric. */
  readonly bound: number;
}

export function isPercentile(level: Level): level is keyof typeof QUANTILES {
  return level !== 'mean';
}

/** An objective as an upper bound on a duration. */
export interface DurationLimit {
  readonly seconds: number;
  /** The share of requests that may be later; null for a limit on the mean. */
  readonly lateShare: number | null;
}

/** What grows while a request waits for others that came before it. */
export const WAITING: ReadonlySet<LoadMetric> = new Set(['ttft', 'ttfa', 'e2e']);

export function durationLimit({ metric, level, bound }: Objective): DurationLimit {
  const q = isPercentile(level) ? QUANTILES[level] : null;
  const isRate = LOAD_METRICS[metric].better === 'higher';
  return {
    seconds: isRate ? 1 / bound : bound,
    // 1 - 0.95 is 0.05 and a little more.
    lateShare: q === null ? null : isRate ? q : Number((1 - q).toPrecision(12)),
  };
}

/** A request with nothing to show for a metric meets its limit: there is no gap that a user could have waited for. */
export function isMet(request: StepRequest, objective: Objective): boolean | Missing {
  const seen = LOAD_METRICS[objective.metric].seen(request);
  if (seen === 'none') return true;
  if (isUnknown(seen)) return seen;
  const limit = durationLimit(objective).seconds;
  if (seen !== 'never' && 'atLeast' in seen && request.cutWithStep && seen.atLeast < limit) return CUT;
  return seen !== 'never' && 'seconds' in seen && seen.seconds <= limit;
}

const CUT = missing('it was cut with its step before its limit had passed');

export function isUnknown(seen: Seen): seen is Missing {
  return typeof seen === 'object' && isMissing(seen);
}

/** Returns the objective with a limit on duration that is `factor` times as long. */
export function relax({ metric, level, bound }: Objective, factor: number): Objective {
  return { metric, level, bound: LOAD_METRICS[metric].better === 'lower' ? bound * factor : bound / factor };
}

/** Returns a text such as `ttft p95 <= 0.5 s`, which `parseObjective` reads. */
export function objectiveText({ metric, level, bound }: Objective): string {
  const { better, unit } = LOAD_METRICS[metric];
  return `${metric} ${level} ${better === 'lower' ? '<=' : '>='} ${bound}${unit === 'seconds' ? ' s' : ''}`;
}

const FORM = /^\s*([a-z0-9]+)(?:\s+(\w+))?\s*(<=|>=)\s*(.+?)\s*$/i;

/** @throws UserError when the text names no objective. */
export function parseObjective(text: string): Objective {
  const fail = (problem: string): never => {
    throw new UserError(
      `expected an objective such as "ttft p95 <= 500 ms", found ${JSON.stringify(text)}: ${problem}`,
    );
  };
  const [, name, levelName, sign, amount] = FORM.exec(text) ?? [];
  if (name === undefined || amount === undefined) return fail('it has no metric, <= or >=, and limit');
  const metric = LOAD_METRIC_NAMES.find((known) => known.toLowerCase() === name.toLowerCase());
  if (metric === undefined) return fail(`choose a metric among ${LOAD_METRIC_NAMES.join(', ')}`);
  const { better, unit, level: usual } = LOAD_METRICS[metric];
  const wanted = levelName === 'p50' ? 'median' : (levelName?.toLowerCase() ?? usual);
  const level = LEVELS.find((known) => known === wanted);
  if (level === undefined) return fail(`choose a level among ${LEVELS.join(', ')}`);
  if ((sign === '<=') !== (better === 'lower'))
    return fail(`a limit on ${metric} is ${better === 'lower' ? '<=' : '>='}`);
  if (level === 'mean' && better === 'higher') return fail('limit the median of a rate, or the mean of tpot');
  const bound = unit === 'seconds' ? readMagnitude(amount, DURATIONS) : numberOf(amount);
  if (bound === null || !(bound > 0)) {
    return fail(
      unit === 'seconds' ? 'give the limit a unit, such as 500 ms' : 'give tokens per second above 0, such as 10',
    );
  }
  return { metric, level, bound };
}

/** The limits of a suite that hold under load: those on latencies and rates. */
export function objectivesOf(limits: Limits): Objective[] {
  const { ttft, e2e, decodeRate } = limits;
  return [
    ...(ttft === undefined ? [] : [{ metric: 'ttft' as const, level: ttft.at, bound: ttft.max }]),
    ...(e2e === undefined ? [] : [{ metric: 'e2e' as const, level: e2e.at, bound: e2e.max }]),
    ...(decodeRate === undefined
      ? []
      : [{ metric: 'decodeRate' as const, level: decodeRate.at, bound: decodeRate.min }]),
  ];
}

/** Where a request stands among the others. Only the order counts, and differences below a microsecond are rounding. */
export function placeOf(seen: Seen): number {
  if (seen === 'none' || isUnknown(seen)) return 0;
  if (seen === 'never') return Number.POSITIVE_INFINITY;
  return Math.round(('seconds' in seen ? seen.seconds : seen.atLeast) * 1e6);
}

function numberOf(text: string): number | null {
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : null;
}

function until(request: StepRequest, time: number | undefined): Seen {
  // What was seen counts as it is, whatever came after it.
  return time === undefined ? unfinished(request) : { seconds: time - request.due };
}

const UNTOLD = missing('where its reasoning ends cannot be told from its text');

function untilAnswer(request: StepRequest): Seen {
  const { outcome, first, firstAnswer = first } = request;
  if (firstAnswer === 'never') return unfinished(request);
  if (firstAnswer !== 'unknown') return until(request, firstAnswer);
  if (outcome === 'completed') return UNTOLD;
  return outcome === 'timed-out' ? { atLeast: 0 } : 'never';
}

function unfinished({ outcome, due, end }: StepRequest): Seen {
  return outcome === 'timed-out' ? { atLeast: end - due } : 'never';
}

function perToken(request: StepRequest): Seen {
  const { outcome, first, last, tokensAfterFirst } = request;
  // How many tokens were still to come is not known, so the time for each of them could be anything.
  if (outcome !== 'completed') return outcome === 'timed-out' ? { atLeast: 0 } : 'never';
  if (first === undefined || last === undefined) return 'never';
  if (isMissing(tokensAfterFirst)) return tokensAfterFirst;
  if (tokensAfterFirst.value === 0) return 'none';
  return { seconds: (last - first) / tokensAfterFirst.value };
}
