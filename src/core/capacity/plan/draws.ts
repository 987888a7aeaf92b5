/**
 * How the doubt about the times of steps reaches a figure. The simulation runs once for each of 39 draws of the factors, and the figure's interval
 * lies between the second smallest and the second largest of what it finds: one more draw would lie below, or above, with a chance of 2 in 40 each. The
 * draws fill the cube evenly (the R3 sequence of Roberts 2018, which extends the golden ratio), so few are enough. Each has a seed of its own, so the
 * noise of the simulation is in the interval too.
 */
import { normalQuantile } from '../../stats/basics/normal.js';
import type { StepFactors } from '../simulate/step-times.js';
import type { Doubt, Engine } from './engine.js';

/** A figure with its 90% interval. */
export interface Figure {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export function exactly(value: number): Figure {
  return { value, low: value, high: value };
}

export const DRAWS = 39;
/** Where the few draws leave it open whether more than a twentieth have no bound. They begin with the same ones. */
export const MORE_DRAWS = 199;
/** The positive root of x^4 = x + 1, whose powers the sequence adds. */
const ROOT = 1.2207440846057596;
const NINETY = 1.645;

export function drawsOf({ decode, batch, prefill }: Engine['doubts'], count = DRAWS): StepFactors[] {
  return Array.from({ length: count }, (_, i) => {
    const at = (power: number) => (0.5 + (i + 1) / ROOT ** power) % 1;
    return {
      decode: factorAt(decode, at(1)),
      batch: factorAt(batch, at(2)),
      prefill: factorAt(prefill, at(3)),
    };
  });
}

/** A factor whose logarithm is normal on each side of 0, with the ends of the interval at 5% and 95%. */
function factorAt({ low, high }: Doubt, share: number): number {
  const z = normalQuantile(share) / NINETY;
  return Math.exp(z < 0 ? -z * low : z * high);
}

/**
 * The interval holds the value: it is the figure without doubt. A draw may be infinite, where a queue grows without end. It counts as greater than
 * all others, so an end is infinite where more than 5% of the draws are.
 */
export function figureOf(value: number, values: readonly number[]): Figure {
  const ascending = [...values].sort((a, b) => a - b);
  const rank = rankOfEnds(ascending.length);
  return {
    value,
    low: Math.min(value, ascending[rank - 1]!),
    high: Math.max(value, ascending.at(-rank)!),
  };
}

/** A draw whose value takes a search, although one look tells whether it is at least as great as another. */
export interface SearchedDraw {
  search(): number;
  reaches(value: number): boolean;
}

/**
 * The same interval, without searching the draws that lie between its ends.
 *
 * @param draws From the slowest to the fastest, as far as that is known: the order changes how many are searched, and not the ends.
 */
export function figureOfSearched(value: number, draws: readonly SearchedDraw[]): Figure {
  const rank = rankOfEnds(draws.length);
  const most: number[] = [];
  for (const draw of draws.toReversed()) {
    if (most.length < rank || draw.reaches(most[0]!)) keep(most, draw.search(), { rank, order: (a, b) => a - b });
  }
  return { value, low: Math.min(value, lowOfSearched(draws)), high: Math.max(value, most[0]!) };
}

/** The low end alone. */
export function lowOfSearched(draws: readonly SearchedDraw[]): number {
  const rank = rankOfEnds(draws.length);
  const least: number[] = [];
  for (const draw of draws) {
    if (least.length < rank || !draw.reaches(least[0]!)) keep(least, draw.search(), { rank, order: (a, b) => b - a });
  }
  return least[0]!;
}

/** Keeps as many as the rank. The first of them is the end so far. */
function keep(
  ends: number[],
  found: number,
  { rank, order }: { readonly rank: number; readonly order: (a: number, b: number) => number },
): void {
  ends.push(found);
  ends.sort(order);
  if (ends.length > rank) ends.shift();
}

/** Two or three draws of 39 without a bound may be less than a twentieth of many: each stands for a fortieth. */
export function leavesBoundOpen(endless: number): boolean {
  const rank = rankOfEnds(DRAWS);
  return endless >= rank && endless < 2 * rank;
}

/** The end is the value of this rank, from below and from above. */
function rankOfEnds(draws: number): number {
  return Math.max(1, Math.round(TAIL * (draws + 1)));
}

const TAIL = 0.05;
