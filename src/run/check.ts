/**
 * Checks: are the definitions right, and can each model run them here? It vouches only for what it tried. So it reads every sample,
 * opens every model whose files are here or whose server answers, and asks it the first prompt of each task.
 */
import type { Readiness } from '../backends/backend.js';
import type { Model } from '../core/definition/model.js';
import { promptText } from '../core/definition/sample.js';
import type { Task } from '../core/definition/suite.js';
import { describeTargets, type Targets } from '../core/definition/targets.js';
import { describeError, UserError } from '../core/errors.js';
import type { Sample } from '../core/message.js';
import { isMissing, known, missing, type Quantity } from '../core/quantity.js';
import { type LimitSize, sizeForLimits } from '../core/recommend/limit-size.js';
import { byteLength } from '../core/score/text/text.js';
import {
  type LoadedModel,
  type LoadedSuite,
  listSuites,
  loadModels,
  loadOwnModels,
  loadSuites,
} from '../files/definitions.js';
import { dataNames, loadSamples } from '../files/samples.js';
import { isRemote } from '../hub/data.js';
import { openWorker } from '../worker/supervisor.js';
import type { OpenWorker } from '../worker/worker-session.js';
import { DEFAULTS } from './defaults.js';
import { catalogueFile, dataOf } from './definitions.js';
import { lockMachine } from './machine-lock.js';
import { withNamedLibrary } from './native-library.js';
import { readinessOf } from './readiness.js';
import { mostCost, type Priced } from './spending.js';
import { type PromptToTry, type Tried, tryModel } from './tryout.js';
import { type World, worldOf } from './world.js';

export interface CheckOptions extends Partial<World> {
  /** Names or files of suites; without it, every suite that has a name. */
  readonly suites?: readonly string[] | undefined;
  /** Ids of models in the catalogue, or places of models; without it, those that a run takes. */
  readonly models?: readonly string[] | undefined;
  /** A models.json in place of `./models.json`. */
  readonly catalogue?: string | undefined;
  /** Copies of data, to be read in place of those that a suite names: `suite/task=file`. */
  readonly data?: readonly string[] | undefined;
  /** Opens a model; without it, in a process of its own. */
  readonly openWorker?: OpenWorker | undefined;
}

export interface Checked {
  readonly suites: readonly CheckedSuite[];
  readonly models: readonly CheckedModel[];
  /** A run of the suites whose prompts were tried, on the models that answered them; null where none did. */
  readonly run: ExpectedRun | null;
}

export interface CheckedSuite {
  readonly name: string;
  readonly tasks: readonly CheckedTask[];
}

export interface CheckedTask {
  readonly name: string;
  /** Null where counting them would take a download. */
  readonly samples: number | null;
  /** Rows that `where` left out. */
  readonly leftOut: number;
  readonly targets: Targets;
  /** How many samples the limits on percentiles need; null where there are none. */
  readonly limitsNeed: LimitSize | null;
}

export interface CheckedModel {
  readonly model: Model;
  readonly readiness: Readiness;
  readonly tried: Tried;
}

export interface ExpectedRun {
  readonly models: number;
  readonly trials: number;
  /** Seconds. */
  readonly time: Quantity;
  /** US dollars that the answers cost at most; missing where a server has no price. */
  readonly cost: Quantity;
}

/** @throws UserError at the first definition that is wrong. */
export async function check(options: CheckOptions = {}): Promise<Checked> {
  const world = worldOf(options);
  const { models = [] } = options;
  const read = await readSuites(options, world);
  const file = catalogueFile(options.catalogue, world);
  // Every entry of the file must be right, whichever are tried.
  await loadOwnModels(file);
  const loaded = (await loadModels(file, models, world.cwd)).map((entry) => withNamedLibrary(entry, world));
  const tasks = read.flatMap(({ tasks }) => tasks.filter(({ tried }) => tried));
  const checked = await tryAll(loaded, tasks, { ...world, openWorker: options.openWorker ?? openWorker });
  return { suites: read.map(withoutSamples), models: checked, run: expectedRun(checked, tasks) };
}

/** Whether every model can run what it was tried on, as far as it was tried. */
export function everyModelRuns({ models }: Checked): boolean {
  return models.every(
    (model) => isAble(model) || (model.tried.state === 'not tried' && model.readiness.ready !== false),
  );
}

/** Whether it answered every prompt. */
function isAble({ tried }: CheckedModel): boolean {
  return tried.state === 'tried' && tried.prompts.every(({ problem }) => problem === null);
}

interface ReadTask extends CheckedTask {
  readonly suite: string;
  readonly task: Task;
  readonly rows: readonly Sample[];
  /** Whether models are tried on its prompts. */
  readonly tried: boolean;
}

interface ReadSuite {
  readonly name: string;
  readonly tasks: readonly ReadTask[];
}

function withoutSamples({ name, tasks }: ReadSuite): CheckedSuite {
  return {
    name,
    tasks: tasks.map(({ name, samples, leftOut, targets, limitsNeed }) => ({
      name,
      samples,
      leftOut,
      targets,
      limitsNeed,
    })),
  };
}

