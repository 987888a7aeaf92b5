import { expect, test } from 'vitest';
import { applyFilters, type Filter, filterSchema } from '../../../src/core/score/filters.js';

const run = (filters: readonly object[], ...outputs: string[]) =>
  applyFilters(
    filters.map((one): Filter => filterSchema.parse(one)),
    outputs,
  );

test('filters run in order', () => {
  const filters = [
    { filter: 'think' },
    { filter: 'until', stop: ['\n\n'] },
    { filter: 'lowercase' },
    { filter: 'strip' },
  ];
  expect(run(filters, '<think>Hm.\n\nSo…</think> Paris \n\nQ: next')).toEqual(['paris']);
});

test('thinking is removed where the template opened it, and unfinished thinking is no answer', () => {
  expect(run([{ filter: 'think' }], 'Hm, so B.</think>B')).toEqual(['B']);
  expect(run([{ filter: 'think' }], '<think>Hm, so B or')).toEqual(['']);
  expect(run([{ filter: 'think' }], 'B')).toEqual(['B']);
  expect(run([{ filter: 'think', open: '[T]', close: '[/T]' }], '[T]a[/T]b')).toEqual(['b']);
});

test('a pattern selects as RegexFilter does, and says [invalid] where nothing matches', () => {
  const strict = { filter: 'regex', pattern: '#### (\\-?[0-9\\.\\,]+)' };
  expect(run([strict], 'so #### 1,234', 'no')).toEqual(['1,234', '[invalid]']);
  const flexible = { filter: 'regex', pattern: '(-?[$0-9.,]{2,})|(-?[0-9]+)', select: -1 };
  expect(run([flexible], 'from $1,200 to 7')).toEqual(['7']);
});

// What lm-evaluation-harness 0.4.13 finds: the classes of Python's patterns are those of Unicode, and `$` may have a line break behind it.
test('patterns mean what they mean in Python', () => {
  const answer = (pattern: string, output: string) => run([{ filter: 'regex', pattern }], output);
  expect(answer('answer is\\s+(\\w+)', 'The answer is\u00a0Zürich')).toEqual(['Zürich']);
  expect(answer('(\\d+)', '٣ apples')).toEqual(['٣']);
  expect(answer('[^\\s\\d]+', '1\u20037x')).toEqual(['x']);
  expect(answer('[^]\\s]+', ']\u3000a')).toEqual(['a']);
  expect(answer('(\\S+)$', 'It is 42\n')).toEqual(['42']);
  expect(answer('\\D', '7')).toEqual(['[invalid]']);
  expect(answer('(a)?b', 'b')).toEqual(['']);
  expect(answer('(a)?(c)?b', 'b')).toEqual(['[invalid]']);
});

test('the text after the last marker loses one full stop', () => {
  const filters = [{ filter: 'after', marker: 'the answer is ', drop: '.' }];
  expect(run(filters, 'the answer is no. So the answer is (B)..', 'Yes')).toEqual(['(B).', 'Yes']);
});

test('repetitions are thinned to the first, the last, the first k, or what most of them say', () => {
  const outputs = ['b', 'a', 'a', 'b', 'c'];
  expect(run([{ filter: 'take-first' }], ...outputs)).toEqual(['b']);
  expect(run([{ filter: 'take-last' }], ...outputs)).toEqual(['c']);
  expect(run([{ filter: 'majority' }], ...outputs)).toEqual(['b']);
  expect(run([{ filter: 'take-first-k', k: 3 }, { filter: 'majority' }], ...outputs)).toEqual(['a']);
});

test('an unknown filter or field is refused', () => {
  expect(filterSchema.safeParse({ filter: 'trim' }).success).toBe(false);
  expect(filterSchema.safeParse({ filter: 'strip', chars: 'x' }).success).toBe(false);
});

test.each([
  ['<think>Hm, A?</think>\n\nB', 'B'],
  ['\n<think>\nHm', ''],
  ['It may be A.</think>B', 'B'],
  ['[THINK]A?[/THINK]B', 'B'],
  ['<|channel|>analysis<|message|>A?<|end|><|start|>assistant<|channel|>final<|message|>B', 'B'],
  ['<|START_THINKING|>A?<|END_THINKING|>B', 'B'],
  ['<thinking>A?</thinking> B', 'B'],
  ['Wrap it in <thinking>…</thinking> marks', 'Wrap it in <thinking>…</thinking> marks'],
  ['The tag <think> opens it', 'The tag <think> opens it'],
  [' B ', ' B '],
])('reasoning is no part of %j, whatever engine gave it', (output, text) => {
  expect(run([], output)).toEqual([text]);
});

test.each([
  ['answer', '{"reason": "D is out", "answer": "C"}', 'C'],
  ['$.answer', '```json\n{"answer": "C"}\n```', 'C'],
  ['result.items[0].name', 'Here: {"result": {"items": [{"name": "lamp"}]}} Done.', 'lamp'],
  ['items[-1]', '{"items": [1, 2.5]}', '2.5'],
  ['["first name"]', '{"first name": "Ann"}', 'Ann'],
  ['[1]', '[true, false]', 'false'],
  ['tags', '{"tags": ["a", "b"]}', '["a","b"]'],
  ['answer', '{"reason": "none"}', '[invalid]'],
  ['answer', 'no document', '[invalid]'],
  ['__proto__', '{"a": 1}', '[invalid]'],
  ['a.b', '{"a": null}', '[invalid]'],
])('a path takes a part of a JSON answer: %s of %s', (path, output, text) => {
  expect(run([{ filter: 'json', path }], output)).toEqual([text]);
});

test('what is no path is refused, and a fallback stands where nothing does', () => {
  for (const path of ['', 'a..b', 'a[', 'a[x]', '.'])
    expect(filterSchema.safeParse({ filter: 'json', path }).success).toBe(false);
  expect(run([{ filter: 'json', path: 'a', fallback: 'none' }], '{}')).toEqual(['none']);
});

test('a pattern with look-around finds nothing in a long output, and stops no report', () => {
  expect(run([{ filter: 'regex', pattern: '(?<=x)y' }], 'xy', `${'a'.repeat(30_000)}xy`)).toEqual(['y', '[invalid]']);
});
