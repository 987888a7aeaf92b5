/** Checks: are the definitions right, and could each model run here? Nothing is loaded and nothing is measured. */
import type { Readiness } from '../backends/backend.js';
import type { Model } from '../core/definition/model.js';
import type { Task } from '../core/definition/suite.js';
import { type LimitSize, sizeForLimits } from '../core/recommend/limit-size.js';
import { type LoadedSuite, listSuites, loadModels, loadOwnModels, loadSuites } from '../files/definitions.js';
import { dataNames, loadSamples } from '../files/samples.js';
import { isRemote } from '../hub/data.js';
import { catalogueFile, dataOf } from './definitions.js';
import { withNamedLibrary } from './native-library.js';
import { readinessOf } from './readiness.js';
import { type World, worldOf } from './world.js';

export interface CheckOptions extends Partial<World> {
  /** Names or files of suites; without it, every suite that has a name. */
  readonly suites?: readonly string[] | undefined;
  /** Ids of models in the catalogue, or places of models; without it, every model of the user's own file. */
  readonly models?: readonly string[] | undefined;
  /** A models.json in place of `./models.json`. */
  readonly catalogue?: string | undefined;
  /** Copies of data, to be read in place of those that a suite names: `suite/task=file`. */
  readonly data?: readonly string[] | undefined;
}

export interface Checked {
  readonly suites: readonly CheckedSuite[];
  readonly models: readonly { readonly model: Model; readonly readiness: Readiness }[];
}

export interface CheckedSuite {
  readonly name: string;
  /** `samples` is null where counting them would take a download. */
  readonly tasks: readonly {
    readonly name: string;
    readonly samples: number | null;
    /** How many samples the limits on percentiles need; null where there are none. */
    readonly limitsNeed: LimitSize | null;
  }[];
}

/** @throws UserError at the first definition that is wrong. */
export async function check(options: CheckOptions = {}): Promise<Checked> {
  const world = worldOf(options);
  const { models = [] } = options;
  const suites = await checkSuites(options, world);
  const file = catalogueFile(options.catalogue, world);
  const loaded = models.length > 0 ? await loadModels(file, models, world.cwd) : await loadOwnModels(file);
  const ready = loaded.map(async (entry) => ({
    model: entry.model,
    readiness: await readinessOf(withNamedLibrary(entry, world), world.environment),
  }));
  return { suites, models: await Promise.all(ready) };
}

async function checkSuites({ suites = [], data = [] }: CheckOptions, world: World): Promise<readonly CheckedSuite[]> {
  const { cwd, environment } = world;
  const references = suites.length > 0 ? suites : (await listSuites(cwd)).map(({ file }) => file);
  const loaded = (await Promise.all(references.map((reference) => loadSuites(reference, cwd)))).flat();
  // A group and a suite of that group name the same file.
  const distinct = [...new Map(loaded.map((suite) => [suite.file, suite])).values()];
  const copies = dataOf(data, { suites: distinct, cwd });
  const checked: CheckedSuite[] = [];
  for (const entry of distinct) {
    const tasks = [];
    for (const [index, task] of entry.suite.tasks.entries()) {
      // When a suite is named, its data is fetched and read. When all are checked, nobody expects a download.
      const remote = needsDownload(task) && !dataNames(entry.suite.name, task).every((name) => copies.has(name));
      const samples =
        suites.length === 0 && remote ? null : await countSamples(entry, index, { environment, data: copies });
      const limits = { ...entry.suite.requirement.limits, ...task.limits };
      const { alpha } = entry.suite.requirement;
      const limitsNeed = sizeForLimits(limits, { alpha, tasks: entry.suite.tasks.length });
      tasks.push({ name: task.name, samples, limitsNeed });
    }
    checked.push({ name: entry.suite.name, tasks });
  }
  return checked;
}

interface DataSources {
  readonly environment: World['environment'];
  readonly data: ReadonlyMap<string, string>;
}

async function countSamples(loaded: LoadedSuite, index: number, sources: DataSources): Promise<number> {
  const { samples } = await loadSamples(loaded, index, { seed: 0, limit: null, ...sources });
  return samples.length;
}

/** Whether the rows of a task, or of its examples, are not on this machine. */
function needsDownload({ samples, prompt }: Task): boolean {
  return [samples, prompt.examples?.samples].some(
    (source) => source !== undefined && !Array.isArray(source) && isRemote(source),
  );
}
