/**
 * Tests models under load: holds conditions on each model, one step after another, and keeps every request in the log.
 *
 *     1 definitions ──▶ 2 check ──▶ 3 log ──▶ 4 each model: open, hold its steps, close ──▶ 5 evidence
 *
 * A step is the unit of resume: finished steps stand, and a step without a record is held again.
 */
import { dirname, resolve } from 'node:path';
import { type Condition, parseCondition } from '../core/definition/condition.js';
import { describeError, UserError } from '../core/errors.js';
import { taskKey } from '../core/keys.js';
import { type LoadTest, resultOf, ruleOf } from '../core/load/load-test.js';
import { nextStep } from '../core/load/search.js';
import type { SearchRule } from '../core/load/search-rule.js';
import type { StepResult } from '../core/load/step.js';
import type { LoadSettings, SampleRecord, SelfTestRecord, StepRecord } from '../core/log/log.js';
import { plain } from '../core/report/text.js';
import { sum } from '../core/stats/basics/moments.js';
import { type LogWriter, openLog } from '../files/log.js';
import { uniqueId } from '../system/id.js';
import { describeHolder } from '../system/lock.js';
import type { TrialRequest } from '../worker/protocol.js';
import { openWorker } from '../worker/supervisor.js';
import type { OpenWorker } from '../worker/worker-session.js';
import { DEFAULTS, LOAD_DEFAULTS } from './defaults.js';
import { catalogueFile } from './definitions.js';
import { discoverModel } from './discover.js';
import { gatherEvidence } from './evidence.js';
import { type LoadDefinition, type LoadDefinitions, loadTestDefinitions, tracesAgain } from './load-definition.js';
import type { ClientFleet } from './load-fleet.js';
import { heldBefore, readLoadTest } from './load-log.js';
import { type EarlierSteps, type LoadEvent, type ModelTestOptions, type NextStep, testModel } from './load-model.js';
import { exactPrompts } from './load-prompts.js';
import type { HeldStep } from './load-step.js';
import { lockMachine, type MachineLockOptions } from './machine-lock.js';
import { type Judges, type JudgingOptions, judgesOf, samplesOf } from './measure.js';
import type { FleetOptions } from './measure-fleet.js';
import { requireNamedLibraries } from './native-library.js';
import { originOf, partOf, type Start, startOf } from './part.js';
import { requireReady } from './readiness.js';
import type { RunEnding } from './runner.js';
import { createRun, lockRun, logOf, openRun } from './runs.js';
import { testClient } from './self-test.js';
import { requireOwnCommands } from './server-commands.js';
import { type World, worldOf } from './world.js';

export interface LoadOptions extends Partial<World>, JudgingOptions {
  /** What to do while another process measures on this machine; without it, refuse. */
  readonly whenBusy?: MachineLockOptions['whenBusy'] | undefined;
  readonly onEvent?: ((event: LoadTestEvent) => void) | undefined;
  /** Opens a model; without it, in a process of its own. */
  readonly openWorker?: OpenWorker | undefined;
  /** Machines that send the requests in place of this one. */
  readonly fleet?: FleetOptions | undefined;
  /** Whether the client measures itself first. Without it, it does where a model is behind a server. */
  readonly selfTest?: 'skip' | undefined;
}

export type LoadTestEvent = LoadEvent | { readonly type: 'note'; readonly text: string };

export interface LoadTested extends RunEnding {
  readonly folder: string;
  readonly log: string;
  readonly test: LoadTest;
}

/**
 * Runs a new load test, which gets a folder of its own in the folder `out`.
 *
 * @throws UserError when a definition, a model or a folder is not as it must be.
 */
export async function load(
  { out = DEFAULTS.out, ...definition }: LoadDefinition & { readonly out?: string | undefined },
  options: LoadOptions = {},
): Promise<LoadTested> {
  const world = worldOf(options);
  const definitions = await loadTestDefinitions(await withModel(definition, options), world);
  return perform(definitions, NOTHING_HELD, { ...options, ...world }, async ({ machine, ...start }) => {
    const folder = createRun(resolve(world.cwd, out), { ...definitions.record, ...start, ...originOf(machine) }, [
      machine,
      ...definitions.samples,
    ]);
    const lock = await lockRun(folder, world);
    return { folder, log: openLog(logOf(folder)), close: lock.release };
  });
}

