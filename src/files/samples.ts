/**
 * The samples of a task: inline, or from a data file; limited, shuffled by the seed, stratified; with the prompts rendered.
 */
import { dirname, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { exampleReader, rowFilter, sampleReader } from '../core/definition/sample.js';
import type { DataSamples, Task } from '../core/definition/suite.js';
import { rowTemplate } from '../core/definition/template.js';
import { UserError } from '../core/errors.js';
import { taskKey } from '../core/keys.js';
import type { Row, Sample } from '../core/message.js';
import { createRandom, shuffle } from '../core/stats/basics/random.js';
import { locateData } from '../hub/data.js';
import { sha256, sha256OfFile } from '../system/hash.js';

import type { LoadedSuite } from './definitions.js';
import { takeRows } from './row-sampling.js';
import { type NumberedRow, readRows } from './rows.js';

export interface SampleOptions {
  readonly seed: number;
  /** The greatest number of samples of a task, in place of the suite's own; null keeps the suite's. */
  readonly limit: number | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Files to read in place of those that the suite names: by `suite/task`, few-shot pools by `suite/task:examples`. */
  readonly data?: ReadonlyMap<string, string>;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

export interface LoadedSamples {
  readonly samples: readonly Sample[];
  /** The origin of the samples: the name that the suite gives, and the SHA-256 of each file. */
  readonly source: { readonly name: string; readonly hashes: readonly string[] };
  /** Rows that were read, and that `where` left out. */
  readonly leftOut: number;
}

/** @throws UserError that names the file, the row and its fault. */
export async function loadSamples(
  loaded: LoadedSuite,
  taskIndex: number,
  options: SampleOptions,
): Promise<LoadedSamples> {
  const task = withData(loaded.suite.name, loaded.suite.tasks[taskIndex]!, options.data);
  const path = ['tasks', taskIndex];
  const inPrompt = loaded.document.place([...path, 'prompt']);
  const examples = await examplePool(loaded, task, { ...options, inSuite: inPrompt });
  const reader = withPlace(inPrompt, () => sampleReader(task, examples, sha256));

  const samples: Sample[] = [];
  const ids = new Map<string, string>();
  const times = new Map<string, number>();
  const idsAreGiven = !Array.isArray(task.samples) && task.samples.fields.id !== undefined;
  const add = (row: Row, place: string) => {
    let sample = withPlace(place, () => reader.read(row));
    // A row that is its own id and comes twice, as rows of public data sets do, is a sample each time.
    if (!idsAreGiven && row.id === undefined) {
      const n = (times.get(sample.id) ?? 0) + 1;
      times.set(sample.id, n);
      if (n > 1) sample = { ...sample, id: `${sample.id}-${n}` };
    }
    const earlier = ids.get(sample.id);
    if (earlier !== undefined) {
      throw new UserError(
        `${place}expected every sample to have an id of its own, found "${sample.id}" again (first at ${earlier.replace(/: $/, '')}); set samples.fields.id`,
      );
    }
    ids.set(sample.id, place);
    samples.push(sample);
  };

  if (Array.isArray(task.samples)) {
    const rows = task.samples.slice(0, options.limit ?? task.samples.length);
    for await (const [i, row] of withPauses(rows, options.signal))
      add(row, loaded.document.place([...path, 'samples', i]));
    return { samples, source: { name: 'inline', hashes: [] }, leftOut: 0 };
  }
  const samplesOf = task.samples;
  const files = await dataFiles(loaded, samplesOf, options);
  const inSuite = loaded.document.place([...path, 'samples']);
  const tally: Tally = { leftOut: 0 };
  const rows = await chosenRows(files, samplesOf, { ...options, inSuite, tally });
  if (rows.length === 0) {
    const which = samplesOf.where === undefined ? '' : ' for which samples.where renders to true';
    throw new UserError(`${files[0]!}: expected at least one row${which}, found none`);
  }
  for await (const [, { row, place }] of withPauses(rows, options.signal)) add(row, `${place}: `);
  const hashes = await Promise.all(files.map(sha256OfFile));
  return { samples, source: { name: task.samples.file, hashes }, leftOut: tally.leftOut };
}

/** Milliseconds. */
const LONGEST_DEAFNESS = 100;

/** Rows with their places in the list. Templates may take a second for each, and Ctrl-C is heard only in a pause. */
async function* withPauses<R>(rows: readonly R[], signal: AbortSignal | undefined): AsyncGenerator<[number, R]> {
  let heard = performance.now();
  for (const [i, row] of rows.entries()) {
    yield [i, row];
    if (performance.now() - heard < LONGEST_DEAFNESS) continue;
    await setImmediate();
    signal?.throwIfAborted();
    heard = performance.now();
  }
}

/** What a task's data can be called by in `data`: its own rows, and those of its examples. */
export function dataNames(suite: string, { name, samples, prompt }: Task): readonly string[] {
  const inFile = (source: Task['samples'] | undefined) => source !== undefined && !Array.isArray(source);
  return [
    ...(inFile(samples) ? [taskKey(suite, name)] : []),
    ...(inFile(prompt.examples?.samples) ? [`${taskKey(suite, name)}:examples`] : []),
  ];
}

/** A task that reads the user's copies of its data. */
function withData(suite: string, task: Task, data: SampleOptions['data']): Task {
  if (data === undefined) return task;
  const own = data.get(taskKey(suite, task.name));
  const pool = data.get(`${taskKey(suite, task.name)}:examples`);
  const { examples } = task.prompt;
  return {
    ...task,
    samples: own === undefined ? task.samples : inPlaceOf(task.samples, own),
    prompt:
      pool === undefined || examples === undefined
        ? task.prompt
        : ({ ...task.prompt, examples: { ...examples, samples: inPlaceOf(examples.samples, pool) } } as Task['prompt']),
  };
}

/** What the suite says of rows holds for the copy too; where they are does not. */
function inPlaceOf(source: Task['samples'], file: string): Task['samples'] {
  if (Array.isArray(source)) return source;
  const { config: _config, split: _split, ...rest } = source;
  return { ...rest, file: resolve(file) };
}

/** A row with where it stands, for complaints; `number` counts over all files. */
interface PlacedRow extends NumberedRow {
  readonly place: string;
}

async function* rowsOf(files: readonly string[]): AsyncGenerator<PlacedRow> {
  let count = 0;
  for (const file of files) {
    for await (const { row, number } of readRows(file)) yield { row, number: ++count, place: `${file}:${number}` };
  }
}

interface Tally {
  leftOut: number;
}

/** @throws UserError naming the row that the filter cannot be rendered from. */
async function* wantedRows(
  files: readonly string[],
  { wanted, tally }: { readonly wanted: (row: Row) => boolean; readonly tally: Tally },
): AsyncGenerator<PlacedRow> {
  for await (const placed of rowsOf(files)) {
    if (withPlace(`${placed.place}: `, () => wanted(placed.row))) yield placed;
    else tally.leftOut++;
  }
}

/** What a source says of its rows: which, in what order, and how many. */
function chosenRows(
  files: readonly string[],
  source: DataSamples,
  { limit, seed, inSuite, tally }: Pick<SampleOptions, 'limit' | 'seed'> & { inSuite: string; tally: Tally },
): Promise<readonly PlacedRow[]> {
  const { stratify } = source;
  const wanted = withPlace(inSuite, () => rowFilter(source));
  return takeRows(wantedRows(files, { wanted, tally }), {
    limit: limit ?? source.limit ?? Number.POSITIVE_INFINITY,
    shuffled: source.shuffle,
    seed,
    ...(stratify !== undefined && { stratum: withPlace(inSuite, () => stratumBy(stratify)) }),
  });
}

async function examplePool(
  loaded: LoadedSuite,
  task: Task,
  options: SampleOptions & { inSuite: string },
): Promise<readonly Row[]> {
  const { examples } = task.prompt;
  const { inSuite } = options;
  if (examples === undefined) return [];
  const rows: Row[] = [];
  if (Array.isArray(examples.samples)) rows.push(...examples.samples);
  else {
    const source = examples.samples;
    const files = await dataFiles(loaded, source, options);
    const chosen = await chosenRows(files, source, { limit: null, seed: options.seed, inSuite, tally: { leftOut: 0 } });
    const read = withPlace(inSuite, () => exampleReader(source));
    for (const { row, place } of chosen) rows.push(withPlace(`${place}: `, () => read(row)));
  }
  return examples.pick === 'seeded' ? shuffle(rows, createRandom(options.seed, 'examples')) : rows;
}

function dataFiles(
  loaded: LoadedSuite,
  source: DataSamples,
  { environment }: SampleOptions,
): Promise<readonly string[]> {
  return locateData(source, { directory: dirname(loaded.file), environment });
}

function stratumBy(source: string): (row: PlacedRow) => string {
  const template = rowTemplate('samples.stratify', source);
  return ({ row, place }) => withPlace(`${place}: `, () => template(row));
}

function withPlace<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${place}${error.message}`, { cause: error });
    throw error;
  }
}
