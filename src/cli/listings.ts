/** What `rightsize list` can list: one table, from which the help and the command both read. */

import { BACKENDS } from '../backends/table.js';
import { classOf } from '../core/definition/model.js';
import { METRICS } from '../core/measure/metrics.js';
import { SCORERS } from '../core/score/table.js';
import { defaultCatalogue, type LoadedSuite, listSuites, loadAllModels, loadSuites } from '../files/definitions.js';
import { displayPath } from '../system/path.js';

export interface ListOptions {
  readonly models?: string;
}

/** Rows of one listing; every row has the same fields. */
type Listing = (options: ListOptions) => Promise<readonly Readonly<Record<string, string | number | null>>[]>;

export const LISTINGS = {
  models: async ({ models }) =>
    (await loadAllModels(models ?? defaultCatalogue())).map(({ model }) => ({
      id: model.id,
      class: classOf(model),
      parameters: model.parameters ?? null,
      backend: model.backend,
      source: model.source,
      licence: model.licence ?? null,
    })),
  suites: async () =>
    Promise.all(
      (await listSuites()).map(async ({ name, file }) => {
        const suites = await loadSuites(file);
        const [only] = suites;
        const tasks = suites.reduce((sum, { suite }) => sum + suite.tasks.length, 0);
        const title = suites.length === 1 ? only!.suite.title : suites.map(({ suite }) => suite.name).join(', ');
        return { name, title: title ?? null, tasks, file: displayPath(file) };
      }),
    ),
  tasks: async () =>
    (await allSuites()).flatMap(({ suite }) =>
      suite.tasks.map((task) => ({
        suite: suite.name,
        task: task.name,
        asks: task.ask,
        scorer: typeof task.scorer === 'string' ? task.scorer : task.scorer.name,
        description: task.description ?? null,
      })),
    ),
  scorers: async () => Object.entries(SCORERS).map(([name, { summary, reference }]) => ({ name, summary, reference })),
  backends: async () =>
    Promise.all(Object.entries(BACKENDS).map(async ([name, load]) => ({ name, summary: (await load()).summary }))),
  metrics: async () =>
    Object.entries(METRICS).map(([name, { title, unit, better, read }]) => ({ name, title, unit, better, read })),
} as const satisfies Record<string, Listing>;

/** Every suite that can be named, each once though groups name it again. */
async function allSuites(): Promise<readonly LoadedSuite[]> {
  const suites = (await Promise.all((await listSuites()).map(({ file }) => loadSuites(file)))).flat();
  return [...new Map(suites.map((loaded) => [loaded.file, loaded])).values()];
}