async function readSuites({ suites = [], data = [] }: CheckOptions, world: World): Promise<readonly ReadSuite[]> {
  const { cwd } = world;
  const references = suites.length > 0 ? suites : (await listSuites(cwd)).map(({ file }) => file);
  const loaded = (await Promise.all(references.map((reference) => loadSuites(reference, cwd)))).flat();
  // A group and a suite of that group name the same file.
  const distinct = [...new Map(loaded.map((suite) => [suite.file, suite])).values()];
  const copies = dataOf(data, { suites: distinct, cwd });
  const read: ReadSuite[] = [];
  for (const entry of distinct) {
    const { name } = entry.suite;
    const tasks: ReadTask[] = [];
    for (const [index, task] of entry.suite.tasks.entries()) {
      // When a suite is named, its data is fetched and read. When all are checked, nobody expects a download.
      const remote = needsDownload(task) && !dataNames(name, task).every((data) => copies.has(data));
      const found =
        suites.length === 0 && remote
          ? null
          : await loadSamples(entry, index, { ...SAMPLING, environment: world.environment, data: copies });
      const rows = found?.samples ?? [];
      tasks.push({
        suite: name,
        task,
        rows,
        tried: rows.length > 0 && (suites.length > 0 || name === DEFAULTS.suite),
        name: task.name,
        samples: found?.samples.length ?? null,
        leftOut: found?.leftOut ?? 0,
        targets: describeTargets(rows, task),
        limitsNeed: limitsOf(entry, task),
      });
    }
    read.push({ name, tasks });
  }
  return read;
}

/** The samples that a run takes without flags. */
const SAMPLING = { seed: DEFAULTS.seed, limit: null } as const;

function limitsOf({ suite: { requirement, tasks } }: LoadedSuite, task: Task): LimitSize | null {
  return sizeForLimits({ ...requirement.limits, ...task.limits }, { alpha: requirement.alpha, tasks: tasks.length });
}

/** Whether the rows of a task, or of its examples, are not on this machine. */
function needsDownload({ samples, prompt }: Task): boolean {
  return [samples, prompt.examples?.samples].some(
    (source) => source !== undefined && !Array.isArray(source) && isRemote(source),
  );
}

type TryWorld = World & { readonly openWorker: OpenWorker };

async function tryAll(
  models: readonly LoadedModel[],
  tasks: readonly ReadTask[],
  world: TryWorld,
): Promise<readonly CheckedModel[]> {
  const ready = await Promise.all(models.map((loaded) => readinessOf(loaded, world.environment)));
  const lock = await lockMachine(world, { whenBusy: 'refuse', onWait: () => {} }).catch((error: unknown) => {
    if (error instanceof UserError) return error;
    throw error;
  });
  const prompts = tasks.map(promptToTry);
  const checked: CheckedModel[] = [];
  try {
    for (const [i, loaded] of models.entries()) {
      const readiness = ready[i]!;
      const why = lock instanceof UserError ? describeError(lock) : whyNotTried(readiness);
      const tried: Tried = why === null ? await tryModel(loaded, prompts, world) : { state: 'not tried', reason: why };
      checked.push({ model: loaded.model, readiness, tried });
    }
  } finally {
    if (!(lock instanceof UserError)) await lock.release();
  }
  return checked;
}

/** Null where it is tried. */
function whyNotTried({ ready }: Readiness): string | null {
  if (ready === true) return null;
  return ready === false ? 'it cannot run' : 'its weights are not here';
}

function promptToTry({ suite, task, rows }: ReadTask): PromptToTry {
  const sizes = rows.map((sample) => byteLength(promptText(sample)));
  const largest = sizes.reduce((most, size) => Math.max(most, size), 0);
  return { suite, task, sample: rows[0]!, longest: largest / Math.max(1, sizes[0]!) };
}

function expectedRun(models: readonly CheckedModel[], tasks: readonly ReadTask[]): ExpectedRun | null {
  const able = models.filter(isAble);
  if (able.length === 0 || tasks.length === 0) return null;
  const trials = tasks.reduce((sum, task) => sum + trialsOf(task), 0);
  return {
    models: able.length,
    trials: able.length * trials,
    time: sum(able.map((model) => timeOf(model, tasks))),
    cost: sum(able.map(({ model }) => mostCost(model, tasks.flatMap(requestsOf)))),
  };
}

function trialsOf({ task, rows }: ReadTask): number {
  return rows.length * (task.repetitions ?? DEFAULTS.repetitions);
}

function requestsOf({ task, rows }: ReadTask): readonly Priced[] {
  const times = task.repetitions ?? DEFAULTS.repetitions;
  const { generation, unconditional } = task;
  return rows.map(({ prompt, continuations }) => ({
    times,
    request:
      continuations === undefined
        ? { for: 'answer', prompt, generation }
        : { for: 'likelihoods', continuations, unconditional },
  }));
}

function timeOf({ tried }: CheckedModel, tasks: readonly ReadTask[]): Quantity {
  if (tried.state !== 'tried') return missing('it was not tried');
  const times = tried.prompts.map(({ seconds }, i) =>
    isMissing(seconds) ? seconds : known(seconds.value * trialsOf(tasks[i]!)),
  );
  return sum([known(tried.load), ...times]);
}

function sum(quantities: readonly Quantity[]): Quantity {
  let total = 0;
  for (const quantity of quantities) {
    if (isMissing(quantity)) return quantity;
    total += quantity.value;
  }
  return known(total);
}
