/**
 * The package as npm installs it from its tarball. `.ci/run` installs it once, into the folder that RIGHTSIZE_INSTALLED names; a
 * test run cannot, because the engines take minutes and a gigabyte.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { locksOfItsOwn } from '../support/cli.js';
import { skipAloud } from '../support/shared.js';

const INSTALLED = process.env.RIGHTSIZE_INSTALLED;

if (INSTALLED === undefined) {
  skipAloud('the installed package', 'RIGHTSIZE_INSTALLED names no folder with an install of `npm run tarball`');
} else {
  describe('the installed package', () => {
    const home = join(INSTALLED, 'node_modules/rightsize');
    const files = readdirSync(home, { recursive: true, encoding: 'utf8' });

    test.each([
      'dist/main.js',
      'dist/page.json',
      'data/language-profiles.json',
      'data/english-words.json',
      'THIRD_PARTY_NOTICES.md',
      'LICENSE',
      'suites',
      'docs',
    ])('has %s', (file) => {
      expect(files).toContain(file);
    });

    test('has no source maps, no caches of the compiler, and nothing that trained the models', () => {
      expect(files.filter((file) => /\.map$|\.tsbuildinfo$|^models\/training|^models\/.*\.ts$/.test(file))).toEqual([]);
    });

    test('measures models and a suite of the user with npx, in a folder of the user', () => {
      const cwd = folderIn(INSTALLED, { 'models.json': MODELS, 'mine.yaml': SUITE });
      const { status, stdout, stderr } = npx(cwd, [
        'run',
        '--suite',
        'mine.yaml',
        '--model',
        'small',
        '--model',
        'large',
      ]);
      expect(status, stderr).toBe(0);
      expect(stdout).toContain('small');
      const [run] = readdirSync(join(cwd, 'reports'));
      expect(readdirSync(join(cwd, 'reports', run!))).toEqual(
        expect.arrayContaining(['log.jsonl', 'report.html', 'report.md', 'samples.csv', 'summary.json', 'charts']),
      );
    });

    test('is a library for programs', () => {
      const cwd = folderIn(INSTALLED, {
        'example.mjs': "import { SCORERS } from 'rightsize'; console.log('exact' in SCORERS);",
      });
      expect(execFileSync(process.execPath, ['example.mjs'], { cwd, encoding: 'utf8' })).toBe('true\n');
    });

    test('has the version of this repository', () => {
      const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
      expect(npx(INSTALLED, ['--version']).stdout.trim()).toBe(version);
    });
  });
}

/** `--no` keeps npx from fetching a package of that name where the install is broken; options behind `--` are ours. */
function npx(cwd: string, args: readonly string[]) {
  const env = { ...process.env, ...locksOfItsOwn() };
  return spawnSync('npx', ['--no', '--', 'rightsize', ...args], { cwd, env, encoding: 'utf8' });
}

/** A folder below the install, where npx finds the package as it does in a project. */
function folderIn(parent: string, files: Readonly<Record<string, string | object>>): string {
  const folder = mkdtempSync(join(parent, 'work-'));
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  return folder;
}

const MODELS = {
  default: ['small', 'large'],
  models: [
    { id: 'small', class: 'slm', backend: 'scripted', script: { answers: { '*': 'billing' } } },
    { id: 'large', class: 'llm', backend: 'scripted', script: { answers: { '*': 'billing' } } },
  ],
};

const SUITE = `
name: mine
tasks:
  - name: route
    prompt: { user: '{{ text }}' }
    samples:
      - { text: I was charged twice., target: billing }
      - { text: My invoice is wrong., target: billing }
    scorer: exact
`;
