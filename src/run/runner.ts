/**
 * Executes a plan: for each model a fresh worker, a warm-up, then its trials one after another, each written to the log as
 * it ends.
 *
 * The repetition is tinybench's: every task is a bench whose function is one trial, with the latency that the worker
 * stamped handed over as `overriddenDuration`, so that messages between processes are in no figure.
 */
import { Bench } from 'tinybench';
import type { Task } from '../core/definition/suite.js';
import { describeError, UserError } from '../core/errors.js';
import type { LatencyStatistics, LogRecord, SampleRecord } from '../core/measure/log.js';
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

/** A trial whose worker died is tried once more in a fresh one: what dies twice is the trial's own doing. */
const ATTEMPTS = 2;
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
      const { outcome, session, cold } = await keeper.run(trial);
      options.append({
        type: 'measurement',
        trial: trial.id,
        ...place(trial),
        session,
        at: options.elapsed(),
        ...(cold && { cold }),
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
  if (result.state === 'completed') keeper.addStatistics(name, result.latency);
}

interface SessionKeeper {
  warm(): boolean;
  phase(): 'warm-up' | 'recorded';
  setPhase(phase: 'warm-up' | 'recorded'): void;
  warmUp(trial: Trial): Promise<Outcome>;
  run(trial: Trial): Promise<{ outcome: Outcome; session: number; cold?: true }>;
  addStatistics(cell: string, latency: TinybenchLatency): void;
  end(): Promise<void>;
}

/** Keeps a model open from trial to trial, and opens it afresh when its worker died. */
function sessionKeeper(id: string, options: BlockOptions): SessionKeeper {
  let phase: 'warm-up' | 'recorded' = 'recorded';
  let current: { worker: WorkerSession; number: number; requests: number; firstRequest: Quantity } | null = null;
  let statistics: Record<string, LatencyStatistics> = {};
  const loop = watchLoop();

  async function opened() {
    if (current !== null) return current;
    options.onEvent({ type: 'opening', model: id });
    const worker = await openWorker(options.models.get(id)!, {
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

  /** Written with the first recorded trial, when the cost of the first request is known. */
  function announce(session: NonNullable<typeof current>, warmup: number): void {
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

  async function request(trial: Trial): Promise<Outcome> {
    const session = await opened();
    const outcome = await session.worker.run(askedOf(trial, options), options.signal);
    session.requests++;
    if (session.requests === 1) session.firstRequest = firstRequestOf(outcome);
    return outcome;
  }

  async function end(crash?: string): Promise<void> {
    if (current === null) return;
    const { worker, number, requests } = current;
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
  function announceOnce(session: NonNullable<typeof current>, warmup: number): void {
    if (announced === session.number) return;
    announced = session.number;
    announce(session, warmup);
  }

  let crashesInARow = 0;
  async function attempt(trial: Trial, recorded: boolean): Promise<{ outcome: Outcome; session: number; cold?: true }> {
    for (let n = 1; ; n++) {
      try {
        const session = await opened();
        const cold = session.requests === 0;
        if (recorded && !cold) announceOnce(session, session.requests);
        const outcome = await request(trial);
        if (recorded) announceOnce(session, 0);
        crashesInARow = 0;
        return { outcome, session: session.number, ...(cold && { cold }) };
      } catch (error) {
        if (!(error instanceof WorkerDied) || options.signal.aborted) throw error;
        options.onEvent({ type: 'warning', model: id, message: error.message });
        const session = current;
        if (session === null) {
          if (n === ATTEMPTS) throw error;
          continue;
        }
        announceOnce(session, 0);
        await end(error.message);
        if (n < ATTEMPTS) continue;
        if (!recorded || ++crashesInARow === CRASHES_TO_GIVE_UP) throw error;
        return { outcome: crashed(error), session: session.number };
      }
    }
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

function firstRequestOf(outcome: Outcome): Quantity {
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
