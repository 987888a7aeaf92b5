/**
 * Takes part in the runs of a fleet: measures blocks of the models that this machine has, and appends them to a part of its own. The
 * part is the log of a run, so it is reported, merged and resumed like one.
 *
 * What comes through the queue is data: names, prompts, settings. Which weights, servers, libraries and commands stand behind a name
 * is what this machine's own catalogue says; docs/fleet.md goes threat by threat.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join as joinPath, resolve } from 'node:path';
import { type Closed, parseClosed } from '../core/definition/condition.js';
import { UserError } from '../core/errors.js';
import { sampleKey, taskKey } from '../core/keys.js';
import type { LogRecord, MachineRecord, SampleRecord } from '../core/log/log.js';
import { type Trial, trialId } from '../core/plan/plan.js';
import { TrialSet } from '../core/plan/trial-set.js';
import { isMissing } from '../core/quantity.js';
import { formatBytes } from '../core/report/format.js';
import { type LoadedModel, loadAllModels } from '../files/definitions.js';
import { openLog, readLog } from '../files/log.js';
import { type Ending, type OwnPart, partName, serve } from '../fleet/machine.js';
import { type BlockOrder, LARGEST_OFFER, type OfferedWeights, type RunNotice } from '../fleet/messages.js';
import { type Connection, connect } from '../fleet/redis.js';
import { KEY_VARIABLE, Refused, sealWith } from '../fleet/seal.js';
import { cacheFolder } from '../hub/cache.js';
import { freeDisk } from '../system/disk.js';
import { uniqueId } from '../system/id.js';
import { describeHolder } from '../system/lock.js';
import { packageVersion } from '../system/package.js';
import { openWorker } from '../worker/supervisor.js';
import type { OpenWorker } from '../worker/worker-session.js';
import { DEFAULTS } from './defaults.js';
import { catalogueFile, tasksOf } from './definitions.js';
import { describeMachine } from './environment.js';
import { belowRoot, differenceFrom, type Roots, takeWeights } from './fleet-weights.js';
import { sendRequests } from './join-load.js';
import { lockMachine } from './machine-lock.js';
import { whatIsNeverTaken } from './never-taken.js';
import { originOf } from './part.js';
import { readinessOf } from './readiness.js';
import { execute } from './runner.js';
import { lockRun, logOf } from './runs.js';
import { sameEntry } from './same-entry.js';
import { type World, worldOf } from './world.js';

export interface JoinOptions extends Partial<World> {
  /** What the machine is called; without it, its host name. Two machines of one host need two names. */
  readonly name?: string | undefined;
  /** What a run may ask for: `gpu`, `desk`. */
  readonly labels?: readonly string[] | undefined;
  /** Runs models that its own catalogue does not have, from hubs and servers. Never commands, libraries or files. */
  readonly trust?: boolean | undefined;
  /** A models.json in place of `./models.json`. */
  readonly catalogue?: string | undefined;
  /** Folders of weights that entries of the queue may name: `root:NAME/path`. */
  readonly roots?: Roots | undefined;
  /** The folder of the parts. */
  readonly out?: string | undefined;
  /** What to do when the first run is at its end; without it, wait for the next. */
  readonly afterRun?: 'leave' | 'wait' | undefined;
  readonly onNote?: ((text: string) => void) | undefined;
  /** Seconds of silence after which others take the block of this machine. */
  readonly lease?: number | undefined;
  /** Opens a model; without it, in a process of its own. */
  readonly openWorker?: OpenWorker | undefined;
}

/** Measures for a fleet until the signal is aborted. @param url The address of its Redis. @throws UserError */
export async function join(url: string, options: JoinOptions = {}): Promise<void> {
  const world = worldOf(options);
  const { onNote: say = () => {}, labels = [] } = options;
  const seal = sealWith(world.environment[KEY_VARIABLE]);
  const connection = await connect(url, say);
  try {
    const { environment, name = hostname(), ...machine } = await describeMachine(options.name);
    if (Math.abs(connection.offset) > WRONG_CLOCK) {
      say(
        `the clock here is ${Math.abs(connection.offset).toFixed(0)} s ${connection.offset > 0 ? 'ahead of' : 'behind'} that of ${connection.shown}: set it, for start times in logs are those of each machine (durations are not touched)`,
      );
    }
    const lock = await lockMachine(world, {
      whenBusy: 'wait',
      onWait: (holder) => say(`waiting until nothing else measures on this machine: ${describeHolder(holder)}`),
    });
    try {
      await serve({
        connection,
        seal,
        about: {
          machine: machine.machine,
          name,
          labels: [...labels],
          cores: environment.cpu.cores,
          memory: environment.memory.total,
          accelerators: isMissing(environment.gpu) ? '' : environment.gpu.value,
          engines: Object.fromEntries(
            Object.entries(environment.engines).filter(([, version]) => version !== 'not installed'),
          ),
          disk: await freeDisk(cacheFolder(world.environment)),
        },
        openPart: (notice) =>
          openPart(
            notice,
            { ...machine, name, environment, clockOffset: connection.offset },
            { ...options, ...world, say, connection },
          ),
        sendRequests: (call) =>
          sendRequests(call, {
            ...world,
            connection,
            seal,
            host: { ...machine, name, environment, clockOffset: connection.offset },
            catalogue: options.catalogue,
            say,
          }),
        afterRun: options.afterRun ?? 'wait',
        say,
        signal: world.signal,
        lease: options.lease ?? DEFAULTS.lease,
      });
    } finally {
      await lock.release();
    }
  } finally {
    connection.redis.disconnect();
  }
}

