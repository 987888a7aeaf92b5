/**
 * A set of trials of one run. It takes a byte for each, where a set of their ids takes a hundred. A run asks a task under one condition,
 * so the condition does not count.
 */
import { taskKey } from '../keys.js';
import type { Trial } from './trials.js';

type Place = Pick<Trial, 'suite' | 'task' | 'sample' | 'model' | 'repetition'>;

const SHORTEST_ROW = 16;

interface Asked {
  /** A number for each sample. */
  readonly numbers: Map<string, number>;
  /** For each repetition on a model, 1 where a trial is in the set, by the number of its sample. */
  readonly rows: Map<string, Uint8Array>;
}

export class TrialSet {
  private readonly tasks = new Map<string, Asked>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  has(place: Place): boolean {
    const task = this.tasks.get(taskOf(place));
    const number = task?.numbers.get(place.sample);
    return number !== undefined && task!.rows.get(rowOf(place))?.[number] === 1;
  }

  add(place: Place): void {
    if (this.has(place)) return;
    const { numbers, rows } = this.tasks.get(taskOf(place)) ?? { numbers: new Map(), rows: new Map() };
    this.tasks.set(taskOf(place), { numbers, rows });
    const number = numbers.get(place.sample) ?? numbers.size;
    numbers.set(place.sample, number);
    const row = longEnough(rows.get(rowOf(place)), number, numbers.size);
    row[number] = 1;
    rows.set(rowOf(place), row);
    this.count++;
  }

  delete(place: Place): void {
    if (!this.has(place)) return;
    const { numbers, rows } = this.tasks.get(taskOf(place))!;
    rows.get(rowOf(place))![numbers.get(place.sample)!] = 0;
    this.count--;
  }
}

function longEnough(row: Uint8Array | undefined, number: number, samples: number): Uint8Array {
  if (row !== undefined && number < row.length) return row;
  const longer = new Uint8Array(Math.max(SHORTEST_ROW, samples, 2 * (row?.length ?? 0)));
  if (row !== undefined) longer.set(row);
  return longer;
}

function taskOf({ suite, task }: Place): string {
  return taskKey(suite, task);
}

/** The number is first, so that no name of a model makes two rows alike. */
function rowOf({ model, repetition }: Place): string {
  return `${repetition} ${model}`;
}
