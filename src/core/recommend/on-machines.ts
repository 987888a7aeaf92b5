/**
 * What each machine would choose by itself, where every machine of a fleet measured everything. A limit on time or memory is met on one
 * machine and missed on another, so verdicts differ. Quality differs only where texts do.
 */
import type { Analysis } from '../analyse/analysis.js';

/** A machine of a fleet, with the analysis of what ran on it. */
export interface OnMachine {
  readonly machine: string;
  readonly analysis: Analysis;
  /** The id of each model on the machine (`small`), by its id in this report (`small on pi`). */
  readonly entries: ReadonlyMap<string, string>;
}

/** @returns Nothing, unless two machines or more measured everything. */
export function eachMachine(analysis: Analysis): readonly OnMachine[] {
  const { placed, ...settings } = analysis.run.settings;
  if (placed === undefined) return [];
  const known = analysis.models.flatMap(({ id }) => (placed[id] === undefined ? [] : [{ id, ...placed[id] }]));
  const names = [...new Set(known.map(({ machine }) => machine))];
  if (names.length < 2) return [];
  return names.map((machine) => {
    const entries = new Map(known.filter((one) => one.machine === machine).map(({ id, model }) => [id, model]));
    const isHere = ({ model }: { readonly model: string }) => entries.has(model);
    return {
      machine,
      entries,
      analysis: {
        ...analysis,
        run: { ...analysis.run, settings },
        models: analysis.models.filter(({ id }) => entries.has(id)),
        suites: analysis.suites.map((suite) => ({
          ...suite,
          overall: suite.overall.filter(isHere),
          parity: [],
          tasks: suite.tasks.map((task) => ({
            ...task,
            cells: task.cells.filter(isHere),
            otherConditions: task.otherConditions.filter(isHere),
          })),
        })),
      },
    };
  });
}
