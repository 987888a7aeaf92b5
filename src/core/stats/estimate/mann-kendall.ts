/**
 * Mann 1945 and Kendall 1975: the pairs of a series that rise and those that fall. No distribution is assumed. The slope is
 * Theil-Sen's, the median over all pairs (Sen 1968, JASA 63:1379).
 */
import { median } from './percentiles.js';

/** The normal approximation of the count is poor for fewer values. */
export const LEAST_OF_A_TREND = 8;

export interface RisesAndFalls {
  /** Rising pairs minus falling pairs. */
  readonly score: number;
  /** The variance of the score of independent values, corrected for ties. */
  readonly variance: number;
  /** The change per step, in the unit of the values. */
  readonly slope: number;
}

/** All pairs are compared, so a thousand values are many. */
export function risesAndFalls(values: readonly number[]): RisesAndFalls {
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
  return { score, variance: varianceOfScore(values), slope: median(slopes) };
}

function varianceOfScore(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const pairs = (t: number) => t * (t - 1) * (2 * t + 5);
  return [...counts.values()].reduce((left, t) => left - pairs(t), pairs(values.length)) / 18;
}
