/** Outputs made elsewhere: silence, fields by other names, tables, and the standard input. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { score } from '../../src/run/score.js';
import { folderWith, ROOT } from '../support/cli.js';

test('an answer of null is wrong, not a refused file', async () => {
  const cwd = folderWith({ 'a.jsonl': '{"output": null, "target": "b"}\n{"output": "b", "target": "b"}\n' });
  const scores: unknown[] = [];
  const { quality } = await score('a.jsonl', { cwd, scorer: 'exact', onScore: (_, result) => scores.push(result) });
  expect(quality).toMatchObject({ value: 0.5 });
  expect(scores).toMatchObject([{ value: 0, answer: '' }, { value: 1 }]);
});

test('fields have other names, in a table too, and a missing one is named', async () => {
  const cwd = folderWith({ 'a.csv': 'answer;gold\nb;b\nc;d\n' });
  const asked = { cwd, scorer: 'exact', outputField: 'answer', targetField: 'gold' };
  expect((await score('a.csv', asked)).quality).toMatchObject({ value: 0.5 });
  await expect(score('a.csv', { cwd, scorer: 'exact' })).rejects.toThrow(
    'a.csv:2: expected the answer as text in "output", found none among answer, gold; name its field with --output-field',
  );
});

test('- is the standard input', () => {
  const input = '{"output": "b", "target": "b"}\n';
  const main = join(ROOT, 'dist/main.js');
  const { stdout } = spawnSync(process.execPath, [main, 'score', '-', '--scorer', 'exact', '--each'], {
    input,
    encoding: 'utf8',
  });
  expect(stdout).toContain('1\t1\t"b"');
});
