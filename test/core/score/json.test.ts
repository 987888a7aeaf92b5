import { describe, expect, test } from 'vitest';
import { json } from '../../../src/core/score/scorers/json.js';
import { judge, metricsOf, scoreOf } from './judge.js';

const schema = {
  type: 'object',
  required: ['name', 'age'],
  properties: {
    name: { type: 'string' },
    age: { type: 'integer', minimum: 0 },
    email: { type: 'string', format: 'email' },
  },
  additionalProperties: false,
};

describe('a document', () => {
  test('is the whole output, or what a fence holds, or the first one in the text', () => {
    const output = 'Here it is:\n```json\n{"a": 1}\n```\nAnything else?';
    expect(scoreOf(json, { output })).toBe(1);
    expect(scoreOf(json, { output }, { extract: 'whole' })).toBe(0);
    expect(scoreOf(json, { output: 'Sure: {"a": "}"} and more' }, { extract: 'first' })).toBe(1);
    expect(scoreOf(json, { output: 'Sure: {"a": "}"} and more' })).toBe(0);
  });

  test('that does not parse scores 0 and says why', () => {
    expect(judge(json, { output: '{"a": }' })).toMatchObject({
      value: 0,
      answer: null,
      details: { fault: 'not JSON' },
    });
    expect(judge(json, { output: ' ' })).toMatchObject({ value: 0, details: { fault: 'empty' } });
    expect(judge(json, { output: '['.repeat(2_000_000) })).toMatchObject({
      value: 0,
      details: { fault: 'nested deeper than 200' },
    });
  });

  test('is validated, formats included', () => {
    expect(scoreOf(json, { output: '{"name":"Ann","age":3}' }, { schema })).toBe(1);
    expect(judge(json, { output: '{"name":"Ann"}' }, { schema })).toMatchObject({
      value: 0,
      details: { parsed: true, valid: false, fault: "the document must have required property 'age'" },
    });
    expect(scoreOf(json, { output: '{"name":"Ann","age":3,"email":"no"}' }, { schema })).toBe(0);
  });

  test('may have a schema of its own in the row', () => {
    const fields = { schema: { type: 'array', items: { type: 'number' } } };
    expect(scoreOf(json, { output: '[1, 2]', fields }, { schemaField: 'schema' })).toBe(1);
    expect(scoreOf(json, { output: '["1"]', fields }, { schemaField: 'schema' })).toBe(0);
  });
});

describe('fields', () => {
  const target = { name: 'Ann', tags: ['a', 'b'], address: { city: 'Oslo' } };

  test('are leaves with their paths, counted for precision, recall and F1', () => {
    const output = JSON.stringify({ name: 'Ann', tags: ['a', 'c'], address: {} });
    const score = judge(json, { output, target });
    // Right: name, tags/0. Given: those, tags/1, the empty address. Expected: name, two tags, the city.
    expect(score).toMatchObject({
      value: 0.5,
      details: { precision: 0.5, recall: 0.5, right: 2, given: 4, expected: 4 },
    });
  });

  test('of a list keep their order unless told otherwise', () => {
    const output = JSON.stringify({ ...target, tags: ['b', 'a'] });
    expect(scoreOf(json, { output, target })).toBe(0.5);
    expect(scoreOf(json, { output, target }, { arrays: 'unordered' })).toBe(1);
    expect(scoreOf(json, { output, target }, { value: 'exact' })).toBe(0);
  });

  test('are compared by value, blank ends aside', () => {
    expect(scoreOf(json, { output: '{"n":1.0,"s":" x "}', target: { s: 'x', n: 1 } }, { value: 'exact' })).toBe(1);
    expect(scoreOf(json, { output: '{"s":"X"}', target: { s: 'x' } }, { ignoreCase: true })).toBe(1);
    expect(scoreOf(json, { output: '{"n":"1"}', target: '{"n":1}' })).toBe(0);
  });

  test('of a whole cell are micro-averaged, and what did not parse found none', () => {
    const metrics = metricsOf(json, [
      { output: '{"a":1,"b":2}', target: { a: 1, b: 3 } },
      { output: 'sorry', target: { a: 1, b: 3 } },
    ]);
    expect(metrics).toEqual({
      parsed: { value: 0.5 },
      valid: { value: 0.5 },
      precision: { value: 0.5 },
      recall: { value: 0.25 },
      f1: { value: 2 / 6 },
      'precision a': { value: 1 },
      'recall a': { value: 0.5 },
      'f1 a': { value: 2 / 3 },
      'precision b': { value: 0 },
      'recall b': { value: 0 },
      'f1 b': { value: 0 },
    });
    expect(metricsOf(json, []).f1).toHaveProperty('missing');
  });
});

