/** docs/gate.md is true: every command in it runs, beside the runs that it names, and ends with the code that it tells. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ab } from '../../src/cli/ab.js';
import { baseline } from '../../src/cli/baseline.js';
import { compare } from '../../src/cli/compare.js';
import { history } from '../../src/cli/history.js';
import { load } from '../../src/cli/load.js';
import { run } from '../../src/cli/run.js';
import { gateSchema } from '../../src/core/definition/gate.js';
import { folderWith, ROOT, rightsizeHere, silentTerminal } from '../support/cli.js';
import { words } from '../support/words.js';

const PAGE = readFileSync(join(ROOT, 'docs/gate.md'), 'utf8');
/** The workflows have a test of their own (../cli/workflow.test.ts), and a `$` stands before what runs as it stands. */
const PROSE = PAGE.replaceAll(/```[\s\S]*?```/g, '');
const COMMANDS = [
  ...new Set(
    [...PROSE.matchAll(/^ {4}(rightsize .*)$|`(rightsize [^`]*)`/gm)].map(([, alone, inline]) =>
      (alone ?? inline)!.replaceAll(/\s+/g, ' '),
    ),
  ),
];

const ANSWERS = Object.fromEntries(Array.from({ length: 24 }, (_, i) => [`q${i}`, `a${i}`]));
const TASK = {
  name: 'route',
  prompt: { text: '{{ q }}' },
  samples: Object.entries(ANSWERS).map(([q, target]) => ({ q, target })),
  scorer: 'exact',
};
const scripted = (id: string, more: object = {}) => ({
  id,
  class: 'slm',
  backend: 'scripted',
  script: { answers: ANSWERS, ...more },
});
const desk = (more: object) => JSON.stringify({ name: 'desk', tasks: [TASK], ...more });

interface Example {
  /** What is added so that it takes little time, or finds what its sentence presumes. */
  readonly flags?: string;
  readonly codes?: readonly number[];
}

const FEW = '--blocks 1 --warmup 0 -q';
const ALONE = '--suite limits.yaml --model small --reports summary -q';
const OVER = '--suite limits.yaml --think 0.01s --budget 100 --no-self-test --reports summary -q';

const EXAMPLES: Readonly<Record<string, Example>> = {
  'rightsize compare BASE NEW': {},
  'rightsize compare RUN --base-model A --new-model B': {},
  'rightsize ab --base old --candidate new --suite desk.yaml --gate': { flags: FEW },
  'rightsize compare RUN --gate': {},
  'rightsize ab --base old --candidate new --suite desk.yaml --gate --require-power --pilot reports/EARLIER': {
    flags: FEW,
  },
  'rightsize baseline write reports/RUN -o baseline.json': {},
  'rightsize compare baseline.json reports/NEW --gate': {},
  'rightsize history add reports/RUN': {},
  'rightsize history --html history/index.html': {},
  'rightsize compare BASE NEW --history history': {},
  // A busy machine spoils the steps, and the gate is blind. It is never green.
  'rightsize load --model small --find users --gate --least users=10': { flags: OVER, codes: [1, 2] },
  'rightsize run --gate': { flags: ALONE, codes: [1] },
};

describe('the commands of docs/gate.md', () => {
  let cwd: string;
  /** The places of a command, by the run that stands there. */
  let places: Readonly<Record<string, string>>;

  const rightsize = (command: string, flags = '') =>
    rightsizeHere([...words(command), ...words(flags)].slice(1), { cwd });
  const newest = () => join('reports', readdirSync(join(cwd, 'reports')).sort().at(-1)!);

  beforeAll(async () => {
    cwd = folderWith({
      'desk.yaml': desk({ gate: { quality: { by: '30 points' } } }),
      'limits.yaml': desk({ requirement: { limits: { ttft: { max: '1 ms', at: 'median' } } } }),
      'models.json': { models: [scripted('old'), scripted('new'), scripted('small', { ttft: 0.02, realTime: true })] },
    });
    const alone = await rightsize('rightsize run --suite desk.yaml --model old --reports summary -q');
    expect(alone.code, alone.stderr).toBe(0);
    const single = newest();
    const both = await rightsize('rightsize ab --base old --candidate new --suite desk.yaml', FEW);
    expect(both.code, both.stderr).toBe(0);
    const pair = newest();
    places = { BASE: single, NEW: single, RUN: pair, EARLIER: pair, A: 'old', B: 'new' };
  }, 120_000);

  test('are all of them in this test', () => {
    expect(COMMANDS.toSorted()).toEqual(Object.keys(EXAMPLES).toSorted());
  });

  test.each(Object.entries(EXAMPLES))(
    '%s',
    async (command, { flags = '', codes = [0] }) => {
      // Where one run is meant, that of one model is.
      const named: typeof places = /baseline write|history add/.test(command)
        ? { ...places, RUN: places.BASE! }
        : places;
      const filled = command.replaceAll(
        /\b(?:reports\/)?(BASE|NEW|RUN|EARLIER|A|B)\b/g,
        (_, name: string) => named[name]!,
      );
      const { code, stdout, stderr } = await rightsize(filled, flags);
      expect(codes, `${stdout}\n${stderr}`).toContain(code);
    },
    120_000,
  );
});

test('every flag in it is one', () => {
  const options = [ab, compare, run, load, baseline, history].flatMap((command) =>
    [command(silentTerminal())]
      .flatMap((one) => [one, ...one.commands])
      .flatMap((one) => one.options.map(({ long }) => long)),
  );
  const flags = [...new Set(PROSE.match(/(?<=[`\s"])--[a-z][a-z-]+/g))];
  expect(flags.length).toBeGreaterThan(20);
  expect(flags.filter((flag) => !options.includes(flag))).toEqual([]);
});

test('the gates in it are gates', () => {
  const [, yaml] = /```yaml\n(gate:\n {2}quality:[\s\S]*?)```/.exec(PAGE)!;
  const { gate } = parse(yaml!);
  expect(gateSchema.parse(gate)).toMatchObject({
    quality: { by: 0.03 },
    ttft: { at: 'p95', by: 0.1, min: 0.005 },
    required: ['r-001', 'r-017'],
    verdict: 'SLM fits',
    model: 'small',
  });
  const inline = [...PROSE.matchAll(/`gate: (\{.*?\})`/g)].map(([, text]) => text!);
  expect(inline).toHaveLength(1);
  for (const text of inline) expect(gateSchema.parse(parse(text))).toMatchObject({ users: { min: 10 } });
});
