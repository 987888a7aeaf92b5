/** Which rows of a data file become samples, and what is read of them before a template sees them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadSuites } from '../../src/files/definitions.js';
import { loadSamples } from '../../src/files/samples.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rows-taken-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function samplesOf(samples: string, rows: readonly object[], prompt = "{ user: '{{ q }}' }") {
  writeFileSync(join(folder, 'rows.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
  const suite = `name: s\ntasks: [{ name: t, prompt: ${prompt}, samples: ${samples}, scorer: exact }]\n`;
  writeFileSync(join(folder, 's.yaml'), suite);
  const [loaded] = await loadSuites(join(folder, 's.yaml'));
  return (await loadSamples(loaded!, 0, { seed: 0, limit: null, environment: {} })).samples;
}

test('only rows for which `where` renders to true are taken, before the limit is', async () => {
  const rows = [1, 2, 3, 4].map((n) => ({ q: `q${n}`, kind: n % 2 ? 'odd' : 'even' }));
  const taken = await samplesOf(`{ file: rows.jsonl, limit: 2, where: "{{ kind == 'even' }}" }`, rows);
  expect(taken.map(({ fields }) => fields.q)).toEqual(['q2', 'q4']);
});

test('`where` holds for examples too', async () => {
  const rows = [1, 2, 3].map((n) => ({ q: `q${n}`, target: n }));
  const pool = `{ file: rows.jsonl, where: '{{ target == 3 }}' }`;
  const prompt = `{ text: '{{ q }}', examples: { count: 1, samples: ${pool} } }`;
  const [first] = await samplesOf('{ file: rows.jsonl, limit: 1 }', rows, prompt);
  expect(first!.prompt).toEqual({ text: 'q3 3\n\nq1' });
});

test('a row that stands in the data twice is a sample each time, with an id of its own', async () => {
  const ids = (await samplesOf('{ file: rows.jsonl }', [{ q: 'a' }, { q: 'b' }, { q: 'a' }, { q: 'a' }])).map(
    ({ id }) => id,
  );
  expect(new Set(ids).size).toBe(4);
  expect(ids.slice(2)).toEqual([`${ids[0]}-2`, `${ids[0]}-3`]);
});

test('an id that the data gives twice is an error', async () => {
  const rows = [
    { id: 'x', q: 'a' },
    { id: 'x', q: 'b' },
  ];
  await expect(samplesOf('{ file: rows.jsonl }', rows)).rejects.toThrow(/id of its own, found "x" again/);
});

test('text that is JSON is read as what it says, and a target may be JSON', async () => {
  const fields = `{ json: [calls], target: { json: '{{ calls | tojson }}' } }`;
  const [one] = await samplesOf(`{ file: rows.jsonl, fields: ${fields} }`, [{ q: 'a', calls: '[{"f":{"x":[1]}}]' }]);
  expect(one!.target).toEqual([{ f: { x: [1] } }]);
  await expect(samplesOf(`{ file: rows.jsonl, fields: ${fields} }`, [{ q: 'a', calls: '[{' }])).rejects.toThrow(
    /rows\.jsonl:1: samples\.fields\.json: expected JSON in "calls", found "\[\{"/,
  );
});
