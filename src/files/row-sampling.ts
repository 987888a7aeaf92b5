/**
 * Takes some rows of a long file: the first rows, a random sample of all rows, or a stratified sample that keeps the shares of
 * the strata. It needs one pass and holds at most `limit` rows of each stratum in memory (reservoir sampling: Vitter 1985,
 * algorithm R).
 */
import { createRandom, type Random, shuffle } from '../core/stats/basics/random.js';
import type { NumberedRow } from './rows.js';

export interface SamplingOptions<R extends NumberedRow = NumberedRow> {
  /** The maximum number of rows; Infinity takes all rows. */
  readonly limit: number;
  readonly shuffled: boolean;
  readonly seed: number;
  /** Returns the stratum of a row. With it, every stratum keeps its share of the rows. */
  readonly stratum?: (row: R) => string;
}

export async function takeRows<R extends NumberedRow>(
  rows: AsyncIterable<R>,
  options: SamplingOptions<R>,
): Promise<readonly R[]> {
  const { limit, shuffled, seed, stratum } = options;
  const random = createRandom(seed, 'samples');
  const strata = new Map<string, Reservoir<R>>();
  for await (const row of rows) {
    const name = stratum?.(row) ?? '';
    let reservoir = strata.get(name);
    if (reservoir === undefined) {
      reservoir = { kept: [], seen: 0 };
      strata.set(name, reservoir);
    }
    offer(reservoir, row, limit, shuffled ? random : null);
    if (stratum === undefined && !shuffled && reservoir.kept.length >= limit) break;
  }
  const sizes = allocate(
    [...strata.values()].map(({ seen }) => seen),
    limit,
  );
  const taken = [...strata.values()].flatMap(({ kept }, i) => kept.slice(0, sizes[i]!));
  return shuffled ? shuffle(taken, random) : taken.sort((a, b) => a.number - b.number);
}

interface Reservoir<R> {
  readonly kept: R[];
  seen: number;
}

function offer<R>(reservoir: Reservoir<R>, row: R, limit: number, random: Random | null): void {
  reservoir.seen++;
  if (reservoir.kept.length < limit) {
    reservoir.kept.push(row);
    return;
  }
  if (random === null) return;
  const place = random.below(reservoir.seen);
  if (place < limit) reservoir.kept[place] = row;
}

/** Divides a limit in proportion to the sizes. The largest remainders decide the rounding (Hamilton's method). */
function allocate(sizes: readonly number[], limit: number): readonly number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total <= limit) return sizes;
  const exact = sizes.map((size) => (size * limit) / total);
  const shares = exact.map(Math.floor);
  const byRemainder = exact
    .map((share, i) => ({ i, remainder: share - Math.floor(share) }))
    .sort((a, b) => b.remainder - a.remainder || a.i - b.i);
  const left = limit - shares.reduce((sum, share) => sum + share, 0);
  for (const { i } of byRemainder.slice(0, left)) shares[i]!++;
  return shares;
}
