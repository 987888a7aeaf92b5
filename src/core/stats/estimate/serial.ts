/**
 * Autocorrelation. When a machine is busy for a while, the values of that while are alike. The effective sample size of n values
 * is then n / inflation, where the inflation is that of the variance of their mean: 1 + 2 (rho_1 + rho_2 + ...).
 *
 * The sum is Geyer's initial monotone sequence (1992, Statistical Science 7:473). It ends at the first pair of autocorrelations
 * that is not positive, and no pair counts more than the pair before. The sum is above zero by chance too, and would make the
 * intervals of a hundred independent values 13% wider. So a test comes first: are values autocorrelated, or means of two, of
 * four, and so on? (Blocking: Flyvbjerg and Petersen 1989, J. Chem. Phys. 91:461. Busy periods may be short or long.)
 */

import { mean, sum, type Values } from '../basics/moments.js';
import type { Estimate } from './estimate.js';
import { percentileOfSorted } from './percentiles.js';

/** The critical value at a level of 1%. A level of 5% covers no better, and widens more. */
const SURE = 2.33;
/** Fewer blocks do not show autocorrelation. */
const LEAST_BLOCKS = 16;
/** More values are first added up in blocks, because each lag of the autocorrelation reads all values. */
const MOST_BLOCKS = 2_000;

/**
 * @param stretches Values in the order in which they were measured. Each stretch, such as a task, has a mean of its own, which is
 * subtracted.
 * @returns The inflation of the variance of a mean, 1 or more.
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

/** With fewer values beyond a quantile, two of them that are neighbours by chance look like autocorrelation. */
const LEAST_BEYOND = 20;

/**
 * For a quantile the autocorrelation is that of the event "at most the quantile" (Heidelberger and Lewis 1984, Operations
 * Research 32:185). For a far quantile it is taken at the outermost quantile that has twenty values beyond it.
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

/** @param deviations Deviations from the mean of their stretch, in the order in which they were measured. They are overwritten. */
function inflationOf(deviations: Float64Array): number {
  const all = squares(deviations);
  if (all === 0) return 1;
  const width = Math.ceil(deviations.length / MOST_BLOCKS);
  const blocks = inBlocks(deviations, width);
  if (!isAutocorrelated(deviations)) return 1;
  const withinBlocks = squares(blocks) / (blocks.length * width) / (all / deviations.length);
  return Math.max(1, withinBlocks * initialMonotoneSequence(blocks));
}

/** The effective sample size and its warning, where values are autocorrelated. */
export function serialNote(
  n: number,
  inflation: number,
  others: readonly string[] = [],
): Pick<Estimate, 'effective' | 'warnings'> {
  if (inflation === 1) return { warnings: others };
  const warning = `the values are autocorrelated: ${withEffectiveSize(n, inflation)}; the interval allows for it`;
  return { effective: n / inflation, warnings: [...others, warning] };
}

export function withEffectiveSize(n: number, inflation: number): string {
  return `${n} values with an effective sample size of ${Math.max(1, Math.round(n / inflation))}`;
}

/** @param deviations Deviations that are overwritten. */
function isAutocorrelated(deviations: Float64Array): boolean {
  for (let blocks = deviations; blocks.length >= LEAST_BLOCKS; blocks = inPairs(blocks)) {
    const n = blocks.length;
    const first = autocorrelation(blocks, { lag: 1, all: squares(blocks) });
    // Deviations from their own mean correlate by -1/n on average.
    if ((first + 1 / n) * Math.sqrt(n) > SURE) return true;
  }
  return false;
}

function initialMonotoneSequence(values: Float64Array): number {
  const all = squares(values);
  let total = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let lag = 0; lag + 1 < values.length / 2; lag += 2) {
    least = Math.min(least, autocorrelation(values, { lag, all }) + autocorrelation(values, { lag: lag + 1, all }));
    if (least <= 0) break;
    total += least;
  }
  return 2 * total - 1;
}

/**
 * The autocorrelation of values whose mean is 0. It is 0 where they are all equal.
 * @param all The sum of their squares.
 */
function autocorrelation(values: Float64Array, { lag, all }: { readonly lag: number; readonly all: number }): number {
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

/** Sums of two neighbours each. They overwrite the values, so that millions of them need no second array. */
function inPairs(values: Float64Array): Float64Array {
  const pairs = values.subarray(0, Math.floor(values.length / 2));
  for (let i = 0; i < pairs.length; i++) pairs[i] = values[2 * i]! + values[2 * i + 1]!;
  return pairs;
}

/** Sums of `width` neighbours each. Values that do not fill the last block are left out. */
function inBlocks(values: Float64Array, width: number): Float64Array {
  if (width === 1) return values.slice();
  const blocks = new Float64Array(Math.floor(values.length / width));
  for (let i = 0; i < blocks.length; i++) blocks[i] = sum(values, i * width, (i + 1) * width);
  return blocks;
}
