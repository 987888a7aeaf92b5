/**
 * Supervises the process of a worker: open the model, run trials, close. Whatever happens to the process (a crash of native code, a
 * kill, a hang that no abort ends) becomes a `WorkerDied`, and the runner never hangs.
 */
import { UserError } from '../core/errors.js';
import type { SessionRecord } from '../core/log/log.js';
import { missing } from '../core/quantity.js';
import { formatSeconds } from '../core/report/format.js';
import type { LoadedModel } from '../files/definitions.js';
import type { StepClosing, StepOrder } from '../load/step.js';
import { readMemory, sampleMemory } from './memory.js';
import type { Answered, FromWorker, ToWorker, TrialRequest } from './protocol.js';
import { forkWorker, type WorkerProcess } from './worker-process.js';
import {
  type HoldingOptions,
  NotOpened,
  type OpenWorker,
  type OpenWorkerOptions,
  WorkerDied,
  type WorkerSession,
} from './worker-session.js';

/** How long an engine may go on after it was told to stop, seconds. */
const GRACE = 10;
/** How long a model may take to open, seconds; a download counts only while it stands still. 240 GB take as long at 133 MB/s. */
const OPENING = 1800;

/** Opens a model in a process of its own. */
export const openWorker: OpenWorker = async (loaded, options) => {
  options.signal.throwIfAborted();
  return supervise(forkWorker(options.environment), loaded, options);
};

export interface SuperviseOptions extends OpenWorkerOptions {
  /** It replaces `GRACE`. */
  readonly grace?: number;
  /** It replaces `OPENING`. */
  readonly opening?: number;
}

/** Opens a model in a process that has just been started, and kills the process where that fails. */
export async function supervise(
  child: WorkerProcess,
  { model, directory }: LoadedModel,
  options: SuperviseOptions,
): Promise<WorkerSession> {
  const worker = mailbox(child);
  options.signal.addEventListener('abort', child.kill, { once: true });
  try {
    await worker.next('ready');
    const baseline = await readMemory([child.pid]);
    const opened = await openWithin(options.opening ?? OPENING, {
      child,
      worker,
      loaded: { model, directory },
      options,
    });
    if (opened.type === 'not-opened') {
      throw opened.byUser
        ? new UserError(`${model.id}: ${opened.reason}`)
        : new NotOpened(`${model.id}: ${opened.reason}`);
    }
    const pids = [child.pid, ...opened.processes];
    const loaded = await readMemory(pids);
    return session({ child, worker, opened, pids, memory: { baseline, loaded }, grace: options.grace ?? GRACE });
  } catch (error) {
    child.kill();
    options.signal.throwIfAborted();
    throw error;
  } finally {
    options.signal.removeEventListener('abort', child.kill);
  }
}

interface Opening {
  readonly child: WorkerProcess;
  readonly worker: Mailbox;
  readonly loaded: LoadedModel;
  readonly options: SuperviseOptions;
}

/** @param limit Seconds. @throws NotOpened, with the process killed, when it takes longer. */
async function openWithin(limit: number, { child, worker, loaded: { model, directory }, options }: Opening) {
  let late = false;
  const watchdog = setTimeout(() => {
    late = true;
    child.kill();
  }, limit * 1000);
  const stopProgress = worker.on('progress', (progress) => {
    watchdog.refresh();
    options.onProgress?.(progress);
  });
  const { concurrency, under, manner } = options;
  worker.send({ type: 'open', model, directory, concurrency, ...(under && { under }), ...(manner && { manner }) });
  try {
    return await worker.next('opened', 'not-opened');
  } catch (error) {
    if (!late) throw error;
    throw new NotOpened(
      `${model.id}: the model was not open after ${formatSeconds(limit)}; take weights that load sooner, from a faster disk`,
    );
  } finally {
    clearTimeout(watchdog);
    stopProgress();
  }
}

interface Supervised {
  readonly child: WorkerProcess;
  readonly worker: Mailbox;
  readonly opened: Extract<FromWorker, { type: 'opened' }>;
  readonly pids: readonly number[];
  readonly memory: SessionRecord['memory'];
  /** Seconds. */
  readonly grace: number;
}