describe('records', () => {
  const target = {
    entities: [
      { text: 'Berlin', type: 'LOC' },
      { text: 'Angela Merkel', type: 'PER' },
      { text: 'Bonn', type: 'LOC' },
    ],
  };

  test('have no place of their own: each is compared with the one that it agrees with most', () => {
    const entities = [
      { text: 'Angela Merkel', type: 'PER' },
      { text: 'Berlin', type: 'LOC' },
    ];
    const input = { output: JSON.stringify({ entities }), target };
    expect(judge(json, input)).toMatchObject({ details: { precision: 1, recall: 2 / 3 } });
    expect(judge(json, input, { arrays: 'ordered' })).toMatchObject({ details: { right: 0 } });
    expect(metricsOf(json, [input])['recall entities[].text']).toEqual({ value: 2 / 3 });
  });

  test('that are half right count half, and one too many costs precision', () => {
    const output = JSON.stringify({
      entities: [{ text: 'Rome', type: 'LOC' }, ...target.entities.toReversed(), { text: 'Bonn', type: 'PER' }],
    });
    expect(judge(json, { output, target })).toMatchObject({ details: { right: 6, given: 10, expected: 6 } });
    const swapped = JSON.stringify({ entities: [{ text: 'Berlin', type: 'PER' }] });
    expect(judge(json, { output: swapped, target })).toMatchObject({ details: { right: 1, given: 2 } });
  });

  test('in the middle may be missing', () => {
    const output = JSON.stringify({ entities: [target.entities[0], target.entities[2]] });
    expect(judge(json, { output, target })).toMatchObject({ details: { right: 4, given: 4, expected: 6 } });
  });
});

describe('comparators', () => {
  const right = (given: unknown, wanted: unknown, comparator: object) =>
    scoreOf(json, { output: JSON.stringify({ a: given }), target: { a: wanted } }, { fields: { a: comparator } });

  test.each([
    ['12.50', 12.5, {}, 1],
    [12.5, '12.50', {}, 1],
    ['1,234.5', 1234.5, {}, 1],
    ['$ 12', 12, {}, 1],
    ['12 EUR', 12, {}, 1],
    ['12.6', 12.5, {}, 0],
    ['12.6', 12.5, { tolerance: 0.1 }, 1],
    [99, 100, { relativeTolerance: 0.01 }, 1],
    ['twelve', 12, {}, 0],
    [null, null, {}, 1],
  ])('number: %j against %j with %j scores %i', (given, wanted, settings, expected) => {
    expect(right(given, wanted, { compare: 'number', ...settings })).toBe(expected);
  });

  test.each([
    ['2 January 2024', '2024-01-02', {}, 1],
    ['Jan 2, 2024', '2024-01-02', {}, 1],
    ['2nd of January 2024', '2024-01-02', {}, 1],
    ['02.01.2024', '2024-01-02', {}, 1],
    ['2024-01-02T10:00:00Z', '2024/1/2', {}, 1],
    ['01/02/2024', '2024-01-02', {}, 0],
    ['01/02/2024', '2024-01-02', { order: 'month-first' }, 1],
    ['01/02/2024', '2024-02-01', { order: 'day-first' }, 1],
    ['13/02/2024', '2024-02-13', {}, 1],
    ['30 February 2024', '2024-03-01', {}, 0],
    ['soon', 'soon', {}, 1],
  ])('date: %j against %j with %j scores %i', (given, wanted, settings, expected) => {
    expect(right(given, wanted, { compare: 'date', ...settings })).toBe(expected);
  });

  test.each([
    ['ACME Inc.', 'ACME Inc', { ignorePunctuation: true }, 1],
    ['ACME Inc.', 'ACME Inc', {}, 0],
    ['acme inc', 'ACME Inc', { ignoreCase: true }, 1],
    ['ACME\n  Inc', 'ACME Inc', { ignoreBlanks: true }, 1],
    [12, '12', {}, 0],
  ])('text: %j against %j with %j scores %i', (given, wanted, settings, expected) => {
    expect(right(given, wanted, { compare: 'text', ...settings })).toBe(expected);
  });

  test('are named by the path of a field, elements of lists by []', () => {
    const fields = { 'items[].price': { compare: 'number' } };
    const output = '{"items": [{"price": "2.0"}, {"price": "1"}]}';
    expect(scoreOf(json, { output, target: { items: [{ price: 1 }, { price: 2 }] } }, { fields })).toBe(1);
  });
});

