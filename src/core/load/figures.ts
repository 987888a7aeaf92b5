/**
 * The figures of a step: those of the requests of its steady-state window, together and by task. One that is not known is missing with the reason,
 * and where something spoilt the step, all of them are.
 */
import { distributionOf } from '../analyse/distribution.js';
import type { Price } from '../measure/metric.js';
import { isMissing, known, type Missing, missing, type Quantity } from '../quantity.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { estimateProportion } from '../stats/estimate/estimators.js';
import { cachedShareOf } from './cached.js';
import { minPassingQueries } from './early-stopping.js';
import {
  isMet,
  isPercentile,
  isUnknown,
  LOAD_METRIC_NAMES,
  LOAD_METRICS,
  type LoadMetric,
  type Objective,
} from './objective.js';
import { estimatePerSecond } from './per-second.js';
import type { StepRequest } from './request.js';
import { type RightAnswers, rightAnswersOf } from './right-answers.js';
import type { Settled } from './settled.js';
import { underWayBetween, underWayOf } from './under-way.js';
import type { Validity } from './validity.js';
import type { Window } from './window.js';

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
  /** The share of requests that met every objective but limits on a mean, of all that were due. */
  readonly attainment: Estimate | Missing;
  /** Requests per second that met every objective. */
  readonly goodput: Estimate | Missing;
  /** Requests per second that were due. */
  readonly requestRate: Quantity;
  /** Output tokens per second of all requests together. */
  readonly throughput: Estimate | Missing;
  /** The share of prompt tokens that came from a cache, of the requests whose server told it, with an interval that is clustered by sample. */
  readonly cached: Estimate | Missing;
  readonly underWay: { readonly mean: number; readonly peak: number };
  readonly right: RightAnswers;
  /** In the order of their names; none where one task alone was asked. */
  readonly tasks: readonly TaskFigures[];
}

/** The figures of one task of a mixture. */
export interface TaskFigures extends Pick<WindowFigures, 'counts' | 'metrics' | 'attainment'> {
  /** `suite/task`. */
  readonly task: string;
  /** The mean score, with an interval that is clustered by sample. */
  readonly quality: Estimate | Missing;
}

/** Percentiles in the unit of the metric. One is missing below its floor of requests. */
export interface Percentiles {
  /** Requests; of gaps, gaps. */
  readonly n: number;
  readonly median: Estimate | Missing;
  readonly p90: Estimate | Missing;
  readonly p95: Estimate | Missing;
  readonly p99: Estimate | Missing;
}

interface Parts {
  readonly window: Window;
  /** The requests of the window without those that are left out. */
  readonly counted: readonly StepRequest[];
  /** All requests of the step. */
  readonly requests: readonly StepRequest[];
  readonly validity: Validity;
  readonly settled: Settled;
  /** Why the figures are not shown; null if they are. */
  readonly spoilt: Missing | null;
}

export function figuresOf(
  { window, counted, requests, validity, settled, spoilt }: Parts,
  { objectives, price }: { readonly objectives: readonly Objective[]; readonly price?: Price | Missing | undefined },
): WindowFigures {
  const seconds = window.to - window.from;
  const shown = <T>(figure: () => T | Missing): T | Missing => spoilt ?? figure();
  const meets = (request: StepRequest) => meetsAll(request, objectives);
  const attainment = shown(() => attainmentOf(counted, objectives));
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
    goodput: isMissing(attainment) ? attainment : goodputOf(counted, window, { attainment, meets }),
    requestRate: shown(() => known(counted.length / seconds)),
    throughput: shown(() => throughputOf(counted, window)),
    cached: shown(() => cachedShareOf(counted)),
    underWay: underWayBetween(underWayOf(requests, 'due'), window),
    right: rightAnswersOf(counted, { window, meets, price, spoilt }),
    tasks: figuresByTask(window, { objectives, spoilt }),
  };
}

function figuresByTask(
  window: Window,
  { objectives, spoilt }: { readonly objectives: readonly Objective[]; readonly spoilt: Missing | null },
): TaskFigures[] {
  const { requests } = window;
  const tasks = [...new Set(requests.map(({ task }) => task))].sort();
  if (tasks.length < 2) return [];
  const meets = (request: StepRequest) => meetsAll(request, objectives);
  return tasks.map((task): TaskFigures => {
    const own = requests.filter((request) => request.task === task);
    const counted = countedOf(own);
    const shown = <T>(figure: () => T | Missing): T | Missing =>
      spoilt ?? (counted.length === 0 ? missing('no request of the task was due in the window') : figure());
    return {
      task,
      counts: countsOf(own),
      metrics: metricsOf(counted, spoilt),
      attainment: shown(() => attainmentOf(counted, objectives)),
      quality: shown(() => rightAnswersOf(counted, { window, meets, spoilt }).quality),
    };
  });
}

const ONLY_MEANS = missing('a limit on a mean is one on all requests together: no single request meets it');

