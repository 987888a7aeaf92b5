/** `rightsize check`: are the definitions right, and could each model run here? Nothing is loaded and nothing is measured. */
import Table from 'cli-table3';
import type { Readiness } from '../backends/backend.js';
import type { Task } from '../core/definition/suite.js';
import {
  defaultCatalogue,
  type LoadedSuite,
  listSuites,
  loadAllModels,
  loadModels,
  loadSuites,
} from '../files/definitions.js';
import { dataNames, loadSamples } from '../files/samples.js';
import { isRemote } from '../hub/data.js';
import { dataOf } from '../run/definitions.js';
import { readinessOf } from '../run/readiness.js';

export interface CheckFlags {
  readonly suite: readonly string[];
  readonly model: readonly string[];
  readonly models?: string;
  readonly data: readonly string[];
  readonly json?: boolean;
}

export async function check(flags: CheckFlags): Promise<void> {
  const references = flags.suite.length > 0 ? flags.suite : (await listSuites()).map(({ file }) => file);
  const suites = [];
  const loadedSuites = (await Promise.all(references.map(loadSuites))).flat();
  // A group and a suite of it name one file twice.
  const distinct = [...new Map(loadedSuites.map((one) => [one.file, one])).values()];
  const data = dataOf(flags.data, distinct);
  for (const loaded of distinct) {
    const tasks = [];
    for (const [index, task] of loaded.suite.tasks.entries()) {
      // Asked of one suite, its data is fetched and looked at; asked of all, nobody expects a download.
      const elsewhere = needsDownload(task) && !dataNames(loaded.suite.name, task).every((name) => data.has(name));
      const samples = flags.suite.length === 0 && elsewhere ? null : await countSamples(loaded, index, data);
      tasks.push({ name: task.name, samples });
    }
    suites.push({ name: loaded.suite.name, tasks });
  }
  const file = flags.models ?? defaultCatalogue();
  const models = flags.model.length > 0 ? await loadModels(file, flags.model) : await loadAllModels(file);
  const readiness = await Promise.all(
    models.map(async (loaded) => ({ model: loaded.model, readiness: await readinessOf(loaded) })),
  );

  if (flags.json) {
    const found = readiness.map(({ model, readiness }) => ({
      id: model.id,
      class: model.class,
      backend: model.backend,
      ...readiness,
    }));
    process.stdout.write(`${JSON.stringify({ suites, models: found }, null, 2)}\n`);
    return;
  }
  for (const { name, tasks } of suites) {
    const counted = tasks.map((task) => `${task.name} (${task.samples ?? 'data: after a download'})`);
    process.stdout.write(`suite ${name}: ${counted.join(', ')}\n`);
  }
  const table = new Table({
    head: ['model', 'class', 'backend', 'could run here'],
    style: { head: [], border: [] },
    colWidths: [null, 7, 14, 44],
    wordWrap: true,
  });
  for (const { model, readiness: found } of readiness)
    table.push([model.id, model.class ?? '', model.backend, inWords(found)]);
  process.stdout.write(`${table.toString()}\n`);
}

async function countSamples(loaded: LoadedSuite, index: number, data: ReadonlyMap<string, string>): Promise<number> {
  const { samples } = await loadSamples(loaded, index, { seed: 0, limit: null, environment: process.env, data });
  return samples.length;
}

/** Whether the rows of a task, or of its examples, are elsewhere. */
function needsDownload({ samples, prompt }: Task): boolean {
  return [samples, prompt.examples?.samples].some(
    (source) => source !== undefined && !Array.isArray(source) && isRemote(source),
  );
}

function inWords(found: Readiness): string {
  if (found.ready === true) return found.note === undefined ? 'yes' : `yes (${found.note})`;
  if (found.ready === false) return `no: ${found.reason}`;
  return found.bytes === null ? 'after a download' : `after a download of ${(found.bytes / 1e6).toFixed(0)} MB`;
}
