/**
 * Is a client that cannot keep its schedule caught, and an honest one believed? Three clients are spoilt on purpose: one whose event loop is
 * busy, one that may run a fifth of the time, and one with too few sockets. Server and client are pinned to cores of their own.
 */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { type Condition, steadyRate } from '../src/core/definition/condition.js';
import { resultOf } from '../src/core/load/load-test.js';
import { isMissing } from '../src/core/quantity.js';
import { modelFrom } from '../src/files/definitions.js';
import { PACED } from '../src/load/null-server.js';
import { holdStep } from '../src/run/load-step.js';
import { openNullServer, QUESTION, SAMPLE } from '../src/run/self-test.js';
import { openWorker } from '../src/worker/supervisor.js';
import { type Figure, type Part, type Skipped, spreadOf } from './part.js';

const STEPS = 50;
const RATE = 120;
/** Seconds of each step: its window leaves out the first and the last answer's time, of 0.4 s each. */
const SECONDS = 1.5;

/** What is run in the process of the client before its own code. */
const SPOILERS = {
  'a busy loop (30 ms of every 100)':
    'setInterval(() => { const end = performance.now() + 30; while (performance.now() < end); }, 100).unref();',
  'a limit of processor time (20 ms of every 100)': `import('node:child_process').then(({ spawn }) => spawn(process.execPath, ['-e',
    'const pid = ' + process.pid + '; const stop = (signal) => { try { process.kill(pid, signal); } catch { process.exit(); } }; setInterval(() => { stop("SIGSTOP"); setTimeout(() => stop("SIGCONT"), 80); }, 100);'
  ], { stdio: 'ignore', env: { ...process.env, NODE_OPTIONS: '' } }).unref());`,
  'too few sockets':
    "import('node:child_process').then(({ execFileSync }) => setTimeout(() => execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=48:48']), 800));",
} as const;

const PINNED = (core: number) =>
  `import('node:child_process').then(({ execFileSync }) => execFileSync('taskset', ['-pc', '${core}', String(process.pid)], { stdio: 'ignore' }));`;

export const loadSpoiltPart: Part = {
  about: 'clients of a load test that are spoilt on purpose, and honest ones',
  async *measure() {
    const skipped = missingTool();
    if (skipped !== null) {
      yield skipped;
      return;
    }
    // The server and the writer of the log stay here.
    execFileSync('taskset', ['-apc', '0', String(process.pid)], { stdio: 'ignore' });
    yield figure('honest steps called invalid', await invalidOf(PINNED(1)), { atMost: 0 });
    for (const [what, code] of Object.entries(SPOILERS))
      yield figure(`steps spoilt by ${what}, called invalid`, await invalidOf(PINNED(1) + code), { atLeast: STEPS });
  },
};

function missingTool(): Skipped | null {
  const what = 'clients that are spoilt on purpose';
  if (availableParallelism() < 2) return { what, skipped: 'server and client need a core each' };
  try {
    for (const tool of ['taskset', 'prlimit']) execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return { what, skipped: 'taskset and prlimit of util-linux are not here' };
  }
}

function figure(what: string, invalid: number, goal: Figure['goal']): Figure {
  return { what: `${what}, of ${STEPS}`, unit: '', ours: spreadOf([invalid]), goal };
}

/** @param code What the process of the client runs first. @returns How many steps were invalid. */
async function invalidOf(code: string): Promise<number> {
  const server = await openNullServer(PACED);
  const entry = { id: 'null', class: 'slm', backend: 'openai', source: 'null', endpoint: server.endpoint } as const;
  const stop = new AbortController();
  const first = `data:text/javascript,${encodeURIComponent(code)}`;
  const environment = { ...process.env, NODE_OPTIONS: `--import ${first}` };
  const client = await openWorker(modelFrom(entry, '.'), {
    concurrency: 1,
    under: 'load',
    environment,
    signal: stop.signal,
  });
  const condition: Condition = { kind: 'open', rate: steadyRate(RATE), arrivals: { kind: 'poisson' } };
  const requests = Math.round(RATE * SECONDS);
  // What spoils it has begun by then.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  let invalid = 0;
  try {
    for (let step = 0; step < STEPS; step++) {
      const began = performance.now();
      const held = await holdStep(
        {
          id: `null/${step}`,
          model: 'null',
          condition,
          seed: step,
          requests,
          first: 0,
          most: Number.POSITIVE_INFINITY,
        },
        {
          clients: [{ worker: client, session: 'bench' }],
          orderSeed: 0,
          samples: [SAMPLE],
          questions: [QUESTION],
          elapsed: () => (performance.now() - began) / 1000,
          append: () => {},
          judge: (course) => (course.seconds > 4 * SECONDS ? 'overloaded' : null),
          signal: stop.signal,
        },
      );
      const { window } = resultOf(held.record, held.requests, { objectives: [] });
      // A step without a window was not judged.
      if (!isMissing(window) && !window.validity.valid) invalid++;
    }
  } finally {
    await client.close();
    server.end();
  }
  return invalid;
}
