/**
 * Is the candidate no worse than the reference by more than a margin that was fixed before the data? That is the question
 * "does the small model fit"; a test that merely fails to find a difference does not answer it.
 *
 *     candidate - reference, interval at 1 - 2 alpha            -margin        0
 *     non-inferior: low above -margin                              |   [---|----]
 *     inferior:     high below -margin                  [------]   |       |
 *     inconclusive: the interval holds -margin                 [---|---]   |
 *
 * Each of the two claims is a one-sided test at alpha, so each is wrong at most alpha of the time, also when the truth
 * lies exactly at the margin (Schuirmann 1987, J. Pharmacokinetics 15:657; CONSORT extension, Piaggio et al. 2012).
 */
import { isMissing, type Missing, missing, type Quantity } from '../measure/quantity.js';
import { normalQuantile, tCdf } from './distributions.js';
import type { Estimate, EstimateOptions } from './estimate.js';
import { expectBetween0And1, expectProbability } from './expect.js';
import type { Interval } from './interval.js';
import { pairedTable } from './mcnemar.js';
import { holm } from './multiple.js';
import { estimatePairedDifference } from './paired.js';
import { scoreVariance, tangoTest } from './paired-proportions.js';

export type Decision = 'non-inferior' | 'inferior' | 'inconclusive';

export interface NonInferiority {
  /** candidate - reference, with its interval at 1 - 2 alpha. */
  readonly difference: Estimate;
  readonly margin: number;
  readonly alpha: number;
  /** One-sided p of "the candidate is worse by the margin or more": small means it fits. */
  readonly nonInferiorP: number;
  /** One-sided p of "the candidate is worse by the margin or less": small means it does not fit. */
  readonly inferiorP: number;
  readonly decision: Decision;
  /** Items in all that would decide it with the wanted power, were the difference and the spread what they seem to be. */
  readonly itemsToDecide: Quantity;
}

export interface NonInferiorityOptions extends Pick<EstimateOptions, 'clusters'> {
  /** At least 0; 0.03 is three points of accuracy. At 0 it asks for superiority. */
  readonly margin: number;
  /** One-sided, 0.05 unless said otherwise. */
  readonly alpha?: number;
  /** With which `itemsToDecide` should decide, 0.8 unless said otherwise. */
  readonly power?: number;
}

/** What one interval says about a margin; the bounds themselves decide nothing. */
export function decideByInterval(difference: Interval, margin: number): Decision {
  if (difference.low > -margin) return 'non-inferior';
  if (difference.high < -margin) return 'inferior';
  return 'inconclusive';
}

/**
 * Non-inferiority of the candidate's scores to the reference's, both in [0, 1] and on the same items in the same order.
 * Missing when there is no interval to judge by.
 */
export function testNonInferiority(
  candidate: readonly number[],
  reference: readonly number[],
  options: NonInferiorityOptions,
): NonInferiority | Missing {
  const { margin, alpha = 0.05, power = 0.8 } = options;
  expectProbability('margin', margin);
  expectAlpha(alpha);
  expectBetween0And1('power', power);
  const difference = estimatePairedDifference(candidate, reference, {
    confidence: 1 - 2 * alpha,
    ...(options.clusters && { clusters: options.clusters }),
  });
  if (isMissing(difference)) return difference;

  const { greaterP, lessP } = testDifference({ candidate, reference, difference }, -margin);
  const decision = decideByInterval(difference, margin);
  const needed = projectItems({ candidate, reference, difference }, { margin, alpha, power });
  // What is not decided takes more items than there are, whatever a formula for many items says of few.
  const itemsToDecide =
    decision === 'inconclusive' && 'value' in needed ? { value: Math.max(needed.value, difference.n + 1) } : needed;
  return { difference, margin, alpha, nonInferiorP: greaterP, inferiorP: lessP, decision, itemsToDecide };
}

/**
 * Decisions over several tasks or candidates together: Holm over all claims "non-inferior", and over all claims
 * "inferior". The chance of one wrong claim or more, of either kind, is at most alpha.
 */
