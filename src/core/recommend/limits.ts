/**
 * Hard limits, each as a test of its own: a percentile by the binomial, a mean and a quality by the score test, and memory by the
 * largest and the least of its few readings. A point on the right side proves nothing. At which level a test decides is a matter
 * of all claims of the suite together (./claims.ts).
 */
import type { Cell, Distribution, ModelAnalysis, Spread, TaskAnalysis } from '../analyse/analysis.js';
import { clustersOf } from '../analyse/cells.js';
import { QUANTILES } from '../analyse/distribution.js';
import type { Limits } from '../definition/requirement.js';
import type { Level } from '../measure/metric.js';
import { type DistributedMetric, isOfSession, LIMITED, type LimitedMetric, METRICS } from '../measure/metrics.js';
import { isMissing, type Missing, missing, type Quantity } from '../quantity.js';
import { normalCdf, normalQuantile, twoSidedZ } from '../stats/basics/distributions.js';
import { scoreTest } from '../stats/compare/score-test.js';
import type { Estimate, Method } from '../stats/estimate/estimate.js';
import { quantileBoundSampleSize } from '../stats/estimate/order-statistics.js';
import { percentileOfSorted } from '../stats/estimate/percentiles.js';
import { quantileTest } from '../stats/estimate/quantile-test.js';
import type { LimitCheck } from './limit-check.js';
import { boundedScores } from './unscored.js';

/** What the data say about one limit of one model on one task. */
export interface LimitTest {
  readonly limit: LimitCheck['limit'];
  readonly level: Level | null;
  readonly bound: number;
  /** One-sided p-values: a small one says that the limit is met, or missed. Both are 1 where nothing was measured. */
  readonly metP: number;
  readonly missedP: number;
  /** Whether the p-values come from a test. Readings of memory are met or missed as they are. */
  readonly isTested: boolean;
  /** The estimate whose bounds decide at these levels. */
  observe(levels: LimitLevels): Estimate | Spread | Missing;
}

export interface LimitLevels {
  readonly met: number;
  readonly missed: number;
}

type Bound = { readonly min: number } | { readonly max: number };

/** The measurements of a model on a task: its cell, and its sessions. */
export interface Measured {
  readonly task: Pick<TaskAnalysis, 'samples' | 'limits'>;
  readonly cell: Pick<Cell, 'metrics' | 'results' | 'quality' | 'aggregates'>;
  readonly model: Pick<ModelAnalysis, 'metrics'>;
}

export function testLimits({ task, cell, model }: Measured): LimitTest[] {
  const measured = LIMITED.flatMap((name) => {
    const limit: (Bound & { readonly at?: Level }) | undefined = (task.limits as Limits)[name];
    if (limit === undefined) return [];
    const { at = null, ...bound } = limit;
    if (name === 'quality') return [testQuality(bound, { task, cell })];
    if (isOfSession(name)) return [testReadings(name, bound, model.metrics[name])];
    return [testDistribution(name, bound, { level: at, distribution: cell.metrics[name] })];
  });
  return [
    ...measured,
    ...Object.entries(task.limits.metrics ?? {}).map(([name, bound]) => testMetric(name, bound, cell)),
  ];
}

/** A metric of the scorer. Its bootstrapped interval gives the standard error of a normal test. */
function testMetric(metric: string, bound: Bound, { aggregates }: Pick<Cell, 'aggregates'>): LimitTest {
  const limit = { metric, better: 'min' in bound ? 'higher' : 'lower' } as const;
  const found = Object.hasOwn(aggregates, metric) ? aggregates[metric]! : missing(noSuchMetric(metric, aggregates));
  if (isMissing(found)) return unknown(limit, null, bound, found);
  if (!isEstimate(found)) return unknown(limit, null, bound, missing('its interval could not be computed'));
  const standardError = (found.high - found.low) / (2 * twoSidedZ(found.confidence));
  const value = boundOf(bound);
  const aboveP = normalCdf(
    standardError > 0 ? (value - found.value) / standardError : Math.sign(value - found.value) * 9,
  );
  const [metP, missedP] = 'min' in bound ? [aboveP, 1 - aboveP] : [1 - aboveP, aboveP];
  return {
    limit,
    level: null,
    bound: value,
    metP,
    missedP,
    isTested: true,
    observe: (levels) => {
      const [forLow, forHigh] = levelsOfBounds(bound, levels);
      const low = found.value + normalQuantile(forLow) * standardError;
      const high = found.value - normalQuantile(forHigh) * standardError;
      return withBounds(found, { low, high, levels, method: found.method });
    },
  };
}

