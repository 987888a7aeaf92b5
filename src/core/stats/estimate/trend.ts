/**
 * Does a series drift? A machine that heats up makes every later measurement slower, and an interval that takes the values
 * for independent is then too narrow.
 *
 * The test is Mann and Kendall's (./mann-kendall.ts).
 */
import { type Missing, missing } from '../../quantity.js';
import { normalCdf } from '../basics/distributions.js';
import { expectFinite } from '../basics/expect.js';
import { mean } from '../basics/moments.js';
import { LEAST_OF_A_TREND, risesAndFalls } from './mann-kendall.js';

export interface Trend {
  /** Rising pairs minus falling pairs, as a share of all pairs: Kendall's tau-a, from -1 to 1. */
  readonly tau: number;
  /** Change per step, in the unit of the values. */
  readonly slope: number;
  /** Two-sided. */
  readonly p: number;
}

/** More values are first averaged in blocks: a test of all pairs takes n^2/2 comparisons, and blocks show a drift too. */
const MOST_VALUES = 1_000;

/** The trend over values in the order in which they were measured. More than 1,000 values are averaged to at most 1,000 blocks. */
export function testTrend(values: readonly number[]): Trend | Missing {
  expectFinite('values', values);
  if (values.length < LEAST_OF_A_TREND) {
    return missing(`${values.length} values are too few to tell a trend: it takes ${LEAST_OF_A_TREND}`);
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
  const { score, variance, slope } = risesAndFalls(values);
  // One step towards 0: the count moves in steps of two.
  const distance = Math.max(0, Math.abs(score) - 1);
  const p = variance > 0 ? 2 * normalCdf(-distance / Math.sqrt(variance)) : 1;
  return { tau: score / ((n * (n - 1)) / 2), slope, p: Math.min(1, p) };
}
