/**
 * Measures: from a definition to a log that holds every trial.
 *
 *     1 definitions ──▶ 2 plan ──▶ 3 check ──▶ 4 log ──▶ 5 execute ──▶ 6 evidence
 *        suites, models    trials     readiness    a new run or    workers,      what else
 *        samples                      before       one resumed     measurements  judges answers
 *                                     anything runs
 *
 * A run that is resumed takes its definition from its log, and its plan is what that log does not have.
 */
import { setMaxListeners } from 'node:events';
import { dirname, resolve } from 'node:path';
import { ALONE, parseClosed } from '../core/definition/condition.js';
import type { PriceList } from '../core/definition/price-list.js';
import { describeError, UserError } from '../core/errors.js';
import { sampleKey } from '../core/keys.js';
import type { SampleRecord } from '../core/log/log.js';
import { dealtWorkloads, planInTurns } from '../core/plan/in-turns.js';
import { type Block, countTrials, plan, remaining } from '../core/plan/plan.js';
import { TrialSet } from '../core/plan/trial-set.js';
import { type LoadedModel, loadModels } from '../files/definitions.js';
import { type LogWriter, openLog } from '../files/log.js';
import { loadPrices } from '../files/price-list.js';
import { commitOf } from '../system/commit.js';
import { uniqueId } from '../system/id.js';
import { describeHolder } from '../system/lock.js';
import { firstOf } from '../system/signals.js';
import { openWorker } from '../worker/supervisor.js';
import type { OpenWorker } from '../worker/worker-session.js';
import { DEFAULTS } from './defaults.js';
import { catalogueFile, type Definitions, loadDefinitions, type RunDefinition } from './definitions.js';
import { type EvidenceOptions, gatherEvidence } from './evidence.js';
import { lockMachine, type MachineLockOptions } from './machine-lock.js';
import type { FleetOptions } from './measure-fleet.js';
import { requireNamedLibraries } from './native-library.js';
import { ownScorersOf, requireAllowed } from './own-scorer.js';
import { originOf, partOf, type Start, startOf } from './part.js';
import { requireReady } from './readiness.js';
import { execute, type RunEnding, type RunEvent, type RunnerOptions } from './runner.js';
import { createRun, lockRun, logOf, openRun } from './runs.js';
import { openSandbox } from './sandbox.js';
import { requireOwnCommands } from './server-commands.js';
import { createPurse, type Purse, requirePrices, requireWithin } from './spending.js';
import { executeUntilSure } from './until-sure.js';
import { type World, worldOf } from './world.js';

export interface MeasureOptions extends Partial<World> {
  /** A file with devices and prices of the user's own, for the reports. */
  readonly prices?: string | undefined;
  /** The model that judges answers where a scorer asks for one. */
  readonly judge?: string | undefined;
  /** The catalogue that has the judge. */
  readonly catalogue?: string | undefined;
  /** What to do with the programs that models write; without it they are not run. */
  readonly programs?: 'run confined' | undefined;
  /** The scorers of the user's own, modules and commands, that may run. */
  readonly allowScorers?: readonly string[] | undefined;
  /** What to do while another process measures on this machine; without it, refuse. */
  readonly whenBusy?: MachineLockOptions['whenBusy'] | undefined;
  /** Machines that measure in place of this one. */
  readonly fleet?: FleetOptions | undefined;
  /** US dollars that servers may be paid: a run that may cost more is refused, and one that has spent them ends. */
  readonly maxCost?: number | undefined;
  readonly onEvent?: ((event: MeasureEvent) => void) | undefined;
  /** Opens a model; without it, in a process of its own. */
  readonly openWorker?: OpenWorker | undefined;
  /** How often every sample has been looked at after this measurement; 1 by default. A second look asks all of them again. */
  readonly look?: number | undefined;
}

export type MeasureEvent =
  | RunEvent
  /** What will be measured. `recorded` counts the trials that the log already has. */
  | { readonly type: 'planned'; readonly blocks: readonly Block[]; readonly recorded: number }
  | { readonly type: 'note'; readonly text: string };

export interface Measured extends RunEnding {
  readonly folder: string;
  readonly log: string;
}

/**
 * Measures a new run, which gets a folder of its own in the folder `out`.
 *
 * @throws UserError when a definition, a model or a folder is not as it must be.
 */
export async function measure(
  { out = DEFAULTS.out, ...definition }: RunDefinition & { readonly out?: string | undefined },
  options: MeasureOptions = {},
): Promise<Measured> {
  const world = worldOf(options);
  const prices = await loadPrices(options.prices && resolve(world.cwd, options.prices));
  const loaded = await loadDefinitions(definition, world);
  const definitions = options.fleet?.everywhere ? await everywhere(loaded, options.fleet, world) : loaded;
  return perform(
    { definitions, recorded: new TrialSet(), prices },
    { ...options, ...world },
    async ({ machine, ...start }) => {
      const commit = await commitOf(world);
      const record = { ...definitions.record, ...(commit !== undefined && { commit }), ...start, ...originOf(machine) };
      const folder = createRun(resolve(world.cwd, out), record, [machine, ...definitions.samples]);
      const lock = await lockRun(folder, world);
      return { folder, log: openLog(logOf(folder)), close: lock.release };
    },
  );
}