function attainmentOf(counted: readonly StepRequest[], objectives: readonly Objective[]): Estimate | Missing {
  if (objectives.length === 0) return missing('there is no objective to meet');
  if (objectives.every(({ level }) => !isPercentile(level))) return ONLY_MEANS;
  const met = counted.map((request) => meetsAll(request, objectives));
  const unknown = met.filter((one) => typeof one !== 'boolean');
  if (unknown.length > 0)
    return missing(
      `whether ${unknown.length} of ${counted.length} requests met every objective is not known: ${unknown[0]!.missing}`,
    );
  return estimateProportion(met.map((one) => (one === true ? 1 : 0)));
}

/**
 * A request that misses one objective misses, whatever is not known of another. A mean is one of all requests, so no single one meets a limit
 * on it.
 */
function meetsAll(request: StepRequest, objectives: readonly Objective[]): boolean | Missing {
  const single = objectives.filter(({ level }) => isPercentile(level));
  if (single.length === 0 && objectives.length > 0) return ONLY_MEANS;
  const met = single.map((objective) => isMet(request, objective));
  return !met.includes(false) && (met.find((one) => one !== true) ?? true);
}

/** Where nearly all requests meet the objectives, or hardly any, parts of the window do not show how many others there may be: their share does. */
function goodputOf(
  counted: readonly StepRequest[],
  window: Window,
  { attainment, meets }: { readonly attainment: Estimate; readonly meets: (request: StepRequest) => boolean | Missing },
): Estimate | Missing {
  const estimate = estimatePerSecond(counted, window, (request) => (meets(request) === true ? 1 : 0));
  if (isMissing(estimate)) return estimate;
  const rate = counted.length / (window.to - window.from);
  return {
    ...estimate,
    low: Math.min(estimate.low, attainment.low * rate),
    high: Math.max(estimate.high, attainment.high * rate),
  };
}

/** The tokens of the answers that were due in the window, per second; n is the number of answers. */
function throughputOf(requests: readonly StepRequest[], window: Window): Estimate | Missing {
  const completed = requests.filter(({ outcome }) => outcome === 'completed');
  const unknown = completed.map(({ outputTokens }) => outputTokens).find(isMissing);
  if (unknown !== undefined) return unknown;
  return estimatePerSecond(completed, window, ({ outputTokens }) => (isMissing(outputTokens) ? 0 : outputTokens.value));
}

function metricsOf(requests: readonly StepRequest[], spoilt: Missing | null): WindowFigures['metrics'] {
  const entries = LOAD_METRIC_NAMES.map((metric) => [metric, spoilt ?? percentilesOf(requests, metric)]);
  return Object.fromEntries(entries) as WindowFigures['metrics'];
}

function percentilesOf(requests: readonly StepRequest[], metric: LoadMetric): Percentiles | Missing {
  const { seen, better } = LOAD_METRICS[metric];
  const values: number[] = [];
  let [never, censored, after] = [0, 0, Number.POSITIVE_INFINITY];
  let unknown: Missing | null = null;
  for (const request of requests) {
    const one = seen(request);
    if (one === 'none') continue;
    if (isUnknown(one)) {
      unknown ??= one;
      continue;
    }
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
  if (values.length === 0) return unknown ?? missing('no request of the step has it');
  return percentilesFrom(values, { late: { censored, after, never }, more: (requests) => `${requests} more requests` });
}

function gapsBetween(kind: 'tokens' | 'pieces', requests: readonly StepRequest[]): Percentiles | Missing {
  const answers = requests.flatMap(({ gaps }) => (gaps?.between === kind ? [Array.from(gaps.seconds)] : []));
  const values = answers.flat();
  if (values.length === 0) return missing(`no answer came with times of its ${kind}`);
  const each = values.length / answers.length;
  return percentilesFrom(values, {
    late: { censored: 0, after: Number.POSITIVE_INFINITY, never: 0 },
    more: (gaps) => `${gaps} more gaps, those of about ${Math.ceil(gaps / each)} more requests`,
  });
}

function percentilesFrom(
  values: readonly number[],
  {
    late,
    more,
  }: {
    readonly late: Parameters<typeof distributionOf>[1]['late'] & {};
    /** What a percentile needs that has this many values too few. */
    readonly more: (values: number) => string;
  },
): Percentiles {
  const { n, at } = distributionOf([Float64Array.from(values)], { serial: true, late });
  const above = (q: number, estimate: Estimate | Missing): Estimate | Missing => {
    const floor = percentileFloor(q);
    return n < floor ? missing(`it needs ${more(floor - n)}`) : estimate;
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

/** Requests that we cut or did not send say nothing of the server. */
export function countedOf(requests: readonly StepRequest[]): readonly StepRequest[] {
  return requests.filter(({ outcome }) => outcome !== 'cut' && outcome !== 'unsent');
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
