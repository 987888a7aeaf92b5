/**
 * Does a score put the right answers above the wrong ones? That, not calibration, is what a cascade with a threshold lives
 * on. Scores may be on any scale (log-probabilities, margins); labels are 1 for right and 0 for wrong.
 */
import { type Missing, missing, type Quantity } from '../../quantity.js';
import { twoSidedZ } from '../basics/distributions.js';
import { expectBinary, expectCount, expectFinite, expectProbability, expectSameLength } from '../basics/expect.js';
import { mean, sum, variance } from '../basics/moments.js';
import { midRanks } from '../compare/signed-rank.js';
import { clopperPearsonInterval } from '../estimate/binomial.js';
import type { Estimate } from '../estimate/estimate.js';

/**
 * The chance that a right answer scores above a wrong one, ties counted half, with DeLong's standard error (DeLong, DeLong,
 * Clarke-Pearson 1988, Biometrics 44:837) and an interval on the logit scale. At 0 and 1, where that error is 0, the bound is
 * Clopper-Pearson's for as many disjoint pairs as there are. Missing unless there are two of each.
 */
export function estimateAuroc(
  scores: readonly number[],
  labels: readonly number[],
  confidence = 0.95,
): Estimate | Missing {
  const { positives, negatives } = split(scores, labels);
  const [right, wrong] = [positives.length, negatives.length];
  if (right < 2 || wrong < 2) return missing(`AUROC needs two right and two wrong answers, got ${right} and ${wrong}`);
  const value = aurocOf(scores, labels);
  const standardError = deLongStandardError(scores, labels);
  const base = { value, n: scores.length, confidence, method: 'delong', standardError } as const;
  if (value === 0 || value === 1) {
    const pairs = Math.min(right, wrong);
    const warnings = ['right and wrong answers are ranked perfectly: the interval is what so few pairs allow'];
    return { ...base, ...clopperPearsonInterval(value * pairs, pairs, confidence), warnings };
  }
  const logit = Math.log(value / (1 - value));
  const half = (twoSidedZ(confidence) * standardError) / (value * (1 - value));
  return { ...base, low: logistic(logit - half), high: logistic(logit + half), warnings: [] };
}

/** The area alone; missing unless there is one of each. */
export function auroc(scores: readonly number[], labels: readonly number[]): Quantity {
  const { positives, negatives } = split(scores, labels);
  if (positives.length === 0 || negatives.length === 0) return missing('AUROC needs both right and wrong answers');
  return { value: aurocOf(scores, labels) };
}

/** The spread of the share of wrong answers below each right one, and of right answers above each wrong one. */
export function deLongStandardError(scores: readonly number[], labels: readonly number[]): number {
  const { positives, negatives } = split(scores, labels);
  expectCount('right answers', positives.length, 2);
  expectCount('wrong answers', negatives.length, 2);
  const all = midRanks([...positives, ...negatives]);
  const [amongPositives, amongNegatives] = [midRanks(positives), midRanks(negatives)];
  const belowPositive = positives.map((_, i) => (all[i]! - amongPositives[i]!) / negatives.length);
  const belowNegative = negatives.map((_, i) => (all[positives.length + i]! - amongNegatives[i]!) / positives.length);
  return Math.sqrt(variance(belowPositive) / positives.length + variance(belowNegative) / negatives.length);
}

/** From the area and the counts alone (Hanley and McNeil 1982, Radiology 143:29), for published areas. */
export function hanleyMcNeilStandardError(area: number, right: number, wrong: number): number {
  expectProbability('area', area);
  expectCount('right', right, 1);
  expectCount('wrong', wrong, 1);
  const q1 = area / (2 - area);
  const q2 = (2 * area ** 2) / (1 + area);
  const spread = area * (1 - area) + (right - 1) * (q1 - area ** 2) + (wrong - 1) * (q2 - area ** 2);
  return Math.sqrt(spread / (right * wrong));
}

/**
 * `sum (R_k - R_{k-1}) P_k` over falling thresholds, equal scores together, as scikit-learn's `average_precision_score`.
 * Missing without a right answer.
 */
export function averagePrecision(scores: readonly number[], labels: readonly number[]): Quantity {
  const { positives } = split(scores, labels);
  if (positives.length === 0) return missing('average precision needs a right answer');
  let [seen, right, area] = [0, 0, 0];
  for (const group of tiesFromTheTop(scores)) {
    const hits = sum(group.map((i) => labels[i]!));
    seen += group.length;
    right += hits;
    area += (hits / positives.length) * (right / seen);
  }
  return { value: area };
}

export interface RiskCoverage {
  /** Mean share of wrong answers among the k most confident, over k = 1..n (Geifman, Uziel, El-Yaniv 2019). */
  readonly area: number;
  /** The same had all right answers been ranked first. */
  readonly optimal: number;
  /** What the ranking loses: area - optimal. */
  readonly excess: number;
}

/** The area under the risk-coverage curve; among equal scores, the mean over their orders. Missing without answers. */
export function riskCoverage(scores: readonly number[], labels: readonly number[]): RiskCoverage | Missing {
  split(scores, labels);
  const n = scores.length;
  if (n === 0) return missing('no answers with a confidence');
  const area = meanRisk(tiesFromTheTop(scores), labels);
  const optimal = meanRisk(tiesFromTheTop(labels), labels);
  return { area, optimal, excess: area - optimal };
}

function meanRisk(groups: readonly (readonly number[])[], labels: readonly number[]): number {
  let [seen, wrong, total] = [0, 0, 0];
  for (const group of groups) {
    const share = 1 - mean(group.map((i) => labels[i]!));
    for (let k = 0; k < group.length; k++) {
      seen++;
      wrong += share;
      total += wrong / seen;
    }
  }
  return total / seen;
}

/** By the ranks of the right answers: the Mann-Whitney statistic over all pairs. */
function aurocOf(scores: readonly number[], labels: readonly number[]): number {
  const ranks = midRanks(scores);
  const right = sum(labels);
  const rankSum = sum(ranks.filter((_, i) => labels[i] === 1));
  return (rankSum - (right * (right + 1)) / 2) / (right * (labels.length - right));
}

/** Indices of equal scores together, from the highest score to the lowest. */
function tiesFromTheTop(scores: readonly number[]): number[][] {
  const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const groups: number[][] = [];
  for (const index of order) {
    const last = groups.at(-1);
    if (last && scores[last[0]!] === scores[index]) last.push(index);
    else groups.push([index]);
  }
  return groups;
}

function split(
  scores: readonly number[],
  labels: readonly number[],
): { readonly positives: number[]; readonly negatives: number[] } {
  expectSameLength('labels', scores, labels);
  expectFinite('scores', scores);
  expectBinary('labels', labels);
  return { positives: scores.filter((_, i) => labels[i] === 1), negatives: scores.filter((_, i) => labels[i] === 0) };
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
