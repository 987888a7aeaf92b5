/** The process of a worker: it takes messages, sends messages, and ends, with last words that say why. */
import { fork, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { formatBytes } from '../core/report/format.js';
import { allowedMemory, outOfMemoryKills } from '../system/container.js';
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
/** How much of a worker's output is kept for the message about its death, characters. V8 writes its stack after the cause. */
const KEPT_OUTPUT = 8_000;

/**
 * Where Linux's `setpriv` is, which starts a program that the kernel kills when its parent dies. A worker that is busy in native code
 * does not hear that its runner has gone.
 */
let foundMortal: string | null | undefined;

function mortal(): string | null {
  foundMortal ??=
    ['/usr/bin/setpriv', '/bin/setpriv'].find(
      (path) => process.platform === 'linux' && spawnSync(path, [...DEATH_SIGNAL, 'true']).status === 0,
    ) ?? null;
  return foundMortal;
}

const DEATH_SIGNAL = ['--pdeathsig', 'KILL'];

/** A young heap of 2 MB, where V8 lets it grow to 16: it is swept more often, and a token or a request waits half as long for it. */
const SHORT_PAUSES = ['--max-semi-space-size=2'];

function startedBy(setpriv: string | null) {
  return setpriv === null
    ? { execArgv: SHORT_PAUSES }
    : { execPath: setpriv, execArgv: [...DEATH_SIGNAL, process.execPath, ...SHORT_PAUSES] };
}

export function forkWorker(environment: Readonly<Record<string, string | undefined>>): WorkerProcess {
  const child = fork(WORKER, [], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    ...startedBy(mortal()),
    serialization: 'advanced',
  });
  const killsBefore = outOfMemoryKills();
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
      child.once('close', (code, signal) => {
        const forMemory = signal === 'SIGKILL' && (outOfMemoryKills() ?? 0) > (killsBefore ?? Number.POSITIVE_INFINITY);
        resolve(new WorkerDied(lastWords({ code, signal, output, forMemory })));
      });
    }),
  };
}

export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  /** What it wrote last. */
  readonly output: string;
  /** Whether the system killed a process for want of memory while this one lived. */
  readonly forMemory: boolean;
}

/** V8's words when its heap is full; a stack of native code follows them. */
const HEAP_FULL = /heap out of memory|Reached heap limit|Array buffer allocation failed/;

export function lastWords({ code, signal, output, forMemory }: Ending): string {
  const died = 'the worker process';
  if (forMemory) {
    return `${died} was ended by the system, which ran out of memory (there are ${formatBytes(allowedMemory())}); lower \`context\`, or take smaller weights`;
  }
  if (HEAP_FULL.test(output))
    return `${died} ran out of memory for JavaScript; take a smaller tokenizer or smaller inputs`;
  const words = output.trim().split('\n').slice(-3).join(' ').trim();
  const end = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  return `${died} ${end}${words === '' ? '' : `, saying: ${words}`}`;
}
