/**
 * A worker process and its model, seen from the runner: open, run trials, close. Whatever happens to the process (a crash of
 * native code, a kill, a hang that no abort ends) becomes a `WorkerDied`, never a hang of the runner.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { UserError } from '../core/errors.js';
import type { SessionFacts, SessionRecord } from '../core/measure/log.js';
import type { MemoryReading } from '../core/measure/measurement.js';
import { missing, type Quantity } from '../core/quantity.js';
import type { LoadedModel } from '../files/definitions.js';
import { readMemory, sampleMemory } from './memory.js';
import type { Answered, Asked, FromWorker, ToWorker } from './protocol.js';

/** The process that held the model is gone. */
export class WorkerDied extends Error {
  override readonly name = 'WorkerDied';
}

/** The engine did not open the model, for a reason the user cannot mend in a definition. */
export class NotOpened extends Error {
  override readonly name = 'NotOpened';
}

export interface WorkerSession {
  readonly facts: SessionFacts;
  /** Seconds. */
  readonly load: number;
  readonly memory: SessionRecord['memory'];
  /** How many requests run at once; more than that wait for their turn. */
  readonly concurrency: number;
  /**
   * Asks for trials, one after another.
   * @returns the answers to the first of them: one at least, and more where they take little time (`LONGEST_BATCH`).
   * @throws WorkerDied
   * @throws the reason of the signal when it is aborted.
   */
  run(asked: readonly Asked[], signal: AbortSignal): Promise<readonly Answered[]>;
  close(): Promise<SessionClosing>;
}

export interface SessionClosing {
  readonly memory: { readonly peak: MemoryReading; readonly final: MemoryReading };
  readonly workerDelay: Quantity;
}

export interface OpenWorkerOptions {
  /** How many trials will be asked for at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: { what: string; done: number; total: number }) => void;
}

const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url));
/** How long an engine may go on after it was told to stop, milliseconds. */
const GRACE = 10_000;
/** How much of what a worker wrote to its output is kept for the message about its death. */
const KEPT_OUTPUT = 2_000;

/**
 * @throws UserError when the model's entry, its files or its server are not as they must be.
 * @throws NotOpened, WorkerDied, or the reason of the signal.
 */
export async function openWorker(
  { model, directory }: LoadedModel,
  options: OpenWorkerOptions,
): Promise<WorkerSession> {
  options.signal.throwIfAborted();
  const child = fork(WORKER, [], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [], serialization: 'advanced' });
  const worker = mailbox(child);
  const kill = () => child.kill('SIGKILL');
  options.signal.addEventListener('abort', kill, { once: true });
  try {
    await worker.next('ready');
    const baseline = await readMemory([child.pid!]);
    const stopProgress = worker.on('progress', (progress) => options.onProgress?.(progress));
    worker.send({ type: 'open', model, directory, concurrency: options.concurrency });
    const opened = await worker.next('opened', 'not-opened');
    stopProgress();
    if (opened.type === 'not-opened') {
      kill();
      throw opened.byUser
        ? new UserError(`${model.id}: ${opened.reason}`)
        : new NotOpened(`${model.id}: ${opened.reason}`);
    }
    const pids = [child.pid!, ...opened.processes];
    const loaded = await readMemory(pids);
    return session(child, worker, opened, pids, { baseline, loaded });
  } catch (error) {
    kill();
    options.signal.throwIfAborted();
    throw error;
  } finally {
    options.signal.removeEventListener('abort', kill);
  }
}

function session(
  child: ChildProcess,
  worker: Mailbox,
  { facts, load, processes, concurrency }: Extract<FromWorker, { type: 'opened' }>,
  pids: readonly number[],
  memory: SessionRecord['memory'],
): WorkerSession {
  const sampler = sampleMemory(pids);
  const turns = createTurns(concurrency);
  let requests = 0;
  // A server of a worker that was killed has lost its keeper.
  child.once('exit', () => processes.forEach(killQuietly));

  async function answer(asked: readonly Asked[], signal: AbortSignal): Promise<readonly Answered[]> {
    signal.throwIfAborted();
    const request = ++requests;
    const cancel = () => worker.send({ type: 'cancel', request });
    signal.addEventListener('abort', cancel, { once: true });
    const timeout = Math.max(...asked.map((one) => (one.for === 'answer' ? one.generation.timeout : one.timeout)));
    const watchdog = setTimeout(() => child.kill('SIGKILL'), timeout * 1000 + GRACE);
    worker.send({ type: 'run', request, asked });
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

  return {
    facts,
    load,
    memory,
    concurrency,
    async run(asked, signal) {
      const done = await turns.take();
      try {
        return await answer(asked, signal);
      } finally {
        done();
      }
    },
    async close() {
      const reading = await sampler.stop();
      if (child.exitCode !== null || child.signalCode !== null) {
        return { memory: reading, workerDelay: missing('the worker died before it could say') };
      }
      const watchdog = setTimeout(() => child.kill('SIGKILL'), GRACE);
      const exited = once(child, 'exit');
      worker.send({ type: 'close' });
      const delay = await worker.next('closed').then(
        ({ loopDelay }) => loopDelay,
        () => missing('the worker died before it could say'),
      );
      await exited;
      clearTimeout(watchdog);
      return { memory: reading, workerDelay: delay };
    },
  };
}

/** Lets so many in at once; the others wait in the order they came. */
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

function mailbox(child: ChildProcess): Mailbox {
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
  };
  child.stdout!.on('data', keep);
  child.stderr!.on('data', keep);

  let death: WorkerDied | null = null;
  const waiting = new Set<{
    wants: (message: FromWorker) => boolean;
    resolve: (message: never) => void;
    reject: (error: Error) => void;
  }>();
  const listeners = new Set<{ type: string; listener: (message: never) => void }>();
  const die = (error: WorkerDied) => {
    death ??= error;
    for (const { reject } of waiting) reject(death);
    waiting.clear();
  };
  child.on('message', (message: FromWorker) => {
    for (const { type, listener } of listeners) if (type === message.type) listener(message as never);
    for (const waiter of waiting) {
      if (!waiter.wants(message)) continue;
      waiting.delete(waiter);
      waiter.resolve(message as never);
    }
  });
  child.on('error', (cause) => die(new WorkerDied('the worker process could not be started', { cause })));
  // 'close' comes after the pipes are drained, so that the last words are in.
  child.on('close', (code, signal) => die(new WorkerDied(lastWords(code, signal, output))));

  function wait<Message extends FromWorker>(wants: (message: FromWorker) => boolean): Promise<Message> {
    if (death !== null) return Promise.reject(death);
    return new Promise((resolve, reject) => waiting.add({ wants, resolve, reject }));
  }

  return {
    send(message) {
      // A dead worker is reported by 'close'; a failed send says the same thing less clearly.
      if (child.connected) child.send(message, () => {});
    },
    next: (...types) => wait((message) => (types as string[]).includes(message.type)),
    answerTo: (request) => wait((message) => 'request' in message && message.request === request),
    on(type, listener) {
      const entry = { type, listener: listener as (message: never) => void };
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
  };
}

function lastWords(code: number | null, signal: string | null, output: string): string {
  const said = output.trim().split('\n').slice(-3).join(' ').trim();
  const end = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  return `the worker process ${end}${said === '' ? '' : `, saying: ${said}`}`;
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
