/** A first suite from data as people have it: each file here is one that somebody brings. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { isChat } from '../../src/core/message.js';
import { loadSuites } from '../../src/files/definitions.js';
import { loadSamples } from '../../src/files/samples.js';
import { type Initialised, type InitOptions, init } from '../../src/run/init.js';
import { folderWith, ROOT } from '../support/cli.js';

type Files = Readonly<Record<string, string | Buffer>>;

async function made(files: Files, options: Omit<InitOptions, 'data' | 'cwd'> = {}) {
  const cwd = folderWith(files);
  const result = await init({ cwd, data: Object.keys(files)[0]!, ...options });
  const [loaded] = await loadSuites(result.suiteFile, cwd);
  const { samples } = await loadSamples(loaded!, 0, { seed: 0, limit: null, environment: {} });
  return { cwd, result, samples, task: loaded!.suite.tasks[0]! };
}

const refusal = async (files: Files, options: Omit<InitOptions, 'data' | 'cwd'> = {}) => {
  const cwd = folderWith(files);
  const data = Object.keys(files)[0]!;
  const error = await init({ cwd, data, ...options }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(UserError);
  expect(existsSync(join(cwd, 'models.json'))).toBe(false);
  return (error as UserError).message;
};

/** Tickets whose queue follows from nothing. */
const tickets = (rows: number, queues: readonly string[]) =>
  Array.from({ length: rows }, (_, i) => [`Message ${i}`, queues[i % queues.length]!] as const);

