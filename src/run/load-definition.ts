/** What a load test asks, holds and searches: the definition of its run, checked before anything is opened. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type Condition, conditionText, parseCondition } from '../core/definition/condition.js';
import { UserError } from '../core/errors.js';
import { taskKey } from '../core/keys.js';
import {
  objectivesOf as limitsUnderLoad,
  type Objective,
  objectiveText,
  parseObjective,
} from '../core/load/objective.js';
import { type RecordedTrace, traceReader } from '../core/load/trace.js';
import type { LoadSettings } from '../core/log/log.js';
import { readLines } from '../files/lines.js';
import { readFailure, requireFile } from '../system/path.js';
import { LOAD_DEFAULTS } from './defaults.js';
import { type Definitions, loadDefinitions, type RunDefinition, tasksOf } from './definitions.js';
import type { World } from './world.js';

/** What a new load test measures. What is left out is as `LOAD_DEFAULTS` and the suite have it. */
export interface LoadDefinition
  extends Pick<RunDefinition, 'suites' | 'models' | 'catalogue' | 'data' | 'limit' | 'seed'> {
  /** Names of tasks (`route`, `support-desk/route`); without it, all that the models answer in words. */
  readonly tasks?: readonly string[] | undefined;
  /** The conditions to hold, in the notation of condition.ts, each once. */
  readonly conditions?: readonly string[] | undefined;
  /** Search the greatest load at which every objective holds. */
  readonly find?: LoadSettings['find'] | undefined;
  /** What must hold under load, such as `ttft p95 <= 500 ms`; without it, the limits of the suites on latencies and rates. */
  readonly objectives?: readonly string[] | undefined;
  /** The requests of each step. */
  readonly requests?: number | undefined;
  /** The most that the test of one model may take. */
  readonly budget?: LoadSettings['budget'] | undefined;
  /** A step ends early if more than this share of its requests fail. */
  readonly stopErrors?: number | undefined;
  /** `off` asks the server to keep no prompts. Refused where it has no such field. */
  readonly prefixCache?: LoadSettings['prefixCache'] | undefined;
  /** `fixed` asks for answers of full length: as many tokens as the tasks allow. Refused where the server has no such field. */
  readonly length?: LoadSettings['length'] | undefined;
  /** The processes that send the requests. */
  readonly clients?: number | undefined;
  /** Files of recorded traffic, each with its speed. Each is held as one more step. */
  readonly traces?: readonly { readonly file: string; readonly speed: number }[] | undefined;
}

export interface LoadDefinitions extends Definitions {
  readonly load: LoadSettings;
  readonly traces: ReadonlyMap<string, RecordedTrace>;
}

/** @throws UserError */
export async function loadTestDefinitions(definition: LoadDefinition, world: World): Promise<LoadDefinitions> {
  const { tasks = [], traces: files = [], conditions = [], find } = definition;
  const whole = await loadDefinitions({ ...definition, warmup: 0, repetitions: 1 }, world);
  for (const { model } of whole.models) {
    if (model.backend === 'scripted' && !model.script.realTime) {
      throw new UserError(
        `model "${model.id}": script.realTime: expected true in a load test, which waits as users do, found false`,
      );
    }
  }
  requirePrices(whole, definition.budget);
  requireServers(whole, definition);
  const definitions = onlyTasks(whole, tasks);
  const traces = await Promise.all(files.map(({ file }) => readTraceFile(file, world.cwd)));
  const objectives = objectivesOf(definition.objectives ?? [], definitions);
  if (find !== undefined && objectives.length === 0) {
    throw new UserError(
      '--objective: expected a limit that must hold under load, such as --objective "ttft p95 <= 500 ms", found none, and the suite has no limit on a latency or a rate; add one',
    );
  }
  const load: LoadSettings = {
    ...(find === undefined
      ? {
          conditions: [
            ...conditions.map((text) => checkedCondition(text, traces)),
            ...files.map(({ speed }, i) => conditionText({ kind: 'trace', name: traces[i]!.name, speed })),
          ],
        }
      : { find }),
    objectives,
    requests: definition.requests ?? LOAD_DEFAULTS.requests,
    budget: definition.budget ?? { seconds: LOAD_DEFAULTS.budget },
    stopErrors: definition.stopErrors ?? LOAD_DEFAULTS.stopErrors,
    clients: definition.clients ?? LOAD_DEFAULTS.clients,
    ...(definition.prefixCache && { prefixCache: definition.prefixCache }),
    ...(definition.length && { length: definition.length }),
    ...(traces.length > 0 && {
      traces: Object.fromEntries(
        traces.map(({ name, file, hash, trace }) => [name, { file, hash, requests: trace.arrivals.length }]),
      ),
    }),
  };
  const { record } = definitions;
  return {
    ...definitions,
    record: { ...record, settings: { ...record.settings, load } },
    load,
    traces: new Map(traces.map(({ name, trace }) => [name, trace])),
  };
}

/** @throws UserError when something is asked of servers, and a model has none. */
function requireServers({ models }: Definitions, { prefixCache, length }: LoadDefinition): void {
  if (prefixCache === undefined && length === undefined) return;
  const flag = prefixCache === undefined ? '--fixed-length' : '--no-prefix-cache';
  for (const { model } of models) {
    if (model.backend === 'openai') continue;
    throw new UserError(
      `${flag}: expected models behind a server, found model "${model.id}" of the backend ${model.backend}; leave out ${flag}, or serve the model`,
    );
  }
}