export function decideTogether(
  tests: readonly Pick<NonInferiority, 'nonInferiorP' | 'inferiorP'>[],
  alpha = 0.05,
): Decision[] {
  expectAlpha(alpha);
  const nonInferior = holm(tests.map((test) => test.nonInferiorP));
  const inferior = holm(tests.map((test) => test.inferiorP));
  return tests.map((_, i) => {
    if (nonInferior[i]! < alpha) return 'non-inferior';
    return inferior[i]! < alpha ? 'inferior' : 'inconclusive';
  });
}

export interface Equivalence {
  readonly difference: Estimate;
  /** The larger of the two one-sided p-values. */
  readonly p: number;
  readonly equivalent: boolean;
}

/** Two one-sided tests (TOST): the interval at 1 - 2 alpha lies within (-margin, +margin). */
export function testEquivalence(
  candidate: readonly number[],
  reference: readonly number[],
  options: NonInferiorityOptions,
): Equivalence | Missing {
  const lower = testNonInferiority(candidate, reference, options);
  if (isMissing(lower)) return lower;
  const { difference, margin } = lower;
  const { lessP } = testDifference({ candidate, reference, difference }, margin);
  const equivalent = difference.low > -margin && difference.high < margin;
  return { difference, p: Math.max(lower.nonInferiorP, lessP), equivalent };
}

interface Comparison {
  readonly candidate: readonly number[];
  readonly reference: readonly number[];
  readonly difference: Estimate;
}

/** One-sided p-values against a true difference of `delta`, by the method that made the interval. */
function testDifference(comparison: Comparison, delta: number): { readonly greaterP: number; readonly lessP: number } {
  const { candidate, reference, difference } = comparison;
  if (difference.method === 'tango') return tangoTest(pairedTable(candidate, reference), delta);
  const units = difference.clusters ?? difference.n;
  const distance = difference.value - delta;
  if (difference.method === 'all-values-equal') {
    // (1 - u)^units, u the share of the population that would have to differ for the mean to be delta.
    const share =
      distance > 0 ? distance / (difference.value + 1) : distance < 0 ? -distance / (1 - difference.value) : 0;
    const p = (1 - share) ** units;
    return distance >= 0 ? { greaterP: p, lessP: 1 } : { greaterP: 1, lessP: p };
  }
  const t = distance / difference.standardError!;
  return { greaterP: tCdf(-t, units - 1), lessP: tCdf(t, units - 1) };
}

/** Past this many items the answer is "the truth lies too near the margin", not a number. */
const TOO_MANY_ITEMS = 10_000_000;

/**
 * `(z_alpha sd_0 + z_beta sd_1)^2 / (difference + margin)^2`, with the spread per item as it was seen (sd_1, clusters included)
 * and as the test assumes it under its hypothesis (sd_0). A projection, not a promise: the difference is itself uncertain.
 */
function projectItems(
  comparison: Comparison,
  { margin, alpha, power }: { readonly margin: number; readonly alpha: number; readonly power: number },
): Quantity {
  const { difference } = comparison;
  const distance = difference.value + margin;
  if (distance === 0) return missing('the difference seen lies exactly at the margin: no number of items decides that');
  const seen = difference.standardError! * Math.sqrt(difference.n);
  const assumed = difference.method === 'tango' ? scoreSpread(comparison, -margin) : seen;
  // Equal values have no spread: their test, (1 - u)^n, needs log(alpha) / log(1 - u).
  const items =
    difference.method === 'all-values-equal'
      ? Math.log(alpha) / Math.log1p(-Math.min(Math.abs(distance), 1 - 1e-9))
      : ((normalQuantile(1 - alpha) * assumed + normalQuantile(power) * seen) / distance) ** 2;
  if (items > TOO_MANY_ITEMS) return missing('the difference seen lies too near the margin for any number of items');
  return { value: Math.max(2, Math.ceil(items)) };
}

function scoreSpread({ candidate, reference }: Comparison, delta: number): number {
  const table = pairedTable(candidate, reference);
  const n = candidate.length;
  return Math.sqrt(scoreVariance({ onlyFirst: table.onlyFirst / n, onlySecond: table.onlySecond / n, delta }));
}

function expectAlpha(alpha: number): void {
  if (!(alpha > 0 && alpha < 0.5)) throw new RangeError(`Expected \`alpha\` to lie between 0 and 0.5, got ${alpha}`);
}
