/**
 * One-number summaries of a cascade, under the names of the papers that use them.
 *
 * PGR, the share of the gap between the models that is recovered, is not held to at most 1: the two together can beat the
 * large one alone. It is undefined where the large model is no better.
 */
import { type Missing, missing, type Quantity } from '../../quantity.js';
import { expectProbability } from '../basics/expect.js';
import { mean } from '../basics/moments.js';
import {
  areaUnderCurve,
  type CascadeItems,
  type CurvePoint,
  deferralCurve,
  oracleCurve,
  randomCurve,
  scoreAtRate,
} from './curve.js';

/** Scores that differ by less count as equal: 0.6 + 0.1 is 0.7 on paper, and PGR 0.5 comes out as 0.4999999. */
const ROUNDING = 1e-9;

export interface CascadeAreas {
  /** The areas under the curve, the random line and the oracle. */
  readonly cascade: number;
  readonly random: number;
  readonly oracle: number;
  /** `(cascade - random) / (oracle - random)`: 0 is chance, 1 is hindsight. */
  readonly efficiency: Quantity;
}

/** Areas under the deferral curve (AUDC). Efficiency is missing where even hindsight gains nothing on chance. */
export function cascadeAreas(items: CascadeItems): CascadeAreas {
  const cascade = areaUnderCurve(deferralCurve(items));
  const random = areaUnderCurve(randomCurve(items));
  const oracle = areaUnderCurve(oracleCurve(items));
  const room = oracle - random;
  const efficiency =
    room > ROUNDING ? { value: (cascade - random) / room } : missing('hindsight gains nothing on chance');
  return { cascade, random, oracle, efficiency };
}

/** The mean scores of the two models alone. */
export interface ModelScores {
  readonly small: number;
  readonly large: number;
}

/** `(score - small) / (large - small)` (RouteLLM, Ong et al. 2024, arXiv 2406.18665). */
export function performanceGapRecovered(
  score: number,
  models: { readonly small: number; readonly large: number },
): Quantity {
  const gap = models.large - models.small;
  if (!(gap > ROUNDING)) return missing('the large model is no better: there is no gap to recover');
  return { value: (score - models.small) / gap };
}

/**
 * Average PGR over deferral rates, by the two conventions in use: the area of the trapezoids (RouteLLM's code), and the
 * mean at 10%, 20%, ..., 100% (its paper). They differ: 0.65 and 0.70 on ten items. Name the one you print.
 */
export function averageGapRecovered(
  curve: readonly CurvePoint[],
  models: ModelScores,
): { readonly byArea: number; readonly byTenths: number } | Missing {
  const area = performanceGapRecovered(areaUnderCurve(curve), models);
  const tenths = Array.from({ length: 10 }, (_, i) => scoreAtRate(curve, (i + 1) / 10));
  const byTenths = performanceGapRecovered(mean(tenths), models);
  if ('missing' in area || 'missing' in byTenths)
    return missing('the large model is no better: there is no gap to recover');
  return { byArea: area.value, byTenths: byTenths.value };
}

/**
 * The least deferral rate at which a share `recovered` of the gap is recovered: CPT(50%) for 0.5. The first point of the
 * curve that reaches it; interpolating the inverse, as RouteLLM's code does, is wrong where the curve falls.
 */
export function callPerformanceThreshold(
  curve: readonly CurvePoint[],
  models: ModelScores,
  recovered: number,
): Quantity {
  expectProbability('recovered', recovered);
  for (const { rate, score } of curve) {
    const share = performanceGapRecovered(score, models);
    if ('missing' in share) return share;
    if (share.value >= recovered - ROUNDING) return { value: rate };
  }
  return missing(`no deferral rate recovers ${recovered} of the gap`);
}
