/** Quality, cost and latency of a cascade against the LLM alone, on samples that did not help to choose their own rule. */
import type { SampleInfo } from '../../analyse/analysis.js';
import { clustersOf } from '../../analyse/cells.js';
import { isMissing, type Missing, missing } from '../../quantity.js';
import { tCdf } from '../../stats/basics/distributions.js';
import { mean } from '../../stats/basics/moments.js';
import { type PairedScores, pairScores } from '../../stats/compare/noninferiority.js';
import type { Estimate } from '../../stats/estimate/estimate.js';
import { estimateMean, NOT_NEGATIVE } from '../../stats/estimate/estimators.js';
import { estimateQuantile } from '../../stats/estimate/order-statistics.js';
import { boundedScores } from '../unscored.js';
import { type Answered, type Ruled, ruleByFolds } from './folds.js';
import { askingCost, asks, type Lost, type Wanted } from './rule.js';

/** End-to-end seconds of a request: of the cascade, and of the LLM alone on the same requests. */
export interface CascadeLatency {
  readonly cascade: { readonly mean: Estimate | Missing; readonly p95: Estimate | Missing };
  readonly large: { readonly mean: Estimate | Missing; readonly p95: Estimate | Missing };
}

export interface Evaluated {
  readonly ruled: Ruled;
  readonly pairs: PairedScores;
  /** The difference of the cost, cascade minus LLM. */
  readonly difference: Estimate;
  /** One-sided p-values of the claims about cost: cheaper than the LLM alone, and than chance. */
  readonly cheaperP: number;
  readonly beatsChanceP: number;
}

export function evaluateByFolds(answered: Answered, wanted: Wanted, seed: number): Evaluated | Missing {
  const ruled = ruleByFolds(answered, wanted, seed);
  if (isMissing(ruled)) return ruled;
  const { clusters } = clustersOf(samplesOf(ruled));
  const pairs = worstPairs(ruled);
  if (isMissing(pairs)) return pairs;
  const difference = estimateMean(savingsOf(ruled), clusters && { clusters });
  if (isMissing(difference)) return difference;
  return { ruled, pairs, difference, cheaperP: belowZeroP(difference), beatsChanceP: beatsChanceP(ruled) };
}

/** Cascade minus LLM. Where an answer has no score, the cascade is wrong and the LLM is right, as far as both can be. */
function worstPairs({ cases, lost }: Ruled): PairedScores | Missing {
  const leastOf = ({ results: { small, large } }: Lost) => boundedScores(small).low - boundedScores(large).high;
  const differences = [...cases.map((one) => (asks(one.rule, one) ? 0 : leastOf(one))), ...lost.map(leastOf)];
  return pairScores(differences, clustersOf([...cases, ...lost].map(({ sample }) => sample)).clusters);
}

/**
 * Is the cascade cheaper than chance? Chance sends each request to one model, to the LLM with the probability at which it scores
 * as much as the cascade. With mean costs C and qualities Q of the small model (s), the large one (l) and the cascade (c):
 *
 *     C_c < C_s + (C_l - C_s) (Q_c - Q_s) / (Q_l - Q_s)   where Q_l > Q_s, so that
 *     (C_c - C_s) (Q_l - Q_s) - (C_l - C_s) (Q_c - Q_s) < 0
 *
 * by the delta method: a mean of the influence of each sample, with its clusters.
 */
function beatsChanceP(ruled: Ruled): number {
  const costs = costsOf(ruled);
  const scores = scoresOf(ruled);
  const items = ruled.cases.map(({ smallCost, largeCost, small, large }, i) => ({
    cost: costs[i]! - smallCost,
    fullCost: largeCost - smallCost,
    gain: scores[i]! - small,
    fullGain: large - small,
  }));
  const of = (part: keyof (typeof items)[number]) => mean(items.map((item) => item[part]));
  const [cost, fullCost, gain, fullGain] = [of('cost'), of('fullCost'), of('gain'), of('fullGain')];
  if (fullGain <= 0) return 1;
  const statistic = cost * fullGain - fullCost * gain;
  const influences = items.map(
    (item) => item.cost * fullGain + cost * item.fullGain - item.fullCost * gain - fullCost * item.gain - statistic,
  );
  const estimate = estimateMean(influences, clustersOf(samplesOf(ruled)));
  return isMissing(estimate) ? 1 : belowZeroP(estimate);
}

/** One-sided: a small p says that the mean is below 0. */
function belowZeroP({ value, standardError = 0, clusters, n }: Estimate): number {
  if (standardError === 0) return value < 0 ? 0 : 1;
  return tCdf(value / standardError, (clusters ?? n) - 1);
}

export function samplesOf({ cases }: Ruled): SampleInfo[] {
  return cases.map(({ sample }) => sample);
}

export function scoresOf({ cases }: Ruled): number[] {
  return cases.map((one) => (asks(one.rule, one) ? one.large : one.small));
}

export function costsOf({ cases }: Ruled): number[] {
  return cases.map((one) => askingCost(one, one.rule.signal) + (asks(one.rule, one) ? one.largeCost : 0));
}

/** Cascade minus LLM. */
function savingsOf(ruled: Ruled): number[] {
  return costsOf(ruled).map((cost, i) => cost - ruled.cases[i]!.largeCost);
}

/** Every request takes the time of the SLM, and a deferred one that of the LLM after it. Most are fast; the tail is slow. */
export function latencyOf(ruled: Ruled): CascadeLatency | Missing {
  const seconds = secondsOf(ruled);
  if (isMissing(seconds)) return seconds;
  const at = (values: readonly number[]) => ({
    mean: estimateMean(values, { bounds: NOT_NEGATIVE }),
    p95: estimateQuantile(values, 0.95),
  });
  return { cascade: at(seconds.cascade), large: at(seconds.large) };
}

function secondsOf({
  cases,
}: Ruled): { readonly cascade: readonly number[]; readonly large: readonly number[] } | Missing {
  const cascade: number[] = [];
  const large: number[] = [];
  for (const one of cases) {
    const { rule, answers, seconds } = one;
    if (seconds === null) return missing('some requests have no latency of their own on both models');
    const asked = rule.signal === 'agreement' ? answers : 1;
    cascade.push(asked * seconds.small + (asks(rule, one) ? seconds.large : 0));
    large.push(seconds.large);
  }
  return { cascade, large };
}
