/** The example of docs/library.md, run as it stands by a program that imports the package. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith, locksOfItsOwn, ROOT } from '../support/cli.js';

test('a program that imports rightsize measures the scripted backend, and gets a verdict', () => {
  const [, example] = /```js\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'docs/library.md'), 'utf8')) ?? [];
  const cwd = folderWith({ 'example.mjs': example! });
  mkdirSync(join(cwd, 'node_modules'));
  symlinkSync(ROOT, join(cwd, 'node_modules/rightsize'));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['example.mjs'], {
    cwd,
    env: { ...process.env, ...locksOfItsOwn() },
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  const [run] = readdirSync(join(cwd, 'reports'));
  expect(stdout.split('\n')).toEqual([
    `true ${join(cwd, 'reports', run!)}`,
    expect.stringMatching(/^sums [\w-]+$/),
    '',
  ]);
  expect(readdirSync(join(cwd, 'reports', run!)).sort()).toEqual(['log.jsonl', 'report.md', 'summary.json']);
  expect(stderr.split('\n').filter((event) => event === 'trial')).toHaveLength(4);
});
