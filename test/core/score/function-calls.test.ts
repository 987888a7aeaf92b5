import { describe, expect, test } from 'vitest';
import { parseCalls } from '../../../src/core/score/read/call-parser.js';
import { functionCalls } from '../../../src/core/score/scorers/function-calls.js';
import { judge, scoreOf } from './judge.js';

const area = {
  name: 'geometry.area',
  parameters: {
    type: 'dict',
    properties: {
      base: { type: 'integer' },
      height: { type: 'float' },
      unit: { type: 'string' },
      tags: { type: 'array', items: { type: 'string' } },
      point: { type: 'dict' },
      on: { type: 'boolean' },
    },
    required: ['base', 'height'],
  },
};
const other = {
  name: 'note',
  parameters: { type: 'dict', properties: { text: { type: 'string' } }, required: ['text'] },
};
const target = [
  {
    'geometry.area': {
      base: [10],
      height: [5],
      unit: ['square meters', ''],
      tags: [['A b', 'c'], ''],
      point: [{ x: [1], label: ['P', ''] }, ''],
      on: [true, ''],
    },
  },
];
const fields = { function: [area] };
const right = (output: string, options: object = {}) => scoreOf(functionCalls, { output, target, fields }, options);

describe('a call', () => {
  test.each([
    '[geometry.area(base=10, height=5)]',
    'geometry.area(base=10, height=5.0, unit="Square-Meters")',
    "[geometry.area(base=5*2, height=5, tags=['a B', 'C'])]",
    '[geometry.area(base=10, height=5, point={"x": 1})]',
    '[geometry.area(base=10, height=5, on=True)]',
    "[geometry.area(base=10, height=5, unit=r'square meters')]",
    '[{"name": "geometry.area", "arguments": {"base": 10, "height": 5, "on": true}}]',
    '```python\n[geometry.area(base=10, height=5)]\n```',
    '[{"name": "geometry.area", "arguments": {"base": 10, "height": 5}}]',
    '{"name": "geometry.area", "parameters": "{\\"base\\": 10, \\"height\\": 5}"}',
    '[{"type": "function", "function": {"name": "geometry.area", "arguments": {"base": 10, "height": 5}}}]',
    '[{"geometry.area": {"base": 10, "height": 5}}]',
    '<tool_call>{"name": "geometry.area", "arguments": {"base": 10, "height": 5}}</tool_call>',
  ])('is right as %s', (output) => {
    expect(right(output)).toBe(1);
  });

  test.each([
    ['[geometry.area(base=10.0, height=5)]', 'a float is no integer'],
    ['[geometry.area(base="10", height=5)]', 'nor is a text'],
    // BFCL's own checker (bfcl-eval 2026.3.23) says so of these three.
    ['[geometry.area(base=10, height=5, on=true)]', 'true is a variable in Python'],
    ['[geometry.area(base=10, height=5, unit=b"square meters")]', 'bytes are no text'],
    ['[geometry.area(base=10, height=5, unit=f"square meters")]', 'a formatted text is not read'],
    ['[geometry.area(base=True, height=5)]', 'nor a boolean'],
    ['[geometry.area(height=5)]', 'a required argument is missing'],
    ['[geometry.area(base=10, height=5, colour="red")]', 'an argument is unknown'],
    ['[geometry.area(base=10, height=5, tags=["c", "A b"])]', 'a list has its order'],
    ['[geometry.area(base=10, height=5, tags=[1])]', 'an item has the wrong type'],
    ['[geometry.area(base=10, height=5, point={"y": 1})]', 'a key is unknown'],
    ['[geometry.area(base=10, height=5), geometry.area(base=10, height=5)]', 'there is one too many'],
    ['[area(base=10, height=5)]', 'the name is another'],
    ['The area is 25.', 'there is none'],
    ['', 'there is silence'],
  ])('is wrong as %s: %s', (output) => {
    expect(right(output)).toBe(0);
  });

  test('may have its dots written as underscores', () => {
    expect(right('[geometry_area(base=10, height=5)]')).toBe(0);
    expect(right('[geometry_area(base=10, height=5)]', { dots: 'underscore' })).toBe(1);
  });

  test('says what is wrong with it', () => {
    expect(judge(functionCalls, { output: '[geometry.area(base=11, height=5)]', target, fields })).toMatchObject({
      answer: 'geometry.area',
      details: { fault: 'base: wrong value' },
    });
  });
});

test('several calls may come in any order', () => {
  const two = [...target, { note: { text: ['done'] } }];
  const input = { target: two, fields: { function: [area, other] } };
  expect(scoreOf(functionCalls, { output: '[note(text="Done"), geometry.area(base=10, height=5)]', ...input })).toBe(1);
  expect(scoreOf(functionCalls, { output: '[note(text="done"), note(text="done")]', ...input })).toBe(0);
});

test('where no call is right, words are', () => {
  expect(scoreOf(functionCalls, { output: 'I cannot do that.', target: [], fields })).toBe(1);
  expect(scoreOf(functionCalls, { output: '[geometry.area(base=1, height=1)]', target: [], fields })).toBe(0);
});

test('a row without descriptions is unscored, in one sentence', () => {
  expect(judge(functionCalls, { output: '', target, fields: {} })).toMatchObject({
    state: 'unscored',
    reason: expect.stringMatching(/^expected descriptions of functions: .*[^\n]$/),
  });
});

test('a name such as __proto__ is a name', () => {
  expect(right('[geometry.area(base=10, height=5, __proto__={"a": 1})]')).toBe(0);
  expect(right('[{"name": "geometry.area", "arguments": {"base": 10, "height": 5, "constructor": 1}}]')).toBe(0);
});

test('hostile output is no list of calls, and is refused quickly', () => {
  for (const piece of ['[', '{', 'f(', '"', '-', 'a.', '\\', 'f(a='])
    expect(parseCalls(piece.repeat(200_000))).toBeNull();
  expect(parseCalls(`[${'f(a=1),'.repeat(50_000)}]`)).toHaveLength(50_000);
});
