/** What a load test asks, holds and searches: the definition of its run, checked before anything is opened. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type Condition, conditionText, parseCondition } from '../core/definition/condition.js';
import type { SuiteLoad } from '../core/definition/load.js';
import { UserError } from '../core/errors.js';
import { taskKey } from '../core/keys.js';
import { shortestOf } from '../core/load/length-draws.js';
import { type Lengths, lengthsText } from '../core/load/lengths.js';
import {
  objectivesOf as limitsUnderLoad,
  type Objective,
  objectiveText,
  parseObjective,
} from '../core/load/objective.js';
import { NONCE, SYNTHETIC_SAMPLES, type Synthetic, syntheticSuite } from '../core/load/synthetic.js';
import { type RecordedTrace, traceReader } from '../core/load/trace.js';
import { leastCondition, loadsOfSuite, namedConditions, type WantedLoads, withSuite } from '../core/load/wanted.js';
import type { LoadSettings, RunRecord } from '../core/log/log.js';
import { isMissing } from '../core/quantity.js';
import { formatDollars } from '../core/report/format.js';
import type { SuiteInput } from '../files/definitions.js';
import { readLines } from '../files/lines.js';
import { notPacked, unpacked } from '../files/packed.js';
import { readFailure, requireFile } from '../system/path.js';
import { DEFAULTS, LOAD_DEFAULTS } from './defaults.js';
import { type Definitions, loadDefinitions, type RunDefinition, tasksOf } from './definitions.js';
import { shortPrompt } from './load-prompts.js';
import { mostCost, type Priced, requirePrices } from './spending.js';
import type { World } from './world.js';

/** The definition of a new load test. `LOAD_DEFAULTS` and the suite fill in absent fields. */
export interface LoadDefinition
  extends Pick<RunDefinition, 'suites' | 'models' | 'catalogue' | 'data' | 'limit' | 'seed'> {
  /** Names of tasks (`route`, `support-desk/route`); without it, all that the models answer in words. */
  readonly tasks?: readonly string[] | undefined;
  /** The loads to hold or to search. What they leave open is as `load` of the suite has it. */
  readonly loads?: WantedLoads | undefined;
  /** The conditions to hold, in the notation of condition.ts, each once; in place of `loads`. */
  readonly conditions?: readonly string[] | undefined;
  /** Search the greatest load at which every objective holds. */
  readonly find?: LoadSettings['find'] | undefined;
  /** What must hold under load, such as `ttft p95 <= 500 ms`; without it, the limits of the suites on latencies and rates. */
  readonly objectives?: readonly string[] | undefined;
  /** The requests of each step. */
  readonly requests?: number | undefined;
  /** The most that the test of one model may take. */
  readonly budget?: Partial<LoadSettings['budget']> | undefined;
  /** A step ends early if more than this share of its requests fail. */
  readonly stopErrors?: number | undefined;
  /** `off` asks the server to keep no prompts. Refused where it has no such field. */
  readonly prefixCache?: LoadSettings['prefixCache'] | undefined;
  /** `fixed` asks for answers of full length: as many tokens as the tasks allow. Refused where the server has no such field. */
  readonly length?: LoadSettings['length'] | undefined;
  /** Prompts that are made for the test, in place of a suite. */
  readonly synthetic?: WantedPrompts | undefined;
  /** The processes that send the requests. */
  readonly clients?: number | undefined;
  /** Files of recorded traffic, each with its speed. Each is held as one more step. */
  readonly traces?: readonly { readonly file: string; readonly speed: number }[] | undefined;
}

/** Lengths in tokens. */
export interface WantedPrompts {
  readonly prompt: Lengths;
  /** 256 by default. */
  readonly output?: Lengths | undefined;
  /** Tokens that all prompts share; none by default. */
  readonly prefix?: number | undefined;
}

export interface LoadDefinitions extends Definitions {
  readonly load: LoadSettings;
  readonly traces: ReadonlyMap<string, RecordedTrace>;
}

