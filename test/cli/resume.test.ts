/** A run survives any kill at any moment: what is recorded is kept, what is missing is made once, and the report is the same. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { LogRecord, MeasurementRecord } from '../../src/core/log/log.js';
import { createRandom } from '../../src/core/stats/basics/random.js';
import { folderWith, rightsizeHere, start } from '../support/cli.js';

const SAMPLES = Array.from({ length: 60 }, (_, i) => ({ id: `s${i}`, q: `${i} plus ${i}?`, target: String(2 * i) }));
const answers = (right: (i: number) => boolean) =>
  Object.fromEntries(SAMPLES.map(({ q, target }, i) => [q, right(i) ? target : 'no idea']));
const model = (id: string, size: 'slm' | 'llm', right: (i: number) => boolean) => ({
  id,
  class: size,
  backend: 'scripted',
  script: { realTime: true, ttft: 0.006, itl: 0.002, answers: answers(right) },
});
const FILES = {
  'models.json': {
    default: ['small', 'large'],
    models: [model('small', 'slm', (i) => i % 3 > 0), model('large', 'llm', (i) => i % 9 > 0)],
  },
  'suite.yaml': {
    name: 'sums',
    tasks: [{ name: 'double', prompt: { user: '{{ q }}' }, samples: SAMPLES, scorer: 'exact' }],
  },
};
/** Pictures are not what these tests look at. */
const SUMMARY = ['--quiet', '--reports', 'summary'];
const RUN = ['run', '--suite', 'suite.yaml', '--repetitions', '2', ...SUMMARY];
const resume = (run: string) => ['run', '--resume', join('reports', run), ...SUMMARY];
const TRIALS = 60 * 2 * 2;

/** `npm run fuzz -- kills --long` kills two hundred times. */
const KILLS = 12;

test('kills of runner and worker at random moments lose no trial, repeat none, and change no result', async () => {
  const undisturbed = folderWith(FILES);
  expect((await rightsizeHere(RUN, { cwd: undisturbed })).code).toBe(0);

  const cwd = folderWith(FILES);
  const random = createRandom(7, 'kills');
  let kills = 0;
  let code: number | null = null;
  for (let round = 0; kills < KILLS || code !== 0; round++) {
    if (code === 0) {
      // It came to its end before all the kills were spent: the next runs are killed in folders of their own.
      check(cwd);
      for (const run of readdirSync(join(cwd, 'reports'))) rmSync(join(cwd, 'reports', run), { recursive: true });
    }
    const [run] = runsIn(cwd);
    const { child, finished } = start(run === undefined ? RUN : resume(run), { cwd });
    for (let n = 0; n < 3 && child.exitCode === null && kills < KILLS; n++) {
      await Promise.race([sleep(150 + random.below(600)), finished]);
      if (child.exitCode !== null) break;
      const workers = childrenOf(child.pid!);
      if (random.uniform() < 0.6 && workers.length > 0) process.kill(workers[0]!, 'SIGKILL');
      else {
        child.kill('SIGKILL');
        n = 3;
      }
      kills++;
    }
    ({ code } = await finished);
    expect(round).toBeLessThan(200);
  }
  check(cwd);
  expect(kills).toBe(KILLS);
  const [mine] = runsIn(cwd);
  const [theirs] = runsIn(undisturbed);
  expect(verdictsOf(join(cwd, 'reports', mine!))).toEqual(verdictsOf(join(undisturbed, 'reports', theirs!)));
}, 400_000);

test('a torn last line is dropped and its trial is made again', async () => {
  const cwd = folderWith(FILES);
  const { code } = await rightsizeHere([...RUN, '--limit', '5'], { cwd });
  expect(code).toBe(0);
  const [run] = runsIn(cwd);
  const log = join(cwd, 'reports', run!, 'log.jsonl');
  const lines = readFileSync(log, 'utf8').split('\n');
  const last = lines.findLastIndex((line) => line.includes('"type":"measurement"'));
  writeFileSync(log, [...lines.slice(0, last), lines[last]!.slice(0, 40)].join('\n'));
  const resumed = await rightsizeHere(resume(run!), { cwd });
  expect(resumed.code).toBe(0);
  expect(trialsOf(log)).toHaveLength(5 * 2 * 2);
  expect(new Set(trialsOf(log)).size).toBe(5 * 2 * 2);
});

test('a damaged line in the middle of a log is an error with its number', async () => {
  const cwd = folderWith(FILES);
  await rightsizeHere([...RUN, '--limit', '2'], { cwd });
  const [run] = runsIn(cwd);
  const log = join(cwd, 'reports', run!, 'log.jsonl');
  const lines = readFileSync(log, 'utf8').split('\n');
  lines[3] = lines[3]!.slice(0, 30);
  writeFileSync(log, lines.join('\n'));
  const { code, stderr } = await rightsizeHere(['report', join('reports', run!)], { cwd });
  expect(stderr).toMatch(/log\.jsonl:4: expected a record of a log, found a damaged line/);
  expect(code).toBe(2);
});

