/** The built program on one input: a child process with limits, ended with all that it started. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultsIn } from './faults.js';
import { KEYS } from './keys.js';
import type { Outcome } from './part.js';

const MAIN = join(import.meta.dirname, '../dist/main.js');
/** Done, a wrong definition, an incomplete run. */
const GOOD_ENDS = new Set([0, 2, 3]);
const SAMPLING = 50;

export interface Limits {
  /** Seconds. */
  readonly time: number;
  /** Bytes, of all processes together. */
  readonly memory: number;
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly timedOut: boolean;
  /** Seconds. */
  readonly took: number;
  /** Bytes. */
  readonly memory: number;
}

export function run(args: readonly string[], cwd: string, limits: Limits): Promise<Finished> {
  const begun = performance.now();
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    // A session of its own, so that what it starts can be ended with it.
    detached: true,
    env: { PATH: process.env.PATH, HOME: cwd, RIGHTSIZE_LOCK_DIR: cwd, HF_ENDPOINT: 'http://127.0.0.1:1', ...KEYS },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  let memory = 0;
  let timedOut = false;
  const end = () => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  };
  const sampling = setInterval(() => {
    memory = Math.max(memory, memoryOf(child.pid!));
  }, SAMPLING);
  const watchdog = setTimeout(() => {
    timedOut = true;
    end();
  }, limits.time * 1000);
  return new Promise((resolve) =>
    child.on('close', (code, signal) => {
      clearInterval(sampling);
      clearTimeout(watchdog);
      end();
      const took = (performance.now() - begun) / 1000;
      resolve({ code, signal, output: Buffer.concat(chunks).toString(), timedOut, took, memory });
    }),
  );
}

/** Resident memory of a process and those below it. */
function memoryOf(pid: number): number {
  const read = (file: string) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8');
    } catch {
      return '';
    }
  };
  const kibibytes = Number(/^VmRSS:\s*(\d+) kB$/m.exec(read('status'))?.[1] ?? 0);
  const children = read(`task/${pid}/children`).split(' ').map(Number).filter(Boolean);
  return kibibytes * 1024 + children.reduce((sum, child) => sum + memoryOf(child), 0);
}

/** @param again The command that shows it again. @param shown What else the program wrote for people: reports. */
export function outcomeOf(finished: Finished, limits: Limits, again: string, shown = ''): Outcome {
  const { code, signal, output, timedOut, took, memory } = finished;
  const ended = timedOut ? 'the limit of time' : signal === null ? `exit code ${code}` : signal;
  const faults = [
    ...(timedOut ? [`it did not end within ${limits.time} s`] : []),
    ...(!timedOut && (code === null || !GOOD_ENDS.has(code)) ? [`it ended with ${ended}`] : []),
    ...(memory > limits.memory ? [`it took more than ${limits.memory / 2 ** 20} MiB`] : []),
    ...faultsIn(output),
    ...faultsIn(shown).map((fault) => `in a report: ${fault}`),
  ];
  return { ended, faults, took, memory, again };
}
