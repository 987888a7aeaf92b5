/**
 * Keeps a model open from trial to trial, and opens it again when its worker died:
 *
 *     closed ──▶ opening ──▶ open ──▶ closed
 *        ▲          └── the model did not open ─┘     its worker died, or the block is at its end
 *
 * The log gets two records about a session: its facts with the first trial that is recorded, and its end with the peak of its memory.
 */
import { conditionText } from '../core/definition/condition.js';
import type { Task } from '../core/definition/suite.js';
import { sampleKey, taskKey } from '../core/keys.js';
import type {
  LatencyStatistics,
  LogprobsPair,
  LogRecord,
  MeasurementRecord,
  SampleRecord,
  SessionRecord,
} from '../core/log/log.js';
import type { Outcome } from '../core/measure/measurement.js';
import type { Trial } from '../core/plan/plan.js';
import type { Trials } from '../core/plan/trials.js';
import { known, missing, type Quantity } from '../core/quantity.js';
import type { LoadedModel } from '../files/definitions.js';
import { lateness, watchLoop } from '../load/loop-delay.js';
import { afterAnswers, afterDeath, FIRST_BATCH, sizeOfNext } from './batching.js';
import { verdictOn } from './blame.js';
import { type AnswerRequest, timeLogprobs } from './logprobs-cost.js';
import type { Answered, TrialRequest } from './protocol.js';
import { type OpenWorker, WorkerDied, type WorkerSession } from './worker-session.js';

