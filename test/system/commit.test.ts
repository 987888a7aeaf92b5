import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commitOf } from '../../src/system/commit.js';
import { folderWith } from '../support/cli.js';

const git = (cwd: string, ...args: readonly string[]) =>
  execFileSync('git', ['-C', cwd, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
    encoding: 'utf8',
  });

test('the commit of a repository is that of git, and says whether files have changed', async () => {
  const cwd = folderWith({ 'suite.yaml': 'name: desk' });
  expect(await commitOf({ cwd, environment: {} })).toBeUndefined();
  git(cwd, 'init', '--quiet');
  expect(await commitOf({ cwd, environment: {} })).toBeUndefined();
  git(cwd, 'add', '.');
  git(cwd, 'commit', '--quiet', '--message', 'one');
  const commit = git(cwd, 'rev-parse', 'HEAD').trim();
  expect(await commitOf({ cwd, environment: {} })).toBe(commit);
  writeFileSync(join(cwd, 'untracked'), '');
  expect(await commitOf({ cwd, environment: {} })).toBe(commit);
  writeFileSync(join(cwd, 'suite.yaml'), 'name: other');
  expect(await commitOf({ cwd, environment: {} })).toBe(`${commit}-dirty`);
});

test.each([['GITHUB_SHA'], ['CI_COMMIT_SHA']])('%s comes first', async (name) => {
  expect(await commitOf({ cwd: folderWith({}), environment: { [name]: 'abc' } })).toBe('abc');
});
