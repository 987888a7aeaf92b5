/** What every call and every process pays before it does anything: no definitions, no schemas and no engines. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { folderWith, ROOT } from '../support/cli.js';

const OURS = pathToFileURL(join(ROOT, 'dist/')).href;

/** What the built program loads that has this main module. */
function modulesOf(main: string, args: readonly string[] = []): readonly string[] {
  const file = join(folderWith({}), 'modules.txt');
  const hook = pathToFileURL(join(ROOT, 'test/support/log-modules.mjs')).href;
  execFileSync(process.execPath, ['--import', hook, join(ROOT, main), ...args], {
    env: { ...process.env, LOADED_MODULES: file },
  });
  return readFileSync(file, 'utf8').trim().split('\n');
}

/** The names of the packages of others, each once. */
function packagesOf(modules: readonly string[]): readonly string[] {
  const packages = modules.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []);
  return [...new Set(packages)].sort();
}

describe.each([[['--version']], [['--help']], [['run', '--help']], [['list', '--help']]])('rightsize %j', (args) => {
  const modules = modulesOf('dist/main.js', args);

  test('loads fewer than 30 modules of rightsize', () => {
    const ours = modules.filter((url) => url.startsWith(OURS));
    expect(ours.length).toBeGreaterThan(5);
    expect(ours.length).toBeLessThan(30);
  });

  test('loads of other packages only what reads arguments', () => {
    expect(packagesOf(modules)).toEqual(['@commander-js/extra-typings', 'commander']);
  });
});

test('the process of a model loads no package and little of rightsize before it knows its engine', () => {
  const modules = modulesOf('dist/worker/worker.js');
  expect(packagesOf(modules)).toEqual([]);
  expect(modules.filter((url) => url.startsWith(OURS)).length).toBeLessThan(30);
});

test('the process of a model behind a server loads of undici only what sends requests', () => {
  const script = `import(${JSON.stringify(`${OURS}backends/openai.js`)}).then(() => console.log(Object.keys(require.cache).join('\\n')))`;
  const loaded = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }).match(
    /.*node_modules\/undici\/lib\/.*/g,
  );
  expect(loaded!.length).toBeGreaterThan(5);
  // All of undici is 110 files.
  expect(loaded!.length).toBeLessThan(50);
});
