/**
 * Two models on the same items. The difference is taken item by item, so the difficulty of an item cancels out. With a
 * correlation of 0.5 between the models this saves a third to a half of the items that two separate groups would need
 * (Miller 2024, arXiv 2411.00640, section 4).
 */
import { isMissing, type Missing } from '../../quantity.js';
import { expectSameLength } from '../basics/expect.js';
import { type ClusterId, clusteredStandardError, clusterIndices, rareEventDesignEffect } from '../estimate/clusters.js';
import type { Estimate } from '../estimate/estimate.js';
import { describeClusters, type EstimateOptions, estimateMean } from '../estimate/estimators.js';
import {
  type ClusteredTable,
  clusteredTangoInterval,
  pairedProportionDifference,
  pairedProportionStandardError,
  tangoInterval,
} from './paired-proportions.js';
import { pairedTable, tableSize } from './paired-table.js';

/** `candidate - reference`, item by item. */
export function pairedDifferences(candidate: readonly number[], reference: readonly number[]): number[] {
  expectSameLength('reference', candidate, reference);
  return candidate.map((value, i) => value - reference[i]!);
}

/**
 * Mean of `candidate - reference` over scores in [0, 1] on the same items: Tango's interval for items scored 0 or 1 (on the
 * effective number of items where they come in clusters), Student t for fractional scores, clustered t for those in clusters.
 *
 * For quantities that are not scores, use `estimateMean(pairedDifferences(...))`, or `estimateRatio` for speeds.
 * @throws RangeError when a score is outside [0, 1] or the lists differ in length.
 */
export function estimatePairedDifference(
  candidate: readonly number[],
  reference: readonly number[],
  options: EstimateOptions = {},
): Estimate | Missing {
  const { confidence = 0.95, clusters } = options;
  const differences = pairedDifferences(candidate, reference);
  const binary = isBinary(candidate) && isBinary(reference);
  if (binary && differences.length > 0 && isIndependent(options)) {
    const table = pairedTable(candidate, reference);
    return {
      value: pairedProportionDifference(table),
      ...tangoInterval(table, confidence),
      n: tableSize(table),
      confidence,
      method: 'tango',
      standardError: pairedProportionStandardError(table),
      warnings: [],
    };
  }
  expectScores('candidate', candidate);
  expectScores('reference', reference);
  const estimate = estimateMean(differences, { ...options, bounds: { low: -1, high: 1 } });
  if (!binary || isMissing(estimate) || estimate.method !== 'clustered-t') return estimate;
  const { warnings } = describeClusters(clusterIndices(clusters!).length);
  const interval = clusteredTangoInterval(clusteredTable(candidate, reference, clusters!), confidence);
  return { ...estimate, ...interval, method: 'clustered-tango', warnings };
}

/** The table of two lists of 0 and 1 whose items come in clusters. */
export function clusteredTable(
  candidate: readonly number[],
  reference: readonly number[],
  clusters: readonly ClusterId[],
): ClusteredTable {
  const table = pairedTable(candidate, reference);
  const differences = pairedDifferences(candidate, reference);
  const designEffect = rareEventDesignEffect({
    clustered: clusteredStandardError(differences, clusters) ** 2,
    independent: pairedProportionStandardError(table) ** 2,
    clustersWithEvent: new Set(clusters.filter((_, i) => differences[i] !== 0)).size,
    clusters,
  });
  return { table, designEffect, clusters: clusterIndices(clusters).length };
}

function isIndependent({ clusters }: EstimateOptions): boolean {
  return !clusters || clusterIndices(clusters).length === clusters.length;
}

function isBinary(scores: readonly number[]): boolean {
  return scores.every((score) => score === 0 || score === 1);
}

function expectScores(name: string, scores: readonly number[]): void {
  const at = scores.findIndex((score) => !(score >= 0 && score <= 1));
  if (at >= 0) throw new RangeError(`Expected \`${name}[${at}]\` to be a score in [0, 1], got ${scores[at]}`);
}