test.each([[[null]], [['a', null, 'a']], [[{ a: 1 }, null, { a: [null] }]], [[[], {}, null]]])(
  'a list with null in it agrees with itself, whatever its order: %j',
  (list) => {
    for (const arrays of ['records', 'ordered', 'unordered']) {
      const output = JSON.stringify({ list: arrays === 'ordered' ? list : list.toReversed() });
      if (
        arrays === 'records' &&
        !list.some((item) => item !== null && !Array.isArray(item) && typeof item === 'object')
      )
        continue;
      expect(scoreOf(json, { output, target: { list } }, { arrays }), arrays).toBe(1);
    }
  },
);

test('an empty list for a list of records gives no field, and costs recall alone', () => {
  const judged = judge(json, { output: '{"items": []}', target: { items: [{ a: 1 }, { a: 2 }] } });
  expect(judged).toMatchObject({ details: { given: 0, expected: 2, right: 0 } });
});

test('the names that a model invents leave room for the fields of later targets', () => {
  const invented = JSON.stringify(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x${i}`, i])));
  const metrics = metricsOf(json, [
    { output: invented, target: { a: 1 } },
    { output: '{"b": 2}', target: { b: 2 } },
  ]);
  expect(metrics).toMatchObject({ 'recall a': { value: 0 }, 'recall b': { value: 1 } });
});

test('lists of thousands are compared in their order, and quickly', () => {
  const long = Array.from({ length: 20_000 }, (_, index) => ({ id: index }));
  expect(scoreOf(json, { output: JSON.stringify(long), target: long })).toBe(1);
});

describe('hostile input', () => {
  test('a key named __proto__ is data', () => {
    expect(scoreOf(json, { output: '{"__proto__":{"admin":true}}', target: { a: 1 } })).toBe(0);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test('a pattern of a schema runs in linear time', () => {
    const hostile = { type: 'string', pattern: '^(a+)+$' };
    expect(scoreOf(json, { output: JSON.stringify(`${'a'.repeat(100_000)}!`) }, { schema: hostile })).toBe(0);
  });

  test('a schema that is none, too deep or refers elsewhere is unscored', () => {
    const deep = JSON.parse(`${'{"not":'.repeat(300)}{}${'}'.repeat(300)}`);
    for (const bad of [{ type: 'nonsense' }, deep, { $ref: 'https://example.org/schema.json' }]) {
      expect(judge(json, { output: '{}' }, { schema: bad })).toMatchObject({ state: 'unscored' });
    }
  });

  test('two schemas may share an $id, and any spelling of $schema will do', () => {
    const $id = 'https://example.org/one';
    const options = (type: string, $schema: string) => ({ schema: { $id, $schema, type } });
    expect(scoreOf(json, { output: '1' }, options('number', 'http://json-schema.org/draft-06/schema#'))).toBe(1);
    expect(scoreOf(json, { output: '1' }, options('string', 'https://json-schema.org/draft/2020-12/schema#'))).toBe(0);
    expect(scoreOf(json, { output: '1' }, options('string', 'http://json-schema.org/schema'))).toBe(0);
  });

  test('a schema that refers to itself follows a document down to the deepest that parses', () => {
    const recursive = { $ref: '#/$defs/node', $defs: { node: { type: 'array', items: { $ref: '#/$defs/node' } } } };
    const document = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(scoreOf(json, { output: document(200) }, { schema: recursive })).toBe(1);
    expect(scoreOf(json, { output: document(201) }, { schema: recursive })).toBe(0);
  });
});
