/**
 * Runs whose runner or worker is killed at a random moment, again and again, and resumed until they are complete. Each trial must be in the
 * log, and once. A case is one kill; a run takes as many as come.
 */
import { type ChildProcess, spawn } from 'node:child_process';
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
/** Then it is left alone to its end. */
const KILLS_OF_A_RUN = 5;
/** Seconds that a run may take from its start, or its resumption, to its end. */
const LIMIT = 60;

export const kills: Part = {
  about: 'a runner or its worker killed at a random moment, and the run resumed',
  cases: { quick: 10, long: 200 },
  async open() {
    let folder = folderWith(FILES);
    let survived = 0;
    return {
      async attempt(random) {
        const begun = performance.now();
        const killed = await runAndKill(folder, random);
        survived++;
        const last = !killed.complete && survived === KILLS_OF_A_RUN ? await goOn(folder) : killed;
        const faults = [...killed.faults, ...last.faults, ...(last.complete ? faultsOf(folder) : [])];
        const took = (performance.now() - begun) / 1000;
        const outcome: Outcome = { ended: killed.ended, faults, took, memory: 0, again: `the run in ${folder}` };
        if (last.complete || faults.length > 0) {
          survived = 0;
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
  const started = start(cwd);
  await Promise.race([sleep(200 + random.below(4000)), started.closed]);
  if (started.child.exitCode !== null) return endOf(started, 'over before the kill');
  const [worker] = workersOf(started.child.pid!);
  const target = random.below(2) === 0 ? worker : undefined;
  process.kill(target ?? started.child.pid!, 'SIGKILL');
  return endOf(started, target === undefined ? 'the runner killed' : 'the worker killed');
}

/** Resumes the run, without a kill. */
async function goOn(cwd: string): Promise<Killed> {
  const last = await endOf(start(cwd), 'left alone');
  return last.complete
    ? last
    : { ...last, faults: [...last.faults, 'it did not come to its end when it was left alone'] };
}

interface Started {
  readonly child: ChildProcess;
  readonly closed: Promise<number | null>;
  output(): string;
}

function start(cwd: string): Started {
  const [run] = runsIn(cwd);
  const what = run === undefined ? ['-s', 'suite.yaml', '--repetitions', '2'] : ['--resume', join('reports', run)];
  const child = spawn(process.execPath, [MAIN, 'run', ...what, ...FLAGS], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, RIGHTSIZE_LOCK_DIR: cwd, ...KEYS },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  return { child, closed: new Promise((resolve) => child.on('close', resolve)), output: () => output };
}

async function endOf({ child, closed, output }: Started, ended: string): Promise<Killed> {
  const code = await Promise.race([closed, sleep(LIMIT * 1000, 'no end' as const, { ref: false })]);
  if (code === 'no end') {
    child.kill('SIGKILL');
    return { ended, complete: false, faults: [`it did not end within ${LIMIT} s`] };
  }
  const good = code === 0 || code === 3 || code === null;
  const faults = good ? [] : [`it ended with exit code ${code}: ${output().trim()}`];
  return { ended, complete: code === 0, faults: [...faults, ...faultsIn(output())] };
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
    // A run that was killed while its folder was made has none.
    return readdirSync(join(cwd, 'reports')).filter((name) => !name.startsWith('.'));
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
