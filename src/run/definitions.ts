/** Loads what a run measures: its suites with their samples, and its models, all checked. */
import { dirname, relative, resolve } from 'node:path';
import { type Closed, conditionText, isAlone } from '../core/definition/condition.js';
import { promptText } from '../core/definition/sample.js';
import type { Task } from '../core/definition/suite.js';
import { UserError } from '../core/errors.js';
import { taskKey } from '../core/keys.js';
import type { InTurns, RunRecord, RunSettings, SampleRecord, UntilSure } from '../core/log/log.js';
import { LOG_VERSION } from '../core/log/log.js';
import { identityText } from '../core/log/sample-identity.js';
import type { Sample } from '../core/message.js';
import { OPENINGS } from '../core/plan/in-turns.js';
import {
  defaultCatalogue,
  type LoadedModel,
  type LoadedSuite,
  loadModels,
  loadSuites,
  type ModelInput,
  modelFrom,
  type SuiteInput,
  suiteFrom,
} from '../files/definitions.js';
import { dataNames, loadSamples } from '../files/samples.js';
import { sha256 } from '../system/hash.js';
import { DEFAULTS } from './defaults.js';
import { withNamedLibrary } from './native-library.js';
import type { World } from './world.js';

/** The definition of a new run. `DEFAULTS` and the catalogue fill in absent fields. */
export interface RunDefinition {
  /** Names or files of suites, or suites themselves. */
  readonly suites?: readonly (string | SuiteInput)[] | undefined;
  /** Ids of models in the catalogue (`id`, `id:variant`, `id:*`), places of models, or models themselves. */
  readonly models?: readonly (string | ModelInput)[] | undefined;
  /** A models.json in place of `./models.json`. */
  readonly catalogue?: string | undefined;
  /** Copies of data, to be read in place of those that a suite names: `suite/task=file`. */
  readonly data?: readonly string[] | undefined;
  /** The most samples of each task; without it, as many as the suite says. */
  readonly limit?: number | undefined;
  /** How often each sample is asked. */
  readonly repetitions?: number | undefined;
  /** Requests after opening a model that are not recorded. */
  readonly warmup?: number | undefined;
  /** Answers that are under way at once: the run is made under `closed n`. Verdicts need one at a time. */
  readonly concurrency?: number | undefined;
  readonly seed?: number | undefined;
  /** Ask servers for the log-probabilities of answers, which cascades need; without it, where a task asks for them. */
  readonly logprobs?: boolean | undefined;
  /** Ask in rounds, and stop as soon as every comparison is decided or the budget is spent. */
  readonly untilSure?: Pick<UntilSure, 'budget'> | undefined;
  /** The model that every other one is held against, whatever its class; without it, SLMs are held against LLMs. */
  readonly reference?: string | undefined;
  /** Measure two of the models in turns, in this many blocks. */
  readonly inTurns?: Omit<InTurns, 'baseSuites'> | undefined;
  /** Names or files of suites in whose words the base is asked, one for each of `suites`, with the same samples. */
  readonly baseSuites?: readonly (string | SuiteInput)[] | undefined;
  /** The name of the run. */
  readonly name?: string | undefined;
}

/** A run record before it is known when and where the run happens. */
export type PlannedRun = Omit<RunRecord, 'id' | 'started' | 'command' | 'machine' | 'part' | 'prices'>;

export interface Definitions {
  readonly record: PlannedRun;
  readonly models: readonly LoadedModel[];
  readonly samples: readonly SampleRecord[];
  /** The key is `suite/task`. */
  readonly tasks: ReadonlyMap<string, LoggedTask>;
}

/** The part of a task that a run needs. Its samples are records of their own. */
export type LoggedTask = Pick<Task, 'name' | 'ask' | 'unconditional' | 'generation'>;

