/**
 * Does a score put the right answers above the wrong ones? A cascade with a threshold needs that, and no calibration. Scores
 * may be on any scale (log-probabilities, margins). Labels are 1 for right and 0 for wrong.
 */
import { type Missing, missing } from '../../quantity.js';
import { twoSidedZ } from '../basics/distributions.js';
import { expectBinary, expectCount, expectFinite, expectSameLength } from '../basics/expect.js';
import { sum, variance } from '../basics/moments.js';
import { midRanks } from '../basics/ranks.js';
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

/** Computes AUROC from the ranks of the right answers: the Mann-Whitney statistic over all pairs. */
function aurocOf(scores: readonly number[], labels: readonly number[]): number {
  const ranks = midRanks(scores);
  const right = sum(labels);
  const rankSum = sum(ranks.filter((_, i) => labels[i] === 1));
  return (rankSum - (right * (right + 1)) / 2) / (right * (labels.length - right));
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