export interface KeeperOptions {
  readonly openWorker: OpenWorker;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly models: ReadonlyMap<string, LoadedModel>;
  /** The key is `suite/task`. */
  readonly tasks: ReadonlyMap<string, Pick<Task, 'generation' | 'unconditional'>>;
  /** The key is `suite/task/sample`. */
  readonly samples: ReadonlyMap<string, SampleRecord>;
  /** Answers that are under way at once. */
  readonly concurrency: number;
  readonly append: (record: LogRecord) => void;
  /** Aborted once for a clean end: trials in flight are dropped, recorded trials stay. */
  readonly signal: AbortSignal;
  /** Makes the id of a session; ids are unique everywhere, and sort by time. */
  readonly nextSession: () => string;
  /** The machine and the part of the log that sessions belong to. */
  readonly origin: Pick<SessionRecord, 'machine' | 'part'>;
  /** Seconds since this part of the run began. */
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

type Phase = 'warm-up' | 'recorded';

export interface SessionKeeper {
  /** Whether the model is open. */
  warm(): boolean;
  warmUp(trial: Trial): Promise<Outcome>;
  run(trial: Trial): Promise<Attempted>;
  /** Runs trials one after another. One message requests several short ones. */
  runInOrder(trials: Trials): AsyncGenerator<Attempted, void>;
  addStatistics(cell: string, latency: TinybenchLatency): void;
  /** Times what log-probabilities cost, where trials asked a server for them; `logprobs-cost.ts`. */
  timeLogprobs(trials: readonly Trial[]): Promise<void>;
  end(): Promise<void>;
}

type Attempted = Pick<MeasurementRecord, 'outcome' | 'session' | 'at' | 'cold' | 'condition'>;

/** The worker died under a trial, or, where there is no session, before it had opened the model. */
interface Died {
  readonly died: WorkerDied;
  readonly session: Pick<Attempted, 'session' | 'condition'> | null;
}

type State =
  | { readonly name: 'closed' }
  | { readonly name: 'opening'; readonly session: Promise<OpenSession> }
  | { readonly name: 'open'; readonly session: OpenSession };

const CLOSED: State = { name: 'closed' };

interface OpenSession {
  readonly worker: WorkerSession;
  readonly id: string;
  requests: number;
  firstRequest: Quantity;
  /** Whether the log has its facts. */
  announced: boolean;
  readonly statistics: Record<string, LatencyStatistics>;
  /** Requests that were timed with and without log-probabilities. */
  logprobs: readonly LogprobsPair[];
}

export function sessionKeeper(id: string, options: KeeperOptions): SessionKeeper {
  let state = CLOSED;
  let blamedInARow = 0;
  const retries = createRetryQueue();
  const loop = watchLoop();

  async function open(): Promise<OpenSession> {
    options.onEvent({ type: 'opening', model: id });
    const worker = await options.openWorker(options.models.get(id)!, {
      concurrency: options.concurrency,
      environment: options.environment,
      signal: options.signal,
      onProgress: (progress) => options.onEvent({ type: 'progress', model: id, ...progress }),
    });
    for (const message of worker.facts.warnings) options.onEvent({ type: 'warning', model: id, message });
    options.onEvent({ type: 'opened', model: id, load: worker.load });
    const session: OpenSession = {
      worker,
      id: options.nextSession(),
      requests: 0,
      firstRequest: missing('no request was made'),
      announced: false,
      statistics: {},
      logprobs: [],
    };
    state = { name: 'open', session };
    loop.reset();
    loop.enable();
    return session;
  }

  async function openedSession(): Promise<OpenSession> {
    if (state.name === 'closed') {
      const session = open();
      state = { name: 'opening', session };
      session.catch(() => {
        state = CLOSED;
      });
    }
    return state.session;
  }

  async function end(crash?: string): Promise<void> {
    // A failure that shows is told by whoever waits for this opening.
    if (state.name === 'opening') await state.session.catch(() => {});
    if (state.name !== 'open') return;
    const { worker, id: session, requests, statistics, logprobs } = state.session;
    state = CLOSED;
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
      ...(logprobs.length > 0 && { logprobs }),
      ...(crash && { crash }),
    });
  }

  /** Written with the first recorded trial, when the cost of the first request is known. */
  function announceOnce(session: OpenSession, warmup: number): void {
    if (session.announced) return;
    session.announced = true;
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
      trials.map((trial) => requestOf(trial, options)),
      options.signal,
    );
    if (session.requests === 0) session.firstRequest = firstRequestOf(answers[0]!.outcome, session.worker.concurrency);
    session.requests += answers.length;
    return answers;
  }

  async function attempt(trials: readonly Trial[], phase: Phase): Promise<readonly Attempted[] | Died> {
    let session: OpenSession | null = null;
    try {
      session = await openedSession();
      const { requests } = session;
      const cold = requests === 0;
      const circumstances = circumstancesOf(session);
      if (phase === 'recorded' && !cold) announceOnce(session, requests);
      const answers = await request(session, trials);
      const now = options.elapsed();
      if (phase === 'recorded') announceOnce(session, 0);
      blamedInARow = 0;
      return answers.map(({ outcome, ago }, i) => {
        const attempted = { outcome, ...circumstances, at: round(now - ago) };
        return cold && i === 0 ? { ...attempted, cold } : attempted;
      });
    } catch (error) {
      if (!(error instanceof WorkerDied) || options.signal.aborted) throw error;
      await mourn(session, error);
      return { died: error, session: session && circumstancesOf(session) };
    }
  }

  /** Several trials may be under way when a worker dies: the first that hears of it ends the session. */
  async function mourn(session: OpenSession | null, death: WorkerDied): Promise<void> {
    const isCurrent = state.name === 'open' && state.session === session;
    if (session !== null && !isCurrent) return;
    options.onEvent({ type: 'warning', model: id, message: death.message });
    if (session === null) return;
    announceOnce(session, 0);
    await end(death.message);
  }

  async function attemptTwice(trial: Trial, phase: Phase): Promise<Attempted> {
    await retries.empty();
    let result = await attempt([trial], phase);
    for (let deaths = 1; 'died' in result; deaths++) {
      const { died, session } = result;
      const verdict = verdictOn({ deaths, phase, opened: session !== null, blamedInARow });
      switch (verdict) {
        case 'try again':
          result = await retries.add(() => attempt([trial], phase));
          break;
        case 'give up':
          throw died;
        case 'blame the trial':
          blamedInARow++;
          return { outcome: crashed(died), ...session!, at: options.elapsed() };
      }
    }
    return result[0]!;
  }

  async function* runInOrder(trials: Trials): AsyncGenerator<Attempted, void> {
    let batching = FIRST_BATCH;
    for (let next = 0; next < trials.length; ) {
      const batch = trials.slice(next, next + sizeOfNext(batching));
      const before = options.elapsed();
      const answered =
        batch.length > 1 ? await attempt(batch, 'recorded') : [await attemptTwice(batch[0]!, 'recorded')];
      if ('died' in answered) {
        batching = afterDeath(batching, batch.length);
        continue;
      }
      batching = afterAnswers(batching, { answered: answered.length, seconds: options.elapsed() - before });
      next += answered.length;
      yield* answered;
    }
  }

  /** The requests that asked the server of a session for log-probabilities. */
  function askedForLogprobs({ worker }: OpenSession, trials: readonly Trial[]): readonly AnswerRequest[] {
    if (worker.facts.network === 'none' || worker.concurrency > 1) return [];
    return trials.flatMap((trial) => {
      const request = requestOf(trial, options);
      return request.for === 'answer' && request.generation.logprobs ? [request] : [];
    });
  }

  async function timeLogprobsOf(session: OpenSession, trials: readonly Trial[]): Promise<void> {
    try {
      session.logprobs = await timeLogprobs(askedForLogprobs(session, trials), {
        elapsed: options.elapsed,
        async secondsOf(asked) {
          const [answered] = await session.worker.run([asked], options.signal);
          return secondsOf(answered!.outcome);
        },
      });
    } catch (error) {
      if (!(error instanceof WorkerDied) || options.signal.aborted) throw error;
      await mourn(session, error);
    }
  }

  return {
    warm: () => state.name === 'open',
    async warmUp(trial) {
      return (await attemptTwice(trial, 'warm-up')).outcome;
    },
    run: (trial) => attemptTwice(trial, 'recorded'),
    runInOrder,
    addStatistics(cell, latency) {
      if (state.name === 'open') state.session.statistics[cell] = inSeconds(latency);
    },
    async timeLogprobs(trials) {
      if (state.name === 'open') await timeLogprobsOf(state.session, trials);
    },
    end: () => end(),
  };
}

