/**
 * How much worse is the new version? Every test of a comparison answers on one scale, on which more is worse: points of quality
 * that were lost, or the logarithm of a ratio. On the scale of logarithms "twice" and "half" lie equally far from no change.
 *
 *     quality                 base - new                       3 points lost: 0.03
 *     lower is better         ln(new / base)                   10% slower: ln 1.1
 *     higher is better        ln(base / new)                   a rate 5% lower: -ln 0.95
 */
import type { LimitedMetric } from '../measure/metrics.js';
import { METRICS } from '../measure/metrics.js';
import type { MeanTest } from '../stats/compare/mean-test.js';

export interface LossTest {
  /** The loss that was seen. */
  readonly estimate: number;
  /** Pairs that it rests on. */
  readonly n: number;
  /** The change that the base shows against itself; 0 where nothing measured it. */
  readonly floor: number;
  /** One-sided p-value against a true loss of `bound` or less: a small one shows a loss. */
  worseP(bound: number): number;
  /** One-sided p-value against a true loss of `bound` or more: a small one shows that the loss is smaller. */
  withinP(bound: number): number;
  low(level: number): number;
  high(level: number): number;
  /** How the error of the estimate comes about, for its power; null where it follows from the pairs of scores, or there is none. */
  readonly spread: LossSpread | null;
}

/** Independent units, such as blocks, whose mean is the estimate. */
export interface LossSpread {
  readonly units: number;
  readonly deviation: number;
  /** The standard deviation of the change that the base shows against itself, unit by unit. */
  readonly floorDeviation: number;
}

/** A loss whose error follows a t distribution. */
export function lossOfTest(
  { estimate, standardError, greaterP, lessP, low, high }: MeanTest,
  { n, units, floor = 0, floorDeviation = 0 }: LossUnits,
): LossTest {
  const spread = { units, deviation: standardError * Math.sqrt(units), floorDeviation };
  return { estimate, n, floor, worseP: greaterP, withinP: lessP, low, high, spread };
}

interface LossUnits extends Pick<LossTest, 'n'>, Pick<LossSpread, 'units'> {
  readonly floor?: number;
  readonly floorDeviation?: number;
}

type Better = 'higher' | 'lower';

export function betterOf(metric: LimitedMetric): Better {
  return METRICS[metric].better;
}

/** A relative change for the worse, such as 0.05, as a loss. */
export function lossOfShare(metric: LimitedMetric, by: number): number {
  if (metric === 'quality') return by;
  return betterOf(metric) === 'higher' ? -Math.log(1 - by) : Math.log(1 + by);
}

/** A loss as people read a change: points of quality, or a relative change of the value. */
export function changeOfLoss(metric: LimitedMetric, loss: number): number {
  if (metric === 'quality') return -loss;
  return betterOf(metric) === 'higher' ? Math.expm1(-loss) : Math.expm1(loss);
}

/** `ln(candidate / base)`, turned so that more is worse. */
export function lossOfValues(metric: LimitedMetric, base: number, candidate: number): number {
  const ratio = Math.log(candidate / base);
  return betterOf(metric) === 'higher' ? -ratio : ratio;
}
