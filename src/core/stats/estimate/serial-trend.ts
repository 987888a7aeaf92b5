/**
 * The Mann-Kendall test for a trend in values that may be autocorrelated. A queue that is long stays long for a while, and the plain
 * test takes that for a trend.
 *
 * Hamed and Rao 1998 (J. Hydrology 204:182): the variance of the count is multiplied by
 * `1 + 2 / (n (n-1) (n-2)) sum_k (n-k) (n-k-1) (n-k-2) r_k`, where r_k are the significant autocorrelations of the ranks of the values
 * without their trend (Theil-Sen's slope). Here the factor is never below 1, so that the test never sees more than the plain one.
 */
import { type Missing, missing } from '../../quantity.js';
import { normalCdf } from '../basics/distributions.js';
import { expectFinite } from '../basics/expect.js';
import { mean } from '../basics/moments.js';
import { midRanks } from '../basics/ranks.js';
import { LEAST_OF_A_TREND, risesAndFalls } from './mann-kendall.js';

export interface SerialTrend {
  /** The change per step, in the unit of the values: Theil-Sen's slope. */
  readonly slope: number;
  /** One-sided: a small one says that the values rise. */
  readonly risesP: number;
  /** One-sided: a small one says that the values fall. */
  readonly fallsP: number;
}

/** The two-sided 5% level of an autocorrelation of independent values, times the root of n. */
const SIGNIFICANT = 1.96;

/** The trend over values in the order in which they were measured. All pairs are compared, so a thousand values are many. */
export function testSerialTrend(values: readonly number[]): SerialTrend | Missing {
  expectFinite('values', values);
  const n = values.length;
  if (n < LEAST_OF_A_TREND) return missing(`${n} values are too few to tell a trend: it takes ${LEAST_OF_A_TREND}`);
  const { score, variance, slope } = risesAndFalls(values);
  const spread = variance * serialFactor(values, slope);
  // One step towards 0: the count moves in steps of two.
  const upper = (count: number) => (spread > 0 ? normalCdf(-(count - 1) / Math.sqrt(spread)) : 1);
  return { slope, risesP: Math.min(1, upper(score)), fallsP: Math.min(1, upper(-score)) };
}

function serialFactor(values: readonly number[], slope: number): number {
  const n = values.length;
  const ranks = midRanks(values.map((value, i) => value - slope * i));
  const centre = mean(ranks);
  const deviations = ranks.map((rank) => rank - centre);
  const all = deviations.reduce((total, deviation) => total + deviation ** 2, 0);
  if (all === 0) return 1;
  let total = 0;
  for (let lag = 1; lag < n - 2; lag++) {
    let product = 0;
    for (let i = lag; i < n; i++) product += deviations[i]! * deviations[i - lag]!;
    const correlation = product / all;
    if (Math.abs(correlation) * Math.sqrt(n) > SIGNIFICANT) {
      total += (n - lag) * (n - lag - 1) * (n - lag - 2) * correlation;
    }
  }
  return Math.max(1, 1 + (2 * total) / (n * (n - 1) * (n - 2)));
}