const csv = (rows: readonly (readonly string[])[], separator = ',') =>
  rows
    .map((row) => row.map((cell) => (/["\n,;]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(separator))
    .join('\r\n');

const userOf = ({ shown }: Initialised, i = 0) => {
  const { prompt } = shown[i]!;
  return isChat(prompt) ? prompt.messages.at(-1)!.content : prompt.text;
};

const HEAD = ['Message text', 'Queue'];
const NAMED = { inputs: ['Message text'], target: 'Queue' };

describe('the suite that is made of', () => {
  test('cells with quotes, line breaks and separators has their text as it is', async () => {
    const text = 'He said "it, broke";\nthen {{ left }}';
    const rows = [HEAD, [text, 'billing'], ['Another', 'returns'], ...tickets(20, ['billing', 'returns'])];
    const { result, samples, task } = await made({ 'my tickets.csv': csv(rows) }, NAMED);
    expect(userOf(result)).toBe(text);
    expect(samples).toHaveLength(22);
    expect(task.scorer).toEqual({ name: 'classification', labels: ['billing', 'returns'] });
    expect(result.suiteFile).toMatch(/my-tickets\.yaml$/);
  });

  test('a file with a byte order mark and semicolons has the columns of its header', async () => {
    const { result, samples } = await made(
      { 'a.csv': `\ufeff${csv([HEAD, ...tickets(10, ['a1', 'b2'])], ';')}` },
      NAMED,
    );
    expect(result.columns).toEqual({ inputs: ['Message text'], target: 'Queue' });
    expect(samples).toHaveLength(10);
  });

  test('a hundred classes lists them all, in the prompt and for the scorer', async () => {
    const queues = Array.from({ length: 100 }, (_, i) => `queue ${i}`);
    const { result, task } = await made({ 'a.csv': csv([HEAD, ...tickets(400, queues)]) }, NAMED);
    expect(task.scorer).toMatchObject({ name: 'classification' });
    expect(task.scorer).toHaveProperty('labels.length', 100);
    expect(JSON.stringify(result.shown[0]!.prompt)).toContain('queue 99');
    expect(result.scorer.reason).toBe('400 rows have 100 different targets, as labels do');
  });

  test('targets that are JSON compares them as documents, from cells and from lines', async () => {
    const target = (i: number) => ({ order: i, paid: i % 2 === 0 });
    const cells = csv([['text', 'expected'], ...[1, 2, 3].map((i) => [`Order ${i}`, JSON.stringify(target(i))])]);
    const lines = [1, 2, 3].map((i) => JSON.stringify({ text: `Order ${i}`, expected: target(i) })).join('\n');
    for (const files of [{ 'a.csv': cells }, { 'a.jsonl': lines }]) {
      const { samples, task, result } = await made(files as unknown as Files);
      expect(task.scorer).toBe('json');
      expect(samples.map((sample) => sample.target)).toEqual([1, 2, 3].map(target));
      expect(JSON.stringify(result.shown[0]!.prompt)).toContain('with the fields order, paid');
    }
  });

  test('empty cells leaves those rows out, and says where the first one is', async () => {
    const rows = [...tickets(12, ['billing', 'returns']), ['', 'billing'], ['  ', 'billing'], ['Lost', '']];
    const { result, samples } = await made({ 'a.csv': csv([HEAD, ...rows]) }, NAMED);
    expect(samples).toHaveLength(12);
    expect(result).toMatchObject({ rows: 15, usable: 12 });
    expect(result.doubts).toContainEqual(expect.stringMatching(/^the input is empty in 2 rows, first at .*a\.csv:14;/));
    expect(result.doubts).toContainEqual(expect.stringMatching(/^the target is empty in 1 row, first at .*a\.csv:16;/));
  });

  test('lines with missing and null fields leaves those rows out', async () => {
    const rows = [
      ...tickets(6, ['a', 'b']).map(([text, label]) => ({ text, label })),
      { text: null, label: 'a' },
      { text: 'x' },
    ];
    const { samples } = await made({ 'a.jsonl': rows.map((row) => JSON.stringify(row)).join('\n') });
    expect(samples).toHaveLength(6);
  });

  test('Parquet has its columns, whole numbers among them', async () => {
    const files = { 'a.parquet': readFileSync(join(ROOT, 'test/fixtures/tickets.parquet')) };
    const { result, samples } = await made(files, NAMED);
    expect(result).toMatchObject({ rows: 20, usable: 19, scorer: { scorer: 'classification' } });
    expect(samples).toHaveLength(19);
    expect((await made(files, { ...NAMED, target: 'Orders' })).result.scorer.scorer).toBe('number');
  });

  test('columns with hostile names and labels asks the model their very words', async () => {
    const column = 'it\'s "{{ x }}" \\ %}';
    const label = '{% raw %}{{ 7 * 7 }}';
    const rows = [[column, 'for'], ...tickets(10, [label, 'other'])];
    const { result, samples } = await made({ 'a.csv': csv(rows) }, { inputs: [column], target: 'for' });
    expect(userOf(result)).toBe('Message 0');
    expect(samples[0]!.target).toBe(label);
    expect(JSON.stringify(result.shown[0]!.prompt)).toContain(label);
  });

  test('several inputs names each of them in the prompt', async () => {
    const rows = [
      ['Subject', 'Body', 'Queue'],
      ['Hi', 'My bill', 'a'],
      ['Hm', 'Broken', 'b'],
      ['Ho', 'Lost', 'a'],
      ['He', 'So', 'b'],
    ];
    const { result } = await made({ 'a.csv': csv(rows) }, { inputs: ['Subject', 'Body'], target: 'Queue' });
    expect(userOf(result)).toBe('Subject: Hi\nBody: My bill');
  });

  test('more rows than the margin needs takes as many as it needs, of each label its share', async () => {
    const { result, samples } = await made(
      { 'a.csv': csv([HEAD, ...tickets(600, ['x1', 'x1', 'y1'])]) },
      { ...NAMED, margin: 0.1 },
    );
    expect(result.doubts).toEqual([]);
    expect(samples.length).toBeGreaterThan(100);
    expect(samples.length).toBeLessThan(200);
    expect(samples.filter(({ target }) => target === 'y1').length / samples.length).toBeCloseTo(1 / 3, 1);
  });

  test.each([
    ['number', ['12', '-3.50', '$1,000', '7%']],
    ['choice', ['A', 'D', 'B', 'C']],
    ['squad', ['Ada Lovelace', 'in Paris', 'the red house', 'nobody']],
  ])('targets for the scorer %s names it, and says why', async (scorer, targets) => {
    const rows = [['question', 'answer'], ...targets.map((target, i) => [`What is ${i}?`, target])];
    const { task, result } = await made({ 'a.csv': csv(rows) });
    expect(task.scorer).toBe(scorer);
    expect(result.scorer.reason).toMatch(/^the targets are /);
  });
});

describe('the data is doubted where', () => {
  const doubts = async (rows: readonly (readonly string[])[], options: Partial<InitOptions> = NAMED) =>
    (await made({ 'a.csv': csv([HEAD, ...rows]) }, { margin: 0.3, ...options })).result.doubts;

  test('an input comes again, with the same target and with another', async () => {
    const said = await doubts([
      ...tickets(60, ['billing', 'returns']),
      ['Message 0', 'billing'],
      ['Message 0', 'returns'],
    ]);
    expect(said[0]).toMatch(/^an earlier input has another target in 1 row, first at .*a\.csv:63;/);
    expect(said[1]).toMatch(/^an earlier input comes again in 1 row, first at .*a\.csv:62;/);
    expect(said).toHaveLength(2);
  });

  test('a label is mistyped; it is not offered to the model', async () => {
    const typo = [
      ['Late', 'delivrey'],
      ['Lost', 'DELIVERY '],
    ];
    const rows = [...tickets(60, ['delivery', 'tier 1', 'tier 2']), ...typo];
    const { result, task } = await made({ 'a.csv': csv([HEAD, ...rows]) }, { ...NAMED, margin: 0.3 });
    expect(result.doubts).toEqual([
      expect.stringMatching(/^the target "delivrey" is probably "delivery" mistyped, in 1 row/),
    ]);
    expect(task.scorer).toHaveProperty('labels', ['delivery', 'tier 1', 'tier 2']);
  });

  test('one of many numbers is none', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => [`Message ${i}`, i === 7 ? 'n/a' : String(i)]);
    expect(await doubts(rows)).toEqual([
      expect.stringMatching(/^the target is no number in 1 row, first at .*a\.csv:9;/),
    ]);
  });

  test('the prompt contains the answer', async () => {
    const rows = tickets(60, ['billing', 'returns']).map(([text, queue]) => [
      `${text} [${queue.toUpperCase()}]`,
      queue,
    ]);
    expect(await doubts(rows)).toEqual([expect.stringMatching(/^the input contains the target in 60 rows/)]);
    // A label that is a part of a longer word is no leak.
    const words = tickets(60, ['bill', 'turn']).map(([text, queue]) => [`${text} ${queue}ing`, queue]);
    expect(await doubts(words)).toEqual([]);
  });

  test('the samples are too few for the margin, and what they suffice for is said', async () => {
    const [said] = await doubts(tickets(200, ['billing', 'returns']), { ...NAMED, margin: 0.03 });
    expect(said).toMatch(
      /^200 samples are too few to show that an SLM is at most 3 points worse: about 1,390 are needed/,
    );
    expect(said).toMatch(/or allow 9 points with --margin 0\.09$/);
    const [enough] = await doubts(tickets(200, ['billing', 'returns']), { ...NAMED, margin: 0.09 });
    expect(enough).toBeUndefined();
  });
});

describe('nothing is written, and the flag is named, where', () => {
  const rows = tickets(10, ['billing', 'returns']);

  test.each([
    [
      'a column is not there',
      [HEAD, ...rows],
      { inputs: ['message text'] },
      /^--input: .* did you mean "Message text"\?$/,
    ],
    [
      'no name tells the input',
      [
        ['a', 'b', 'label'],
        ['x', 'y', 'z'],
      ],
      {},
      /^--input: .*the columns are "a", "b", "label"$/,
    ],
    [
      'two names tell the target',
      [
        ['text', 'label', 'class'],
        ['x', 'y', 'z'],
      ],
      {},
      /^--target: .*"label" and "class" could both/,
    ],
    [
      'one column is both',
      [HEAD, ...rows],
      { inputs: ['Queue'], target: 'Queue' },
      /^--target: .*other than the input/,
    ],
    ['all rows have one target', [HEAD, ...tickets(10, ['billing'])], NAMED, /^--target: .*"billing" in all 10 rows/],
    [
      'the targets are long texts',
      [HEAD, ...rows.map(([text], i) => [text, `${'a long summary of it '.repeat(5)}${i}`])],
      NAMED,
      /^--scorer: .*rouge/,
    ],
    [
      'no row is whole',
      [HEAD, ['', 'billing'], ['Hello', '']],
      NAMED,
      /a\.csv: expected rows with an input and a target, found none in 2 rows/,
    ],
  ] as const)('%s', async (_, table, options, message) => {
    expect(await refusal({ 'a.csv': csv(table) }, options)).toMatch(message);
  });

  test('a scorer is unknown', async () => {
    expect(await refusal({ 'a.csv': csv([HEAD, ...rows]) }, { ...NAMED, scorer: 'accuracy' })).toMatch(
      /^--scorer: expected one of exact/,
    );
  });

  test.each(['', 'Message text,Queue\r\n'])('the file is empty: %j', async (text) => {
    expect(await refusal({ 'a.csv': text })).toMatch(/a\.csv: expected at least one row, found none/);
  });

  test.each(['utf16le', 'utf-16le without a mark'])('the file is in %s, which is named', async (encoding) => {
    const text = `${encoding === 'utf16le' ? '\ufeff' : ''}${csv([HEAD, ...rows])}`;
    expect(await refusal({ 'a.csv': Buffer.from(text, 'utf16le') }, NAMED)).toMatch(
      /a\.csv: expected text in UTF-8, found UTF-16; save/,
    );
  });

  test('a suite is in the way; --force overwrites it, but no models', async () => {
    const cwd = folderWith({ 'a.csv': csv([HEAD, ...rows]), 'a.yaml': 'mine', 'models.json': 'my models' });
    await expect(init({ cwd, data: 'a.csv', ...NAMED })).rejects.toThrow(
      /a\.yaml: expected no such file, found one; --force/,
    );
    expect(readFileSync(join(cwd, 'a.yaml'), 'utf8')).toBe('mine');
    expect(await init({ cwd, data: 'a.csv', ...NAMED, force: true })).toMatchObject({ keptModels: true });
    expect(readFileSync(join(cwd, 'a.yaml'), 'utf8')).toContain('name: a\n');
    expect(readFileSync(join(cwd, 'models.json'), 'utf8')).toBe('my models');
  });

  test('the folder cannot be written', async () => {
    const cwd = folderWith({ 'a.csv': csv([HEAD, ...rows]), file: '' });
    await expect(init({ cwd, data: 'a.csv', ...NAMED, out: 'file/below' })).rejects.toThrow(
      /^--out .*found none \(ENOTDIR/,
    );
  });

  test.each([0, 1, -0.1, Number.NaN])('the margin is %d', async (margin) => {
    expect(await refusal({ 'a.csv': csv([HEAD, ...rows]) }, { ...NAMED, margin })).toMatch(
      /^--margin: expected a share/,
    );
  });

  test('one of many JSON targets is none, at which a run would end', async () => {
    const lines = [
      HEAD,
      ...Array.from({ length: 20 }, (_, i) => [`Message ${i}`, i === 7 ? 'n/a' : `{"order": ${i}}`]),
    ];
    expect(await refusal({ 'a.csv': csv(lines) }, NAMED)).toMatch(
      /^--target: expected JSON in every row.* first in row 9;/,
    );
  });

  test('the data comes from the standard input, which no run could read again', async () => {
    await expect(init({ data: '-' })).rejects.toThrow(/^--data: expected a file/);
  });
});

test('the suite names its data as seen from its own folder', async () => {
  const cwd = folderWith({ 'a.csv': csv([HEAD, ...tickets(10, ['a1', 'b2'])]) });
  const { suiteFile } = await init({ cwd, data: 'a.csv', ...NAMED, out: 'bench/desk' });
  expect(readFileSync(suiteFile, 'utf8')).toContain('file: ../../a.csv');
  const [loaded] = await loadSuites(suiteFile, cwd);
  expect((await loadSamples(loaded!, 0, { seed: 0, limit: null, environment: {} })).samples).toHaveLength(10);
});
