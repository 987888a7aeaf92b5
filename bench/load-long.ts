/**
 * A load test that lasts: does the memory of its processes stay as it is, does the log, and is the client as punctual at the end as at the
 * beginning? The built program holds 200 requests a second on the null server for as many minutes as RIGHTSIZE_LOAD_MINUTES says.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LogRecord } from '../src/core/log/log.js';
import { percentile } from '../src/core/stats/estimate/percentiles.js';
import { PACED } from '../src/load/null-server.js';
import { openNullServer } from '../src/run/self-test.js';
import { type Figure, type Part, type Skipped, spreadOf } from './part.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const RATE = 200;
/** Each part of the test is summarised by itself. */
const PARTS = 6;

export const loadLongPart: Part = {
  about: `a load test of ${RATE} requests a second for a long time: memory, log, lateness`,
  async *measure() {
    const minutes = Number(process.env.RIGHTSIZE_LOAD_MINUTES ?? Number.NaN);
    if (!(minutes > 0)) {
      yield { what: 'a long load test', skipped: 'RIGHTSIZE_LOAD_MINUTES does not say how long' };
      return;
    }
    yield* holdFor(60 * minutes);
  },
};

async function* holdFor(seconds: number): AsyncGenerator<Figure | Skipped> {
  const server = await openNullServer(PACED);
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-bench-'));
  try {
    const child = startTest(folder, { endpoint: server.endpoint, seconds });
    const megabytes = await memoryUntilEnd(child);
    const [run] = readdirSync(join(folder, 'reports'));
    const log = join(folder, 'reports', run!, 'log.jsonl');
    const lateness = await latenessIn(log);
    const n = lateness.length;
    if (n < 0.98 * RATE * seconds) throw new Error(`expected ${RATE * seconds} requests, found ${n} in the log`);
    yield figure('requests', '', [n], null);
    yield figure('memory of all its processes, peak', 'MB', [Math.max(...megabytes)], { atMost: 500 });
    const parts = Array.from({ length: PARTS }, (_, i) => megabytes.slice(...bounds(megabytes.length, i)));
    for (const [i, part] of parts.entries()) yield figure(`memory, part ${i + 1} of ${PARTS}`, 'MB', part, null);
    yield figure('log of a request', 'bytes', [statSync(log).size / n], { atMost: 1024 });
    yield figure('p99 of send lateness', 'ms', [1000 * percentile(lateness, 0.99)], { atMost: 2 });
    const late = Array.from({ length: PARTS }, (_, i) => 1000 * percentile(lateness.slice(...bounds(n, i)), 0.99));
    yield figure(`the same, by its ${PARTS} parts`, 'ms', late, null);
  } finally {
    server.end();
    rmSync(folder, { recursive: true });
  }
}

function startTest(
  folder: string,
  { endpoint, seconds }: { readonly endpoint: string; readonly seconds: number },
): ChildProcess {
  const entry = { id: 'null', class: 'slm', backend: 'openai', source: 'null', endpoint };
  writeFileSync(join(folder, 'null.json'), JSON.stringify({ models: [entry] }));
  writeFileSync(join(folder, 'null.yaml'), SUITE);
  const flags = ['--models', 'null.json', '--model', 'null', '--suite', 'null.yaml'];
  const load = ['--rate', `${RATE}`, '--requests', `${RATE * seconds}`, '--budget', `${seconds + 60}s`];
  return spawn(process.execPath, [MAIN, 'load', ...flags, ...load, '--no-self-test'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

const SUITE = `
name: long
tasks:
  - name: talk
    prompt: { user: 'Tell me a story about {{ thing }}, please.' }
    generation: { maxTokens: ${PACED.chunks} }
    samples:
${Array.from({ length: 200 }, (_, i) => `      - { thing: the number ${i}, target: '${i}' }`).join('\n')}
    scorer: includes
`;

/** Megabytes of the test and all that it started, every five seconds until it has ended. */
async function memoryUntilEnd(child: ChildProcess): Promise<readonly number[]> {
  const found: number[] = [];
  const ended = once(child, 'exit') as Promise<[number | null]>;
  for (;;) {
    const code = await Promise.race([ended.then(([code]) => code), sleep(5_000, 'running' as const)]);
    // 3: the client was late at times, as its p99 says. Its memory and its log are what they are.
    if (code === 0 || code === 3) return found;
    if (code !== 'running') throw new Error(`the load test ended with status ${code}`);
    found.push(residentOf(child.pid!) / 1e6);
  }
}

function residentOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return 1024 * Number(kilobytes ?? 0) + children.reduce((sum, child) => sum + residentOf(child), 0);
}

/** Seconds from due to sent of each answer, in the order of the log. */
async function latenessIn(log: string): Promise<readonly number[]> {
  const found: number[] = [];
  for await (const line of createInterface({ input: createReadStream(log) })) {
    const record = JSON.parse(line) as LogRecord;
    if (record.type !== 'measurement' || record.due === undefined || record.outcome.state !== 'completed') continue;
    found.push(record.outcome.timing.sent);
  }
  return found;
}

function bounds(n: number, part: number): [number, number] {
  return [Math.floor((part * n) / PARTS), Math.floor(((part + 1) * n) / PARTS)];
}

function figure(what: string, unit: string, values: readonly number[], goal: Figure['goal']): Figure {
  return { what, unit, ours: spreadOf(values), goal };
}
