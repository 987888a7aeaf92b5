/** What the fold gathers: records each once, whatever their order and however often they were written. */
import type { GapCounts } from './gaps.js';
import type { TrialResult } from './trial.js';

/** Records that are few, each once, whatever their order and however often they were written. */
export class Distinct<T> {
  readonly #byText = new Map<string, T>();

  add(record: T): void {
    this.#byText.set(JSON.stringify(record), record);
  }

  values(wanted: (record: T) => boolean, order: (record: T) => number | string): T[] {
    const key = ([text, record]: [string, T]) => ({ text, rank: order(record), record });
    return [...this.#byText]
      .map(key)
      .filter(({ record }) => wanted(record))
      .sort((a, b) => compare(a.rank, b.rank) || compare(a.text, b.text))
      .map(({ record }) => record);
  }
}

export function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Names hold no slash, so a joined key stands for one thing. */
export function keyOf(...parts: readonly string[]): string {
  return parts.join('/');
}

/** The trials of one task on one model. */
export interface CellState {
  /** By sample id, then in the order of repetitions. */
  readonly trials: Map<string, TrialResult[]>;
  readonly gaps: GapCounts;
  /** Trials that were recorded more than once with different contents: what was recorded, by trial. */
  readonly conflicts: Map<string, Set<string>>;
}

/**
 * Puts a trial into its cell. A trial recorded twice counts once: the completed one, else the earlier one.
 * @returns whether it is a new measurement, and not the same record again.
 */
export function keep(cell: CellState, sample: string, result: TrialResult): boolean {
  const repetitions = cell.trials.get(sample);
  if (repetitions === undefined) {
    cell.trials.set(sample, [result]);
    return true;
  }
  const at = repetitions.findIndex((other) => other.repetition === result.repetition);
  if (at < 0) {
    repetitions.push(result);
    repetitions.sort((a, b) => a.repetition - b.repetition);
    return true;
  }
  const known = repetitions[at]!;
  const [knownText, text] = [JSON.stringify(known), JSON.stringify(result)];
  if (knownText === text) return false;
  const trial = `${sample}#${result.repetition}`;
  const seen = cell.conflicts.get(trial) ?? new Set([knownText]);
  cell.conflicts.set(trial, seen);
  if (seen.has(text)) return false;
  seen.add(text);
  const order = (one: TrialResult) => (one.state === 'completed' ? 0 : one.state === 'failed-by-model' ? 1 : 2);
  const earlier =
    order(result) - order(known) || result.session - known.session || result.at - known.at || compare(text, knownText);
  if (earlier < 0) repetitions[at] = result;
  return true;
}
