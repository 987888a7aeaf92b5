/**
 * Runs whose runner or worker is killed at a random moment, again and again, and resumed until they are complete. Each trial must be in the
 * log, and once. A case is one kill; a run takes as many as come.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../src/core/stats/basics/random.js';
import { faultsIn } from './faults.js';
import { folderWith, tidied } from './folder.js';
import { KEYS } from './keys.js';
import type { Outcome, Part } from './part.js';

const MAIN = join(import.meta.dirname, '../dist/main.js');
const SAMPLES = Array.from({ length: 60 }, (_, i) => ({ id: `s${i}`, q: `${i} plus ${i}?`, target: String(2 * i) }));
const model = (id: string, size: string) => ({
  id,
  class: size,
  backend: 'scripted',
  script: { realTime: true, ttft: 0.006, itl: 0.002, answers: { '*': '4' } },
});
const FILES = {
  'models.json': JSON.stringify({
    default: ['small', 'large'],
    models: [model('small', 'slm'), model('large', 'llm')],
  }),
  'suite.yaml': JSON.stringify({
    name: 'sums',
    tasks: [{ name: 'double', prompt: { user: '{{ q }}' }, samples: SAMPLES, scorer: 'exact' }],
  }),
};
const TRIALS = SAMPLES.length * 2 * 2;
const FLAGS = ['--quiet', '--reports', 'summary'];
/** Seconds that a run may take from its start, or its resumption, to its end. */
const LIMIT = 60;

export const kills: Part = {
  about: 'a runner or its worker killed at a random moment, and the run resumed',
  cases: { quick: 10, long: 200 },
  async open() {
    let folder = folderWith(FILES);
    return {
      async attempt(random) {
        const begun = performance.now();
        const killed = await runAndKill(folder, random);
        const faults = [...killed.faults, ...(killed.complete ? faultsOf(folder) : [])];
        const took = (performance.now() - begun) / 1000;
        const outcome: Outcome = { ended: killed.ended, faults, took, memory: 0, again: `the run in ${folder}` };
        if (killed.complete || faults.length > 0) {
          tidied(folder, outcome);
          folder = folderWith(FILES);
        }
        return outcome;
      },
      async close() {
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};

interface Killed {
  readonly ended: string;
  readonly complete: boolean;
  readonly faults: readonly string[];
}

/** Starts the run, or resumes it, and kills once. A runner whose worker was killed goes on to its end. */
async function runAndKill(cwd: string, random: Random): Promise<Killed> {
  const [run] = runsIn(cwd);
  const args =
    run === undefined
      ? ['run', '-s', 'suite.yaml', '--repetitions', '2', ...FLAGS]
      : ['run', '--resume', join('reports', run), ...FLAGS];
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, RIGHTSIZE_LOCK_DIR: cwd, ...KEYS },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  await Promise.race([sleep(200 + random.below(1500)), closed]);
  const [worker] = workersOf(child.pid!);
  const target = random.below(2) === 0 && worker !== undefined ? worker : child.pid!;
  const over = child.exitCode !== null;
  if (!over) process.kill(target, 'SIGKILL');
  const code = await Promise.race([closed, sleep(LIMIT * 1000, 'no end' as const, { ref: false })]);
  if (code === 'no end') child.kill('SIGKILL');
  const ended = over ? 'over before the kill' : target === child.pid ? 'the runner killed' : 'the worker killed';
  return {
    ended,
    complete: code === 0,
    faults: [
      ...(code === 'no end' ? [`it did not end within ${LIMIT} s`] : []),
      ...(code === 0 || code === 3 || code === null || code === 'no end'
        ? []
        : [`it ended with exit code ${code}: ${output.trim()}`]),
      ...faultsIn(output),
    ],
  };
}

function faultsOf(cwd: string): readonly string[] {
  const runs = runsIn(cwd);
  const log = readFileSync(join(cwd, 'reports', runs[0]!, 'log.jsonl'), 'utf8');
  const trials = log
    .trimEnd()
    .split('\n')
    .map((line): { type: string; trial?: string } => JSON.parse(line))
    .filter(({ type }) => type === 'measurement')
    .map(({ trial }) => trial);
  const distinct = new Set(trials).size;
  return [
    ...(runs.length === 1 ? [] : [`there are ${runs.length} runs`]),
    ...(distinct === TRIALS ? [] : [`${TRIALS - distinct} trials are lost`]),
    ...(trials.length === distinct ? [] : [`${trials.length - distinct} trials were made twice`]),
  ];
}

function runsIn(cwd: string): readonly string[] {
  try {
    return readdirSync(join(cwd, 'reports'));
  } catch {
    return [];
  }
}

function workersOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number).filter(Boolean);
  } catch {
    return [];
  }
}
