/**
 * Keeps a model open from trial to trial, and opens it afresh when its worker died. What is said of a session goes into the
 * log: its facts with the first trial that is recorded, its end with what the memory was at most.
 */
import type { Task } from '../core/definition/suite.js';
import type { LatencyStatistics, LogRecord, MeasurementRecord, SampleRecord } from '../core/measure/log.js';
import type { Outcome } from '../core/measure/measurement.js';
import { known, missing, type Quantity } from '../core/measure/quantity.js';
import type { Trial } from '../core/plan/plan.js';
import type { LoadedModel } from '../files/definitions.js';
import { lateness, watchLoop } from './loop-delay.js';
import type { Asked } from './protocol.js';
import { openWorker, WorkerDied, type WorkerSession } from './supervisor.js';

export interface KeeperOptions {
  readonly models: ReadonlyMap<string, LoadedModel>;
  /** By `suite/task`. */
  readonly tasks: ReadonlyMap<string, Pick<Task, 'generation' | 'unconditional'>>;
  /** By `suite/task/sample`. */
  readonly samples: ReadonlyMap<string, SampleRecord>;
  /** Answers asked for at once. */
  readonly concurrency: number;
  readonly append: (record: LogRecord) => void;
  /** Aborted once for a clean end: what is in flight is dropped, what is recorded stays. */
  readonly signal: AbortSignal;
  readonly nextSession: () => number;
  readonly onEvent: (event: SessionEvent) => void;
}

export type SessionEvent =
  | { readonly type: 'opening'; readonly model: string }
  | {
      readonly type: 'progress';
      readonly model: string;
      readonly what: string;
      readonly done: number;
      readonly total: number;
    }
  | { readonly type: 'opened'; readonly model: string; readonly load: number }
  | { readonly type: 'warning'; readonly model: string; readonly message: string };

/** So many trials in a row that killed their worker say that the model does not run here at all. */
const CRASHES_TO_GIVE_UP = 3;

export interface SessionKeeper {
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

export function sessionKeeper(id: string, options: KeeperOptions): SessionKeeper {
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

function askedOf(trial: Trial, { samples, tasks }: KeeperOptions): Asked {
  const { prompt, continuations } = samples.get(`${trial.suite}/${trial.task}/${trial.sample}`)!;
  const { generation, unconditional } = tasks.get(`${trial.suite}/${trial.task}`)!;
  if (continuations !== undefined) {
    return { for: 'likelihoods', continuations, unconditional, timeout: generation.timeout };
  }
  // Repetitions of a sampled answer draw from seeds of their own, or they would be one answer written down twice.
  return { for: 'answer', prompt, generation: { ...generation, seed: generation.seed + trial.repetition - 1 } };
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

/** What tinybench is told a trial took; null for one that failed. */
export function secondsOf(outcome: Outcome): number | null {
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

/** To the microsecond: what is below is noise, and would fill the log. */
export function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