function isEstimate(metric: Quantity | Estimate): metric is Estimate {
  return 'low' in metric;
}

function noSuchMetric(metric: string, aggregates: Cell['aggregates']): string {
  const names = Object.keys(aggregates).slice(0, 12).join(', ');
  return `the scorer has no metric "${metric}"${names === '' ? '' : `; it has ${names}`}`;
}

function unknown(limit: LimitCheck['limit'], level: Level | null, bound: Bound, observed: Missing): LimitTest {
  return { limit, level, bound: boundOf(bound), metP: 1, missedP: 1, isTested: true, observe: () => observed };
}

function boundOf(bound: Bound): number {
  return 'min' in bound ? bound.min : bound.max;
}

/** The levels of the low and the high bound of an interval. The bound on the safe side of a limit is at the level for "met". */
function levelsOfBounds(bound: Bound, { met, missed }: LimitLevels): readonly [low: number, high: number] {
  return 'min' in bound ? [met, missed] : [missed, met];
}

function testReadings(limit: LimitedMetric, bound: Bound, observed: Spread | Missing): LimitTest {
  const base = { limit, level: null, bound: boundOf(bound), isTested: false, observe: () => observed };
  if (isMissing(observed)) return { ...base, metP: 1, missedP: 1 };
  const [met, missed] =
    'min' in bound
      ? [observed.min >= bound.min, observed.max < bound.min]
      : [observed.max <= bound.max, observed.min > bound.max];
  return { ...base, metP: met ? 0 : 1, missedP: missed ? 0 : 1 };
}

/** Unscored answers count as wrong where the limit shall be met, and as right where it shall be missed. */
function testQuality(bound: Bound, { task, cell }: Pick<Measured, 'task' | 'cell'>): LimitTest {
  if (isMissing(cell.quality)) return unknown('quality', null, bound, cell.quality);
  const { quality } = cell;
  const scored = task.samples.flatMap((sample, i) => {
    const result = cell.results[i];
    return result ? [{ sample, ...boundedScores(result) }] : [];
  });
  const { clusters } = clustersOf(scored.map(({ sample }) => sample));
  // As a difference to a model that is always right: a wrong answer is a loss.
  const of = (side: 'low' | 'high') =>
    scoreTest(
      scored.map((one) => one[side] - 1),
      { clusters, range: { low: -1, high: 0 } },
    );
  const [low, high] = [of('low'), of('high')];
  const limit = boundOf(bound) - 1;
  const few = scored.length < 2;
  return {
    limit: 'quality',
    level: null,
    bound: boundOf(bound),
    metP: few ? 1 : low.greaterP(limit),
    missedP: few ? 1 : high.lessP(limit),
    isTested: true,
    observe: (levels) => ({
      ...quality,
      low: 1 + low.low(levels.met),
      high: 1 + high.high(levels.missed),
      confidence: 1 - levels.met - levels.missed,
      method: 'score',
    }),
  };
}

interface Observed {
  /** The level of a limit; null if it is on the value that stands for the requests. */
  readonly level: Level | null;
  readonly distribution: Distribution | Missing;
}

function testDistribution(limit: DistributedMetric & LimitedMetric, bound: Bound, observed: Observed): LimitTest {
  const { level, distribution } = observed;
  if (isMissing(distribution)) return unknown(limit, level, bound, distribution);
  const at = level ?? METRICS[limit].summary.level;
  return at === 'mean'
    ? testMean(limit, bound, { level, distribution })
    : testQuantile(limit, bound, { level, at, distribution });
}

/**
 * A mean has no test that holds for every tail: a value that is rare enough was never seen. So a value of ten times the largest
 * that was seen has its likeliest weight. Simulated, the error is at most 5% for lognormal and Pareto tails (`npm run simulate`).
 */
