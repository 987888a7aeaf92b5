/**
 * Lists of trials. A plan makes each trial when it is asked for, so that a plan of a million trials takes no more memory than one of a
 * thousand. An array of trials is such a list too.
 */
import type { Closed } from '../definition/condition.js';

export interface Trial {
  /** `suite/task/sample@model#repetition`; under any condition but `closed 1`, a space and the condition follow. */
  readonly id: string;
  readonly suite: string;
  readonly task: string;
  readonly sample: string;
  readonly model: string;
  readonly condition: Closed;
  /** Repetitions count from 1. */
  readonly repetition: number;
}

export interface Trials extends Iterable<Trial> {
  readonly length: number;
  /** @param index From the end where it is below 0. */
  at(index: number): Trial | undefined;
  slice(from?: number, to?: number): readonly Trial[];
}

/** @param make Gives the same trial for the same index, each time. */
export function trialsMade(length: number, make: (index: number) => Trial): Trials {
  const indexFrom = (index: number) => Math.max(0, Math.min(length, index < 0 ? length + index : index));
  return {
    length,
    at(index) {
      const found = index < 0 ? length + index : index;
      return found >= 0 && found < length ? make(found) : undefined;
    },
    slice(from = 0, to = length) {
      const first = indexFrom(from);
      return Array.from({ length: Math.max(0, indexFrom(to) - first) }, (_, i) => make(first + i));
    },
    *[Symbol.iterator]() {
      for (let i = 0; i < length; i++) yield make(i);
    },
  };
}

/** The trials that pass, in their order. It keeps four bytes for each, and nothing if all of them pass. */
export function trialsThat(trials: Trials, passes: (trial: Trial) => boolean): Trials {
  const indexes = new Uint32Array(trials.length);
  let [count, index] = [0, 0];
  for (const trial of trials) {
    if (passes(trial)) indexes[count++] = index;
    index++;
  }
  return count === trials.length ? trials : trialsAt(trials, indexes.slice(0, count));
}

/** The trials of a list at these indexes. */
export function trialsAt(trials: Trials, indexes: Uint32Array): Trials {
  return trialsMade(indexes.length, (i) => trials.at(indexes[i]!)!);
}
