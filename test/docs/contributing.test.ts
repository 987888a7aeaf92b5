/** CONTRIBUTING.md names places: each must exist, and each list must be whole. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMAND_NAMES } from '../../src/cli/program.js';
import { ROOT } from '../support/cli.js';

const page = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
const places = [
  ...new Set([...page.matchAll(/`((?:src|test|docs|suites|bench)\/[^`\s]*)`/g)].map(([, path]) => path!)),
];

describe('CONTRIBUTING.md', () => {
  test.each(places.filter((path) => !path.includes('NAME')))('names %s, which exists', (path) => {
    expect(existsSync(join(ROOT, path))).toBe(true);
  });

  test('names each room, in the order in which the linter lets them import', () => {
    const rooms = [...page.matchAll(/^ *((?:src|core)\/[a-z]+)/gm)].map(([, room]) => room!);
    const folders = (folder: string) =>
      readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [entry.name] : [],
      );
    const expected = [
      ...folders('src').flatMap((name) => (name === 'page' ? [] : [`src/${name}`])),
      ...folders('src/core').map((name) => `core/${name}`),
    ];
    expect([...rooms].sort()).toEqual(expected.sort());
    const { overrides } = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8')) as {
      overrides: {
        includes: [string];
        linter: { rules: { style: { noRestrictedImports: { options: { patterns: [{ group: [string] }] } } } } };
      }[];
    };
    for (const { includes, linter } of overrides) {
      const [, core, room] = /^src\/(core\/)?([a-z]+)\//.exec(includes[0])!;
      const kind = core === undefined ? 'src/' : 'core/';
      const all = rooms.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length));
      const above = all.slice(0, all.indexOf(room!));
      const forbidden = linter.rules.style.noRestrictedImports.options.patterns[0].group[0].match(/[a-z]+/g);
      expect(forbidden, includes[0]).toEqual(above);
    }
  });

  test.each(COMMAND_NAMES)('docs/commands.md has a line on %s', (name) => {
    expect(readFileSync(join(ROOT, 'docs/commands.md'), 'utf8')).toContain(`| \`${name}\` |`);
  });
});
