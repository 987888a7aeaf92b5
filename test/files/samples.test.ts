/** From a suite and its data files to samples: what a source says of its rows, and what is said where one is wrong. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isChat, type Sample } from '../../src/core/message.js';
import { loadSuites } from '../../src/files/definitions.js';
import { loadSamples } from '../../src/files/samples.js';
import { folderWith } from '../support/cli.js';

const ROWS = Array.from({ length: 12 }, (_, n) => ({ q: `Q${n}?`, target: n % 2 === 0 ? 'yes' : 'no' }));
const lines = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');

async function samplesOf(task: object, files: Readonly<Record<string, string>> = {}) {
  const folder = folderWith({
    'rows.jsonl': lines(ROWS),
    ...files,
    's.yaml': { name: 's', tasks: [{ name: 't', prompt: { user: '{{ q }}' }, scorer: 'exact', ...task }] },
  });
  const [suite] = await loadSuites(join(folder, 's.yaml'));
  return (await loadSamples(suite!, 0, { seed: 3, limit: null, environment: {} })).samples;
}

async function questionsOf(task: object): Promise<readonly (readonly string[])[]> {
  return (await samplesOf(task)).map(({ prompt }) =>
    isChat(prompt) ? prompt.messages.filter(({ role }) => role === 'user').map(({ content }) => content) : [],
  );
}

test('a pool of examples is limited, shuffled and stratified as samples are', async () => {
  const asked = (source: object, count: number) =>
    questionsOf({
      prompt: { user: '{{ q }}', examples: { count, samples: { file: 'rows.jsonl', ...source } } },
      samples: [{ q: 'Q99?' }],
    }).then((questions) => questions[0]!.slice(0, -1));
  expect(await asked({}, 2)).toEqual(['Q0?', 'Q1?']);
  expect(await asked({ where: "{{ target == 'no' }}" }, 2)).toEqual(['Q1?', 'Q3?']);
  expect(await asked({ shuffle: true }, 3)).not.toEqual(['Q0?', 'Q1?', 'Q2?']);
  expect(await asked({ stratify: '{{ target }}', limit: 4 }, 4)).toEqual(['Q0?', 'Q1?', 'Q2?', 'Q3?']);
  await expect(asked({ limit: 2 }, 3)).rejects.toThrow('expected 3 examples besides the sample itself, found 2');
});

test('no sample is its own example', async () => {
  const questions = await questionsOf({
    prompt: { user: '{{ q }}', examples: { count: 3, samples: { file: 'rows.jsonl' } } },
    samples: { file: 'rows.jsonl' },
  });
  expect(questions).toHaveLength(12);
  for (const asked of questions) expect(new Set(asked).size).toBe(4);
});

test.each([
  [
    'an example that lacks a field',
    { prompt: { user: '{{ q }}', examples: { count: 1, samples: [{ text: 'x' }] } }, samples: { file: 'rows.jsonl' } },
    'rows.jsonl:1: example 1: prompt.user: the template names "q", which this row does not have (it has text)',
  ],
  [
    'a stratum that a row lacks',
    { samples: { file: 'rows.jsonl', limit: 2, stratify: '{{ kind }}' } },
    'rows.jsonl:1: samples.stratify: the template names "kind", which this row does not have (it has q, target)',
  ],
  [
    'a filter that nothing passes',
    { samples: { file: 'rows.jsonl', where: "{{ q == 'none' }}" } },
    'rows.jsonl: expected at least one row for which samples.where renders to true, found none',
  ],
])('%s is named', async (_, task, message) => {
  await expect(samplesOf(task)).rejects.toThrow(message);
});

test('a row that comes many times is a sample each time', async () => {
  const rows = lines(Array.from({ length: 10_000 }, () => ROWS[0]!));
  const samples = await samplesOf({ samples: { file: 'rows.jsonl' } }, { 'rows.jsonl': rows });
  expect(new Set(samples.map(({ id }) => id)).size).toBe(10_000);
  expect(samples[2]!.id).toBe(`${samples[0]!.id}-3`);
});

describe('a pool of examples with fields of its own', () => {
  const POOL = 'text,label,n\nToo much,billing,0\nLost,delivery,1\n';
  const answers = async (samples: object, more: object = {}) => {
    const examples = { count: 2, samples: { file: 'shots.csv', ...samples }, ...more };
    const task = { prompt: { user: '{{ text }}', examples }, samples: [{ text: 'Where?', target: 'delivery' }] };
    const [{ prompt }] = (await samplesOf(task, { 'shots.csv': POOL })) as [Sample];
    return isChat(prompt)
      ? prompt.messages.filter(({ role }) => role === 'assistant').map(({ content }) => content)
      : [];
  };

  test.each<[string, object, object]>([
    ['a template', { fields: { target: '{{ label }}' } }, {}],
    ['the name of a column', { fields: { target: 'label' } }, {}],
    ['a template, and the answer says it again', { fields: { target: '{{ label }}' } }, { answer: '{{ label }}' }],
    ['the target in the answer', { fields: { target: 'label' } }, { answer: '{{ target }}' }],
    ['an index', { fields: { target: "{{ ['billing', 'delivery'][n | int] }}" } }, {}],
    ['no fields, and the answer names the column', {}, { answer: '{{ label }}' }],
    ['more fields', { fields: { target: 'label', id: '{{ n }}', group: 'label' } }, {}],
  ])('%s', async (_, samples, more) => {
    expect(await answers(samples, more)).toEqual(['billing', 'delivery']);
  });

  test('a column that the pool lacks is named', async () => {
    await expect(answers({ fields: { target: '{{ queue }}' } })).rejects.toThrow('names "queue"');
    await expect(answers({})).rejects.toThrow('names "target"');
  });
});

test.each([
  ['semicolons', 'q;target;note\nWhy?;yes;a, b\n'],
  ['tabs', 'q\ttarget\nWhy?\tyes\n'],
  ['bars', 'q|target\nWhy?|yes\n'],
  ['commas', 'q,target\nWhy?,yes\n'],
  ['commas, with a semicolon inside quotes', '"q",target,"a;b;c;d"\nWhy?,yes,1\n'],
])('columns may be parted by %s', async (_, csv) => {
  const [sample] = await samplesOf({ samples: { file: 'rows.csv' } }, { 'rows.csv': csv });
  expect(sample).toMatchObject({ target: 'yes', fields: { q: 'Why?' } });
});

test('reading ends between rows when it is interrupted', async () => {
  const folder = folderWith({
    'rows.jsonl': lines(Array.from({ length: 5000 }, (_, n) => ({ q: `Q${n}?`, target: 'x' }))),
    's.yaml': {
      name: 's',
      tasks: [
        {
          name: 't',
          prompt: { user: '{% for i in range(6000) %}{% endfor %}{{ q }}' },
          samples: { file: 'rows.jsonl' },
          scorer: 'exact',
        },
      ],
    },
  });
  const [suite] = await loadSuites(join(folder, 's.yaml'));
  const options = { seed: 3, limit: null, environment: {}, signal: AbortSignal.timeout(200) };
  const began = performance.now();
  await expect(loadSamples(suite!, 0, options)).rejects.toThrow(/timeout/);
  expect(performance.now() - began).toBeLessThan(10_000);
});
