/**
 * A check scores published model outputs and lays what comes out beside what was published. A figure agrees when it is
 * equal as printed there: to the last digit of the published number, or flag by flag.
 */
export interface Check {
  /** The folder of the data, under RIGHTSIZE_DATA. */
  readonly folder: string;
  readonly title: string;
  run(data: Folder): Iterable<Figure>;
}

/** A check that runs a model, here and elsewhere, where that is to be had. */
export interface AsyncCheck extends Omit<Check, 'run'> {
  /** What it is called by, for several checks may read one folder. */
  readonly name: string;
  /** Why it cannot run here, or null. */
  cannot(): string | null;
  run(data: Folder): AsyncIterable<Figure>;
}

export interface Figure {
  readonly what: string;
  readonly published: string;
  readonly found: string;
  /** Where a published figure is known not to follow from the published outputs: why, and what is checked instead. */
  readonly note?: string;
  /** False for figures that are shown side by side and need not agree, as speeds. */
  readonly compared?: false;
}

/** Reads the files of one data set. Names are relative to its folder. */
export interface Folder {
  has(name: string): boolean;
  text(name: string): string;
  lines(name: string): readonly string[];
  rows(name: string): readonly Row[];
  /** The files of a .tar.gz or .zip by their path in it. */
  archive(name: string): ReadonlyMap<string, string>;
}

// biome-ignore lint/suspicious/noExplicitAny: rows of published files have the fields their publishers gave them.
export type Row = Record<string, any>;

/** A published number with as many digits as it was printed with. */
export function figure(what: string, published: number | string, found: number, note?: string): Figure {
  const text = String(published);
  const digits = text.includes('.') ? text.length - text.indexOf('.') - 1 : 0;
  return { what, published: text, found: found.toFixed(digits), ...(note !== undefined && { note }) };
}

/** A published number that its own test meets only within a tolerance: where ours is inside, it is printed as published. */
export function within(what: string, published: number, found: number, delta: number): Figure {
  const text = String(published);
  const inside = Math.abs(found - published) <= delta;
  return {
    what,
    published: text,
    found: inside ? text : found.toFixed(5),
    note: `ours ${found.toFixed(5)}, within ${delta}`,
  };
}

/** How many of the flags that came out equal the published ones: all of them, or the figure disagrees. */
export function flags(what: string, pairs: readonly (readonly [published: boolean, found: boolean])[]): Figure {
  const equal = pairs.filter(([published, found]) => published === found).length;
  return { what, published: `${pairs.length} flags`, found: `${equal} flags` };
}
