/** Code that no test imports is seen from outside at best, where its faults are slow to find. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/cli.js';

/** Entry points that run as processes, threads or pages of their own, and why no test imports them. */
const SEEN_FROM_OUTSIDE: Readonly<Record<string, string>> = {
  'src/main.ts': 'it reads argv and sets the exit code of its process; test/cli runs it',
  'src/load/null-server-process.ts': 'it is the main module of a child process; the self-test of a load test runs it',
  'src/worker/scorer-host.ts': 'it is the main module of a child process; test/cli runs it',
  'src/worker/worker.ts': 'it is the main module of a child process; test/cli and test/backends run it',
  'src/worker/held-step.ts': 'the process of a model loads it where load is tested; test/cli and test/backends run it',
  'src/index.ts': 'it is what the package exports; test/docs runs the example that imports it',
  'src/page/': 'it is the script of report.html; test/browser runs it',
};

function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function importsOf(file: string): readonly string[] {
  return [...readFileSync(file, 'utf8').matchAll(/(?:from|import\(|import)\s*'(\.[^']+)'/g)]
    .map(([, specifier]) => resolve(dirname(file), specifier!.replace(/\.js$/, '.ts')))
    .filter((path) => existsSync(path));
}

const tests = filesBelow('test').filter((file) => file.endsWith('.test.ts'));
const imported = new Set(tests);
for (const file of imported) for (const path of importsOf(file)) imported.add(path);

test('every file of src is imported by a test, directly or through another file', () => {
  const forgotten = filesBelow('src')
    .filter((file) => !imported.has(file))
    .map((file) => relative(ROOT, file))
    .filter((name) => !Object.keys(SEEN_FROM_OUTSIDE).some((part) => name.startsWith(part)));
  expect(forgotten).toEqual([]);
});

const SCORERS = join(ROOT, 'src/core/score/scorers');
const importedByItself = new Set(tests.flatMap(importsOf));

test.each(readdirSync(SCORERS))('the scorer %s has a test that imports it by itself', (name) => {
  expect(importedByItself).toContain(join(SCORERS, name));
});

test.each(Object.keys(SEEN_FROM_OUTSIDE))('%s is there, and no test imports it', (part) => {
  const files = filesBelow('src').filter((file) => relative(ROOT, file).startsWith(part));
  expect(files.length).toBeGreaterThan(0);
  expect(files.every((file) => imported.has(file))).toBe(false);
});
