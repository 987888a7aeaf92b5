/** Several scorers a task: one decides, the others are reported with intervals; metrics of scorers carry limits. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith, rightsize } from '../support/cli.js';

const MODELS = {
  default: ['small'],
  models: [{ id: 'small', class: 'slm', backend: 'scripted', script: { answers: { '*': 'billing' } } }],
};

const suite = (task: object) => ({
  name: 'desk',
  tasks: [
    {
      name: 'route',
      prompt: { user: '{{ text }}' },
      samples: Array.from({ length: 40 }, (_, n) => ({
        id: `s-${n}`,
        text: `Ticket ${n}`,
        target: n % 4 === 0 ? 'returns' : 'billing',
      })),
      scorer: { name: 'classification', labels: ['billing', 'returns'] },
      ...task,
    },
  ],
});

async function summaryOf(task: object, ...reports: readonly string[]) {
  const cwd = folderWith({ 'models.json': MODELS, 'desk.yaml': suite(task) });
  const flags = ['run', '--suite', 'desk.yaml', '--quiet', '--reports', reports.join() || 'summary'];
  const { code, stdout, stderr } = await rightsize(flags, { cwd });
  if (code !== 0) return { code, stderr, stdout };
  const run = join(cwd, 'reports', readdirSync(join(cwd, 'reports'))[0]!);
  const read = (name: string) => readFileSync(join(run, name), 'utf8');
  return { code, stderr, summary: JSON.parse(read('summary.json')), read };
}

test('the others have a score of their own with an interval, and the first decides', async () => {
  const { summary, read } = await summaryOf(
    { secondary: ['exact', { name: 'includes', wholeWords: true }] },
    'markdown',
  );
  const cell = summary.suites[0].tasks[0].models[0];
  expect(cell.quality.value).toBe(0.75);
  expect(cell.aggregates['score exact']).toMatchObject({ value: 0.75, n: 40 });
  expect(cell.aggregates['score exact'].low).toBeLessThan(0.75);
  expect(cell.aggregates['score includes'].high).toBeGreaterThan(0.75);
  expect(read!('report.md')).toMatch(/score exact 0\.750 \\\[0\.\d+ to 0\.\d+\\\]/);
});

test('a metric of the scorer carries a limit, which its whole interval must meet', async () => {
  const limits = {
    metrics: {
      'f1 returns': { min: 0.5 },
      'f1 billing': { min: 0.5 },
      'score exact': { max: 0.8 },
      nonsense: { min: 0 },
    },
  };
  const { summary, read } = await summaryOf({ secondary: ['exact'], limits }, 'markdown');
  const [{ checks }] = summary.suites[0].tasks[0].checks;
  const stateOf = (name: string) =>
    checks.find(({ limit }: { limit: { metric: string } }) => limit.metric === name).state;
  expect(['f1 billing', 'f1 returns', 'score exact', 'nonsense'].map(stateOf)).toEqual([
    'met',
    'missed',
    'undecided',
    'unknown',
  ]);
  expect(read!('report.md')).toContain('misses f1 returns of at least 0.500');
  expect(read!('report.md')).toContain('the scorer has no metric "nonsense"; it has accuracy, macroF1');
});

test('one that judges by more than the words decides, or is refused', async () => {
  const { code, stderr } = await summaryOf({ secondary: [{ name: 'judge', rubric: 'Be polite.' }] });
  expect(code).toBe(2);
  expect(stderr).toContain('expected a scorer that judges by the words of an answer alone, found "judge"');
});