/** @throws UserError when a budget in dollars is to hold for a model without a price. */
function requirePrices({ models }: Definitions, budget: LoadSettings['budget'] | undefined): void {
  if (budget?.dollars === undefined) return;
  for (const { model } of models) {
    if (model.price !== undefined) continue;
    throw new UserError(
      `--max-cost: expected a price of every model, found none of model "${model.id}"; give its entry in models.json a price`,
    );
  }
}

/** The objectives that the user named, or the limits of the suites; each once. @throws UserError */
function objectivesOf(named: readonly string[], { record }: Definitions): string[] {
  const objectives =
    named.length > 0
      ? named.map((text) => parseNamed(text))
      : record.suites.flatMap(({ requirement, tasks }) => [
          ...limitsUnderLoad(requirement.limits),
          ...tasks.flatMap(({ limits }) => limitsUnderLoad(limits)),
        ]);
  return [...new Set(objectives.map(objectiveText))];
}

function parseNamed(text: string): Objective {
  try {
    return parseObjective(text);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`--objective: ${error.message}`) : error;
  }
}

function onlyTasks(definitions: Definitions, wanted: readonly string[]): Definitions {
  const { record, samples } = definitions;
  const all = record.suites.flatMap((suite) =>
    suite.tasks.map((task) => ({ key: taskKey(suite.name, task.name), name: task.name, ask: task.ask })),
  );
  const unknown = wanted.find((name) => !all.some((task) => name === task.name || name === task.key));
  if (unknown !== undefined) {
    throw new UserError(`--task: expected one of ${all.map(({ key }) => key).join(', ')}, found "${unknown}"`);
  }
  const chosen = all.filter(({ key, name }) => wanted.length === 0 || wanted.includes(name) || wanted.includes(key));
  const answered = new Set(chosen.filter(({ ask }) => ask === 'generate').map(({ key }) => key));
  if (answered.size === 0) {
    throw new UserError(
      `--task: expected a task that a model answers in words (ask: generate), found ${chosen.map(({ key, ask }) => `${key} (ask: ${ask})`).join(', ')}; choose another task or suite`,
    );
  }
  const suites = record.suites
    .map((suite) => ({ ...suite, tasks: suite.tasks.filter((task) => answered.has(taskKey(suite.name, task.name))) }))
    .filter(({ tasks }) => tasks.length > 0);
  return {
    ...definitions,
    record: { ...record, suites },
    samples: samples.filter(({ suite, task }) => answered.has(taskKey(suite, task))),
    tasks: tasksOf(suites),
  };
}

/** The one text of a condition. @throws UserError when it names a trace that is not there. */
function checkedCondition(text: string, traces: readonly NamedTrace[]): string {
  const condition: Condition = parseCondition(text);
  if (condition.kind === 'trace' && !traces.some(({ name }) => name === condition.name)) {
    throw new UserError(`${text}: expected the trace ${condition.name} among those that were read; name its file`);
  }
  return conditionText(condition);
}

interface NamedTrace {
  readonly name: string;
  readonly file: string;
  readonly hash: string;
  readonly trace: RecordedTrace;
}

/** The name of a trace in a condition: `AzureLLMInferenceTrace_code.csv` is `AzureLLMInferenceTrace_code`. */
function traceName(file: string): string {
  return (
    basename(file)
      .split('.')[0]!
      .replace(/[^A-Za-z0-9_-]+/g, '-')
      .replace(/^[-_]+/, '')
      .slice(0, 100) || 'trace'
  );
}

/** Bytes of the largest trace. */
const LARGEST_TRACE = 4 * 2 ** 30;

/** @throws UserError when the file cannot be read, or is no trace. */
async function readTraceFile(file: string, cwd: string): Promise<NamedTrace> {
  const path = resolve(cwd, file);
  await requireFile(path, LARGEST_TRACE);
  const hash = createHash('sha256');
  const reader = traceReader(path);
  try {
    for await (const { texts } of readLines(hashed(createReadStream(path), hash))) {
      for (const line of texts) reader.push(line);
    }
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`--trace ${file}: ${readFailure(cause)}`, { cause });
  }
  return { name: traceName(file), file, trace: reader.end(), hash: hash.digest('hex') };
}

/** Reads the traces of a test again. @throws UserError when a file has changed since. */
export async function tracesAgain(
  { traces = {} }: LoadSettings,
  { cwd }: Pick<World, 'cwd'>,
): Promise<LoadDefinitions['traces']> {
  const read = Object.entries(traces).map(async ([name, { file, hash }]) => {
    const again = await readTraceFile(file, cwd);
    if (again.hash !== hash) {
      throw new UserError(
        `${file}: expected the trace of the test, found another one; restore the file, or begin a new test`,
      );
    }
    return [name, again.trace] as const;
  });
  return new Map(await Promise.all(read));
}

async function* hashed(stream: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const bytes of stream) {
    hash.update(bytes);
    yield bytes;
  }
}