async function everywhere(loaded: Definitions, fleet: FleetOptions, { environment }: World): Promise<Definitions> {
  const { reference } = loaded.record.settings;
  if (reference !== undefined) {
    throw new UserError(
      '--reference: expected one machine, found --each-machine: every model has a name for each machine',
    );
  }
  const { placeEverywhere } = await import('./measure-fleet.js');
  return placeEverywhere(loaded, fleet, environment);
}

/**
 * Measures the missing trials of a run.
 *
 * @param reference The folder of the run, or its log.
 * @throws UserError when this is no run, or another process writes to it.
 */
export async function resume(reference: string, options: MeasureOptions = {}): Promise<Measured> {
  const world = worldOf(options);
  const prices = await loadPrices(options.prices && resolve(world.cwd, options.prices));
  const folder = dirname(logOf(reference, world.cwd));
  // The log is read under the lock: what another process still appends would be measured twice.
  const lock = await lockRun(folder, world);
  try {
    const earlier = await openRun(folder);
    if (earlier.definitions.record.settings.load !== undefined) {
      throw new UserError(
        `--resume ${reference}: expected a run, found a load test; go on with it by \`rightsize load --resume\``,
      );
    }
    requireNamedLibraries(earlier.definitions.models, world);
    await requireOwnCommands(earlier.definitions.models, catalogueFile(options.catalogue, world));
    return await perform({ ...earlier, prices }, { ...options, ...world }, async ({ machine, ...start }) => {
      const log = openLog(logOf(folder));
      log.append({ type: 'resume', ...start, ...originOf(machine) });
      log.append(machine);
      return { folder, log, close: async () => {} };
    });
  } finally {
    await lock.release();
  }
}

interface Job {
  readonly definitions: Definitions;
  /** The trials whose outcome is in the log. */
  readonly recorded: TrialSet;
  readonly prices: PriceList | undefined;
}

interface WrittenRun {
  readonly folder: string;
  readonly log: LogWriter;
  close(): Promise<void>;
}

type PerformOptions = MeasureOptions & World;

async function perform(
  job: Job,
  options: PerformOptions,
  openRunLog: (start: Start) => Promise<WrittenRun>,
): Promise<Measured> {
  const { onEvent = () => {}, environment } = options;
  const say = (text: string) => onEvent({ type: 'note', text });

  // 2
  const whole = planOf(job.definitions, options.look ?? 1);
  const blocks = remaining(whole, job.recorded);

  // 3
  const { fleet } = options;
  if (fleet === undefined) {
    await requireReady(
      job.definitions.models.filter(({ model }) => blocks.some((block) => block.model === model.id)),
      environment,
    );
  } else if (options.maxCost !== undefined) {
    throw new UserError(
      '--max-cost: expected a run on this machine, found --fleet: no machine knows what others spend',
    );
  }
  const judges = await judgesOf(options, job.definitions);
  const purse = purseOf(options, { blocks, definitions: job.definitions, judge: judges.judge });

  // A run on a fleet measures nothing here.
  const machine =
    fleet === undefined
      ? await lockMachine(options, {
          whenBusy: options.whenBusy ?? 'refuse',
          onWait: (holder) => say(`waiting until nothing else measures on this machine: ${describeHolder(holder)}`),
        })
      : null;
  try {
    // 4
    const start = await startOf(job.prices, options);
    const run = await openRunLog(start);
    try {
      onEvent({ type: 'planned', blocks, recorded: countTrials(whole) - countTrials(blocks) });

      // 5, 6
      const origin = originOf(start.machine);
      const ending = await fill(run, { ...job, origin, whole, blocks, judges, purse, say }, { ...options, onEvent });
      run.log.append({ type: 'end', ...partOf(start.machine), ...ending });
      return { folder: run.folder, log: logOf(run.folder), ...ending };
    } finally {
      run.log.close();
      await run.close();
    }
  } finally {
    await machine?.release();
  }
}

interface Planned extends Job {
  readonly origin: ReturnType<typeof originOf>;
  readonly whole: readonly Block[];
  readonly blocks: readonly Block[];
  readonly judges: Judges;
  /** Null where the run may cost what it costs. */
  readonly purse: Purse | null;
  readonly say: (text: string) => void;
}

const INTERRUPTED: RunEnding = { complete: false, reason: 'interrupted' };

/** Measures all that is planned, then gathers evidence about it. */
async function fill(run: WrittenRun, planned: Planned, options: FillOptions): Promise<RunEnding> {
  const { purse } = planned;
  if (purse === null) return fillUntil(run, planned, options);
  const signal = firstOf(options.signal, purse.empty);
  // Each request under way adds a listener, and there may be many.
  setMaxListeners(0, signal);
  const ending = await fillUntil(run, planned, {
    ...options,
    signal,
    openWorker: purse.paying(options.openWorker ?? openWorker),
  });
  return purse.empty.aborted && !options.signal.aborted
    ? { complete: false, reason: `--max-cost: ${describeError(purse.empty.reason)}` }
    : ending;
}

