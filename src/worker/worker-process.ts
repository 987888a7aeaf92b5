/** The process of a worker: it takes messages, sends messages, and ends, with last words that say why. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromWorker, ToWorker } from './protocol.js';
import { WorkerDied } from './worker-session.js';

export interface WorkerProcess {
  readonly pid: number;
  isRunning(): boolean;
  /** Does nothing when the process has ended: `ended` says it better. */
  send(message: ToWorker): void;
  kill(): void;
  onMessage(listener: (message: FromWorker) => void): void;
  /** The process is gone. What it wrote last may still be on its way. */
  readonly exited: Promise<void>;
  /** The process is gone, and all that it wrote is in. */
  readonly ended: Promise<WorkerDied>;
}

const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url));
/** How much of a worker's output is kept for the message about its death, characters. */
const KEPT_OUTPUT = 2_000;

export function forkWorker(environment: Readonly<Record<string, string | undefined>>): WorkerProcess {
  const child = fork(WORKER, [], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
    serialization: 'advanced',
  });
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
  };
  child.stdout!.on('data', keep);
  child.stderr!.on('data', keep);
  return {
    pid: child.pid ?? -1,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    send(message) {
      if (child.connected) child.send(message, () => {});
    },
    kill: () => void child.kill('SIGKILL'),
    onMessage: (listener) => void child.on('message', listener),
    exited: new Promise((resolve) => child.once('exit', () => resolve())),
    ended: new Promise((resolve) => {
      child.once('error', (cause) => resolve(new WorkerDied('the worker process could not be started', { cause })));
      child.once('close', (code, signal) => resolve(new WorkerDied(lastWords(code, signal, output))));
    }),
  };
}

function lastWords(code: number | null, signal: string | null, output: string): string {
  const words = output.trim().split('\n').slice(-3).join(' ').trim();
  const end = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  return `the worker process ${end}${words === '' ? '' : `, saying: ${words}`}`;
}
