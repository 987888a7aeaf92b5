import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { widthOf } from '../../src/core/report/width.js';
import { folderWith, rightsize, rightsizeHere, start } from '../support/cli.js';

const OUTPUTS = [
  { output: 'billing', target: 'billing' },
  { output: ' Returns ', target: 'returns' },
  { output: 'warranty', target: 'technical' },
]
  .map((line) => JSON.stringify(line))
  .join('\n');

const SCRIPTED = {
  'models.json': {
    default: ['small', 'large'],
    models: [
      { id: 'small', class: 'slm', backend: 'scripted', script: { answers: { '*': '4' } } },
      { id: 'large', class: 'llm', backend: 'scripted', script: { ttft: 0.1, answers: { '2+2': '4', '3+3': '6' } } },
    ],
  },
  'sums.yaml': {
    name: 'sums',
    tasks: [
      {
        name: 'add',
        prompt: { user: '{{ q }}' },
        samples: [
          { q: '2+2', target: '4' },
          { q: '3+3', target: '6' },
        ],
        scorer: 'exact',
      },
    ],
  },
};

describe('rightsize run', () => {
  test('prints one JSON document on stdout with --json, and nothing else', async () => {
    const { code, stdout, stderr } = await rightsize(
      ['run', '--suite', 'sums.yaml', '--reports', 'summary', '--json'],
      {
        cwd: folderWith(SCRIPTED),
      },
    );
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ version: expect.anything() });
    expect(stderr).toBe('');
  });

  test('a second run stands beside the first', async () => {
    const cwd = folderWith(SCRIPTED);
    const both = await Promise.all(
      [1, 2].map(() => rightsizeHere(['run', '--suite', 'sums.yaml', '--quiet', '--reports', 'summary'], { cwd })),
    );
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(readdirSync(join(cwd, 'reports'))).toHaveLength(2);
  });

  test('an engine that fails in the middle is an unscored trial, counted aloud, and the run goes on', async () => {
    const cwd = folderWith({
      ...SCRIPTED,
      'models.json': {
        default: ['m'],
        models: [{ id: 'm', class: 'slm', backend: 'scripted', script: { failOn: '3+3', answers: { '2+2': '4' } } }],
      },
    });
    const { code, stdout, stderr } = await rightsizeHere(
      ['run', '--suite', 'sums.yaml', '--quiet', '--reports', 'summary'],
      {
        cwd,
      },
    );
    // One of two answers is more than 5%.
    expect(code).toBe(3);
    expect(stderr).toMatch(/no verdict where more than 5% of the trials have no score: 1 of 2 trials of m on/);
    expect(stdout).toMatch(/1 answer could not be scored/);
  });

  test('a reader that closes the pipe gets no stack trace', async () => {
    const { child, finished } = start(['list', 'models'], {});
    child.stdout!.destroy();
    const { stderr } = await finished;
    expect(stderr).toBe('');
  });

  test('reports are rebuilt byte for byte from the log alone', async () => {
    const cwd = folderWith(SCRIPTED);
    await rightsizeHere(['run', '--suite', 'sums.yaml', '--quiet'], { cwd });
    const run = join(cwd, 'reports', readdirSync(join(cwd, 'reports'))[0]!);
    const { code } = await rightsizeHere(['report', run, '--out', join(cwd, 'again')], { cwd });
    expect(code).toBe(0);
    const files = readdirSync(join(cwd, 'again'), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files.length).toBeGreaterThan(4);
    for (const { name, parentPath } of files) {
      const path = join(parentPath, name);
      expect(readFileSync(path).equals(readFileSync(path.replace(join(cwd, 'again'), run))), path).toBe(true);
    }
  });
});