/** Without a model, the one that a server on this machine has. @throws UserError when there is none, or more than one. */
async function withModel(definition: LoadDefinition, { onEvent, fleet }: LoadOptions): Promise<LoadDefinition> {
  if (definition.models !== undefined && definition.models.length > 0) return definition;
  if (fleet !== undefined) {
    throw new UserError('--fleet: expected a model that the machines know, found none; name it with -m');
  }
  const model = await discoverModel();
  onEvent?.({ type: 'note', text: `found ${plain(model)} on this machine` });
  return { ...definition, models: [model] };
}

/**
 * Goes on with a load test. Steps that ended stand; a step that did not is held again.
 *
 * @param reference The folder of the run, or its log.
 * @throws UserError when this is no load test, or another process writes to it.
 */
export async function resumeLoad(reference: string, options: LoadOptions = {}): Promise<LoadTested> {
  const world = worldOf(options);
  const folder = dirname(logOf(reference, world.cwd));
  const lock = await lockRun(folder, world);
  try {
    const { definitions } = await openRun(folder);
    const { load } = definitions.record.settings;
    if (load === undefined) {
      throw new UserError(
        `--resume ${reference}: expected a load test, found a run; go on with it by \`rightsize run --resume\``,
      );
    }
    requireNamedLibraries(definitions.models, world);
    await requireOwnCommands(definitions.models, catalogueFile(options.catalogue, world));
    const traces = await tracesAgain(load, world);
    const earlier = await heldBefore(logOf(folder));
    return await perform({ ...definitions, load, traces }, earlier, { ...options, ...world }, async (start) => {
      const { machine, ...rest } = start;
      const log = openLog(logOf(folder));
      log.append({ type: 'resume', ...rest, ...originOf(machine) });
      log.append(machine);
      return { folder, log, close: async () => {} };
    });
  } finally {
    await lock.release();
  }
}

interface WrittenRun {
  readonly folder: string;
  readonly log: LogWriter;
  close(): Promise<void>;
}

const INTERRUPTED: RunEnding = { complete: false, reason: 'interrupted' };

async function perform(
  definitions: LoadDefinitions,
  earlier: ReadonlyMap<string, EarlierSteps>,
  options: LoadOptions & World,
  openRunLog: (start: Start) => Promise<WrittenRun>,
): Promise<LoadTested> {
  const { onEvent = () => {}, environment, signal } = options;
  const say = (text: string) => onEvent({ type: 'note', text });
  const clients = options.fleet && (await clientsOn(options.fleet, definitions, { environment, signal, say }));
  if (clients === undefined) await requireReady(definitions.models, environment);
  const judges = await judgesOf(options, definitions);
  // A test from other machines measures nothing here.
  const machine =
    clients === undefined
      ? await lockMachine(options, {
          whenBusy: options.whenBusy ?? 'refuse',
          onWait: (holder) => say(`waiting until nothing else measures on this machine: ${describeHolder(holder)}`),
        })
      : null;
  try {
    const start = await startOf(undefined, options);
    const run = await openRunLog(start);
    try {
      const ending = await testAll(definitions, earlier, {
        ...options,
        origin: originOf(start.machine),
        append: run.log.append,
        machines: clients?.machines,
        onEvent,
      });
      const log = logOf(run.folder);
      if (!options.signal.aborted)
        await judge(log, definitions, { ...options, judges, append: run.log.append, onEvent });
      run.log.append({ type: 'end', ...partOf(start.machine), ...ending });
      return { folder: run.folder, log, test: await readLoadTest(log), ...ending };
    } finally {
      run.log.close();
      await run.close();
    }
  } finally {
    await clients?.close();
    await machine?.release();
  }
}

/** @throws UserError where a model is behind no server that all machines can reach, or no machine comes. */
async function clientsOn(
  fleet: FleetOptions,
  { models, load: { synthetic } }: LoadDefinitions,
  options: Pick<World, 'environment' | 'signal'> & { readonly say: (text: string) => void },
): Promise<ClientFleet> {
  if (synthetic !== undefined) {
    throw new UserError(
      '--fleet: expected the prompts of a suite, found --prompt; test synthetic prompts from one machine',
    );
  }
  const own = models.find(({ model }) => model.backend !== 'openai' || model.server !== undefined);
  if (own !== undefined) {
    throw new UserError(
      `--fleet: expected a server that is started already for model "${own.model.id}", found one that ${own.model.backend === 'openai' ? 'each machine would start' : 'runs in the process of its client'}; start a server, and name its endpoint`,
    );
  }
  const { gatherMachines } = await import('./load-fleet.js');
  return gatherMachines(fleet, options);
}