const UNSEEN = 10;

function testMean(
  limit: LimitedMetric,
  bound: Bound,
  { level, distribution }: { readonly level: Level | null; readonly distribution: Distribution },
): LimitTest {
  const observed = distribution.at.mean;
  if (isMissing(observed)) return unknown(limit, level, bound, observed);
  const { ascending, inflation } = distribution;
  const range = { low: 0, high: UNSEEN * ascending.at(-1)! };
  const test = scoreTest(Array.from(ascending), { range, inflation: inflation.mean });
  const value = boundOf(bound);
  const [less, greater] = [test.lessP(value), test.greaterP(value)];
  const [metP, missedP] = 'min' in bound ? [greater, less] : [less, greater];
  return {
    limit,
    level,
    bound: value,
    metP,
    missedP,
    isTested: true,
    observe: (levels) => {
      const [forLow, forHigh] = levelsOfBounds(bound, levels);
      return withBounds(observed, { low: test.low(forLow), high: test.high(forHigh), levels, method: 'score' });
    },
  };
}

function testQuantile(
  limit: LimitedMetric,
  bound: Bound,
  {
    level,
    at,
    distribution,
  }: { readonly level: Level | null; readonly at: keyof typeof QUANTILES; readonly distribution: Distribution },
): LimitTest {
  const q = QUANTILES[at];
  const { ascending, late, n } = distribution;
  const inflation = distribution.inflation[at];
  const test = quantileTest({ ascending, q, inflation, late });
  const value = boundOf(bound);
  const [metP, missedP] =
    'min' in bound ? [test.atLeastP(value), test.belowP(value)] : [test.atMostP(value), test.aboveP(value)];
  const point = Math.min(percentileOfSorted(ascending, Math.min(1, (q * n) / ascending.length)), ascending.at(-1)!);
  return {
    limit,
    level,
    bound: value,
    metP,
    missedP,
    isTested: true,
    observe: (levels) => {
      const [forLow, forHigh] = levelsOfBounds(bound, levels);
      const [low, high] = [test.low(forLow), test.high(forHigh)];
      if (high === Number.POSITIVE_INFINITY && missedP > levels.missed) return tooFew(q, distribution, levels.met);
      const base = { value: point, n, warnings: [] };
      return withBounds(base, { low, high, levels, method: 'order-statistics' });
    },
  };
}

function tooFew(q: number, { n, late, inflation }: Distribution, level: number): Missing {
  const over = late.censored + late.never;
  const takes = quantileBoundSampleSize(q, { over, confidence: 1 - level });
  const percent = `p${Math.round(q * 100)}`;
  if (over > 0) return missing(`${over} of ${n} requests were not answered in time, so ${percent} has no upper bound`);
  const growth = Math.max(...Object.values(inflation));
  const needed = Math.ceil(takes * growth);
  const independent = growth > 1 ? ' such autocorrelated' : '';
  return missing(`${n} requests are too few to bound ${percent}: it takes ${needed}${independent} requests`);
}

function withBounds(
  base: Pick<Estimate, 'value' | 'n' | 'warnings'>,
  {
    low,
    high,
    levels,
    method,
  }: { readonly low: number; readonly high: number; readonly levels: LimitLevels; readonly method: Method },
): Estimate {
  const { value, n, warnings } = base;
  return { value, low, high, n, confidence: 1 - levels.met - levels.missed, method, warnings };
}

/** The state of a limit at the levels that decide. */
export function checkLimit(test: LimitTest, levels: LimitLevels): LimitCheck {
  const { limit, level, bound, metP, missedP } = test;
  const observed = test.observe(levels);
  const state =
    metP <= levels.met ? 'met' : missedP <= levels.missed ? 'missed' : isMissing(observed) ? 'unknown' : 'undecided';
  return { limit, level, bound, observed, state };
}

/** The largest p of several limits: all of them are met only where each is (intersection-union, Berger 1982). */
export function allMetP(limits: readonly LimitTest[]): number {
  return Math.max(0, ...limits.map(({ metP }) => metP));
}