describe('rightsize report', () => {
  test('puts several runs side by side, in a folder of their own', async () => {
    const cwd = folderWith(SCRIPTED);
    for (const _ of [1, 2])
      await rightsizeHere(['run', '--suite', 'sums.yaml', '--quiet', '--reports', 'summary'], { cwd });
    const runs = readdirSync(join(cwd, 'reports'));
    const { code, stdout, stderr } = await rightsizeHere(['report', ...runs.map((run) => join('reports', run))], {
      cwd,
    });
    expect(code, stderr).toBe(0);
    for (const run of runs) expect(stdout).toContain(run.slice(0, 10));
    const folder = join(cwd, 'reports', runs.join('+'));
    expect(readdirSync(folder)).toContain('report.html');
    const page = readFileSync(join(folder, 'report.md'), 'utf8');
    expect(page).toMatch(/<summary>Two runs: \S+ \(.*\) against \S+ \(/);
    expect(page).toMatch(/\| Quality \| [\d.]+% \| [\d.]+% \| 0\.0 \[/);
  });

  test('writes the reports that are asked for, and a summary', async () => {
    const cwd = folderWith(SCRIPTED);
    const { code, stdout } = await rightsizeHere(['run', '--suite', 'sums.yaml', '--quiet', '--reports', 'markdown'], {
      cwd,
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/Everything behind it: \S+summary\.json\n$/);
    const run = join(cwd, 'reports', readdirSync(join(cwd, 'reports'))[0]!);
    expect(readdirSync(run).sort()).toEqual(['log.jsonl', 'report.md', 'summary.json']);
    const refused = await rightsizeHere(['report', run, '--reports', 'markdown,pdf'], { cwd });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toBe(
      'rightsize: --reports: expected some of markdown, summary, charts, html, samples, with commas, found "pdf"\n',
    );
  });

  test('refuses a folder without a log', async () => {
    const { code, stderr } = await rightsizeHere(['report', 'docs']);
    expect(stderr).toMatch(/docs: expected the folder of a run \(with a log\.jsonl in it\), found none inside/);
    expect(code).toBe(2);
  });
});

describe('rightsize score', () => {
  test('scores outputs made elsewhere, with an interval', async () => {
    const file = join(folderWith({ 'outputs.jsonl': OUTPUTS }), 'outputs.jsonl');
    const { code, stdout } = await rightsizeHere(['score', '--scorer', 'exact', file]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^exact: 0\.3333 \(95% interval 0\.\d+ to 0\.\d+, n = 3\)\n$/);
  });

  test('takes answers out of outputs by filters, and evidence from the lines', async () => {
    const lines = [
      { output: '<think>x</think> Yes', target: 'yes' },
      { output: 'no', target: 'yes' },
    ];
    const programs = [{ output: 'return 1', evidence: { effect: 'sandbox', result: 'passed' } }];
    const cwd = folderWith({
      'outputs.jsonl': lines.map((line) => JSON.stringify(line)).join('\n'),
      'programs.jsonl': programs.map((line) => JSON.stringify(line)).join('\n'),
      'wrong.jsonl': JSON.stringify({ output: '', evidence: { effect: 'sandbox', result: 'fine' } }),
    });
    const filters = '[{"filter":"think"},{"filter":"lowercase"}]';
    const filtered = await rightsizeHere(['score', 'outputs.jsonl', '--scorer', 'exact', '--filters', filters], {
      cwd,
    });
    expect(filtered.stdout).toMatch(/^exact: 0\.5000 /);
    const judged = await rightsizeHere(['score', 'programs.jsonl', '--scorer', 'code', '--json'], { cwd });
    expect(JSON.parse(judged.stdout)).toMatchObject({ scored: 1, unscored: [], metrics: { 'pass@1': { value: 1 } } });
    const wrong = await rightsizeHere(['score', 'wrong.jsonl', '--scorer', 'code'], { cwd });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/^rightsize: .*wrong\.jsonl:1: evidence\.result: [^\n]+; see docs\/scorers\.md\n$/);
    const unknown = await rightsizeHere(
      ['score', 'outputs.jsonl', '--scorer', 'exact', '--filters', '[{"filter":"trim"}]'],
      {
        cwd,
      },
    );
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toMatch(
      /^rightsize: --filters: \[0\]\.filter: expected one of strip, lowercase, .*, majority, found "trim"; see/,
    );
    const vote = '[{"filter":"strip"},{"filter":"majority"}]';
    const choosing = await rightsizeHere(['score', 'outputs.jsonl', '--scorer', 'exact', '--filters', vote], { cwd });
    expect(choosing.code).toBe(2);
    expect(choosing.stderr).toMatch(
      /^rightsize: --filters: \[1\]\.filter: expected one that changes a text, since every/,
    );
  });

  test('takes options, reads gzip, and shows every line with --each', async () => {
    const file = join(folderWith({ 'outputs.jsonl.gz': gzipSync(OUTPUTS) }), 'outputs.jsonl.gz');
    const { stdout } = await rightsizeHere([
      'score',
      '--scorer',
      'exact',
      '--options',
      '{"ignoreCase": true}',
      '--each',
      '--json',
      file,
    ]);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.slice(0, 3).map(({ value }) => value)).toEqual([1, 1, 0]);
    expect(lines[3]).toMatchObject({ scorer: 'exact', scored: 3, quality: { value: 2 / 3, n: 3 } });
  });

  test.each([
    [['--scorer', 'exakt'], /--scorer: expected one of exact, .*found "exakt"/],
    [['--scorer', 'exact', '--options', '{'], /--options: expected JSON, found "\{"/],
    [['--scorer', 'exact', '--options', '{"ignoreCas": true}'], /--options: ignoreCas: unknown field/],
    [[], /required option '--scorer/],
  ])('refuses %j in one sentence', async (args, says) => {
    const file = join(folderWith({ 'outputs.jsonl': OUTPUTS }), 'outputs.jsonl');
    const { code, stderr } = await rightsizeHere(['score', file, ...args]);
    expect(stderr).toMatch(says);
    expect(code).toBe(2);
  });

  test('a line without an output names its row', async () => {
    const file = join(
      folderWith({ 'outputs.jsonl': '{"output":"a","target":"a"}\n{"target":"a"}\n' }),
      'outputs.jsonl',
    );
    const { code, stderr } = await rightsizeHere(['score', '--scorer', 'exact', file]);
    expect(stderr).toMatch(/outputs\.jsonl:2: expected the answer as text in "output", found none among target;/);
    expect(code).toBe(2);
  });
});

describe('rightsize list', () => {
  test.each(['models', 'suites', 'tasks', 'scorers', 'backends', 'metrics'])(
    '%s as a table and as JSON',
    async (what) => {
      const table = await rightsizeHere(['list', what]);
      expect(table.code, table.stderr).toBe(0);
      const json = await rightsizeHere(['list', what, '--json']);
      const rows = JSON.parse(json.stdout) as object[];
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) expect(Object.keys(row)).toEqual(Object.keys(rows[0]!));
      for (const line of table.stdout.split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(80);
      // Nothing is lost: each row's name is there, part by part.
      for (const row of rows)
        for (const part of String(Object.values(row)[0]).split(/(?<=[-:/._])/)) expect(table.stdout).toContain(part);
    },
  );

  test('devices say what no source tells of them', async () => {
    const { stdout } = await rightsizeHere(['list', 'devices']);
    expect(stdout).toMatch(/^id +watts +dollars/m);
    expect(stdout).toMatch(/^phone-8gb +not known +not known/m);
    expect(stdout).not.toMatch(/^phone-8gb .*51\.2 *$/m);
  });

  test('published models are shown in 80 columns, and are of `models` alone', async () => {
    const table = await rightsizeHere(['list', 'models', '--published']);
    expect(table.code, table.stderr).toBe(0);
    expect(table.stdout).toMatch(/^qwen3\.5-4b .*4\.21 B +4\.21 B +262144 +bf16 +apache-2\.0/m);
    for (const line of table.stdout.split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(80);
    const { code, stderr } = await rightsizeHere(['list', 'suites', '--published']);
    expect(stderr).toContain('--published: expected with `list models`, found with `list suites`');
    expect(code).toBe(2);
  });

  test('something that cannot be listed is refused', async () => {
    const { code, stderr } = await rightsizeHere(['list', 'cats']);
    expect(stderr).toMatch(
      /expected one of models, suites, tasks, devices, scorers, backends, metrics, found \\?"cats\\?"/,
    );
    expect(code).toBe(2);
  });
});

describe('rightsize check', () => {
  test('tries the models that a run takes, or those that are named', async () => {
    const cwd = folderWith({
      ...SCRIPTED,
      'models.json': {
        default: ['here'],
        models: [
          { id: 'here', class: 'slm', backend: 'scripted' },
          { id: 'gone', class: 'slm', backend: 'llama-cpp', source: 'gone.gguf' },
          { id: 'down', class: 'llm', backend: 'openai', source: 'gpt', endpoint: 'http://127.0.0.1:9/v1' },
        ],
      },
    });
    const named = ['here', 'gone', 'down'].flatMap((id) => ['-m', id]);
    const { code, stdout } = await rightsizeHere(['check', '--suite', 'sums.yaml', ...named, '--json'], { cwd });
    expect(code).toBe(2);
    const { models, suites } = JSON.parse(stdout);
    expect(suites).toMatchObject([{ name: 'sums', tasks: [{ name: 'add', samples: 2, limitsNeed: null }] }]);
    expect(models).toMatchObject([
      { id: 'here', ready: true, tried: { state: 'tried' } },
      { id: 'gone', ready: false, reason: expect.stringContaining('gone.gguf') },
      { id: 'down', ready: false, reason: expect.stringContaining('127.0.0.1:9') },
    ]);
    const chosen = await rightsizeHere(['check', '--suite', 'sums.yaml', '--json'], { cwd });
    expect(chosen.code).toBe(0);
    expect(JSON.parse(chosen.stdout).models).toMatchObject([{ id: 'here' }]);
  });
});

test('help teaches, and an unknown command is refused', async () => {
  const help = await rightsize(['--help']);
  expect(help.code).toBe(0);
  expect(help.stdout).toMatch(/Exit codes: 0 done/);
  expect((await rightsize(['rnu'])).code).toBe(2);
});

test('a crash of Node does not end as a gate that failed', async () => {
  const crash = 'if (process.argv[1]?.endsWith("main.js")) setTimeout(() => Promise.reject(new Error("boom")), 1500);';
  const cwd = folderWith({
    ...SCRIPTED,
    'models.json': {
      models: [
        { id: 'm', class: 'slm', backend: 'scripted', script: { answers: { '*': '2' }, ttft: 60, realTime: true } },
      ],
    },
  });
  const { code, stderr } = await rightsize(['run', '--suite', 'sums.yaml', '-q'], {
    cwd,
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(crash)}` },
  });
  expect(stderr).toContain('rightsize: unexpected: boom (a fault of rightsize');
  expect(code).toBe(3);
});
