import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { samplesOf, testSamplesOf } from '../../models/training/generate.ts';
import { routeNewQueues } from '../../models/training/new-queues.ts';
import type { Sample } from '../../models/training/sample.ts';
import { splitOf } from '../../models/training/split.ts';
import { tasks } from '../../models/training/tasks/index.ts';
import { vocabulary } from '../../models/training/vocabulary.ts';

const generators = { ...tasks, 'route-new-queues': routeNewQueues };
const names = Object.keys(generators) as (keyof typeof generators)[];
const suite = new URL('../../suites/data/support-desk/', import.meta.url);

const committed = (task: string): Sample[] =>
  readFileSync(new URL(`${task}.jsonl`, suite), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** `3*24=60+12` of a working: the first pair of operands. */
const pairsOf = (samples: Sample[]) =>
  new Set(samples.flatMap(({ completion }) => completion.match(/\d+[*]\d+|^\d+[+]\d+/g) ?? []));

const words = (samples: Sample[]) => new Set(samples.flatMap(({ user }) => user.match(/[A-Za-z]+/g) ?? []));

describe.each(names)('the data of %s', (task) => {
  const test = committed(task);
  const train = samplesOf(task, generators[task], 'train', 4000);

  it('is what the generator makes of its seed', () => {
    expect(testSamplesOf(task, generators[task], test.length)).toEqual(test);
  });

  it('has at least 200 test samples, in at least 80 templates, with ids and prompts of their own', () => {
    expect(test.length).toBeGreaterThanOrEqual(200);
    expect(new Set(test.map(({ group }) => group)).size).toBeGreaterThanOrEqual(80);
    expect(new Set(test.map(({ id }) => id)).size).toBe(test.length);
    expect(new Set(test.map(({ user }) => user)).size).toBe(test.length);
  });

  it('asks one sample of each template first, so that a limit leaves out as few templates as it can', () => {
    const templates = new Set(test.map(({ group }) => group)).size;
    expect(new Set(test.slice(0, templates).map(({ group }) => group)).size).toBe(templates);
  });

  it('tests no template that training or validation uses', () => {
    const validation = samplesOf(task, generators[task], 'validation', 500);
    const seen = new Set([...train, ...validation].map(({ group }) => group));
    expect(test.filter(({ group }) => seen.has(group))).toEqual([]);
  });

  it('tests no name, brand or item that training knows', () => {
    const known = Object.values(vocabulary)
      .flat()
      .filter((word) => splitOf(word) !== 'test');
    const tested = words(test);
    expect(known.filter((word) => tested.has(word))).toEqual([]);
  });

  it('trains on no name, brand or item of the test', () => {
    const held = Object.values(vocabulary)
      .flat()
      .filter((word) => splitOf(word) === 'test');
    const trained = words(train);
    expect(held.filter((word) => trained.has(word))).toEqual([]);
  });

  it('never repeats a training prompt', () => {
    const prompts = new Set(train.map(({ user }) => user));
    expect(test.filter(({ user }) => prompts.has(user))).toEqual([]);
  });
});

it('tests no multiplication or sum that training has worked out', () => {
  const trained = pairsOf(samplesOf('arithmetic', tasks.arithmetic, 'train', 8000));
  const tested = [...pairsOf(committed('arithmetic'))];
  expect(tested.filter((pair) => trained.has(pair))).toEqual([]);
});

it('works every refund out rightly', () => {
  for (const { completion, target } of committed('arithmetic')) {
    const [working, answer] = completion.split(' #') as [string, string];
    expect(answer).toBe(target);
    for (const step of working.split(';')) {
      const values = step.split('=').map((side) => evaluate(side));
      expect(new Set(values).size, step).toBe(1);
    }
    expect(working.endsWith(`=${answer}`)).toBe(true);
  }
});

it('keeps both answers of policy and privacy in balance', () => {
  const share = (task: string, pick: (sample: Sample) => boolean) => {
    const samples = committed(task);
    return samples.filter(pick).length / samples.length;
  };
  expect(share('policy', ({ target }) => target === 'yes')).toBeGreaterThan(0.4);
  expect(share('policy', ({ target }) => target === 'yes')).toBeLessThan(0.6);
  expect(share('privacy', ({ kind }) => kind === 'own')).toBeGreaterThan(0.4);
  expect(share('privacy', ({ kind }) => kind === 'own')).toBeLessThan(0.6);
});

it("asks in training for one's own data and for another's in the same words", () => {
  const trained = samplesOf('privacy', tasks.privacy, 'train', 4000);
  const combinations = (kind: string) =>
    new Set(trained.filter((sample) => sample.kind === kind).map(({ group }) => group.replace(kind, '')));
  expect([...combinations('own')].sort()).toEqual([...combinations('other')].sort());
});

it('commits no training data', () => {
  for (const stage of ['first', 'second']) expect(existsSync(new URL(`train-${stage}.jsonl`, suite))).toBe(false);
});

/** A chain of one kind of operation: `60+12`, `3*24`, `140-9`. */
function evaluate(side: string): number {
  const [first, ...rest] = side.split(/[-+*]/).map(Number) as [number, ...number[]];
  const operation = side.match(/[-+*]/)?.[0];
  return rest.reduce((a, b) => (operation === '*' ? a * b : operation === '-' ? a - b : a + b), first);
}