/** Trials whose worker died are tried again one after another, and nothing else runs meanwhile: so it shows which of them kills. */
function createRetryQueue() {
  let last: Promise<unknown> = Promise.resolve();
  return {
    add<T>(retry: () => Promise<T>): Promise<T> {
      const result = last.then(retry);
      last = result.catch(() => {});
      return result;
    },
    /** Resolves when no retry is left. */
    async empty(): Promise<void> {
      for (let seen: unknown; seen !== last; ) {
        seen = last;
        await seen;
      }
    },
  };
}

function requestOf(trial: Trial, { samples, tasks }: KeeperOptions): TrialRequest {
  const { prompt, continuations } = samples.get(sampleKey(trial))!;
  const { generation, unconditional } = tasks.get(taskKey(trial.suite, trial.task))!;
  if (continuations !== undefined) {
    return { for: 'likelihoods', continuations, unconditional, timeout: generation.timeout };
  }
  // Repetitions of a sampled answer draw from seeds of their own, or they would be one answer written down twice.
  return { for: 'answer', prompt, generation: { ...generation, seed: generation.seed + trial.repetition - 1 } };
}

/** The session of a trial, and how it really answered: an engine may compute fewer answers side by side than it was asked to. */
function circumstancesOf({ id, worker }: OpenSession): Pick<Attempted, 'session' | 'condition'> {
  const { concurrency } = worker;
  return concurrency === 1
    ? { session: id }
    : { session: id, condition: conditionText({ kind: 'closed', requests: concurrency }) };
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

/** Rounds to the microsecond: further digits are noise, and would fill the log. */
export function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
