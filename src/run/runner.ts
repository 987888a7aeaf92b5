/**
 * Executes a plan: for each model a fresh worker, a warm-up, then its trials one after another (or several at once, where no
 * latency is measured), each written to the log as it ends.
 *
 * The repetition is tinybench's: every task is a bench whose function is one trial, with the latency that the worker
 * stamped handed over as `overriddenDuration`, so that messages between processes are in no figure.
 */
import { Bench } from 'tinybench';
import type { Task } from '../core/definition/suite.js';
import { describeError, UserError } from '../core/errors.js';
import type { LatencyStatistics, LogRecord, MeasurementRecord, SampleRecord } from '../core/measure/log.js';
import type { Outcome } from '../core/measure/measurement.js';
import { known, missing, type Quantity } from '../core/measure/quantity.js';
import type { Block, Cell, Trial } from '../core/plan/plan.js';
import type { LoadedModel } from '../files/definitions.js';
import { lateness, watchLoop } from './loop-delay.js';
import type { Asked } from './protocol.js';
import { openWorker, WorkerDied, type WorkerSession } from './supervisor.js';

export interface RunnerOptions {
  readonly models: ReadonlyMap<string, LoadedModel>;
  /** By `suite/task`. */
  readonly tasks: ReadonlyMap<string, Pick<Task, 'generation' | 'unconditional'>>;
  /** By `suite/task/sample`. */
  readonly samples: ReadonlyMap<string, SampleRecord>;
  /** Requests made after opening a model, before anything is recorded. */
  readonly warmup: number;
  /** Answers asked for at once. */
  readonly concurrency: number;
  /** The number of the last session in the log; 0 for a new run. */
  readonly lastSession: number;
  /** When the run began, by `performance.now()`. */
  readonly began: number;
  readonly append: (record: LogRecord) => void;
  /** Aborted once for a clean end: what is in flight is dropped, what is recorded stays. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
}

export type RunEvent =
  | { readonly type: 'opening'; readonly model: string }
  | {
      readonly type: 'progress';
      readonly model: string;
      readonly what: string;
      readonly done: number;
      readonly total: number;
    }
  | { readonly type: 'opened'; readonly model: string; readonly load: number }
  | { readonly type: 'trial'; readonly trial: Trial; readonly outcome: Outcome }
  | { readonly type: 'warning'; readonly model: string; readonly message: string };

export interface RunEnding {
  readonly complete: boolean;
  readonly reason: string;
}

/** So many trials in a row that killed their worker say that the model does not run here at all. */
const CRASHES_TO_GIVE_UP = 3;

/** Runs what a plan still asks for. @throws UserError when a model's definition, files or server are at fault. */
export async function execute(blocks: readonly Block[], options: RunnerOptions): Promise<RunEnding> {
  const sessions = counter(options.lastSession);
  const failures: string[] = [];
  for (const block of blocks) {
    try {
      await runBlock(block, {
        ...options,
        elapsed: () => round((performance.now() - options.began) / 1000),
        nextSession: sessions,
      });
    } catch (error) {
      if (options.signal.aborted) return { complete: false, reason: 'interrupted' };
      if (error instanceof UserError) throw error;
      const reason = describeError(error);
      options.append({ type: 'model-failed', model: block.model, reason });
      options.onEvent({ type: 'warning', model: block.model, message: reason });
      failures.push(`${block.model} could not be run to its end`);
    }
  }
  return failures.length === 0
    ? { complete: true, reason: 'all trials were run' }
    : { complete: false, reason: failures.join('; ') };
}

interface BlockOptions extends RunnerOptions {
  /** Seconds since the run began. */
  readonly elapsed: () => number;
  readonly nextSession: () => number;
}

async function runBlock({ model, cells }: Block, options: BlockOptions): Promise<void> {
  const keeper = sessionKeeper(model, options);
  try {
    for (const cell of cells) await runCell(cell, keeper, options);
  } finally {
    await keeper.end();
  }
}

/** One bench: a task's trials on a model. */
async function runCell(cell: Cell, keeper: SessionKeeper, options: BlockOptions): Promise<void> {
  const name = `${cell.suite}/${cell.task}`;
  const queue = cell.trials[Symbol.iterator]();
  const failed: unknown[] = [];
  const bench = new Bench({
    name,
    time: 0,
    iterations: cell.trials.length,
    warmup: options.warmup > 0 && !keeper.warm(),
    warmupTime: 0,
    warmupIterations: options.warmup,
    retainSamples: true,
    signal: options.signal,
    throws: true,
    // Log-likelihoods are asked for one at a time: an engine computes their texts side by side as it is.
    ...(options.concurrency > 1 && !ranked(cell, options) && { concurrency: 'task', threshold: options.concurrency }),
    setup: (_, mode) => keeper.setPhase(mode === 'warmup' ? 'warm-up' : 'recorded'),
  });
  let warmups = 0;
  bench.add(
    name,
    async () => {
      // Warm-up takes the last prompts of the cell: a prompt that is recorded next must not be in any cache.
      if (keeper.phase() === 'warm-up')
        return latency(await keeper.warmUp(cell.trials.at(-1 - (warmups++ % cell.trials.length))!));
      const trial = queue.next().value!;
      const { outcome, session, ...circumstances } = await keeper.run(trial);
      options.append({
        type: 'measurement',
        trial: trial.id,
        ...place(trial),
        session,
        at: options.elapsed(),
        ...circumstances,
        outcome,
      });
      options.onEvent({ type: 'trial', trial, outcome });
      return latency(outcome);
    },
    { async: true },
  );
  try {
    await bench.run();
  } catch (error) {
    failed.push(error);
  }
  options.signal.throwIfAborted();
  if (failed.length > 0) throw failed[0];
  const { result } = bench.tasks[0]!;
  if (bench.concurrency === null && result.state === 'completed') keeper.addStatistics(name, result.latency);
}

interface SessionKeeper {
  warm(): boolean;
  phase(): 'warm-up' | 'recorded';
  setPhase(phase: 'warm-up' | 'recorded'): void;
  warmUp(trial: Trial): Promise<Outcome>;
  run(trial: Trial): Promise<Attempted>;
  addStatistics(cell: string, latency: TinybenchLatency): void;
  end(): Promise<void>;
}

type Attempted = Pick<MeasurementRecord, 'outcome' | 'session' | 'cold' | 'concurrency'>;

/** The worker died under a trial, or, where there is no session, before it had opened the model. */
interface Died {
  readonly died: WorkerDied;
  readonly session: number | null;
}

interface OpenSession {
  readonly worker: WorkerSession;
  readonly number: number;
  requests: number;
  firstRequest: Quantity;
}

/** Keeps a model open from trial to trial, and opens it afresh when its worker died. */
function sessionKeeper(id: string, options: BlockOptions): SessionKeeper {
  let phase: 'warm-up' | 'recorded' = 'recorded';
  let opening: Promise<OpenSession> | null = null;
  let current: OpenSession | null = null;
  let statistics: Record<string, LatencyStatistics> = {};
  const loop = watchLoop();

  async function open(): Promise<OpenSession> {
    options.onEvent({ type: 'opening', model: id });
    const worker = await openWorker(options.models.get(id)!, {
      concurrency: options.concurrency,
      signal: options.signal,
      onProgress: (progress) => options.onEvent({ type: 'progress', model: id, ...progress }),
    });
    for (const message of worker.facts.warnings) options.onEvent({ type: 'warning', model: id, message });
    options.onEvent({ type: 'opened', model: id, load: worker.load });
    current = { worker, number: options.nextSession(), requests: 0, firstRequest: missing('no request was made') };
    loop.reset();
    loop.enable();
    return current;
  }

  function opened(): Promise<OpenSession> {
    opening ??= open().catch((error: unknown) => {
      opening = null;
      throw error;
    });
    return opening;
  }

  /** Written with the first recorded trial, when the cost of the first request is known. */
  function announce(session: OpenSession, warmup: number): void {
    const { worker, number, firstRequest } = session;
    options.append({
      type: 'session',
      session: number,
      model: id,
      load: known(round(worker.load)),
      firstRequest,
      warmup,
      memory: worker.memory,
      facts: worker.facts,
    });
  }

  async function request(session: OpenSession, trial: Trial): Promise<Outcome> {
    const outcome = await session.worker.run(askedOf(trial, options), options.signal);
    session.requests++;
    if (session.requests === 1) session.firstRequest = firstRequestOf(outcome, session.worker.concurrency);
    return outcome;
  }

  async function end(crash?: string): Promise<void> {
    if (current === null) return;
    const { worker, number, requests } = current;
    opening = null;
    current = null;
    loop.disable();
    const { memory, workerDelay } = await worker.close();
    if (requests === 0 && crash === undefined) return;
    const runner = lateness(loop);
    options.append({
      type: 'session-end',
      session: number,
      model: id,
      memory,
      latency: statistics,
      loopDelay: { runner, worker: workerDelay },
      ...(crash && { crash }),
    });
    statistics = {};
  }

  let announced = 0;
  function announceOnce(session: OpenSession, warmup: number): void {
    if (announced === session.number) return;
    announced = session.number;
    announce(session, warmup);
  }

  /** Trials whose worker died, tried again one after another: the blame falls on the one that it dies of again. */
  let retries: Promise<unknown> = Promise.resolve();
  async function calm(): Promise<void> {
    for (let seen: unknown; seen !== retries; ) {
      seen = retries;
      await seen;
    }
  }

  async function once(trial: Trial, recorded: boolean): Promise<Attempted | Died> {
    let session: OpenSession | null = null;
    try {
      session = await opened();
      const { number, requests, worker } = session;
      const cold = requests === 0;
      if (recorded && !cold) announceOnce(session, requests);
      const outcome = await request(session, trial);
      if (recorded) announceOnce(session, 0);
      crashesInARow = 0;
      if (outcome.state !== 'ranked' && worker.concurrency > 1) {
        return { outcome, session: number, concurrency: worker.concurrency };
      }
      return { outcome, session: number, ...(cold && { cold }) };
    } catch (error) {
      if (!(error instanceof WorkerDied) || options.signal.aborted) throw error;
      // Of several trials that were under way, the first to hear of it sees to the rest.
      if (session === null || current === session) {
        options.onEvent({ type: 'warning', model: id, message: error.message });
        if (session !== null) announceOnce(session, 0);
        await end(error.message);
      }
      return { died: error, session: session?.number ?? null };
    }
  }

  let crashesInARow = 0;
  async function attempt(trial: Trial, recorded: boolean): Promise<Attempted> {
    await calm();
    const first = await once(trial, recorded);
    if (!('died' in first)) return first;
    const second = retries.then(() => once(trial, recorded));
    retries = second.catch(() => {});
    const result = await second;
    if (!('died' in result)) return result;
    if (!recorded || result.session === null || ++crashesInARow === CRASHES_TO_GIVE_UP) throw result.died;
    return { outcome: crashed(result.died), session: result.session };
  }

  return {
    warm: () => current !== null,
    phase: () => phase,
    setPhase(next) {
      phase = next;
    },
    async warmUp(trial) {
      return (await attempt(trial, false)).outcome;
    },
    run: (trial) => attempt(trial, true),
    addStatistics(cell, latency) {
      statistics[cell] = inSeconds(latency);
    },
    end: () => end(),
  };
}

function askedOf(trial: Trial, { samples, tasks }: RunnerOptions): Asked {
  const { prompt, continuations } = samples.get(`${trial.suite}/${trial.task}/${trial.sample}`)!;
  const { generation, unconditional } = tasks.get(`${trial.suite}/${trial.task}`)!;
  if (continuations !== undefined) {
    return { for: 'likelihoods', continuations, unconditional, timeout: generation.timeout };
  }
  // Repetitions of a sampled answer draw from seeds of their own, or they would be one answer written down twice.
  return { for: 'answer', prompt, generation: { ...generation, seed: generation.seed + trial.repetition - 1 } };
}

function ranked({ trials }: Cell, { samples }: RunnerOptions): boolean {
  const [{ suite, task, sample } = { suite: '', task: '', sample: '' }] = trials;
  return samples.get(`${suite}/${task}/${sample}`)?.continuations !== undefined;
}

function place({ suite, task, sample, model, repetition }: Trial) {
  return { suite, task, sample, model, repetition };
}

function crashed(error: WorkerDied): Outcome {
  return {
    state: 'failed',
    by: 'harness',
    kind: 'crash',
    reason: `${error.message} (twice on this trial)`,
    output: '',
  };
}

function firstRequestOf(outcome: Outcome, concurrency: number): Quantity {
  if (concurrency > 1) return missing('answers were computed side by side');
  const seconds = secondsOf(outcome);
  return seconds === null ? missing(outcome.state === 'failed' ? outcome.reason : 'it was not timed') : known(seconds);
}

/** A trial that failed has no latency of its own; tinybench then counts the time that it took from outside. */
function latency(outcome: Outcome): { overriddenDuration: number } | undefined {
  const seconds = secondsOf(outcome);
  return seconds === null ? undefined : { overriddenDuration: seconds * 1000 };
}

function secondsOf(outcome: Outcome): number | null {
  switch (outcome.state) {
    case 'completed':
      return outcome.timing.end;
    case 'ranked':
      return outcome.seconds;
    case 'failed':
      return null;
  }
}

type TinybenchLatency = Readonly<Record<'mean' | 'min' | 'max' | 'p50' | 'p75' | 'p99' | 'sd' | 'rme', number>> & {
  readonly samplesCount: number;
};

/** tinybench counts milliseconds; a log counts seconds. */
function inSeconds({ samplesCount, mean, min, max, p50, p75, p99, sd, rme }: TinybenchLatency): LatencyStatistics {
  const s = (milliseconds: number) => round(milliseconds / 1000);
  return {
    n: samplesCount,
    mean: s(mean),
    min: s(min),
    max: s(max),
    p50: s(p50),
    p75: s(p75),
    p99: s(p99),
    sd: s(sd),
    rme: round(rme),
  };
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function counter(last: number): () => number {
  let n = last;
  return () => ++n;
}