interface JudgeOptions extends World, Pick<LoadOptions, 'openWorker'> {
  readonly judges: Judges;
  readonly append: LogWriter['append'];
  readonly onEvent: (event: LoadTestEvent) => void;
}

/** Gathers what scorers need beside the words of an answer, when no server is under load any more. */
async function judge(
  log: string,
  definitions: LoadDefinitions,
  { judges, append, onEvent, cwd, environment, now, signal, openWorker: open = openWorker }: JudgeOptions,
): Promise<void> {
  if (definitions.load.synthetic !== undefined) return;
  await gatherEvidence(log, {
    ...judges,
    suites: definitions.record.suites,
    samples: samplesOf(definitions),
    directory: cwd,
    environment,
    openWorker: open,
    append,
    now,
    signal,
    say: (text) => onEvent({ type: 'note', text }),
  });
}

type TestOptions = Omit<LoadOptions, 'onEvent'> &
  World &
  Pick<ModelTestOptions, 'origin' | 'append' | 'machines'> & { readonly onEvent: (event: LoadTestEvent) => void };

/** An engine in process needs no connection, so its client has nothing to be late for. */
async function testOwnClients({ load, models }: LoadDefinitions, options: TestOptions): Promise<void> {
  const { selfTest, append, onEvent, origin, machines, environment, signal, openWorker: open = openWorker } = options;
  if (selfTest === 'skip' || models.every(({ model }) => model.backend !== 'openai')) return;
  onEvent({ type: 'note', text: 'measuring the client against a server of its own' });
  const { part } = origin;
  const { clients } = load;
  const record = (tested: Omit<SelfTestRecord, 'type'>, where: string) => {
    append({ type: 'self-test', ...(part !== undefined && { part }), ...tested });
    const held = tested.levels.filter((level) => level.held).at(-1);
    onEvent({
      type: 'note',
      text:
        held === undefined
          ? `the client cannot hold ${tested.levels[0]!.rate} requests per second on ${where}: stop other programs, or its figures are not those of the server`
          : `the client${machines === undefined ? '' : ` on ${where}`} holds ${held.rate} requests per second, ${held.streams} answers at once`,
    });
  };
  if (machines === undefined)
    return record(await testClient({ openWorker: open, clients, environment, signal }), 'this machine');
  await Promise.all(
    machines.map(async (one) => {
      const levels = await one.testClients(clients);
      record({ machine: one.record.machine, processes: clients, levels }, one.name);
    }),
  );
}

async function testAll(
  definitions: LoadDefinitions,
  earlier: ReadonlyMap<string, EarlierSteps>,
  options: TestOptions,
): Promise<RunEnding> {
  try {
    for (const { record } of options.machines ?? []) options.append(record);
    await testOwnClients(definitions, options);
  } catch (error) {
    if (options.signal.aborted) return INTERRUPTED;
    throw error;
  }
  return testModels(definitions, earlier, options);
}

async function testModels(
  definitions: LoadDefinitions,
  earlier: ReadonlyMap<string, EarlierSteps>,
  { environment, signal, openWorker: open = openWorker, ...options }: TestOptions,
): Promise<RunEnding> {
  const { load, traces, samples, record } = definitions;
  const began = performance.now();
  const failures: string[] = [];
  let tested = 0;
  for (const loaded of definitions.models) {
    const { id } = loaded.model;
    try {
      const held = await testModel(loaded, plannerOf(load), earlier.get(id) ?? NOTHING, {
        ...options,
        load,
        traces,
        samples,
        questions: samples.map((sample) => questionOf(sample, definitions)),
        exact: exactOf(definitions, signal),
        seed: record.settings.seed,
        openWorker: open,
        environment,
        signal,
        nextSession: uniqueId,
        elapsed: () => (performance.now() - began) / 1000,
      });
      tested++;
      const lacking = whatLacks(load, held);
      if (lacking !== null) failures.push(`${id}: ${lacking}`);
    } catch (error) {
      if (signal.aborted) return INTERRUPTED;
      // What was tested before is not lost for a model that cannot be tested so.
      if (error instanceof UserError && tested === 0) throw error;
      const reason = describeError(error);
      options.append({ type: 'model-failed', model: id, reason });
      options.onEvent({ type: 'warning', model: id, message: reason });
      failures.push(`${id} could not be tested to its end`);
    }
  }
  return failures.length === 0
    ? { complete: true, reason: 'all steps were held' }
    : { complete: false, reason: failures.join('; ') };
}

