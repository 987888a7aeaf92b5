/** A run that stops when it is sure: it asks less where models differ much, and its log says the same verdict as it stopped at. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LogRecord } from '../../src/core/log/log.js';
import { folderWith, rightsizeHere } from '../support/cli.js';

const SAMPLES = Array.from({ length: 400 }, (_, i) => ({ id: `s${i}`, q: `${i} plus ${i}?`, target: String(2 * i) }));
const model = (id: string, size: 'slm' | 'llm', right: (i: number) => boolean) => ({
  id,
  class: size,
  backend: 'scripted',
  script: { answers: Object.fromEntries(SAMPLES.map(({ q, target }, i) => [q, right(i) ? target : 'no idea'])) },
});
const folder = (small: (i: number) => boolean) =>
  folderWith({
    'models.json': {
      default: ['small', 'large'],
      models: [model('small', 'slm', small), model('large', 'llm', (i) => i % 20 > 0)],
    },
    'suite.yaml': {
      name: 'sums',
      requirement: { margin: 0.1 },
      tasks: [{ name: 'double', prompt: { user: '{{ q }}' }, samples: SAMPLES, scorer: 'exact' }],
    },
  });
const RUN = ['run', '--suite', 'suite.yaml', '--quiet', '--until-sure'];
/** Pictures are drawn in the tests that stop before anything is decided. */
const SUMMARY = ['--reports', 'summary'];

function runIn(cwd: string) {
  const path = join(cwd, 'reports', readdirSync(join(cwd, 'reports'))[0]!);
  const log = readFileSync(join(path, 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LogRecord);
  const trials = log.flatMap((record) => (record.type === 'measurement' ? [record.trial] : []));
  const summary = () => JSON.parse(readFileSync(join(path, 'summary.json'), 'utf8'));
  return { path, trials, summary };
}

test('stops early where the models are far apart, and says what that saved', async () => {
  const cwd = folder((i) => i % 2 === 0);
  const { code, stdout } = await rightsizeHere([...RUN, ...SUMMARY], { cwd });
  expect(code).toBe(0);
  const { trials, summary } = runIn(cwd);
  expect(new Set(trials).size).toBe(trials.length);
  expect(trials.length).toBeLessThan(400);
  expect(stdout.replaceAll('\n', ' ')).toContain(
    `${trials.length} of 800 planned trials were run: every comparison is decided. Stopping early saved`,
  );
  expect(summary().suites[0].verdict).toMatchObject({ kind: 'llm-needed', model: 'large' });
});

test('asks everything where nothing is decided, and then says so', async () => {
  const cwd = folder((i) => i % 7 > 0);
  const { code, stdout } = await rightsizeHere([...RUN, ...SUMMARY, '--limit', '60'], { cwd });
  expect(code).toBe(0);
  expect(runIn(cwd).trials).toHaveLength(120);
  expect(stdout).toContain('120 trials, all that were planned');
});

test('spends no more trials than its budget, and goes on with nothing when it is resumed', async () => {
  const cwd = folder((i) => i % 20 > 0);
  const first = await rightsizeHere([...RUN, '--budget', '90'], { cwd });
  expect(first.code).toBe(0);
  const { path, trials } = runIn(cwd);
  expect(trials).toHaveLength(90);
  expect(first.stdout).toContain('90 of 800 planned trials were run: the budget of trials is spent');
  const resumed = await rightsizeHere(['run', '--quiet', '--resume', path, ...SUMMARY], { cwd });
  expect(resumed.code).toBe(0);
  expect(runIn(cwd).trials).toHaveLength(90);
});

test('ends when its time is spent', async () => {
  const cwd = folder((i) => i % 20 > 0);
  const { code, stdout } = await rightsizeHere([...RUN, '--budget', '1 ms'], { cwd });
  expect(code).toBe(0);
  expect(stdout).toMatch(/0 of 800 planned trials were run: the budget of time is\s+spent/);
});

test('a log with its lines in another order gives the same verdict', async () => {
  const cwd = folder((i) => i % 2 === 0);
  expect((await rightsizeHere([...RUN, ...SUMMARY], { cwd })).code).toBe(0);
  const { path, summary } = runIn(cwd);
  const before = summary().suites[0];
  const { analyse } = await import('../../src/core/analyse/analyse.js');
  const { recommend } = await import('../../src/core/recommend/recommend.js');
  const lines = readFileSync(join(path, 'log.jsonl'), 'utf8').trimEnd().split('\n').reverse();
  const again = recommend(analyse(lines.map((line) => JSON.parse(line) as LogRecord)));
  expect(JSON.parse(JSON.stringify(again.suites[0]!.verdict))).toEqual(before.verdict);
});

test('a budget without --until-sure is refused', async () => {
  const cwd = folder(() => true);
  const { code, stderr } = await rightsizeHere(['run', '--suite', 'suite.yaml', '--budget', '90'], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain('--budget: expected --until-sure beside it');
});
