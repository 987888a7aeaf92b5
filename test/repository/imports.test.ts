/** Code that no test imports is seen from outside at best, where its faults are slow to find. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/cli.js';

/** Entry points that run as processes, threads or pages of their own, and why no test imports them. */
const SEEN_FROM_OUTSIDE: Readonly<Record<string, string>> = {
  'src/main.ts': 'it reads argv and sets the exit code of its process; test/cli runs it',
  'src/worker/worker.ts': 'it is the main module of a child process; test/cli and test/backends run it',
  'src/render/png-worker.ts': 'it is the main module of a thread; test/render runs it',
  'src/page/main.ts': 'it is the script of report.html; test/browser runs it',
};

function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function importsOf(file: string): readonly string[] {
  const specifiers = readFileSync(file, 'utf8').matchAll(/(?:from|import\(|import)\s*'(\.[^']+)'/g);
  return [...specifiers]
    .map(([, specifier]) => resolve(dirname(file), specifier!.replace(/\.js$/, '.ts')))
    .filter((path) => existsSync(path));
}

function reachableFrom(entries: readonly string[]): ReadonlySet<string> {
  const reached = new Set(entries);
  for (const file of reached) for (const path of importsOf(file)) reached.add(path);
  return reached;
}

test('every file of src is imported by a test, directly or through another file', () => {
  const reached = reachableFrom(filesBelow('test').filter((file) => file.endsWith('.test.ts')));
  const entries = Object.keys(SEEN_FROM_OUTSIDE).map((name) => join(ROOT, name));
  const behind = reachableFrom(entries);
  const forgotten = filesBelow('src')
    .filter((file) => !reached.has(file) && !(behind.has(file) && relative(ROOT, file).startsWith('src/page/')))
    .map((file) => relative(ROOT, file))
    .filter((name) => !(name in SEEN_FROM_OUTSIDE));
  expect(forgotten).toEqual([]);
});

test.each(Object.keys(SEEN_FROM_OUTSIDE))('%s is there, and no test imports it', (name) => {
  expect(filesBelow('src')).toContain(join(ROOT, name));
  const reached = reachableFrom(filesBelow('test').filter((file) => file.endsWith('.test.ts')));
  expect(reached.has(join(ROOT, name))).toBe(false);
});
