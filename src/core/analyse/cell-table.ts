/** The cells of the fold: one for each task, model and condition, so that no two conditions are ever pooled. */
import { ALONE, conditionText, isAlone, parseCondition } from '../definition/condition.js';
import { compare, entryOf } from './collect.js';
import type { CellState, Trials } from './columns.js';

const newMap = () => new Map();
export const CLOSED_1 = conditionText(ALONE);

interface CellKey {
  readonly task: string;
  readonly model: string;
  /** As `conditionText` writes it. */
  readonly condition: string;
}

export class CellTable {
  /** For each task, the cells of each model, by the text of their condition. */
  readonly #tasks = new Map<string, Map<string, Map<string, CellState>>>();

  /** The cell of a measurement, which is made when its first measurement comes. */
  at({ task, model, condition }: CellKey, makeTrials: () => Trials): CellState {
    const cells = entryOf(entryOf(this.#tasks, task, newMap), model, newMap);
    return entryOf(cells, condition, () => ({
      condition: parseCondition(condition),
      trials: makeTrials(),
      gaps: new Map(),
    }));
  }

  /** The cell that verdicts are made from: that of `closed 1`, else the one with most trials. */
  judged(task: string, model: string): CellState | undefined {
    return this.#cellsOf(task, model)[0];
  }

  /** The cells under every condition but that of the judged one. */
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

  /** The number of trials of each session. */
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
