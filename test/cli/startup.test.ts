/** What every call pays before it does anything: help and version load no definitions, no schemas and no engines. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { folderWith, ROOT } from '../support/cli.js';

const OURS = pathToFileURL(join(ROOT, 'dist/')).href;

function modulesOf(args: readonly string[]): readonly string[] {
  const file = join(folderWith({}), 'modules.txt');
  const hook = pathToFileURL(join(ROOT, 'test/support/log-modules.mjs')).href;
  execFileSync(process.execPath, ['--import', hook, join(ROOT, 'dist/main.js'), ...args], {
    env: { ...process.env, LOADED_MODULES: file },
  });
  return readFileSync(file, 'utf8').trim().split('\n');
}

describe.each([[['--version']], [['--help']], [['run', '--help']], [['list', '--help']]])('rightsize %j', (args) => {
  const modules = modulesOf(args);

  test('loads fewer than 30 modules of rightsize', () => {
    const ours = modules.filter((url) => url.startsWith(OURS));
    expect(ours.length).toBeGreaterThan(5);
    expect(ours.length).toBeLessThan(30);
  });

  test('loads of other packages only what reads arguments', () => {
    const packages = modules.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []);
    expect([...new Set(packages)].sort()).toEqual(['@commander-js/extra-typings', 'commander']);
  });
});