/** Seconds by which clocks differ without harm. */
const WRONG_CLOCK = 60;

type PartOptions = JoinOptions & World & { readonly say: (text: string) => void; readonly connection: Connection };

/** @throws UserError when this machine takes no part in the run. */
async function openPart(notice: RunNotice, host: MachineRecord, options: PartOptions): Promise<OwnPart> {
  const { record } = notice;
  if (notice.rightsize !== packageVersion()) {
    throw new UserError(
      `it is of rightsize ${notice.rightsize}, and here is ${packageVersion()}; install the same version`,
    );
  }
  const lacking = notice.labels.filter((label) => !options.labels?.includes(label));
  if (lacking.length > 0) {
    throw new UserError(`it asks for machines with the label ${lacking.join(', ')}; join with --label ${lacking[0]}`);
  }
  const models = await modelsHere(notice, host, options);
  const folder = resolve(options.cwd, options.out ?? DEFAULTS.out, partName(notice, host.machine));
  mkdirSync(folder, { recursive: true });
  const lock = await lockRun(folder, options);
  const file = joinPath(folder, 'log.jsonl');
  const began = existsSync(file);
  const log = openLog(file);
  if (!began) log.append(record);
  const machine: MachineRecord = { ...host, part: uniqueId() };
  log.append(machine);
  const recorded = new TrialSet();
  const samples = new Map<string, SampleRecord>();
  for await (const entry of readLog(logOf(folder))) {
    if (entry.type === 'measurement') recorded.add(entry);
    if (entry.type === 'sample') samples.set(sampleKey(entry), entry);
  }
  const tasks = tasksOf(record.suites);
  const start = performance.now();

  async function measure(
    order: BlockOrder,
    known: ReadonlySet<string>,
    send: (line: string, trial: string | null) => void,
  ): Promise<Ending> {
    const sendRecord = (one: LogRecord) => send(JSON.stringify(one), one.type === 'measurement' ? one.trial : null);
    const condition = parseClosed(order.condition);
    const trials = trialsOf(order, condition);
    if (!tasks.has(taskKey(order.suite, order.task)) || !models.loaded.has(order.model)) {
      return { complete: false, reason: `the run has no task ${order.suite}/${order.task} for ${order.model} here` };
    }
    for (const sample of order.samples) {
      if (samples.has(sampleKey(sample))) continue;
      samples.set(sampleKey(sample), sample as SampleRecord);
      log.append(sample as SampleRecord);
    }
    const unknown = trials.find((trial) => !samples.has(sampleKey(trial)));
    if (unknown !== undefined) return { complete: false, reason: `the block lacks its sample ${unknown.sample}` };
    sendRecord(machine);
    const own = new Set(trials.flatMap((trial) => (recorded.has(trial) && !known.has(trial.id) ? [trial.id] : [])));
    if (own.size > 0) for await (const one of linesOf(logOf(folder), own)) sendRecord(one);
    const left = trials.filter((trial) => !recorded.has(trial) && !known.has(trial.id));
    if (left.length === 0) return { complete: true, reason: 'all trials were run' };
    const { suite, task, model } = order;
    let failed: string | null = null;
    const append = (one: LogRecord) => {
      // The block is tried again, perhaps elsewhere, so the model has not failed for the run.
      if (one.type === 'model-failed') {
        failed = one.reason;
        return;
      }
      log.append(one);
      if (one.type === 'measurement') recorded.add(one);
      sendRecord(one);
    };
    const ending = await execute([{ model, condition, cells: [{ suite, task, trials: left }] }], {
      models: models.loaded,
      tasks,
      samples,
      warmup: record.settings.warmup,
      began: start,
      origin: originOf(machine),
      nextSession: uniqueId,
      environment: options.environment,
      openWorker: options.openWorker ?? openWorker,
      append,
      signal: options.signal,
      onEvent: (event) => {
        if (event.type === 'warning') options.say(`${event.model}: ${event.message}`);
      },
    }).catch((error: unknown) => {
      if (error instanceof UserError) return { complete: false, reason: error.message };
      throw error;
    });
    return failed === null ? ending : { complete: false, reason: failed };
  }

  return {
    notHere: models.notHere,
    measure,
    async close() {
      log.close();
      await lock.release();
    },
  };
}

function trialsOf({ suite, task, model, trials }: BlockOrder, condition: Closed): readonly Trial[] {
  return trials.map(({ sample, repetition }) => {
    const trial = { suite, task, sample, model, condition, repetition };
    return { id: trialId(trial), ...trial };
  });
}

