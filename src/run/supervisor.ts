/**
 * A worker process and its model, seen from the runner: open, run trials, close. Whatever happens to the process (a crash of
 * native code, a kill, a hang that no abort ends) becomes a `WorkerDied`, never a hang of the runner.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { UserError } from '../core/errors.js';
import type { SessionFacts, SessionRecord } from '../core/measure/log.js';
import type { MemoryReading, Outcome } from '../core/measure/measurement.js';
import { missing, type Quantity } from '../core/measure/quantity.js';
import type { LoadedModel } from '../files/definitions.js';
import { readMemory, sampleMemory } from './memory.js';
import type { Asked, FromWorker, ToWorker } from './protocol.js';

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
  /**
   * @throws WorkerDied
   * @throws the reason of the signal when it is aborted.
   */
  run(asked: Asked, signal: AbortSignal): Promise<Outcome>;
  close(): Promise<SessionClosing>;
}

export interface SessionClosing {
  readonly memory: { readonly peak: MemoryReading; readonly final: MemoryReading };
  readonly workerDelay: Quantity;
}

export interface OpenWorkerOptions {
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
    worker.send({ type: 'open', model, directory });
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
  { facts, load, processes }: Extract<FromWorker, { type: 'opened' }>,
  pids: readonly number[],
  memory: SessionRecord['memory'],
): WorkerSession {
  const sampler = sampleMemory(pids);
  let requests = 0;
  // A server of a worker that was killed has lost its keeper.
  child.once('exit', () => processes.forEach(killQuietly));

  return {
    facts,
    load,
    memory,
    async run(asked, signal) {
      signal.throwIfAborted();
      const request = ++requests;
      const cancel = () => worker.send({ type: 'cancel', request });
      signal.addEventListener('abort', cancel, { once: true });
      const timeout = asked.for === 'answer' ? asked.generation.timeout : asked.timeout;
      const watchdog = setTimeout(() => child.kill('SIGKILL'), timeout * 1000 + GRACE);
      worker.send({ type: 'run', request, asked });
      try {
        const answer = await worker.next('outcome', 'cancelled');
        if (answer.type === 'outcome') return answer.outcome;
        signal.throwIfAborted();
        throw new WorkerDied('the worker gave up a request that nobody cancelled');
      } finally {
        clearTimeout(watchdog);
        signal.removeEventListener('abort', cancel);
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

interface Mailbox {
  send(message: ToWorker): void;
  /** The next message of one of these types. @throws WorkerDied */
  next<Type extends FromWorker['type']>(...types: Type[]): Promise<Extract<FromWorker, { type: Type }>>;
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
    types: readonly string[];
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
      if (!waiter.types.includes(message.type)) continue;
      waiting.delete(waiter);
      waiter.resolve(message as never);
    }
  });
  child.on('error', (cause) => die(new WorkerDied('the worker process could not be started', { cause })));
  // 'close' comes after the pipes are drained, so that the last words are in.
  child.on('close', (code, signal) => die(new WorkerDied(lastWords(code, signal, output))));

  return {
    send(message) {
      // A dead worker is reported by 'close'; a failed send says the same thing less clearly.
      if (child.connected) child.send(message, () => {});
    },
    next(...types) {
      if (death !== null) return Promise.reject(death);
      return new Promise((resolve, reject) => waiting.add({ types, resolve, reject }));
    },
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
