/** The manual is executed: every `$ rightsize …` line of README and docs runs as it stands, beside what the package ships. */
import { mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT, rightsizeHere } from '../support/cli.js';
import { words } from '../support/words.js';

const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

interface Example {
  readonly page: string;
  readonly command: string;
}

const EXAMPLES: readonly Example[] = PAGES.flatMap((page) =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^\s*\$ (rightsize .*)$/gm)].map(([, command]) => ({
    page,
    command: command!,
  })),
);
const DISTINCT = [...new Map(EXAMPLES.map((example) => [example.command, example])).values()];

/** A folder that looks like the package's root, where a command may leave its reports. */
function besidePackage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-docs-'));
  for (const name of ['suites', 'models', 'models.json', 'test', 'docs', 'schemas'])
    symlinkSync(join(ROOT, name), join(folder, name));
  return folder;
}

describe('the commands of README and docs', () => {
  test('there are some', () => {
    expect(DISTINCT.length).toBeGreaterThan(5);
  });

  test.each(DISTINCT)(
    '$page: $ $command',
    async ({ command }) => {
      const { code, stderr } = await rightsizeHere(words(command).slice(1), { cwd: besidePackage() });
      expect(code, stderr).toBe(0);
    },
    180_000,
  );
});

describe('the tree in the README', () => {
  test('names only what is on the disk', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const tree = /```tree\n([\s\S]*?)```/.exec(readme)?.[1];
    expect(tree).toBeDefined();
    const paths = tree!.split('\n').flatMap((line) => /^(\S+)/.exec(line)?.[1] ?? []);
    expect(paths.length).toBeGreaterThan(10);
    for (const path of paths)
      expect(readdirSync(join(ROOT, path, '..')), path).toContain(path.replace(/\/$/, '').split('/').at(-1));
  });
});
