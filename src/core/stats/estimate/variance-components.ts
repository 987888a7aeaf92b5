/**
 * Where does the noise of a benchmark come from: from call to call, from process to process, from build to build? And how
 * often should each be repeated (Kalibera and Jones 2013, ISMM, "Rigorous benchmarking in reasonable time")?
 *
 * Data are nested lists: `[[3, 4, 3], [1.2, 3.1, 3]]` is two processes of three calls. All lists of one level are of one
 * length.
 */
import { twoSidedT } from '../basics/distributions.js';
import { expectFinite } from '../basics/expect.js';
import type { Interval } from '../basics/interval.js';
import { mean, variance } from '../basics/moments.js';

export type Nested = readonly number[] | readonly Nested[];

export interface VarianceComponents {
  readonly mean: number;
  /** S_i^2, innermost level first: the variance among the means of a level, averaged over the level above. */
  readonly observed: readonly number[];
  /** T_i^2: the part that the level itself adds. At or below 0 the level adds nothing and need not be repeated. */
  readonly unbiased: readonly number[];
  /** How many entries a list has, innermost level first. */
  readonly repetitions: readonly number[];
}

/** @throws RangeError when the lists of a level differ in length, or have fewer than two entries. */
export function varianceComponents(data: Nested): VarianceComponents {
  const entries = data.map((entry) => (typeof entry === 'number' ? undefined : varianceComponents(entry)));
  const inner = entries.filter((entry) => entry !== undefined);
  expectLevel(data.length, inner);
  const means = data.map((entry, i) => (typeof entry === 'number' ? entry : entries[i]!.mean));
  expectFinite('data', means);
  const levels = inner[0]?.observed.length ?? 0;
  const observed = Array.from({ length: levels }, (_, level) => mean(inner.map((entry) => entry.observed[level]!)));
  observed.push(variance(means));
  const repetitions = [...(inner[0]?.repetitions ?? []), data.length];
  const unbiased = observed.map((s, i) => (i === 0 ? s : s - observed[i - 1]! / repetitions[i - 1]!));
  return { mean: mean(means), observed, unbiased, repetitions };
}

/**
 * How often to repeat each level but the outermost, unrounded: `sqrt((c_{i+1} / c_i) (T_i^2 / T_{i+1}^2))`, innermost first,
 * with the cost of starting one entry of each level. 1 for a level that adds no variance.
 */
export function optimalRepetitions(components: VarianceComponents, costs: readonly number[]): number[] {
  const { unbiased } = components;
  if (costs.length !== unbiased.length) {
    throw new RangeError(
      `Expected \`costs\` to have one entry for each of the ${unbiased.length} levels, got ${costs.length}`,
    );
  }
  return unbiased.slice(0, -1).map((inner, i) => {
    const outer = unbiased[i + 1]!;
    if (inner <= 0) return 1;
    return outer > 0 ? Math.sqrt((costs[i + 1]! / costs[i]!) * (inner / outer)) : components.repetitions[i]!;
  });
}

/** `mean +- t sqrt(S_n^2 / r_n)` over the outermost level, which alone is independent. */
export function nestedInterval(components: VarianceComponents, confidence = 0.95): Interval {
  const outermost = components.repetitions.at(-1)!;
  const half = twoSidedT(confidence, outermost - 1) * Math.sqrt(components.observed.at(-1)! / outermost);
  return { low: components.mean - half, high: components.mean + half };
}

function expectLevel(length: number, inner: readonly VarianceComponents[]): void {
  if (length < 2) throw new RangeError(`Expected every list to have at least 2 entries, got ${length}`);
  const shapes = new Set(inner.map((entry) => entry.repetitions.join(' x ')));
  if (shapes.size > 1 || (inner.length > 0 && inner.length < length)) {
    throw new RangeError(`Expected all lists of a level to have one shape, got ${[...shapes].join(', ')}`);
  }
}