/** @throws UserError */
export async function loadTestDefinitions(definition: LoadDefinition, world: World): Promise<LoadDefinitions> {
  const { tasks = [], traces: files = [] } = definition;
  const synthetic = syntheticOf(definition);
  const suites = synthetic === null ? definition.suites : [suiteOf(synthetic, definition)];
  const whole = await loadDefinitions({ ...definition, suites, warmup: 0, repetitions: 1 }, world);
  for (const { model } of whole.models) {
    if (model.backend === 'scripted' && !model.script.realTime) {
      throw new UserError(
        `model "${model.id}": script.realTime: expected true in a load test, which waits as users do, found false`,
      );
    }
  }
  requireServers(whole, definition);
  const definitions = onlyTasks(whole, tasks);
  const ofSuite = loadOfSuites(definitions);
  const { conditions, find } = loadsOf(definition, ofSuite);
  const budget = budgetOf(definition.budget ?? {}, { suite: ofSuite, seconds: find && LOAD_DEFAULTS.budget });
  requireAffordable(definitions, budget);
  const { requests = ofSuite?.requests } = definition;
  const traces = await Promise.all(files.map(({ file }) => readTraceFile(file, world.cwd)));
  const objectives = objectivesOf(definition.objectives ?? [], definitions, ofSuite);
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
    ...(requests !== undefined && { requests }),
    budget,
    stopErrors: definition.stopErrors ?? ofSuite?.stopErrors ?? LOAD_DEFAULTS.stopErrors,
    clients: definition.clients ?? LOAD_DEFAULTS.clients,
    ...(definition.prefixCache && { prefixCache: definition.prefixCache }),
    ...(definition.length && { length: definition.length }),
    ...(synthetic && {
      synthetic: {
        prompt: lengthsText(synthetic.prompt),
        output: lengthsText(synthetic.output),
        prefix: synthetic.prefix,
      },
    }),
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

const OUTPUT: Lengths = { kind: 'fixed', tokens: 256 };

/** Null where the prompts are those of a suite. @throws UserError when a prompt has no room for its prefix. */
function syntheticOf({ synthetic, suites = [], tasks = [], data = [], limit }: LoadDefinition): Synthetic | null {
  if (synthetic === undefined) return null;
  const beside = suites.length > 0 ? '--suite' : tasks.length > 0 ? '--task' : data.length > 0 ? '--data' : null;
  if (beside !== null) {
    throw new UserError(
      `${beside}: expected none beside --prompt, which makes its prompts itself, found one; leave out one of them`,
    );
  }
  const { prompt, output = OUTPUT, prefix = 0 } = synthetic;
  const count = limit ?? SYNTHETIC_SAMPLES;
  const shortest = shortestOf(prompt, count);
  if (shortest < prefix + NONCE) {
    throw new UserError(
      `--prompt: expected ${prefix + NONCE} tokens or more (${prefix} of --prefix, ${NONCE} of each request's own), ${shortPrompt(shortest, count)}`,
    );
  }
  return { prompt, output, prefix };
}

function suiteOf(
  synthetic: Synthetic,
  { limit = SYNTHETIC_SAMPLES, seed = DEFAULTS.seed }: LoadDefinition,
): SuiteInput {
  return syntheticSuite(synthetic, limit, seed);
}

/** What the suites say of their load. @throws UserError when two of them differ. */
function loadOfSuites({ record }: Definitions): SuiteLoad | undefined {
  const [first, ...rest] = record.suites.filter(({ load }) => load !== undefined);
  const other = rest.find(({ load }) => JSON.stringify(load) !== JSON.stringify(first!.load));
  if (other === undefined) return first?.load;
  throw new UserError(
    `suite "${other.name}": load: expected the same as that of suite "${first!.name}", since the suites are asked as one mixture, found another; test one of them at a time`,
  );
}

function loadsOf(
  { conditions, find, loads = {}, traces = [] }: LoadDefinition,
  suite: SuiteLoad | undefined,
): { readonly conditions: readonly string[]; readonly find?: NonNullable<LoadSettings['find']> } {
  if (find !== undefined) return { conditions: [], find };
  if (conditions !== undefined) return { conditions };
  const wanted = withSuite(loads, loadsOfSuite(suite), traces.length);
  const named = namedConditions(wanted);
  if (named.length > 0 || (traces.length > 0 && wanted.find === undefined)) return { conditions: named };
  const { alpha, most, mostRate } = LOAD_DEFAULTS;
  const least = conditionText(leastCondition(wanted));
  return { conditions: [], find: { least, most: wanted.find === 'rate' ? mostRate : most, alpha } };
}

/** A budget of requests alone leaves the time open. @param seconds The time where nothing says one. */
function budgetOf(
  budget: Partial<LoadSettings['budget']>,
  { suite, seconds: usual }: { readonly suite: SuiteLoad | undefined; readonly seconds: number | undefined },
): LoadSettings['budget'] {
  const { seconds: ofSuite, requests: requestsOfSuite, dollars: dollarsOfSuite } = suite?.budget ?? {};
  const [time, most] =
    budget.seconds === undefined && budget.requests === undefined
      ? [ofSuite, requestsOfSuite]
      : [budget.seconds, budget.requests];
  const seconds = time ?? (most === undefined ? usual : undefined);
  const dollars = budget.dollars ?? dollarsOfSuite;
  return {
    ...(seconds !== undefined && { seconds }),
    ...(most !== undefined && { requests: most }),
    ...(dollars !== undefined && { dollars }),
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

/** @throws UserError when a budget in dollars is to hold for a server without a price, or pays for no request of one. */
function requireAffordable({ models, samples, tasks }: Definitions, { dollars }: LoadSettings['budget']): void {
  if (dollars === undefined) return;
  requirePrices(models.map(({ model }) => model));
  const requests = samples.map(({ suite, task, prompt }): Priced => {
    const { generation } = tasks.get(taskKey(suite, task))!;
    return { times: 1 / samples.length, request: { for: 'answer', prompt, generation } };
  });
  for (const { model } of models) {
    const most = mostCost(model, requests);
    if (isMissing(most) || most.value <= dollars) continue;
    throw new UserError(
      `--max-cost: expected ${formatDollars(most.value)} or more, which one request to model "${model.id}" may cost, found ${formatDollars(dollars)}; allow more, or lower maxTokens`,
    );
  }
}

/** The objectives that the user named, those of the suites, or the limits of the suites; each once. @throws UserError */
function objectivesOf(flags: readonly string[], { record }: Definitions, suite: SuiteLoad | undefined): string[] {
  const [place, named] =
    flags.length > 0 ? (['--objective', flags] as const) : (['load.objectives', suite?.objectives ?? []] as const);
  const objectives = named.length > 0 ? named.map((text) => parseNamed(text, place)) : limitsOfSuites(record.suites);
  return [...new Set(objectives.map(objectiveText))];
}

/** The limits of suites and of their tasks on latencies and rates. */
export function limitsOfSuites(suites: RunRecord['suites']): Objective[] {
  return suites.flatMap(({ requirement, tasks }) => [
    ...limitsUnderLoad(requirement.limits),
    ...tasks.flatMap(({ limits }) => limitsUnderLoad(limits)),
  ]);
}

function parseNamed(text: string, place: string): Objective {
  try {
    return parseObjective(text);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${place}: ${error.message}`) : error;
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
  const bytes = notPacked(unpacked(hashed(createReadStream(path), hash), path));
  try {
    for await (const { texts } of readLines(bytes)) {
      for (const line of texts) reader.push(line);
    }
  } catch (cause) {
    const reason = cause instanceof UserError ? cause.message : readFailure(cause);
    throw new UserError(reason.startsWith(path) ? reason : `--trace ${file}: ${reason}`, { cause });
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