/** The records of some trials, and of their sessions and machines. */
async function* linesOf(file: string, trials: ReadonlySet<string>): AsyncGenerator<LogRecord> {
  const sessions = new Set<string>();
  for await (const record of readLog(file)) {
    if (record.type === 'measurement' && trials.has(record.trial)) sessions.add(record.session);
  }
  for await (const record of readLog(file)) {
    const wanted =
      record.type === 'machine' ||
      (record.type === 'measurement' && trials.has(record.trial)) ||
      ((record.type === 'session' || record.type === 'session-end') && sessions.has(record.session));
    if (wanted) yield record;
  }
}

interface ModelsHere {
  readonly loaded: ReadonlyMap<string, LoadedModel>;
  readonly notHere: Readonly<Record<string, string>>;
}

async function modelsHere(
  { record, weights = {} }: RunNotice,
  host: MachineRecord,
  options: PartOptions,
): Promise<ModelsHere> {
  const own = new Map(
    (await loadAllModels(catalogueFile(options.catalogue, options))).map((loaded) => [loaded.model.id, loaded]),
  );
  const loaded = new Map<string, LoadedModel>();
  const notHere: Record<string, string> = {};
  const { placed = {} } = record.settings;
  for (const model of record.models as readonly LoadedModel['model'][]) {
    const { id } = model;
    const place = placed[id];
    if (place !== undefined && place.machine !== host.name) {
      notHere[id] = `it is for ${place.machine}`;
      continue;
    }
    const known = place?.model ?? id;
    try {
      const entry = await entryFor({ ...model, id: known }, own.get(known), options);
      const found = await withWeights(entry, Object.hasOwn(weights, id) ? weights[id] : undefined, options);
      const reason = await whyNotReady(found, host, options);
      if (reason !== null) notHere[id] = reason;
      else loaded.set(id, { ...found, model: { ...found.model, id } });
    } catch (error) {
      if (!(error instanceof UserError || error instanceof Refused)) throw error;
      notHere[id] = error.message;
    }
  }
  return { loaded, notHere };
}

interface Entry {
  readonly loaded: LoadedModel;
  /** Who names the source of the weights: this machine, or the queue. */
  readonly from: 'here' | 'the queue';
}

/** The entry that stands behind a name here. @throws UserError where there is none. */
async function entryFor(
  model: LoadedModel['model'],
  own: LoadedModel | undefined,
  { trust, cwd, roots = {} }: Pick<PartOptions, 'trust' | 'cwd' | 'roots'>,
): Promise<Entry> {
  const isOwn = own !== undefined && sameEntry(own.model, model);
  const loaded = isOwn ? own : { model, directory: cwd };
  const root = model.backend === 'openai' ? null : await belowRoot(model.source, roots);
  if (!isOwn && !trust && root === null) {
    throw new UserError(
      own === undefined
        ? 'its models.json has no such entry; add it, or join with --trust'
        : 'its models.json has another entry of this name; make the two equal, or join with --trust',
    );
  }
  const refused = isOwn ? null : whatIsNeverTaken(model);
  if (refused !== null) throw new UserError(`the entry ${refused}, which is never taken from a queue`);
  if (root !== null) return { loaded: withSource(loaded, root), from: 'here' };
  return { loaded, from: isOwn ? 'here' : 'the queue' };
}

function withSource({ model, directory }: LoadedModel, source: string): LoadedModel {
  return { model: { ...model, source }, directory };
}

/** The entry with weights that are here: its own, or those of the queue. @throws UserError, Refused */
async function withWeights(
  { loaded, from }: Entry,
  offered: OfferedWeights | undefined,
  options: PartOptions,
): Promise<LoadedModel> {
  const { model, directory } = loaded;
  if (model.backend === 'openai' || model.backend === 'scripted' || model.source.startsWith('hf:')) return loaded;
  const path = resolve(directory, model.source);
  if (from === 'here' && existsSync(path)) {
    const difference = offered === undefined ? null : await differenceFrom(offered, path);
    if (difference === null) return loaded;
    throw new UserError(`its weights are not those of the run: ${difference}`);
  }
  if (offered === undefined) {
    throw new UserError(
      `its weights (${model.source}) are not here, and the run does not send them: only files of up to ${LARGEST_OFFER / 2 ** 20} MiB go through the queue`,
    );
  }
  options.say(`${model.id}: takes its weights from the queue`);
  return withSource(loaded, await takeWeights(offered, options));
}

async function whyNotReady(
  loaded: LoadedModel,
  { environment }: MachineRecord,
  options: PartOptions,
): Promise<string | null> {
  const readiness = await readinessOf(loaded, options.environment);
  if (readiness.ready === false) return readiness.reason;
  const bytes = readiness.ready === 'after-download' ? readiness.bytes : null;
  if (bytes === null) return null;
  if (bytes > environment.memory.total)
    return `its weights take ${formatBytes(bytes)}, and there are ${formatBytes(environment.memory.total)} of memory`;
  const cache = cacheFolder(options.environment);
  const disk = await freeDisk(cache);
  if (disk !== null && bytes > disk)
    return `its weights take ${formatBytes(bytes)}, and ${formatBytes(disk)} are free in ${cache}`;
  return null;
}
