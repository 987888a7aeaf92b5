/**
 * Does a series drift? A machine that heats up makes every later measurement slower, and an interval that takes the values
 * for independent is then too narrow.
 *
 * Mann 1945 and Kendall 1975: count the pairs that rise and the pairs that fall. No distribution is assumed. The slope is
 * Theil-Sen's, the median over all pairs (Sen 1968, JASA 63:1379).
 */
import { type Missing, missing } from '../../quantity.js';
import { normalCdf } from '../basics/distributions.js';
import { expectFinite } from '../basics/expect.js';
import { mean } from '../basics/moments.js';
import { median } from './percentiles.js';

export interface Trend {
  /** Rising pairs minus falling pairs, as a share of all pairs: Kendall's tau-a, from -1 to 1. */
  readonly tau: number;
  /** Change per step, in the unit of the values. */
  readonly slope: number;
  /** Two-sided. */
  readonly p: number;
}

/** Below this the normal approximation of the count is poor. */
const LEAST_VALUES = 8;

/** More values are first averaged in blocks: a test of all pairs takes n^2/2 comparisons, and blocks show a drift too. */
const MOST_VALUES = 1_000;

/** The trend over values in the order in which they were measured. More than 1,000 values are averaged to at most 1,000 blocks. */
export function testTrend(values: readonly number[]): Trend | Missing {
  expectFinite('values', values);
  if (values.length < LEAST_VALUES) {
    return missing(`${values.length} values are too few to tell a trend: it takes ${LEAST_VALUES}`);
  }
  const width = Math.ceil(values.length / MOST_VALUES);
  const blocks = Array.from({ length: Math.floor(values.length / width) }, (_, i) =>
    mean(values.slice(i * width, (i + 1) * width)),
  );
  const trend = trendOf(blocks);
  return { ...trend, slope: trend.slope / width };
}

function trendOf(values: readonly number[]): Trend {
  const n = values.length;
  let score = 0;
  const slopes: number[] = [];
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const rise = values[j]! - values[i]!;
      score += Math.sign(rise);
      slopes.push(rise / (j - i));
    }
  }
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const pairs = (t: number) => t * (t - 1) * (2 * t + 5);
  const spread = [...counts.values()].reduce((left, t) => left - pairs(t), pairs(n)) / 18;
  // One step towards 0: the count moves in steps of two.
  const distance = Math.max(0, Math.abs(score) - 1);
  const p = spread > 0 ? 2 * normalCdf(-distance / Math.sqrt(spread)) : 1;
  return { tau: score / ((n * (n - 1)) / 2), slope: median(slopes), p: Math.min(1, p) };
}