/** What a test holds next: each condition that the user named, or what the search asks for. */
function plannerOf(load: LoadSettings): NextStep {
  const rule = ruleOf(load);
  const next = rule === null ? eachOnce(load) : searching(rule);
  return (held) => (isOver(held.at(-1)?.record.ending) ? null : next(held));
}

/** Why not every load that the user named was held; null if each was. */
function whatLacks({ conditions = [] }: LoadSettings, held: readonly HeldStep[]): string | null {
  if (held.length >= conditions.length) return null;
  const why =
    held.at(-1)?.record.ending === 'budget' ? 'its budget was spent' : 'its server limits the rate of requests';
  return `${held.length} of ${conditions.length} loads were begun, because ${why}`;
}

/** A server that refuses requests because there are too many is asked no more, and a budget is spent once. */
export function isOver(ending: StepRecord['ending'] | undefined): boolean {
  return ending === 'rate-limit' || ending === 'budget';
}

/**
 * Each condition in its turn, for as many requests as the user said, or for LOAD_DEFAULTS.requests. What lasts longer shares the time of the
 * budget, or that of LOAD_DEFAULTS.budget where the user said nothing of time or requests. A trace is held to its end, and a rate that changes
 * through all its stretches, and then as long as another.
 */
function eachOnce({ conditions = [], requests, budget }: LoadSettings): NextStep {
  const all = conditions.map(parseCondition);
  return (held) => {
    const condition = all[held.length];
    if (condition === undefined) return null;
    if (condition.kind === 'trace') return { condition, requests: requests ?? Number.POSITIVE_INFINITY };
    const wanted = requests ?? LOAD_DEFAULTS.requests;
    const share = shareOfTime({ all, held, budget, isTimed: requests === undefined && budget.requests === undefined });
    const stretches = secondsOfStretches(condition);
    if (condition.kind === 'open' && stretches > 0 && requests === undefined) {
      const seconds = stretches + Math.min(share, wanted / condition.rate.last);
      return { condition, requests: Number.POSITIVE_INFINITY, seconds };
    }
    return { condition, requests: wanted, ...(Number.isFinite(share) && { seconds: share }) };
  };
}

interface TimeOptions {
  readonly all: readonly Condition[];
  readonly held: readonly HeldStep[];
  readonly budget: LoadSettings['budget'];
  /** Whether there is an end to the time though no budget says one. */
  readonly isTimed: boolean;
}

/** Seconds. A step is given no less, and a budget that is spent ends it. */
const SHORTEST_STEP = 1;

/** Seconds of the next condition, beside its stretches; infinite where nothing limits the time. */
function shareOfTime({ all, held, budget, isTimed }: TimeOptions): number {
  const seconds = held.map(({ record }) => record.ended - record.began);
  const stretches = all.map(secondsOfStretches);
  const ofTraces = seconds.filter((_, i) => all[i]!.kind === 'trace');
  const whole =
    budget.seconds ?? (isTimed ? LOAD_DEFAULTS.budget + sum(stretches) + sum(ofTraces) : Number.POSITIVE_INFINITY);
  const left = all.slice(held.length).filter(({ kind }) => kind !== 'trace').length;
  return Math.max(SHORTEST_STEP, (whole - sum(seconds) - sum(stretches.slice(held.length))) / left);
}

function secondsOfStretches(condition: Condition): number {
  return condition.kind === 'open' ? sum(condition.rate.stretches.map(({ seconds }) => seconds)) : 0;
}

function searching(rule: SearchRule): NextStep {
  const results: StepResult[] = [];
  return (held) => {
    for (const { record, requests } of held.slice(results.length)) {
      results.push(resultOf(record, requests, rule));
    }
    const next = nextStep(results, rule);
    return 'done' in next ? null : next.run;
  };
}

function exactOf(
  { load: { synthetic }, samples, record }: LoadDefinitions,
  signal: AbortSignal,
): ModelTestOptions['exact'] {
  if (synthetic === undefined) return undefined;
  const { prefix } = synthetic;
  return (session, model) => exactPrompts(session, { model, prefix, seed: record.settings.seed, samples, signal });
}

/** A load test asks for nothing that slows the server. */
function questionOf({ suite, task, prompt }: SampleRecord, { tasks }: LoadDefinitions): TrialRequest {
  const { generation } = tasks.get(taskKey(suite, task))!;
  return { for: 'answer', prompt, generation: { ...generation, logprobs: false } };
}

const NOTHING: EarlierSteps = { held: [], begun: 0 };
const NOTHING_HELD: ReadonlyMap<string, EarlierSteps> = new Map();