/** @throws UserError */
export async function loadDefinitions(definition: RunDefinition, world: World): Promise<Definitions> {
  const models = (await modelsOf(definition, world)).map((loaded) => withNamedLibrary(loaded, world));
  const asked = await suitesOf(definition.suites, world);
  const old = definition.baseSuites === undefined ? [] : await suitesOf(definition.baseSuites, world);
  const baseSuites = besides(asked, old);
  const suites = [...asked, ...baseSuites.values()];
  refuseTwins(suites);
  const data = dataOf(definition.data ?? [], { suites, cwd: world.cwd });
  const names = new Map([...baseSuites].map(([name, { suite }]) => [name, suite.name]));
  const settings = settingsOf(definition, { models, baseSuites: names });

  const samples: SampleRecord[] = [];
  const logged = [];
  for (const loaded of suites) {
    const tasks = [];
    for (const [index, task] of loaded.suite.tasks.entries()) {
      const { samples: taken, source } = await loadSamples(loaded, index, {
        ...settings,
        environment: world.environment,
        signal: world.signal,
        data,
      });
      const records = taken.map((sample) => toRecord(loaded.suite.name, task.name, sample));
      samples.push(...records);
      tasks.push({
        ...task,
        // Each opening asks a sample once.
        ...(definition.inTurns && { repetitions: OPENINGS }),
        ...(definition.logprobs && { generation: { ...task.generation, logprobs: true } }),
        scorer: fromFolder(task.scorer, { suite: loaded.file, cwd: world.cwd }),
        ...(task.secondary && {
          secondary: task.secondary.map((one) => fromFolder(one, { suite: loaded.file, cwd: world.cwd })),
        }),
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
      ...(definition.name !== undefined && { name: definition.name }),
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

/** The files of a scorer of the user's own, as they are named from the folder that the run starts in. */
function fromFolder(
  scorer: Task['scorer'],
  { suite, cwd }: { readonly suite: string; readonly cwd: string },
): Task['scorer'] {
  if (typeof scorer === 'string' || scorer.name !== 'own') return scorer;
  const moved = (path: unknown) => {
    const found = relative(cwd, resolve(dirname(suite), String(path)));
    return found.startsWith('.') ? found : `./${found}`;
  };
  if ('module' in scorer) return { ...scorer, module: moved(scorer.module) };
  return 'scores' in scorer ? { ...scorer, scores: moved(scorer.scores) } : scorer;
}

async function suitesOf(named: RunDefinition['suites'], { cwd }: World): Promise<readonly LoadedSuite[]> {
  const suites = named === undefined || named.length === 0 ? [DEFAULTS.suite] : named;
  const loaded = suites.map(async (suite) =>
    typeof suite === 'string' ? loadSuites(suite, cwd) : [suiteFrom(suite, cwd)],
  );
  return (await Promise.all(loaded)).flat();
}

/** The models that are handed over, and those that are named, or the catalogue's own default when there are neither. */
async function modelsOf(
  { models = [], catalogue, inTurns }: RunDefinition,
  world: World,
): Promise<readonly LoadedModel[]> {
  if (inTurns !== undefined) return pairOf(inTurns, catalogueFile(catalogue, world), world);
  const handed = models.filter((model) => typeof model !== 'string').map((model) => modelFrom(model, world.cwd));
  const named = models.filter((model) => typeof model === 'string');
  if (handed.length > 0 && named.length === 0) return handed;
  return [...handed, ...(await loadModels(catalogueFile(catalogue, world), named, world.cwd))];
}

/** The base and the new version. A model that is held against itself has two ids. */
async function pairOf(
  { base, candidate }: Pick<InTurns, 'base' | 'candidate'>,
  catalogue: string,
  { cwd }: World,
): Promise<readonly LoadedModel[]> {
  const one = async (flag: string, name: string): Promise<LoadedModel> => {
    const [loaded, ...more] = await loadModels(catalogue, [name], cwd);
    if (loaded !== undefined && more.length === 0) return loaded;
    throw new UserError(`${flag} ${name}: expected one model, found ${more.length + 1}; name one of its variants`);
  };
  const [first, second] = [await one('--base', base), await one('--candidate', candidate)];
  if (first.model.id !== second.model.id) return [first, second];
  return [first, { ...second, model: { ...second.model, id: `${second.model.id}-again` } }];
}

/** The catalogue that a caller names, or the default one. */
export function catalogueFile(named: string | undefined, { cwd }: World): string {
  return named === undefined ? defaultCatalogue(cwd) : resolve(cwd, named);
}

/**
 * The suites whose words the base is asked, by the suites of the new version, in the order of both. They have no gates of their own, and a name
 * of their own.
 */
function besides(suites: readonly LoadedSuite[], old: readonly LoadedSuite[]): ReadonlyMap<string, LoadedSuite> {
  if (old.length > 0 && old.length !== suites.length) {
    throw new UserError(
      `--base-suite: expected as many suites as --suite names (${suites.length}), found ${old.length}; name one for each`,
    );
  }
  const taken = new Set(suites.map(({ suite }) => suite.name));
  return new Map(
    old.map((loaded, i) => {
      const { gate: _, ...suite } = loaded.suite;
      const name = taken.has(suite.name) ? `${suite.name}-base` : suite.name;
      return [suites[i]!.suite.name, { ...loaded, suite: { ...suite, name } }];
    }),
  );
}

interface SettingsOptions {
  readonly models: readonly LoadedModel[];
  /** The names of the suites that the base is asked, by those of the new version. */
  readonly baseSuites: ReadonlyMap<string, string>;
}

function settingsOf(definition: RunDefinition, { models, baseSuites }: SettingsOptions): RunSettings {
  const condition: Closed = { kind: 'closed', requests: definition.concurrency ?? DEFAULTS.concurrency };
  if (definition.untilSure && !isAlone(condition)) {
    throw new UserError(
      `--until-sure: expected one request at a time, found --concurrency ${condition.requests}: verdicts are judged under closed 1; leave out one of them`,
    );
  }
  return {
    seed: definition.seed ?? DEFAULTS.seed,
    repetitions: definition.inTurns ? OPENINGS : (definition.repetitions ?? DEFAULTS.repetitions),
    warmup: definition.warmup ?? DEFAULTS.warmup,
    limit: definition.limit ?? null,
    ...(!isAlone(condition) && { condition: conditionText(condition) }),
    ...(definition.untilSure && { untilSure: { firstRound: FIRST_ROUND, budget: definition.untilSure.budget } }),
    ...(definition.inTurns && {
      inTurns: {
        base: models[0]!.model.id,
        candidate: models[1]!.model.id,
        blocks: definition.inTurns.blocks,
        ...(definition.inTurns.oneAtATime && { oneAtATime: true }),
        ...(baseSuites.size > 0 && { baseSuites: Object.fromEntries(baseSuites) }),
      },
    }),
    ...(definition.reference !== undefined && { reference: definition.reference }),
  };
}

/** A first round with fewer samples of a task decides nothing. */
const FIRST_ROUND = 25;

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

/** The user's copies of data, by the name that each stands for. @throws UserError when no task has that name. */
export function dataOf(
  copies: readonly string[],
  { suites, cwd }: { readonly suites: readonly LoadedSuite[]; readonly cwd: string },
): ReadonlyMap<string, string> {
  const names = suites.flatMap(({ suite }) => suite.tasks.flatMap((task) => dataNames(suite.name, task)));
  return new Map(
    copies.map((copy) => {
      const [, name, file] = /^([^=]+)=(.+)$/.exec(copy) ?? [];
      if (name === undefined || file === undefined || !names.includes(name)) {
        throw new UserError(
          `--data: expected SUITE/TASK=FILE with ${names.length > 0 ? `one of ${names.join(', ')}` : 'a task whose samples are in a file; these suites have none'}, found "${copy}"`,
        );
      }
      return [name, resolve(cwd, file)] as const;
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
