/**
 * How alike are neighbours? A machine that was busy for a while makes the values of that while alike, and n of them say as much as
 * n / inflation independent ones, where the inflation is that of the variance of their mean: 1 + 2 (rho_1 + rho_2 + ...).
 *
 * The sum is Geyer's initial monotone sequence (1992, Statistical Science 7:473): it ends at the first pair of correlations that
 * is not positive, and no pair counts more than the one before. By itself it finds something in pure chance too, and makes the
 * intervals of a hundred independent values 13% wider. So it is tested first whether neighbours are alike at all: values,
 * means of two, of four, and so on (blocking: Flyvbjerg and Petersen 1989, J. Chem. Phys. 91:461), for bouts may be short or long.
 */

import { mean, sum, type Values } from '../basics/moments.js';
import type { Estimate } from './estimate.js';
import { percentileOfSorted } from './percentiles.js';

/** The standard normal value that chance exceeds once in a hundred times. Once in twenty covers no better, and widens more. */
const SURE = 2.33;
/** Fewer blocks tell nothing of their neighbours. */
const LEAST_BLOCKS = 16;
/** Above this, neighbours are added up first: a correlation takes all values for each distance. */
const MOST_BLOCKS = 2_000;

/**
 * @param stretches values in the order they were measured, each less the mean of its own stretch: of several tasks that differ,
 * each is one.
 * @returns 1 or more, by which neighbours inflate the variance of a mean.
 */
export function serialInflation(stretches: readonly Values[]): number {
  const deviations = emptyFor(stretches);
  let at = 0;
  for (const values of stretches) {
    if (values.length === 0) continue;
    const centre = mean(values);
    for (let i = 0; i < values.length; i++) deviations[at++] = values[i]! - centre;
  }
  return inflationOf(deviations);
}

/** Of fewer values beyond a quantile, two that happen to be neighbours would look like a bout. */
const LEAST_BEYOND = 20;

/**
 * For a quantile the correlations are those of "at most the quantile" (Heidelberger and Lewis 1984, Operations Research 32:185);
 * far out, of the outermost quantile that has twenty values beyond it.
 */
export function quantileInflation(
  stretches: readonly Values[],
  { ascending, q }: { readonly ascending: Values; readonly q: number },
): number {
  const outermost = Math.min(0.5, LEAST_BEYOND / ascending.length);
  const quantile = percentileOfSorted(ascending, Math.min(1 - outermost, Math.max(outermost, q)));
  const deviations = emptyFor(stretches);
  let at = 0;
  for (const values of stretches) {
    let count = 0;
    for (let i = 0; i < values.length; i++) if (values[i]! <= quantile) count++;
    const share = count / values.length;
    for (let i = 0; i < values.length; i++) deviations[at++] = (values[i]! <= quantile ? 1 : 0) - share;
  }
  return inflationOf(deviations);
}

function emptyFor(stretches: readonly Values[]): Float64Array {
  return new Float64Array(stretches.reduce((total, { length }) => total + length, 0));
}

/** @param deviations in the order they were measured, from the mean of their own stretch; used up. */
function inflationOf(deviations: Float64Array): number {
  const all = squares(deviations);
  if (all === 0) return 1;
  const width = Math.ceil(deviations.length / MOST_BLOCKS);
  const blocks = inBlocks(deviations, width);
  if (!neighboursAreAlike(deviations)) return 1;
  const withinBlocks = squares(blocks) / (blocks.length * width) / (all / deviations.length);
  return Math.max(1, withinBlocks * initialMonotoneSequence(blocks));
}

/** What an estimate says of neighbours that are alike; nothing where they are not. */
export function serialNote(
  n: number,
  inflation: number,
  others: readonly string[] = [],
): Pick<Estimate, 'effective' | 'warnings'> {
  if (inflation === 1) return { warnings: others };
  const alike = `neighbouring values are alike: these are ${sayingAsMuch(n, inflation)}, and the interval allows for it`;
  return { effective: n / inflation, warnings: [...others, alike] };
}

export function sayingAsMuch(n: number, inflation: number): string {
  return `${n} values that say as much as ${Math.max(1, Math.round(n / inflation))} independent ones`;
}

/** @param deviations used up. */
function neighboursAreAlike(deviations: Float64Array): boolean {
  for (let blocks = deviations; blocks.length >= LEAST_BLOCKS; blocks = inPairs(blocks)) {
    const n = blocks.length;
    const alike = correlation(blocks, { lag: 1, all: squares(blocks) });
    // Deviations from a mean of their own are unlike by 1/n on average.
    if ((alike + 1 / n) * Math.sqrt(n) > SURE) return true;
  }
  return false;
}

function initialMonotoneSequence(values: Float64Array): number {
  const all = squares(values);
  let total = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let lag = 0; lag + 1 < values.length / 2; lag += 2) {
    least = Math.min(least, correlation(values, { lag, all }) + correlation(values, { lag: lag + 1, all }));
    if (least <= 0) break;
    total += least;
  }
  return 2 * total - 1;
}

/**
 * Of values whose mean is 0; 0 where they are all equal.
 * @param all the sum of their squares.
 */
function correlation(values: Float64Array, { lag, all }: { readonly lag: number; readonly all: number }): number {
  if (all === 0) return 0;
  let product = 0;
  for (let i = lag; i < values.length; i++) product += values[i]! * values[i - lag]!;
  return product / all;
}

function squares(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]! * values[i]!;
  return total;
}

/** Sums of two neighbours each, in the place of the values: millions of them need no second array. */
function inPairs(values: Float64Array): Float64Array {
  const pairs = values.subarray(0, Math.floor(values.length / 2));
  for (let i = 0; i < pairs.length; i++) pairs[i] = values[2 * i]! + values[2 * i + 1]!;
  return pairs;
}

/** Sums of so many neighbours; what does not fill the last block is left out. */
function inBlocks(values: Float64Array, width: number): Float64Array {
  if (width === 1) return values.slice();
  const blocks = new Float64Array(Math.floor(values.length / width));
  for (let i = 0; i < blocks.length; i++) blocks[i] = sum(values, i * width, (i + 1) * width);
  return blocks;
}
