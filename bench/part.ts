/**
 * What a part of the bench is: a file that exports one `Part`, which measures and yields figures. A comparison is made in
 * alternating pairs (A B A B …), so that drift of the machine cancels; a figure is the median of what was seen, with its
 * range. Whoever writes a part writes down in README.md what was predicted, before it is run.
 */

export interface Part {
  /** One line: what is measured, against what. */
  readonly about: string;
  measure(options: PartOptions): AsyncIterable<Figure | Skipped>;
}

export interface PartOptions {
  /** How often each comparison is made. */
  readonly pairs: number;
  /** Whether to measure with weights of this name. */
  readonly wants: (name: string) => boolean;
}

/** A number with its goal. All numbers are in the unit named, base units where there is none. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly ours: Spread;
  /** What it is compared with, and the ratio of each pair, ours over theirs. */
  readonly against?: { readonly what: string; readonly theirs: Spread; readonly ratio: Spread };
  /** Of the ratio where there is one, of the figure elsewhere; null for a figure that is only told. */
  readonly goal: Goal | null;
}

export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** What could not be measured here, and what is missing. */
export interface Skipped {
  readonly what: string;
  readonly skipped: string;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly n: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const ascending = values.toSorted((a, b) => a - b);
  const middle = (ascending.length - 1) / 2;
  const [below, above] = [ascending[Math.floor(middle)], ascending[Math.ceil(middle)]];
  if (below === undefined || above === undefined) throw new Error('no values');
  return { median: (below + above) / 2, min: ascending[0]!, max: ascending.at(-1)!, n: ascending.length };
}

export interface Pair {
  readonly ours: number;
  readonly theirs: number;
}

/** The figure of a comparison. `ratio` is ours over theirs, or theirs over ours where less is better. */
export function compared(
  pairs: readonly Pair[],
  { better, against, ...figure }: Pick<Figure, 'what' | 'unit' | 'goal'> & { better: 'more' | 'less'; against: string },
): Figure {
  const ratios = pairs.map(({ ours, theirs }) => (better === 'more' ? ours / theirs : theirs / ours));
  return {
    ...figure,
    ours: spreadOf(pairs.map(({ ours }) => ours)),
    against: { what: against, theirs: spreadOf(pairs.map(({ theirs }) => theirs)), ratio: spreadOf(ratios) },
  };
}

export function verdictOf({ goal, ours, against }: Figure): 'reached' | 'not reached' | 'told' {
  if (goal === null) return 'told';
  const { median } = against?.ratio ?? ours;
  return ('atLeast' in goal ? median >= goal.atLeast : median <= goal.atMost) ? 'reached' : 'not reached';
}
