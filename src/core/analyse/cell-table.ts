/** The cells of the fold. Each task, model and condition has its own cell, so conditions are never pooled. */
import { ALONE, conditionText, isAlone, parseCondition } from '../definition/condition.js';
import { compare, entryOf } from './collect.js';
import type { CellState, Trials } from './columns.js';

const newMap = () => new Map();
export const CLOSED_1 = conditionText(ALONE);

interface CellKey {
  readonly task: string;
  readonly model: string;
  /** The text that `conditionText` returns. */
  readonly condition: string;
}

export class CellTable {
  /** The cells by task, then by model, then by the text of the condition. */
  readonly #tasks = new Map<string, Map<string, Map<string, CellState>>>();

  /** Returns the cell of a measurement, and creates it for the first measurement. */
  at({ task, model, condition }: CellKey, makeTrials: () => Trials): CellState {
    const cells = entryOf(entryOf(this.#tasks, task, newMap), model, newMap);
    return entryOf(cells, condition, () => ({
      condition: parseCondition(condition),
      trials: makeTrials(),
      gaps: new Map(),
    }));
  }

  /** Returns the cell that decides verdicts: the cell of `closed 1`, else the cell with most trials. */
  judged(task: string, model: string): CellState | undefined {
    return this.#cellsOf(task, model)[0];
  }

  /** Returns all cells except the judged one. */
  others(task: string, model: string): readonly CellState[] {
    return this.#cellsOf(task, model).slice(1);
  }

  all(): readonly CellState[] {
    return [...this.#tasks.values()].flatMap((models) => [...models.values()].flatMap((cells) => [...cells.values()]));
  }

  sessionsOf(model: string): readonly string[] {
    return [...this.#tasks.values()].flatMap((models) =>
      [...(models.get(model)?.values() ?? [])].flatMap(({ trials }) => trials.sessions),
    );
  }

  /** Returns the number of trials of each session. */
  sessionCounts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { trials } of this.all()) {
      for (const [session, n] of trials.sessionCounts()) counts.set(session, (counts.get(session) ?? 0) + n);
    }
    return counts;
  }

  #cellsOf(task: string, model: string): readonly CellState[] {
    return [...(this.#tasks.get(task)?.get(model)?.values() ?? [])].sort(
      (a, b) =>
        Number(isAlone(b.condition)) - Number(isAlone(a.condition)) ||
        b.trials.size - a.trials.size ||
        compare(conditionText(a.condition), conditionText(b.condition)),
    );
  }
}
