/**
 * Is the candidate no worse than the reference by more than a margin that was fixed before the data? That is the question
 * "does the small model fit"; a test that merely fails to find a difference does not answer it.
 *
 *     candidate - reference, interval at 1 - 2 alpha            -margin        0
 *     non-inferior: low above -margin                              |   [---|----]
 *     inferior:     high below -margin                  [------]   |       |
 *     inconclusive: the interval holds -margin                 [---|---]   |
 *
 * Each of the two claims is a one-sided score test at alpha (./score-test.ts), so each is wrong at most alpha of the time, also
 * when the truth lies exactly at the margin (Schuirmann 1987, J. Pharmacokinetics 15:657; CONSORT extension, Piaggio et al. 2012).
 */
import { isMissing, type Missing, missing } from '../../quantity.js';
import { expectProbability } from '../basics/expect.js';
import type { Interval } from '../basics/interval.js';
import { mean, sum } from '../basics/moments.js';
import { once } from '../basics/once.js';
import { type ClusterId, clusteredStandardError } from '../estimate/clusters.js';
import type { Estimate } from '../estimate/estimate.js';
import { clusteringOf } from '../estimate/estimators.js';
import { pairedDifferences } from './paired.js';
import { type ScoreTest, scoreTest } from './score-test.js';

export type Decision = 'non-inferior' | 'inferior' | 'inconclusive';

export interface NonInferiority {
  /** candidate - reference; both of its bounds are those that decide. */
  readonly difference: Estimate;
  readonly margin: number;
  /** The one-sided levels at which the two claims were decided. */
  readonly alpha: Levels;
  /** One-sided p of "the candidate is worse by the margin or more": small means it fits. */
  readonly nonInferiorP: number;
  /** One-sided p of "the candidate is worse by the margin or less": small means it does not fit. */
  readonly inferiorP: number;
  readonly decision: Decision;
}

export interface Levels {
  readonly nonInferior: number;
  readonly inferior: number;
}

export interface NonInferiorityOptions {
  readonly clusters?: readonly ClusterId[] | undefined;
  /** At least 0; 0.03 is three points of accuracy. At 0 it asks for superiority. */
  readonly margin: number;
  /** One-sided; the default is 0.05. */
  readonly alpha?: number;
}

/** The paired scores of two models, ready to be tested against any margin at any level. */
export interface PairedScores {
  readonly differences: readonly number[];
  readonly clusters?: readonly ClusterId[] | undefined;
  readonly test: ScoreTest;
  /** Where answers were lost: the mean difference if each had fallen the worse way, and the better. The test holds for both. */
  readonly means?: Interval | undefined;
}

/**
 * Non-inferiority of the candidate's scores to the reference's, both in [0, 1] and on the same items in the same order.
 * Missing when there is no interval to judge by.
 */
export function testNonInferiority(
  candidate: readonly number[],
  reference: readonly number[],
  { margin, alpha = 0.05, clusters }: NonInferiorityOptions,
): NonInferiority | Missing {
  const pairs = pairScores(pairedDifferences(candidate, reference), clusters);
  return isMissing(pairs) ? pairs : judgePairs(pairs, { margin, alpha: { nonInferior: alpha, inferior: alpha } });
}

/** @param differences candidate - reference, item by item, in [-1, 1]. */
export function pairScores(
  differences: readonly number[],
  clusters?: readonly ClusterId[] | undefined,
): PairedScores | Missing {
  const clustering = clusteringOf(differences, clusters);
  if (isMissing(clustering)) return clustering;
  if (clustering.units < 2) return missing('one pair of scores has no interval: measure at least two');
  return {
    differences,
    ...(clustering.clusters && { clusters: clustering.clusters }),
    test: scoreTest(differences, { clusters: clustering.clusters }),
  };
}

/** Both claims, each at a level of its own. */
export function judgePairs(
  { differences, clusters, test, means }: PairedScores,
  { margin, alpha }: { readonly margin: number; readonly alpha: Levels },
): NonInferiority {
  expectProbability('margin', margin);
  expectLevel(alpha.nonInferior);
  expectLevel(alpha.inferior);
  const nonInferiorP = test.greaterP(-margin);
  const inferiorP = test.lessP(-margin);
  const difference = once(() => differenceOf({ differences, clusters, test, means }, alpha));
  const decision =
    nonInferiorP <= alpha.nonInferior ? 'non-inferior' : inferiorP <= alpha.inferior ? 'inferior' : 'inconclusive';
  return {
    get difference() {
      return difference();
    },
    margin,
    alpha,
    nonInferiorP,
    inferiorP,
    decision,
  };
}

/** A lost answer may hide a pair unlike those that were scored, so their mean need not be possible: the nearest that is counts. */
function differenceOf(
  { differences, clusters, test, means }: PairedScores,
  { nonInferior, inferior }: Levels,
): Estimate {
  const clustering = clusteringOf(differences, clusters);
  const seen = mean(differences);
  return {
    value: means === undefined ? seen : Math.min(means.high, Math.max(means.low, seen)),
    low: test.low(nonInferior),
    high: test.high(inferior),
    n: differences.length,
    confidence: 1 - nonInferior - inferior,
    method: 'score',
    standardError: standardErrorOf(differences, isMissing(clustering) ? undefined : clustering.clusters),
    ...(isMissing(clustering) ? {} : clustering.recorded),
    warnings: [...(isMissing(clustering) ? [] : clustering.warnings), ...(means === undefined ? [] : [LOST_ANSWERS])],
  };
}

/** The warning of a difference whose bounds allow for answers that were lost. */
export const LOST_ANSWERS = 'answers were lost: the difference and its bounds hold whichever way they fell';

function standardErrorOf(differences: readonly number[], clusters: readonly ClusterId[] | undefined): number {
  if (clusters !== undefined) return clusteredStandardError(differences, clusters);
  const centre = mean(differences);
  return Math.sqrt(sum(differences.map((value) => (value - centre) ** 2))) / differences.length;
}

function expectLevel(alpha: number): void {
  if (!(alpha >= 0 && alpha < 0.5)) throw new RangeError(`Expected \`alpha\` to lie between 0 and 0.5, got ${alpha}`);
}
