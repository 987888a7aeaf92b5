/**
 * The gaps between tokens of all answers of a cell. There may be a hundred million of them, so they are counted in bins whose
 * widths grow by 1%. So memory does not grow, the order of arrival does not matter, and a quantile is right to within 1%.
 */
import { type Missing, missing } from '../quantity.js';
import type { Gaps } from './analysis.js';
import { GRID } from './distribution.js';

const GROWTH = Math.log(1.01);
/** The shortest gap that is told apart, in seconds: two tokens can arrive within one tick of the clock. */
const SHORTEST = 1e-7;

export type GapCounts = Map<number, number>;

export function countGaps(counts: GapCounts, gaps: readonly number[]): void {
  for (const gap of gaps) {
    const bin = Math.round(Math.log(Math.max(gap, SHORTEST)) / GROWTH);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
}

export function mergeGaps(all: readonly GapCounts[]): GapCounts {
  const merged: GapCounts = new Map();
  for (const counts of all) for (const [bin, count] of counts) merged.set(bin, (merged.get(bin) ?? 0) + count);
  return merged;
}

export function gapsOf(counts: GapCounts): Gaps | Missing {
  const bins = [...counts].sort(([a], [b]) => a - b);
  const n = bins.reduce((total, [, count]) => total + count, 0);
  if (n === 0) return missing('no two tokens with a time of their own');
  const quantiles: number[] = [];
  let seen = 0;
  for (const [bin, count] of bins) {
    seen += count;
    // Add every step of the grid whose rank falls into this bin.
    while (quantiles.length <= GRID && (quantiles.length / GRID) * (n - 1) < seen) {
      quantiles.push(Math.exp(bin * GROWTH));
    }
  }
  return { n, quantiles };
}
