/**
 * Where does a series of measurements change? E-divisive splits a series where its two sides differ most in energy distance (Matteson and
 * James 2014, JASA 109:334). Hunter made it fit for continuous benchmarking (Fleming et al. 2023, ICPE, doi 10.1145/3578244.3583719;
 * Apache Otava): windows slide over the series, a t-test takes the place of permutations, and weak splits are merged away.
 *
 *     1 split    each window at its best point, again and again, while p is at most ten times the wanted one
 *     2 merge    remove the weakest point and test its neighbours again, until every p and every magnitude suffices
 *
 * The energy distance of the values before and after `tau`, up to `kappa`:
 *
 *     Q(tau, kappa) = 2 / (n + m) (sum |x - y|) - 2 m / ((n + m) (n - 1)) (sum |x - x'|) - 2 n / ((n + m) (m - 1)) (sum |y - y'|)
 *
 * Note: Otava divides the variance by n, and after a merge tests one of the two neighbours again. Here the variance is unbiased, and both
 * are tested. So a few weak points that Otava reports are none here.
 */
import { tCdf } from '../basics/distributions.js';
import { expectFinite } from '../basics/expect.js';
import { mean, sum } from '../basics/moments.js';

export interface ChangePoint {
  /** The first value of the new level. */
  readonly index: number;
  /** Two-sided, of the values between the change points before and after. */
  readonly p: number;
  readonly before: number;
  readonly after: number;
}

export interface ChangePointOptions {
  /** Values of a window; the default is 50. */
  readonly window?: number;
  /** The default is 0.001. */
  readonly p?: number;
  /** The least relative change; the default is 0. */
  readonly magnitude?: number;
}

export function changePoints(values: readonly number[], options: ChangePointOptions = {}): readonly ChangePoint[] {
  const { window = 50, p = 0.001, magnitude = 0 } = options;
  expectFinite('values', values);
  return merge(split(values, { window, p: weakP(p) }), values, { p, magnitude });
}

/** The first pass is ten times as generous, as far as that is possible. */
function weakP(p: number): number {
  return p < 0.05 ? 10 * p : p < 0.5 ? 2 * p : p;
}

function split(values: readonly number[], { window, p }: { readonly window: number; readonly p: number }): number[] {
  const found = new Set<number>();
  const step = Math.floor(window / 2);
  for (let start = 0; start < values.length; ) {
    const inside = splitWindow(values.slice(start, start + window), p).map((index) => start + index);
    for (const index of inside) found.add(index);
    start = Math.max(inside.at(-1) ?? 0, start + step);
  }
  return [...found].sort((a, b) => a - b);
}

/** Splits one window as long as the best point of all its parts is significant. */
function splitWindow(values: readonly number[], p: number): number[] {
  const sums = distanceSums(values);
  const points: number[] = [];
  for (;;) {
    const best = partsOf(points, values.length)
      .flatMap((part) => bestSplit(sums, part) ?? [])
      .sort((a, b) => b.q - a.q)[0];
    if (best === undefined) return points;
    const { p: found } = testAt(values, { ...best.part, index: best.index });
    if (!(found <= p)) return points;
    points.push(best.index);
    points.sort((a, b) => a - b);
  }
}

interface Part {
  readonly start: number;
  readonly end: number;
}

function partsOf(points: readonly number[], length: number): readonly Part[] {
  const ends = [...points, length];
  return ends.map((end, i) => ({ start: ends[i - 1] ?? 0, end }));
}

/** Row j, column k: the sum of the distances of value k to the values before j. */
function distanceSums(values: readonly number[]): readonly Float64Array[] {
  const rows = [new Float64Array(values.length)];
  for (const value of values) {
    const previous = rows.at(-1)!;
    rows.push(previous.map((total, k) => total + Math.abs(values[k]! - value)));
  }
  return rows;
}

function bestSplit(sums: readonly Float64Array[], part: Part) {
  const { start, end } = part;
  let best: { readonly index: number; readonly q: number; readonly part: Part } | null = null;
  let before = 0;
  for (let tau = start + 1; tau < end; tau++) {
    const n = tau - start;
    before += sums[tau - 1]![tau - 1]! - sums[start]![tau - 1]!;
    let [between, after] = [0, 0];
    for (let kappa = tau + 1; kappa <= end; kappa++) {
      const m = kappa - tau;
      const last = kappa - 1;
      between += sums[tau]![last]! - sums[start]![last]!;
      after += sums[last]![last]! - sums[tau]![last]!;
      const withinBefore = n > 1 ? ((2 * m) / ((n + m) * (n - 1))) * before : 0;
      const withinAfter = m > 1 ? ((2 * n) / ((n + m) * (m - 1))) * after : 0;
      const q = (2 / (n + m)) * between - withinBefore - withinAfter;
      if (best === null || q > best.q) best = { index: tau, q, part };
    }
  }
  return best;
}

/** Student's t-test of the values on both sides of an index. */
function testAt(values: readonly number[], { start, index, end }: Part & { readonly index: number }): ChangePoint {
  const [left, right] = [values.slice(start, index), values.slice(index, end)];
  const [before, after] = [mean(left), mean(right)];
  const freedom = left.length + right.length - 2;
  if (freedom < 1) return { index, p: 1, before, after };
  const squares = squaresOf(left, before) + squaresOf(right, after);
  const error = Math.sqrt((squares / freedom) * (1 / left.length + 1 / right.length));
  const distance = Math.abs(after - before);
  const p = error > 0 ? 2 * tCdf(-distance / error, freedom) : distance > 0 ? 0 : 1;
  return { index, p, before, after };
}

function squaresOf(values: readonly number[], centre: number): number {
  return sum(values.map((value) => (value - centre) ** 2));
}

function merge(
  points: readonly number[],
  values: readonly number[],
  { p, magnitude }: { readonly p: number; readonly magnitude: number },
): readonly ChangePoint[] {
  let left = [...points];
  for (;;) {
    const tested = left.map((index, i) =>
      testAt(values, { start: left[i - 1] ?? 0, index, end: left[i + 1] ?? values.length }),
    );
    const weakest = weakestOf(tested, { p, magnitude });
    if (weakest === null) return tested;
    left = left.filter((index) => index !== weakest.index);
  }
}

/** The point to remove: the one with the largest p, or the one with the least change where every p suffices. */
function weakestOf(
  points: readonly ChangePoint[],
  { p, magnitude }: { readonly p: number; readonly magnitude: number },
): ChangePoint | null {
  const [leastSure] = points.toSorted((a, b) => b.p - a.p);
  if (leastSure === undefined) return null;
  if (leastSure.p >= p) return leastSure;
  const [least] = points.toSorted((a, b) => magnitudeOf(a) - magnitudeOf(b));
  return magnitudeOf(least!) > magnitude ? null : least!;
}

/** The relative change, seen from the side from which it is larger. */
export function magnitudeOf({ before, after }: Pick<ChangePoint, 'before' | 'after'>): number {
  return Math.max(Math.abs(after / before - 1), Math.abs(before / after - 1));
}
