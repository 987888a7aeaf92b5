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
import { isMissing, type Missing, missing } from '../../quantity.js';
import { normalQuantile, tCdf, tQuantile } from '../basics/distributions.js';
import { expectBetween0And1, expectProbability } from '../basics/expect.js';
import type { Interval } from '../basics/interval.js';
import { type ClusterId, effectiveClusters } from '../estimate/clusters.js';
import type { Estimate } from '../estimate/estimate.js';
import type { EstimateOptions } from '../estimate/estimators.js';
import { holm } from './multiple.js';
import { clusteredTable, estimatePairedDifference } from './paired.js';
import { clusteredTangoTest, pairedProportionStandardError, scoreVariance, tangoTest } from './paired-proportions.js';
import { type PairedTable, pairedTable, tableSize } from './paired-table.js';

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
  readonly itemsToDecide: ItemsToDecide | Missing;
}

/** The total that would decide with the wanted power, if the difference and the spread are as they were seen. */
export interface ItemsToDecide {
  readonly value: number;
  /** The total number of clusters that the items must come from: more items of the same clusters may add nothing. */
  readonly clusters?: number;
}

export interface NonInferiorityOptions extends Pick<EstimateOptions, 'clusters'> {
  /** At least 0; 0.03 is three points of accuracy. At 0 it asks for superiority. */
  readonly margin: number;
  /** One-sided; the default is 0.05. */
  readonly alpha?: number;
  /** The power that `itemsToDecide` is for; the default is 0.8. */
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

  const comparison = { candidate, reference, difference, clusters: options.clusters };
  const { greaterP, lessP } = testDifference(comparison, -margin);
  const decision = decideByInterval(difference, margin);
  const itemsToDecide = projectItems(comparison, { margin, alpha, power, decision });
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

interface Comparison {
  readonly candidate: readonly number[];
  readonly reference: readonly number[];
  readonly difference: Estimate;
  readonly clusters: readonly ClusterId[] | undefined;
}

/** One-sided p-values against a true difference of `delta`, by the method that made the interval. */
function testDifference(comparison: Comparison, delta: number): { readonly greaterP: number; readonly lessP: number } {
  const { candidate, reference, difference, clusters } = comparison;
  if (difference.method === 'tango') return tangoTest(pairedTable(candidate, reference), delta);
  if (difference.method === 'clustered-tango') {
    return clusteredTangoTest(clusteredTable(candidate, reference, clusters!), delta);
  }
  const distance = difference.value - delta;
  if (difference.method === 'all-values-equal') {
    const p = (1 - shareToReach(difference, delta)) ** unitsOf(comparison);
    return distance >= 0 ? { greaterP: p, lessP: 1 } : { greaterP: 1, lessP: p };
  }
  const t = distance / difference.standardError!;
  const degreesOfFreedom = (difference.clusters ?? difference.n) - 1;
  return { greaterP: tCdf(-t, degreesOfFreedom), lessP: tCdf(t, degreesOfFreedom) };
}

/** The share of the population that has to differ from the equal values if the mean is `delta`. */
function shareToReach({ value }: Estimate, delta: number): number {
  if (value === delta) return 0;
  return value > delta ? (value - delta) / (value + 1) : (delta - value) / (1 - value);
}

/** The number of independent units among equal values: each cluster counts once. */
function unitsOf({ difference, clusters }: Comparison): number {
  return difference.clusters === undefined ? difference.n : effectiveClusters(clusters!);
}

/** Past this many items the answer is "the truth lies too near the margin", not a number. */
const TOO_MANY_ITEMS = 10_000_000;

interface Projection {
  readonly margin: number;
  readonly alpha: number;
  readonly power: number;
  readonly decision: Decision;
}

/**
 * `(z_alpha sd_0 + z_beta sd_1)^2 / (difference + margin)^2`, where sd_1 is the spread per item as it was seen (clusters included)
 * and sd_0 the spread that the test assumes under its hypothesis. A projection, not a promise: the difference is itself uncertain.
 * Items in clusters are counted in whole clusters, as large as those that were seen.
 */
function projectItems(comparison: Comparison, options: Projection): ItemsToDecide | Missing {
  const { difference } = comparison;
  if (difference.value + options.margin === 0)
    return missing('the difference seen lies exactly at the margin: no number of items decides that');
  const factor = timesAsMany(comparison, options);
  if (factor * difference.n > TOO_MANY_ITEMS)
    return missing('the difference seen lies too near the margin for any number of items');
  const most = (now: number) =>
    // An open decision takes more items than there are, whatever a formula for many items says about few.
    Math.max(2, Math.ceil(factor * now), options.decision === 'inconclusive' ? now + 1 : 2);
  const { n, clusters } = difference;
  if (clusters === undefined) return { value: most(n) };
  return { value: Math.ceil((most(clusters) * n) / clusters), clusters: most(clusters) };
}

/** By which factor the items, or the clusters, have to grow. */
function timesAsMany(comparison: Comparison, { margin, alpha, power }: Projection): number {
  const { difference } = comparison;
  // Equal values have no spread: their test, (1 - u)^units, needs log(alpha) / log(1 - u).
  if (difference.method === 'all-values-equal') {
    const share = Math.min(shareToReach(difference, -margin), 1 - 1e-9);
    return Math.log(alpha) / Math.log1p(-share) / unitsOf(comparison);
  }
  const { assumed, seen, critical } = spreads(comparison, { margin, alpha });
  const distance = difference.value + margin;
  return ((critical * assumed + normalQuantile(power) * seen) / distance) ** 2 / difference.n;
}

/** The spread of one item under the hypothesis and as it was seen, and the critical value of the test. */
function spreads(
  { candidate, reference, difference, clusters }: Comparison,
  { margin, alpha }: { readonly margin: number; readonly alpha: number },
): { readonly assumed: number; readonly seen: number; readonly critical: number } {
  const { n, standardError, method } = difference;
  const t = (units: number) => tQuantile(1 - alpha, units - 1);
  if (method === 'tango') {
    const assumed = scoreSpread(pairedTable(candidate, reference), -margin);
    return { assumed, seen: standardError! * Math.sqrt(n), critical: normalQuantile(1 - alpha) };
  }
  if (method === 'clustered-tango') {
    const { table, designEffect, clusters: units } = clusteredTable(candidate, reference, clusters!);
    const grown = Math.sqrt(designEffect);
    const seen = pairedProportionStandardError(table) * Math.sqrt(n) * grown;
    return { assumed: scoreSpread(table, -margin) * grown, seen, critical: t(units) };
  }
  const seen = standardError! * Math.sqrt(n);
  return { assumed: seen, seen, critical: t(difference.clusters ?? n) };
}

function scoreSpread(table: PairedTable, delta: number): number {
  const n = tableSize(table);
  return Math.sqrt(scoreVariance({ onlyFirst: table.onlyFirst / n, onlySecond: table.onlySecond / n, delta }));
}

function expectAlpha(alpha: number): void {
  if (!(alpha > 0 && alpha < 0.5)) throw new RangeError(`Expected \`alpha\` to lie between 0 and 0.5, got ${alpha}`);
}