async function fillUntil(
  { folder, log }: WrittenRun,
  { definitions, origin, whole, blocks, judges, say }: Planned,
  { cwd, environment, now, signal, onEvent, fleet, openWorker: open = openWorker }: FillOptions,
): Promise<RunEnding> {
  const { suites, settings } = definitions.record;
  const samples = samplesOf(definitions);
  const runner = {
    models: new Map(definitions.models.map((loaded) => [loaded.model.id, loaded])),
    tasks: definitions.tasks,
    samples,
    warmup: settings.warmup,
    began: performance.now(),
    origin,
    nextSession: uniqueId,
    environment,
    openWorker: open,
    append: log.append,
    onEvent,
  };
  const executeBlocks = async (some: readonly Block[], until: AbortSignal) => {
    if (fleet === undefined) return execute(some, { ...runner, signal: until });
    const { executeOnFleet } = await import('./measure-fleet.js');
    return executeOnFleet(some, fleet, {
      ...runner,
      models: definitions.models,
      signal: until,
      log: logOf(folder),
      whole,
      say,
    });
  };
  const { untilSure } = settings;
  const ending =
    untilSure === undefined
      ? await executeBlocks(blocks, signal)
      : await executeUntilSure(whole, {
          log: logOf(folder),
          definitions,
          untilSure,
          stop: signal,
          execute: executeBlocks,
          say,
        });
  if (signal.aborted) return INTERRUPTED;
  await gatherEvidence(logOf(folder), {
    ...judges,
    suites,
    samples,
    directory: cwd,
    environment,
    openWorker: open,
    append: log.append,
    now,
    signal,
    say,
  });
  return signal.aborted ? INTERRUPTED : ending;
}

/** The key is `suite/task/sample`. */
export function samplesOf({ samples }: Pick<Definitions, 'samples'>): ReadonlyMap<string, SampleRecord> {
  return new Map(samples.map((sample) => [sampleKey(sample), sample]));
}

/** What may judge answers, as the user allows it. */
export type JudgingOptions = Pick<MeasureOptions, 'judge' | 'programs' | 'catalogue' | 'allowScorers'>;

type FillOptions = World & Pick<MeasureOptions, 'openWorker' | 'fleet'> & Required<Pick<RunnerOptions, 'onEvent'>>;

export type Judges = Pick<EvidenceOptions, 'judge' | 'sandbox' | 'allowed'>;

/** What may judge answers beyond their words, ready before anything runs. @throws UserError */
export async function judgesOf(
  { judge, programs, catalogue, allowScorers = [], ...world }: JudgingOptions & World,
  { record }: Pick<Definitions, 'record'>,
): Promise<Judges> {
  const allowed = { names: allowScorers, cwd: world.cwd, environment: world.environment };
  for (const { place, source } of ownScorersOf(record.suites)) requireAllowed(source, place, allowed);
  const sandbox = programs === undefined ? null : await openSandbox();
  if (judge === undefined) return { sandbox, allowed, judge: null };
  const [model] = await loadModels(catalogueFile(catalogue, world), [judge], world.cwd);
  await requireReady([model!], world.environment);
  return { sandbox, allowed, judge: model! };
}

interface Spenders {
  readonly blocks: readonly Block[];
  readonly definitions: Definitions;
  readonly judge: LoadedModel | null;
}

/** @throws UserError when the run may cost more than it may, or what it costs cannot be known. */
function purseOf({ maxCost }: Pick<MeasureOptions, 'maxCost'>, { blocks, definitions, judge }: Spenders): Purse | null {
  if (maxCost === undefined) return null;
  const asked = definitions.models.filter(({ model }) => blocks.some((block) => block.model === model.id));
  requirePrices([...asked, ...(judge === null ? [] : [judge])].map(({ model }) => model));
  requireWithin(maxCost, { blocks, definitions, samples: samplesOf(definitions) });
  return createPurse(maxCost);
}

function planOf({ record, samples, models }: Definitions, look: number): readonly Block[] {
  const { condition, inTurns, seed } = record.settings;
  const samplesOfTask = (suite: string, task: string) =>
    samples.filter((sample) => sample.suite === suite && sample.task === task);
  if (inTurns !== undefined) {
    return planInTurns(dealtWorkloads(record.suites, samples, inTurns), inTurns, { seed, look });
  }
  const workloads = record.suites.flatMap((suite) =>
    suite.tasks.map((task) => ({
      suite: suite.name,
      task: task.name,
      // Log-likelihoods are asked for one at a time: an engine computes the texts of a sample side by side as it is.
      condition: task.ask === 'generate' && condition !== undefined ? parseClosed(condition) : ALONE,
      repetitions: (task.repetitions ?? record.settings.repetitions) * look,
      samples: samplesOfTask(suite.name, task.name).map(({ sample }) => sample),
    })),
  );
  return plan(
    workloads,
    models.map(({ model }) => model.id),
    record.settings,
  );
}
