/** Flags to definitions: the suites with their samples, and the models, checked and ready to be planned and logged. */

import { type Condition, conditionText, isAlone } from '../core/definition/condition.js';
import { promptText } from '../core/definition/sample.js';
import type { Task } from '../core/definition/suite.js';
import { UserError } from '../core/errors.js';
import { taskKey } from '../core/keys.js';
import type { RunSettings, SampleRecord } from '../core/measure/log.js';
import { LOG_VERSION } from '../core/measure/log.js';
import { identityText } from '../core/measure/sample-identity.js';
import type { Sample } from '../core/message.js';
import { defaultCatalogue, type LoadedModel, type LoadedSuite, loadModels, loadSuites } from '../files/definitions.js';
import { dataNames, loadSamples } from '../files/samples.js';
import { sha256 } from '../system/hash.js';
import type { PlannedRun, RunFlags } from './order.js';

export const DEFAULT_SUITE = 'support-desk';

export interface Definitions {
  readonly record: PlannedRun;
  readonly models: readonly LoadedModel[];
  readonly samples: readonly SampleRecord[];
  /** For each `taskKey`. */
  readonly tasks: ReadonlyMap<string, LoggedTask>;
}

/** A task whose samples are loaded. */
export type LoggedTask = Pick<Task, 'name' | 'ask' | 'unconditional' | 'generation'>;

/** @throws UserError */
export async function loadDefinitions(flags: RunFlags): Promise<Definitions> {
  const models = await loadModels(flags.models ?? defaultCatalogue(), flags.model);
  const references = flags.suite.length > 0 ? flags.suite : [DEFAULT_SUITE];
  const suites = (await Promise.all(references.map(loadSuites))).flat();
  refuseTwins(suites);
  const data = dataOf(flags.data, suites);
  const settings: RunSettings = {
    seed: flags.seed,
    repetitions: flags.repetitions,
    warmup: flags.warmup,
    limit: flags.limit ?? null,
    ...conditionOf(flags),
    ...untilSureOf(flags),
  };

  const samples: SampleRecord[] = [];
  const logged = [];
  for (const loaded of suites) {
    const tasks = [];
    for (const [index, task] of loaded.suite.tasks.entries()) {
      const { samples: taken, source } = await loadSamples(loaded, index, {
        ...settings,
        environment: process.env,
        data,
      });
      const records = taken.map((sample) => toRecord(loaded.suite.name, task.name, sample));
      samples.push(...records);
      tasks.push({
        ...task,
        samples: {
          count: records.length,
          hash: sha256(records.map(({ promptHash, target }) => `${promptHash} ${JSON.stringify(target)}`).join('\n')),
          source: source.name,
          fileHashes: source.hashes,
        },
      });
    }
    logged.push({ ...loaded.suite, tasks });
  }

  return {
    record: {
      type: 'run',
      version: LOG_VERSION,
      suites: logged,
      models: models.map(({ model }) => model),
      directories: Object.fromEntries(models.map(({ model, directory }) => [model.id, directory])),
      settings,
    },
    models,
    samples,
    tasks: tasksOf(logged),
  };
}

/** `closed 1` is left out: it is what a run is without a condition. */
function conditionOf({ concurrency }: RunFlags): Pick<RunSettings, 'condition'> {
  const condition: Condition = { kind: 'closed', requests: concurrency };
  return isAlone(condition) ? {} : { condition: conditionText(condition) };
}

/** A first round with fewer samples of a task decides nothing. */
const FIRST_ROUND = 25;

function untilSureOf({ untilSure, budget }: RunFlags): Pick<RunSettings, 'untilSure'> {
  if (untilSure) return { untilSure: { firstRound: FIRST_ROUND, budget: budget ?? null } };
  if (budget !== undefined)
    throw new UserError('--budget: expected --until-sure beside it, found it alone; add --until-sure, or use --limit');
  return {};
}

export function tasksOf(suites: PlannedRun['suites']): ReadonlyMap<string, LoggedTask> {
  return new Map(suites.flatMap((suite) => suite.tasks.map((task) => [taskKey(suite.name, task.name), task] as const)));
}

function toRecord(suite: string, task: string, sample: Sample): SampleRecord {
  const { id, group, target, fields, prompt, continuations } = sample;
  return {
    type: 'sample',
    suite,
    task,
    sample: id,
    group,
    target,
    fields,
    prompt,
    ...(continuations && { continuations }),
    promptHash: sha256(promptText(sample)),
    hash: sha256(identityText(fields, target)),
  };
}

/** The user's copies of data, for each name of `dataNames`. @throws UserError when no task has that name. */
export function dataOf(flags: readonly string[], suites: readonly LoadedSuite[]): ReadonlyMap<string, string> {
  const names = suites.flatMap(({ suite }) => suite.tasks.flatMap((task) => dataNames(suite.name, task)));
  return new Map(
    flags.map((flag) => {
      const [, name, file] = /^([^=]+)=(.+)$/.exec(flag) ?? [];
      if (name === undefined || file === undefined || !names.includes(name)) {
        throw new UserError(
          `--data: expected SUITE/TASK=FILE with ${names.length > 0 ? `one of ${names.join(', ')}` : 'a task whose samples are in a file; these suites have none'}, found "${flag}"`,
        );
      }
      return [name, file] as const;
    }),
  );
}

function refuseTwins(suites: readonly LoadedSuite[]): void {
  const names = new Set<string>();
  for (const { suite, document } of suites) {
    if (names.has(suite.name)) {
      throw new UserError(
        `${document.place(['name'])}expected every suite of a run to have a name of its own, found "${suite.name}" twice; rename one`,
      );
    }
    names.add(suite.name);
  }
}
