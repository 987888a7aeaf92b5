/** Several scorers a task: one decides, the others are reported with intervals; metrics of scorers carry limits. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderWith, rightsizeHere } from '../support/cli.js';

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
  const { code, stdout, stderr } = await rightsizeHere(flags, { cwd });
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

describe('one that judges by more than the words', () => {
  const judge = { name: 'judge', rubric: 'Be polite.' };
  const withJudge = {
    ...MODELS,
    models: [
      ...MODELS.models,
      { id: 'judge', class: 'llm', backend: 'scripted', script: { answers: { '*': 'Rather polite. [[4]]' } } },
    ],
  };
  const runOf = (cwd: string) => join(cwd, 'reports', readdirSync(join(cwd, 'reports'))[0]!);
  const cellOf = (cwd: string) =>
    JSON.parse(readFileSync(join(runOf(cwd), 'summary.json'), 'utf8')).suites[0].tasks[0].models[0];
  const run = ['run', '--suite', 'desk.yaml', '--quiet', '--reports', 'summary'];

  test('is asked after the trials, and its evidence is kept apart from that of the scorer that decides', async () => {
    const cwd = folderWith({
      'models.json': withJudge,
      'desk.yaml': suite({ secondary: [judge, 'exact'], scorer: { ...judge, rubric: 'Be short.', scale: 7 } }),
    });
    const { code, stderr } = await rightsizeHere([...run, '--judge', 'judge'], { cwd });
    expect(code, stderr).toBe(0);
    const cell = cellOf(cwd);
    expect(cell.quality.value).toBeCloseTo(0.5);
    expect(cell.aggregates['score judge']).toMatchObject({ value: 0.75, n: 40 });
    expect(cell.aggregates['score exact']).toMatchObject({ value: 0.75, n: 40 });
    const evidence = readFileSync(join(runOf(cwd), 'log.jsonl'), 'utf8').match(/"type":"evidence".*/g)!;
    expect(evidence).toHaveLength(80);
    expect(evidence.filter((line) => line.includes('"scorer":"judge"'))).toHaveLength(40);
    const again = await rightsizeHere(['report', runOf(cwd), '--reports', 'summary'], { cwd });
    expect(again.code, again.stderr).toBe(0);
    expect(cellOf(cwd)).toEqual(cell);
  });

  test('has no score without its flag, says which, and is asked when the run is resumed with it', async () => {
    const cwd = folderWith({ 'models.json': withJudge, 'desk.yaml': suite({ secondary: [judge] }) });
    expect((await rightsizeHere(run, { cwd })).code).toBe(0);
    expect(cellOf(cwd).aggregates['score judge']).toEqual({
      missing: '40 of 40 answers could not be scored: no judge was asked; --judge names one',
    });
    const resumed = await rightsizeHere(['run', '--resume', runOf(cwd), '--judge', 'judge', '--quiet'], { cwd });
    expect(resumed.code, resumed.stderr).toBe(0);
    await rightsizeHere(['report', runOf(cwd), '--reports', 'summary'], { cwd });
    expect(cellOf(cwd).aggregates['score judge']).toMatchObject({ value: 0.75, n: 40 });
  });

  test('may be one of your own, which needs its permission', async () => {
    const cwd = folderWith({
      'models.json': MODELS,
      'desk.yaml': suite({ secondary: ['./half.mjs'] }),
      'half.mjs': 'export default () => 0.5;',
    });
    expect((await rightsizeHere(run, { cwd })).stderr).toContain('--allow-scorer "./half.mjs"');
    const { code, stderr } = await rightsizeHere([...run, '--allow-scorer', './half.mjs'], { cwd });
    expect(code, stderr).toBe(0);
    expect(cellOf(cwd).aggregates['score own']).toMatchObject({ value: 0.5, n: 40 });
  });
});

test('one that ranks choices, or that is named twice, is refused', async () => {
  const ranks = await summaryOf({ secondary: ['multiple-choice'] });
  expect(ranks.code).toBe(2);
  expect(ranks.stderr).toContain('expected a scorer of answers, found "multiple-choice", which ranks choices');
  const twice = await summaryOf({ secondary: ['exact', { name: 'exact', ignoreCase: true }] });
  expect(twice.code).toBe(2);
  expect(twice.stderr).toContain('expected each secondary scorer once, found "exact" again');
});
