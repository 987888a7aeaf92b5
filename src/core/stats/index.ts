/**
 * Statistics: what was measured, and how sure one can be of it. Pure functions; `docs/statistics.md` says which one is for
 * what, with formulas, sources and traps.
 */

export { normalCdf, normalQuantile, tCdf, tQuantile } from './basics/distributions.js';
export type { Interval } from './basics/interval.js';
export * from './basics/moments.js';
export * from './basics/random.js';
export * from './cascade/areas.js';
export * from './cascade/calibration.js';
export * from './cascade/curve.js';
export * from './cascade/ranking.js';
export * from './cascade/threshold.js';
export * from './compare/mann-whitney.js';
export { type McNemarTest, mcNemarTest, type PairedTable, pairedTable, tableSize } from './compare/mcnemar.js';
export * from './compare/multiple.js';
export * from './compare/noninferiority.js';
export * from './compare/paired.js';
export * from './compare/paired-proportions.js';
export * from './compare/sample-size.js';
export * from './compare/signed-rank.js';
export * from './compare/simultaneous.js';
export * from './compare/t-test.js';
export * from './estimate/agreement.js';
export * from './estimate/binomial.js';
export * from './estimate/bootstrap.js';
export * from './estimate/clusters.js';
export type { Estimate, Method } from './estimate/estimate.js';
export {
  type EstimateOptions,
  estimateMean,
  estimateMeanOfMoments,
  estimateProportion,
  estimateProportionOfCounts,
  estimateScore,
  type MeanOptions,
} from './estimate/estimators.js';
export * from './estimate/order-statistics.js';
export * from './estimate/pass-at-k.js';
export * from './estimate/percentiles.js';
export * from './estimate/ratio.js';
export * from './estimate/score-fold.js';
export { quantileInflation, serialInflation } from './estimate/serial.js';
export * from './estimate/trend.js';
export * from './estimate/variance-components.js';
export * from './sequential/bernoulli-sequence.js';
export * from './sequential/betting-sequence.js';
export * from './sequential/gamma-mixture.js';
export * from './sequential/noninferiority.js';
export * from './sequential/normal-mixture.js';
export * from './sequential/predictable-mixture.js';
export * from './sequential/stitching.js';
