/** `--data`: a copy of data takes the place of what a suite names, and everything else the suite says still holds. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith, rightsizeHere } from '../support/cli.js';

const lines = (...rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');

const FILES = {
  'models.json': {
    default: ['small'],
    models: [{ id: 'small', class: 'slm', backend: 'scripted', script: { answers: { '*': '4' } } }],
  },
  'sums.yaml': {
    name: 'sums',
    tasks: [
      {
        name: 'add',
        prompt: {
          user: '{{ q }}',
          examples: { count: 1, samples: { file: 'hf:nobody/nowhere', split: 'train' } },
        },
        samples: { file: 'hf:nobody/nowhere', fields: { target: '{{ sum }}' }, where: "{{ q != 'none' }}" },
        scorer: 'exact',
      },
    ],
  },
  'mine.jsonl': lines({ q: '2+2', sum: 4 }, { q: 'none', sum: 0 }, { q: '3+3', sum: 6 }),
  'shots.csv': 'q,target\n1+1,2\n',
};
const WITH_DATA = ['--suite', 'sums.yaml', '--data', 'sums/add=mine.jsonl', '--data', 'sums/add:examples=shots.csv'];

test('rows and examples are read from the copies, by the rules of the suite, and the log names them', async () => {
  const cwd = folderWith(FILES);
  const { code, stderr } = await rightsizeHere(['run', ...WITH_DATA, '--quiet', '--reports', 'summary'], {
    cwd,
    env: { HF_HUB_OFFLINE: '1' },
  });
  expect(code, stderr).toBe(0);
  const [run] = readdirSync(join(cwd, 'reports'));
  const records = readFileSync(join(cwd, 'reports', run!, 'log.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const samples = records.filter(({ type }) => type === 'sample');
  expect(samples.map(({ target }) => target)).toEqual(['4', '6']);
  expect(samples[0].prompt.messages.map(({ content }: { content: string }) => content)).toEqual(['1+1', '2', '2+2']);
  const { source, fileHashes } = records[0].suites[0].tasks[0].samples;
  expect(source).toBe(join(cwd, 'mine.jsonl'));
  expect(fileHashes).toHaveLength(1);
});

test('a suite that ships can be checked against a copy of its data', async () => {
  const row = { question: 'What falls?', choices: { text: ['rain', 'light'], label: ['A', 'B'] }, answerKey: 'A' };
  const { code, stdout, stderr } = await rightsizeHere(
    [
      'check',
      '--suite',
      'arc',
      '--data',
      'arc/arc-easy=rows.jsonl',
      '--data',
      'arc/arc-challenge=rows.jsonl',
      '--json',
    ],
    { cwd: folderWith({ ...FILES, 'rows.jsonl': lines(row) }), env: { HF_HUB_OFFLINE: '1' } },
  );
  // Its model is a script, which has no probabilities.
  expect(code, stderr).toBe(2);
  expect(JSON.parse(stdout).suites[0].tasks.map(({ samples }: { samples: number }) => samples)).toEqual([1, 1]);
});

test.each(['sums/subtract=mine.jsonl', 'sums/add', 'add=mine.jsonl'])('--data %s is refused', async (flag) => {
  const { code, stderr } = await rightsizeHere(['check', '--suite', 'sums.yaml', '--data', flag], {
    cwd: folderWith(FILES),
  });
  expect(code).toBe(2);
  expect(stderr).toBe(
    `rightsize: --data: expected SUITE/TASK=FILE with one of sums/add, sums/add:examples, found "${flag}"\n`,
  );
});
