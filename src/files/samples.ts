/** The samples of a task: inline, or from a data file beside the suite; limited, shuffled by the seed, with prompts rendered. */
import { dirname, resolve } from 'node:path';
import { sampleReader } from '../core/definition/sample.js';
import type { FileSamples, Row, Sample, Task } from '../core/definition/suite.js';
import { UserError } from '../core/errors.js';
import { createRandom, shuffle as shuffled } from '../core/stats/random.js';
import type { LoadedSuite } from './definitions.js';
import { displayPath } from './document.js';
import { sha256 } from './hash.js';
import { readRows } from './rows.js';

export interface SampleOptions {
  readonly seed: number;
  /** At most so many of each task. */
  readonly limit: number | null;
}

/** @throws UserError naming the file, the row and what is wrong with it. */
export async function loadSamples(
  loaded: LoadedSuite,
  taskIndex: number,
  options: SampleOptions,
): Promise<readonly Sample[]> {
  const task = loaded.suite.tasks[taskIndex]!;
  const path = ['tasks', taskIndex];
  const inSuite = <T>(field: string, read: () => T): T => withPlace(loaded.document.place([...path, field]), read);
  const examples = await examplePool(loaded, task, options.seed);
  const reader = inSuite('prompt', () => sampleReader(task, examples, sha256));

  const samples: Sample[] = [];
  const ids = new Map<string, number>();
  const add = (row: Row, place: string) => {
    const sample = withPlace(place, () => reader.read(row));
    const earlier = ids.get(sample.id);
    if (earlier !== undefined) {
      throw new UserError(
        `${place}expected every sample to have an id of its own, found "${sample.id}" again (first in row ${earlier}); set samples.fields.id`,
      );
    }
    ids.set(sample.id, samples.length + 1);
    samples.push(sample);
  };

  if (Array.isArray(task.samples)) {
    const limit = options.limit ?? task.samples.length;
    for (const [i, row] of task.samples.slice(0, limit).entries())
      add(row, loaded.document.place([...path, 'samples', i]));
    return samples;
  }
  const { limit: own, shuffle } = task.samples;
  const limit = Math.min(own ?? Number.POSITIVE_INFINITY, options.limit ?? Number.POSITIVE_INFINITY);
  const file = dataFile(loaded, task.samples);
  for await (const { row, number } of readRows(file)) {
    add(row, `${displayPath(file)}:${number}: `);
    if (!shuffle && samples.length >= limit) break;
  }
  if (samples.length === 0) throw new UserError(`${displayPath(file)}: expected at least one row, found none`);
  return shuffle ? shuffled(samples, createRandom(options.seed, 'samples')).slice(0, limit) : samples;
}

async function examplePool(loaded: LoadedSuite, task: Task, seed: number): Promise<readonly Row[]> {
  const { examples } = task.prompt;
  if (examples === undefined) return [];
  const rows: Row[] = [];
  if (Array.isArray(examples.samples)) rows.push(...examples.samples);
  else for await (const { row } of readRows(dataFile(loaded, examples.samples))) rows.push(row);
  return examples.pick === 'seeded' ? shuffled(rows, createRandom(seed, 'examples')) : rows;
}

function dataFile(loaded: LoadedSuite, source: FileSamples): string {
  return resolve(dirname(loaded.file), source.file);
}

function withPlace<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${place}${error.message}`, { cause: error });
    throw error;
  }
}
