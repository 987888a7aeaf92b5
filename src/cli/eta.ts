/**
 * Estimates how long a run still takes from what its trials took so far. Trials differ by task and by model, so each pair of a task
 * and a model has its own mean. Before the first trial of a pair, the mean of its model, of its task, or of all trials stands in.
 */
import { taskKey } from '../core/keys.js';
import type { Block, Trial } from '../core/plan/plan.js';

/** Seconds that are left; null until a trial has been timed. */
export interface TimeLeft {
  readonly task: number | null;
  readonly model: number | null;
  readonly run: number | null;
}

type Kind = Pick<Trial, 'model' | 'suite' | 'task'>;

export interface Eta {
  /** Stops the clock: what follows opens a model or warms it up, and is no trial. */
  pause(): void;
  /** A trial ended. @param at Seconds, by any clock. */
  finish(trial: Kind, at: number): void;
  /** The trials that remain after this one: of its task, of its model, and of the run. */
  left(trial: Kind): TimeLeft;
}

export function startEta(blocks: readonly Block[]): Eta {
  const open = new Map<string, { readonly kind: Kind; trials: number }>();
  for (const { model, cells } of blocks) {
    for (const { suite, task, trials } of cells) {
      const kind = { model, suite, task };
      open.set(keyOf(kind), { kind, trials: (open.get(keyOf(kind))?.trials ?? 0) + trials.length });
    }
  }
  const seen = { cell: tally(), model: tally(), task: tally(), any: tally() };
  let since: number | null = null;

  const secondsEach = (kind: Kind) =>
    seen.cell.mean(keyOf(kind)) ??
    seen.model.mean(kind.model) ??
    seen.task.mean(taskOf(kind)) ??
    seen.any.mean('') ??
    0;
  const sumOf = (kinds: readonly { readonly kind: Kind; readonly trials: number }[]) =>
    kinds.reduce((sum, { kind, trials }) => sum + trials * secondsEach(kind), 0);

  return {
    pause() {
      since = null;
    },
    finish(trial, at) {
      const entry = open.get(keyOf(trial));
      if (entry !== undefined) entry.trials--;
      if (since !== null) {
        seen.cell.add(keyOf(trial), at - since);
        seen.model.add(trial.model, at - since);
        seen.task.add(taskOf(trial), at - since);
        seen.any.add('', at - since);
      }
      since = at;
    },
    left(trial) {
      if (seen.any.mean('') === null) return { task: null, model: null, run: null };
      const all = [...open.values()];
      const ofModel = all.filter(({ kind }) => kind.model === trial.model);
      return {
        task: sumOf(ofModel.filter(({ kind }) => taskOf(kind) === taskOf(trial))),
        model: sumOf(ofModel),
        run: sumOf(all),
      };
    },
  };
}

function taskOf({ suite, task }: Kind): string {
  return taskKey(suite, task);
}

function keyOf(kind: Kind): string {
  return `${kind.model} ${taskOf(kind)}`;
}

function tally() {
  const sums = new Map<string, { readonly seconds: number; readonly n: number }>();
  return {
    add(key: string, seconds: number) {
      const sum = sums.get(key) ?? { seconds: 0, n: 0 };
      sums.set(key, { seconds: sum.seconds + seconds, n: sum.n + 1 });
    },
    mean(key: string): number | null {
      const sum = sums.get(key);
      return sum === undefined ? null : sum.seconds / sum.n;
    },
  };
}
