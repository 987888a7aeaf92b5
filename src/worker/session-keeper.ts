/**
 * Keeps a model open from trial to trial, and opens it afresh when its worker died. What is said of a session goes into the
 * log: its facts with the first trial that is recorded, its end with what the memory was at most.
 */
import { conditionText } from '../core/definition/condition.js';
import type { Task } from '../core/definition/suite.js';
import { sampleKey, taskKey } from '../core/keys.js';
import type {
  LatencyStatistics,
  LogRecord,
  MeasurementRecord,
  SampleRecord,
  SessionRecord,
} from '../core/measure/log.js';
import type { Outcome } from '../core/measure/measurement.js';
import type { Trial } from '../core/plan/plan.js';
import { known, missing, type Quantity } from '../core/quantity.js';
import type { LoadedModel } from '../files/definitions.js';
import { lateness, watchLoop } from './loop-delay.js';
import { type Answered, type Asked, LONGEST_BATCH } from './protocol.js';
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
  /** Makes the id of a session; ids are unique everywhere, and sort by time. */
  readonly nextSession: () => string;
  /** The machine and the part of the log that sessions belong to. */
  readonly origin: Pick<SessionRecord, 'machine' | 'part'>;
  /** Seconds since the run began. */
  readonly elapsed: () => number;
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

/** Trials that are asked for with one message, at most. */
const LARGEST_BATCH = 64;

/** So many trials in a row that killed their worker say that the model does not run here at all. */
const CRASHES_TO_GIVE_UP = 3;

export interface SessionKeeper {
  warm(): boolean;
  phase(): 'warm-up' | 'recorded';
  setPhase(phase: 'warm-up' | 'recorded'): void;
  warmUp(trial: Trial): Promise<Outcome>;
  run(trial: Trial): Promise<Attempted>;
  /** One after another; short ones are asked for together, for the messages between would take longer than they do. */
  runInOrder(trials: readonly Trial[]): AsyncGenerator<Attempted, void>;
  addStatistics(cell: string, latency: TinybenchLatency): void;
  end(): Promise<void>;
}

type Attempted = Pick<MeasurementRecord, 'outcome' | 'session' | 'at' | 'cold' | 'condition'>;

/** The worker died under a trial, or, where there is no session, before it had opened the model. */
interface Died {
  readonly died: WorkerDied;
  readonly session: string | null;
}

interface OpenSession {
  readonly worker: WorkerSession;
  readonly id: string;
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
    current = { worker, id: options.nextSession(), requests: 0, firstRequest: missing('no request was made') };
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
    const { worker, firstRequest } = session;
    options.append({
      type: 'session',
      session: session.id,
      model: id,
      ...options.origin,
      load: known(round(worker.load)),
      firstRequest,
      warmup,
      memory: worker.memory,
      facts: worker.facts,
    });
  }

  async function request(session: OpenSession, trials: readonly Trial[]): Promise<readonly Answered[]> {
    const answers = await session.worker.run(
      trials.map((trial) => askedOf(trial, options)),
      options.signal,
    );
    if (session.requests === 0) session.firstRequest = firstRequestOf(answers[0]!.outcome, session.worker.concurrency);
    session.requests += answers.length;
    return answers;
  }

  async function end(crash?: string): Promise<void> {
    if (current === null) return;
    const { worker, id: session, requests } = current;
    opening = null;
    current = null;
    loop.disable();
    const { memory, workerDelay } = await worker.close();
    if (requests === 0 && crash === undefined) return;
    const runner = lateness(loop);
    options.append({
      type: 'session-end',
      session,
      model: id,
      memory,
      latency: statistics,
      loopDelay: { runner, worker: workerDelay },
      ...(crash && { crash }),
    });
    statistics = {};
  }

  let announced: string | null = null;
  function announceOnce(session: OpenSession, warmup: number): void {
    if (announced === session.id) return;
    announced = session.id;
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

  async function once(trials: readonly Trial[], recorded: boolean): Promise<readonly Attempted[] | Died> {
    let session: OpenSession | null = null;
    try {
      session = await opened();
      const { requests, worker } = session;
      const cold = requests === 0;
      if (recorded && !cold) announceOnce(session, requests);
      const answers = await request(session, trials);
      const now = options.elapsed();
      if (recorded) announceOnce(session, 0);
      crashesInARow = 0;
      return answers.map(({ outcome, ago }, i) => {
        const attempted = { outcome, session: session!.id, at: round(now - ago) };
        if (worker.concurrency > 1) {
          return { ...attempted, condition: conditionText({ kind: 'closed', requests: worker.concurrency }) };
        }
        return cold && i === 0 ? { ...attempted, cold } : attempted;
      });
    } catch (error) {
      if (!(error instanceof WorkerDied) || options.signal.aborted) throw error;
      // Of several trials that were under way, the first to hear of it sees to the rest.
      if (session === null || current === session) {
        options.onEvent({ type: 'warning', model: id, message: error.message });
        if (session !== null) announceOnce(session, 0);
        await end(error.message);
      }
      return { died: error, session: session?.id ?? null };
    }
  }

  let crashesInARow = 0;
  async function attempt(trial: Trial, recorded: boolean): Promise<Attempted> {
    await calm();
    const first = await once([trial], recorded);
    if (!('died' in first)) return first[0]!;
    const second = retries.then(() => once([trial], recorded));
    retries = second.catch(() => {});
    const result = await second;
    if (!('died' in result)) return result[0]!;
    if (!recorded || result.session === null || ++crashesInARow === CRASHES_TO_GIVE_UP) throw result.died;
    return { outcome: crashed(result.died), session: result.session, at: options.elapsed() };
  }

  async function* runInOrder(trials: readonly Trial[]): AsyncGenerator<Attempted, void> {
    let size = 1;
    /** Trials of a batch that its worker died of: each is asked for alone, so that the blame falls on the right one. */
    let suspects = 0;
    for (let next = 0; next < trials.length; ) {
      const batch = trials.slice(next, next + (suspects > 0 ? 1 : size));
      const before = performance.now();
      const answered = batch.length > 1 ? await once(batch, true) : [await attempt(batch[0]!, true)];
      if ('died' in answered) {
        suspects = batch.length;
        continue;
      }
      const seconds = (performance.now() - before) / 1000;
      // As many as the worker answers before it must bring them: one at a time, unless they are short.
      size = Math.max(1, Math.min(LARGEST_BATCH, Math.floor((LONGEST_BATCH * answered.length) / seconds)));
      suspects = Math.max(0, suspects - answered.length);
      next += answered.length;
      yield* answered;
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
    runInOrder,
    addStatistics(cell, latency) {
      statistics[cell] = inSeconds(latency);
    },
    end: () => end(),
  };
}

function askedOf(trial: Trial, { samples, tasks }: KeeperOptions): Asked {
  const { prompt, continuations } = samples.get(sampleKey(trial))!;
  const { generation, unconditional } = tasks.get(taskKey(trial.suite, trial.task))!;
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