test('Ctrl-C once ends a run cleanly with a report and exit code 3, and the run can be finished', async () => {
  const cwd = folderWith(FILES);
  const { child, finished } = start([...RUN, '--reports', 'markdown'], { cwd });
  await until(() => runsIn(cwd).length > 0 && trialsOf(join(cwd, 'reports', runsIn(cwd)[0]!, 'log.jsonl')).length > 5);
  child.kill('SIGINT');
  const { code, stderr } = await finished;
  expect(code).toBe(3);
  expect(stderr).toMatch(/the run is incomplete \(interrupted\); finish it with: rightsize run --resume/);
  const [run] = runsIn(cwd);
  expect(readdirSync(join(cwd, 'reports', run!))).toContain('report.md');
  expect((await rightsizeHere(resume(run!), { cwd })).code).toBe(0);
  expect(new Set(trialsOf(join(cwd, 'reports', run!, 'log.jsonl'))).size).toBe(TRIALS);
});

test('two processes cannot write to one run', async () => {
  // So slow that the first process is at it still when the second comes, on any machine.
  const slow = { realTime: true, ttft: 1, answers: answers(() => true) };
  const cwd = folderWith({
    ...FILES,
    'models.json': { default: ['slow'], models: [{ id: 'slow', class: 'slm', backend: 'scripted', script: slow }] },
  });
  const { child, finished } = start(RUN, { cwd });
  await until(() => runsIn(cwd).length > 0 && trialsOf(join(cwd, 'reports', runsIn(cwd)[0]!, 'log.jsonl')).length > 0);
  const second = await rightsizeHere(resume(runsIn(cwd)[0]!), { cwd });
  expect(second.stderr).toMatch(
    /expected a run that nobody is writing to, found process \d+ \(rightsize run --suite .*\), since /,
  );
  expect(second.code).toBe(2);
  child.kill('SIGKILL');
  await finished;
});

test('a trial that kills its worker twice is one failed trial, and the run goes on', async () => {
  const cwd = folderWith({
    ...FILES,
    'models.json': {
      default: ['small'],
      models: [
        { ...model('small', 'slm', () => true), script: { answers: answers(() => true), crashOn: '7 plus 7?' } },
      ],
    },
  });
  const { code, stderr } = await rightsizeHere(['run', '--suite', 'suite.yaml', '--reports', 'summary'], { cwd });
  expect(stderr).toMatch(/small: warning: the worker process was ended by SIGABRT/);
  const [run] = runsIn(cwd);
  const records = readLog(join(cwd, 'reports', run!, 'log.jsonl')).filter(
    (record) => record.type === 'measurement',
  ) as MeasurementRecord[];
  const failed = records.filter(({ outcome }) => outcome.state === 'failed');
  expect(failed.map(({ sample }) => sample)).toEqual(['s7']);
  expect(
    failed.every(({ outcome }) => outcome.state === 'failed' && outcome.by === 'harness' && outcome.kind === 'crash'),
  ).toBe(true);
  expect(records).toHaveLength(60);
  // Short trials come several in a message: each has the time at which it ended, not that of the message.
  const ends = records.map(({ at }) => at);
  expect(ends).toEqual(ends.toSorted((a, b) => a - b));
  expect(new Set(ends).size).toBe(60);
  expect(code).toBe(0);
});

function check(cwd: string): void {
  const [run] = runsIn(cwd);
  const trials = trialsOf(join(cwd, 'reports', run!, 'log.jsonl'));
  expect(trials).toHaveLength(TRIALS);
  expect(new Set(trials).size).toBe(TRIALS);
}

function runsIn(cwd: string): string[] {
  try {
    return readdirSync(join(cwd, 'reports')).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}

function readLog(file: string): LogRecord[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as LogRecord);
}

function trialsOf(file: string): string[] {
  return readLog(file).flatMap((record) => (record.type === 'measurement' ? [record.trial] : []));
}

/** What a report says that is not a time: every output with its score, and every verdict. */
function verdictsOf(folder: string): unknown {
  const outputs = readLog(join(folder, 'log.jsonl'))
    .flatMap((record) =>
      record.type === 'measurement'
        ? [[record.trial, record.outcome.state === 'completed' ? record.outcome.output : record.outcome.state]]
        : [],
    )
    .sort();
  const summary = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as Summary;
  const verdicts = summary.suites.map(({ verdict, sentence, overall, tasks }) => ({
    verdict: verdict.kind,
    sentence,
    overall: overall.map(({ model, quality, failures, unscored }) => ({ model, quality, failures, unscored })),
    tasks: tasks.map((task) => ({
      verdict: task.verdict.kind,
      sentence: task.sentence,
      samples: task.samples,
      comparisons: task.comparisons.map(({ test, decision }) => ({ test, decision })),
    })),
  }));
  return { outputs, verdicts };
}

interface Summary {
  readonly suites: readonly {
    readonly verdict: { readonly kind: string };
    readonly sentence: string;
    readonly overall: readonly {
      readonly model: string;
      readonly quality: unknown;
      readonly failures: number;
      readonly unscored: number;
    }[];
    readonly tasks: readonly {
      readonly verdict: { readonly kind: string };
      readonly sentence: string;
      readonly samples: number;
      readonly comparisons: readonly { readonly test: unknown; readonly decision: unknown }[];
    }[];
  }[];
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; !condition(); i++) {
    if (i > 1000) throw new Error('what was waited for did not happen');
    await sleep(20);
  }
}
