/** docs/load.md is true: its conditions and commands are read, its suite is loaded, and the names in it are those of the code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { load } from '../../src/cli/load.js';
import { conditionText, parseCondition } from '../../src/core/definition/condition.js';
import { parseLengths } from '../../src/core/load/lengths.js';
import { objectiveText, parseObjective } from '../../src/core/load/objective.js';
import { loadTestDefinitions } from '../../src/run/load-definition.js';
import { worldOf } from '../../src/run/world.js';
import { ROOT, silentTerminal } from '../support/cli.js';

const page = (name: string) => readFileSync(join(ROOT, 'docs', name), 'utf8');
const PAGE = page('load.md');
const quoted = [...PAGE.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text!);

test('every condition and objective is one', () => {
  const conditions = quoted.filter((text) => /^(closed \d|users \d|open \d|trace [a-z]).*/.test(text));
  expect(conditions.length).toBeGreaterThan(5);
  for (const text of conditions) expect(conditionText(parseCondition(text))).toBe(text);
  const objectives = quoted.filter((text) => /^[a-z0-9]+ p\d\d [<>]=/i.test(text));
  expect(objectives.length).toBeGreaterThan(0);
  for (const text of objectives) expect(objectiveText(parseObjective(text))).toMatch(/^ttft p95 <= /);
  const lengths = quoted.filter((text) => /^(uniform|normal|lognormal):\d+,[\d.]+$/.test(text));
  expect(new Set(lengths).size).toBe(3);
  for (const text of lengths) expect(parseLengths(text)).not.toBeNull();
});

test('the load of the suite is read, with what it says', async () => {
  const [, yaml] = /```yaml\n(load:\n.*?)```/s.exec(PAGE)!;
  const tasks = [{ name: 'add', prompt: { user: '{{ q }}' }, samples: [{ q: '2+2', target: '4' }], scorer: 'exact' }];
  const model = { id: 'slow', class: 'slm', backend: 'scripted', script: { realTime: true } } as const;
  const { load: settings } = await loadTestDefinitions(
    { suites: [{ name: 'sums', ...parse(yaml!), tasks }], models: [model] },
    worldOf({ cwd: ROOT }),
  );
  expect(settings).toMatchObject({
    find: { least: 'users 1 think exp:20s' },
    objectives: ['ttft p95 <= 0.5 s', 'tpot p95 <= 0.05 s'],
    requests: 200,
    budget: { seconds: 300 },
    stopErrors: 0.1,
  });
});

/** The flags of a command line, as a shell parts them. */
function flagsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, inQuotes, word]) => inQuotes ?? word!).slice(2);
}

test.each(
  ['commands.md', 'load.md'].flatMap((name) =>
    [...page(name).matchAll(/^ {4}(rightsize load .*)$/gm)].map(([, line]) => [name, line!] as const),
  ),
)('%s: %s', (_, line) => {
  const seen: unknown[] = [];
  load(silentTerminal())
    .exitOverride()
    .action((flags) => void seen.push(flags))
    .parse(flagsOf(line), { from: 'user' });
  expect(seen).toHaveLength(1);
});

test('the names in it are exported by the code', () => {
  const code = ['src/core/load', 'src/core/stats/estimate', 'src/core/stats/basics']
    .flatMap((folder) => readdirSync(join(ROOT, folder)).map((file) => join(ROOT, folder, file)))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const names = quoted.filter((text) => /^[a-z]+[A-Z]\w*$/.test(text) && !METRICS.has(text));
  expect(names.length).toBeGreaterThan(30);
  expect(
    names.filter((name) => !new RegExp(`export (async )?(function\\*?|const|interface|type) ${name}\\b`).test(code)),
  ).toEqual([]);
});

/** Words of the notation that look like names of the code. */
const METRICS = new Set(['decodeRate']);