function session({ child, worker, opened, pids, memory, grace }: Supervised): WorkerSession {
  const { facts, load, processes, concurrency } = opened;
  const sampler = sampleMemory(pids);
  const turns = createTurns(concurrency);
  let requests = 0;
  // When a worker is killed, nobody is left to end the server that it started.
  void child.exited.then(() => processes.forEach(killQuietly));

  async function answer(trials: readonly TrialRequest[], signal: AbortSignal): Promise<readonly Answered[]> {
    signal.throwIfAborted();
    const request = ++requests;
    const cancel = () => worker.send({ type: 'cancel', request });
    signal.addEventListener('abort', cancel, { once: true });
    const timeout = Math.max(...trials.map(timeoutOf));
    const watchdog = setTimeout(child.kill, (timeout + grace) * 1000);
    worker.send({ type: 'run', request, trials });
    try {
      const answer = await worker.answerTo(request);
      if (answer.type === 'outcomes') return answer.answers;
      signal.throwIfAborted();
      throw new WorkerDied('the worker gave up a request that nobody cancelled');
    } finally {
      clearTimeout(watchdog);
      signal.removeEventListener('abort', cancel);
    }
  }

  async function hold(order: StepOrder<TrialRequest>, { finish, onReport }: HoldingOptions): Promise<StepClosing> {
    const request = ++requests;
    const stopReports = worker.on('step', (message) => {
      if (message.request === request) onReport(message.report);
    });
    let watchdog: NodeJS.Timeout | undefined;
    const end = () => {
      worker.send({ type: 'cancel', request });
      watchdog = setTimeout(child.kill, grace * 1000);
    };
    worker.send({ type: 'hold', request, order });
    if (finish.aborted) end();
    else finish.addEventListener('abort', end, { once: true });
    try {
      const { closing } = await worker.next('step-over');
      return closing;
    } finally {
      clearTimeout(watchdog);
      finish.removeEventListener('abort', end);
      stopReports();
    }
  }

  return {
    facts,
    load,
    memory,
    concurrency,
    async run(trials, signal) {
      const done = await turns.take();
      try {
        return await answer(trials, signal);
      } finally {
        done();
      }
    },
    hold,
    async close() {
      const reading = await sampler.stop();
      if (!child.isRunning()) return { memory: reading, workerDelay: missing(DIED_SILENT) };
      const watchdog = setTimeout(child.kill, grace * 1000);
      worker.send({ type: 'close' });
      const delay = await worker.next('closed').then(
        ({ loopDelay }) => loopDelay,
        () => missing(DIED_SILENT),
      );
      await child.exited;
      clearTimeout(watchdog);
      return { memory: reading, workerDelay: delay };
    },
  };
}

const DIED_SILENT = 'the worker died before it could say';

/** Seconds. */
function timeoutOf(trial: TrialRequest): number {
  return trial.for === 'answer' ? trial.generation.timeout : trial.timeout;
}

/** Lets `count` requests in at once; the others wait in the order they came. */
function createTurns(count: number): { take(): Promise<() => void> } {
  const waiting: (() => void)[] = [];
  let free = count;
  const done = () => {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  };
  return {
    async take() {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      return done;
    },
  };
}

interface Mailbox {
  send(message: ToWorker): void;
  /** The next message of one of these types. @throws WorkerDied */
  next<Type extends FromWorker['type']>(...types: Type[]): Promise<Extract<FromWorker, { type: Type }>>;
  /** What became of a request. @throws WorkerDied */
  answerTo(request: number): Promise<Extract<FromWorker, { type: 'outcomes' | 'cancelled' }>>;
  on<Type extends FromWorker['type']>(
    type: Type,
    listener: (message: Extract<FromWorker, { type: Type }>) => void,
  ): () => void;
}

function mailbox(child: WorkerProcess): Mailbox {
  let death: WorkerDied | null = null;
  const waiting = new Set<{
    wants: (message: FromWorker) => boolean;
    resolve: (message: never) => void;
    reject: (error: Error) => void;
  }>();
  const listeners = new Set<{ type: string; listener: (message: never) => void }>();
  void child.ended.then((error) => {
    death = error;
    for (const { reject } of waiting) reject(error);
    waiting.clear();
  });
  child.onMessage((message) => {
    for (const { type, listener } of listeners) if (type === message.type) listener(message as never);
    for (const waiter of waiting) {
      if (!waiter.wants(message)) continue;
      waiting.delete(waiter);
      waiter.resolve(message as never);
    }
  });

  function wait<Message extends FromWorker>(wants: (message: FromWorker) => boolean): Promise<Message> {
    if (death !== null) return Promise.reject(death);
    return new Promise((resolve, reject) => waiting.add({ wants, resolve, reject }));
  }

  return {
    send: child.send,
    next: (...types) => wait((message) => (types as string[]).includes(message.type)),
    answerTo: (request) => wait((message) => 'request' in message && message.request === request),
    on(type, listener) {
      const entry = { type, listener: listener as (message: never) => void };
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
  };
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
