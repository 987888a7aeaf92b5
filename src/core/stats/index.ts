/**
 * Statistics: what was measured, and how sure one can be of it. Pure functions; `docs/statistics.md` says which one is for
 * what, with formulas, sources and traps.
 */
export * from './agreement.js';
export * from './bernoulli-sequence.js';
export * from './betting-sequence.js';
export * from './binomial.js';
export * from './bootstrap.js';
export * from './calibration.js';
export * from './cascade.js';
export * from './cascade-curve.js';
export * from './cascade-threshold.js';
export * from './clusters.js';
export * from './coordinated-omission.js';
export { normalCdf, normalQuantile, tCdf, tQuantile } from './distributions.js';
export * from './early-stopping.js';
export {
  type Estimate,
  type EstimateOptions,
  estimateMean,
  estimateMeanOfMoments,
  estimateProportion,
  estimateProportionOfCounts,
  estimateScore,
  type MeanOptions,
  type Method,
} from './estimate.js';
export * from './gamma-mixture.js';
export type { Interval } from './interval.js';
export * from './mann-whitney.js';
export { type McNemarTest, mcNemarTest, type PairedTable, pairedTable, tableSize } from './mcnemar.js';
export * from './moments.js';
export * from './multiple.js';
export * from './noninferiority.js';
export * from './normal-mixture.js';
export * from './order-statistics.js';
export * from './paired.js';
export * from './paired-proportions.js';
export * from './pass-at-k.js';
export * from './percentiles.js';
export * from './predictable-mixture.js';
export * from './random.js';
export * from './ranking.js';
export * from './ratio.js';
export * from './sample-size.js';
export * from './score-fold.js';
export * from './sequential-noninferiority.js';
export { quantileInflation, serialInflation } from './serial.js';
export * from './signed-rank.js';
export * from './simultaneous.js';
export * from './stitching.js';
export * from './t-test.js';
export * from './trend.js';
export * from './variance-components.js';
