/** Scorers of the user's own: allowed, asked in a process of their own, kept in the log as evidence. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderWith, ROOT, rightsizeHere } from '../support/cli.js';

const QUIET = ['--quiet', '--reports', 'summary'];

const MODELS = {
  default: ['small'],
  models: [{ id: 'small', class: 'slm', backend: 'scripted', script: { answers: { '*': 'It is 12. Sorry.' } } }],
};

const suite = (scorer: unknown) => ({
  name: 'desk',
  tasks: [
    {
      name: 'reply',
      prompt: { user: '{{ question }}' },
      samples: ['a', 'b'].map((id) => ({ id, question: `Where is ${id}?`, target: id })),
      scorer,
    },
  ],
});

const HALF = 'export default () => 0.5;';

function cellOf(cwd: string) {
  const run = join(cwd, 'reports', readdirSync(join(cwd, 'reports')).at(-1)!);
  return JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')).suites[0].tasks[0].models[0];
}

const runIn = (cwd: string, ...flags: readonly string[]) =>
  rightsizeHere(['run', '--suite', 'desk.yaml', ...QUIET, ...flags], { cwd, env: { OPENAI_API_KEY: 'secret' } });

test('one that is not allowed ends with exit 2 and the flag in the sentence, before anything runs', async () => {
  const cwd = folderWith({ 'models.json': MODELS, 'desk.yaml': suite('./mine.mjs'), 'mine.mjs': HALF });
  const { code, stderr } = await runIn(cwd, '--allow-scorer', './other.mjs');
  expect(code).toBe(2);
  expect(stderr).toBe(
    'rightsize: desk/reply: expected permission to run the scorer "./mine.mjs", found none; give it with --allow-scorer "./mine.mjs"\n',
  );
});

test('the example of the manual runs from an empty folder, and verdict, interval and report carry it', async () => {
  const manual = readFileSync(join(ROOT, 'docs/scorers.md'), 'utf8');
  const section = manual.slice(manual.indexOf('## Write your own'));
  const [, js] = /```js\n([\s\S]*?)```/.exec(section)!;
  const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(section)!;
  const cwd = folderWith({ 'models.json': MODELS, 'late.mjs': js!, 'desk.yaml': yaml! });
  const { code, stderr } = await runIn(cwd, '--allow-scorer', './late.mjs');
  expect(code, stderr).toBe(0);
  const { quality } = cellOf(cwd);
  expect(quality.value).toBeCloseTo((10 / 16 + 0) / 2, 10);
  expect(quality.low).toBeLessThan(quality.value);
  expect(quality.high).toBeGreaterThan(quality.value);

  // The log carries it: neither the file nor a permission is needed.
  rmSync(join(cwd, 'late.mjs'));
  const again = await rightsizeHere(
    ['report', `reports/${readdirSync(join(cwd, 'reports'))[0]}`, '--reports', 'markdown'],
    { cwd },
  );
  expect(again.code, again.stderr).toBe(0);
  expect(again.stdout).toMatch(/31\.[23]%/);
});

test('a command reads lines and writes scores, and gets no keys', async () => {
  const program = `
    const { createInterface } = require('node:readline');
    createInterface({ input: process.stdin }).on('line', (line) => {
      const { output, target, fields, settings } = JSON.parse(line);
      const said = [output.length, fields.question, settings.who, Object.keys(process.env).join(' ')].join('|');
      console.log(JSON.stringify({ score: target === 'a' ? 1 : 0, said }));
    });`;
  const scorer = { command: 'node asked.cjs', settings: { who: 'me' } };
  const cwd = folderWith({ 'models.json': MODELS, 'desk.yaml': suite(scorer), 'asked.cjs': program });
  const { code, stderr } = await runIn(cwd, '--allow-scorer', 'node asked.cjs');
  expect(code, stderr).toBe(0);
  expect(cellOf(cwd).quality.value).toBe(0.5);
  const log = readFileSync(join(cwd, 'reports', readdirSync(join(cwd, 'reports'))[0]!, 'log.jsonl'), 'utf8');
  expect(log).toContain('16|Where is a?|me|');
  expect(log).not.toMatch(/OPENAI|secret/);
});

describe('one that fails leaves the answer unscored, and says how', () => {
  test.each([
    ['export default () => { throw new Error("no dictionary"); };', 'it ended with exit code 1: .*no dictionary'],
    ['export default () => 2;', 'expected a number from 0 to 1, found 2'],
    ['export default () => "good";', 'expected a number from 0 to 1, found "good"'],
    ['export default () => ({ score: null });', 'expected a number from 0 to 1, found null'],
    ['export default () => NaN;', 'expected a number from 0 to 1, found null'],
    ['export default 1;', 'expected a function as default export, found number'],
    ['export default () => new Promise(() => setInterval(() => {}, 1000));', 'it gave no score within 1 s'],
    ['export default () => process.exit(0);', 'it ended with exit code 0'],
  ])('%s', async (module, reason) => {
    const scorer = { module: './mine.mjs', timeout: 1 };
    const cwd = folderWith({ 'models.json': MODELS, 'desk.yaml': suite(scorer), 'mine.mjs': module });
    const { code, stderr } = await runIn(cwd, '--allow-scorer', './mine.mjs');
    expect(code, stderr).toBe(3);
    expect(stderr).toContain('no verdict where more than 5% of the trials have no score');
    expect(cellOf(cwd).quality.missing).toMatch(new RegExp(reason));
  });

  test('and is started again for the next answer', async () => {
    const module = 'export default ({ target }) => { if (target === "a") process.exit(3); return 1; };';
    const cwd = folderWith({ 'models.json': MODELS, 'desk.yaml': suite('./mine.mjs'), 'mine.mjs': module });
    await runIn(cwd, '--allow-scorer', './mine.mjs');
    expect(cellOf(cwd)).toMatchObject({ quality: { value: 1, n: 1 } });
  });
});

test('--rescore asks again, and the latest score counts', async () => {
  const cwd = folderWith({ 'models.json': MODELS, 'desk.yaml': suite('./mine.mjs'), 'mine.mjs': HALF });
  await runIn(cwd, '--allow-scorer', './mine.mjs');
  writeFileSync(join(cwd, 'mine.mjs'), 'export default ({ target }) => (target === "a" ? 1 : 0.8);');
  const run = `reports/${readdirSync(join(cwd, 'reports'))[0]}`;
  const refused = await rightsizeHere(['report', run, '--reports', 'summary', '--rescore'], { cwd });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('--allow-scorer');
  const { code, stderr } = await rightsizeHere(
    ['report', run, '--reports', 'summary', '--rescore', '--allow-scorer', './mine.mjs'],
    { cwd },
  );
  expect(code, stderr).toBe(0);
  expect(cellOf(cwd).quality.value).toBe(0.9);
});

test('a file of scores is read by the id of the sample, and needs no permission', async () => {
  const cwd = folderWith({
    'models.json': MODELS,
    'desk.yaml': suite({ scores: 'people.csv' }),
    'people.csv': 'sample,model,score\na,small,1\na,other,0\nb,,0.5\n',
  });
  const { code, stderr } = await runIn(cwd);
  expect(code, stderr).toBe(0);
  expect(cellOf(cwd).quality.value).toBe(0.75);
});

test('rightsize score tries one out', async () => {
  const cwd = folderWith({ 'mine.mjs': HALF, 'answers.csv': 'answer,gold\nx,y\n' });
  const asked = [
    'score',
    'answers.csv',
    '--scorer',
    './mine.mjs',
    '--output-field',
    'answer',
    '--target-field',
    'gold',
  ];
  expect((await rightsizeHere(asked, { cwd })).code).toBe(2);
  const { code, stdout, stderr } = await rightsizeHere([...asked, '--allow-scorer', './mine.mjs', '--each'], { cwd });
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('2\t0.5\t"x"');
});
