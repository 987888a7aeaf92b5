import { describe, expect, test } from 'vitest';
import { choice } from '../../../src/core/score/scorers/choice.js';
import { answerOf, judge, scoreOf } from './judge.js';

describe('flexible', () => {
  test.each([
    ['B', 'B'],
    ['b.', 'B'],
    ['(C)', 'C'],
    ['**D**', 'D'],
    ['B) Paris', 'B'],
    ['C: because it is', 'C'],
    ['The correct answer is (B).', 'B'],
    ['The answer is **C**', 'C'],
    ['Answer: A. No wait. Answer: D', 'D'],
    ['So we get \\boxed{B}', 'B'],
    ['So we get $\\boxed{\\text{C}}$', 'C'],
    ['A careful reader picks C here', 'C'],
    ['the answer is a matter of taste', null],
    ['E', null],
    ['', null],
    ['either B or C', null],
  ])('"%s" answers %s', (output, letter) => {
    expect(answerOf(choice, { output, target: 'A' })).toBe(letter);
  });

  test('the text of a choice is as good as its letter', () => {
    const fields = { choices: ['Rome', 'Paris', 'Oslo'] };
    expect(answerOf(choice, { output: 'Paris.', target: 'B', fields })).toBe('B');
    expect(scoreOf(choice, { output: 'D', target: 'B', fields })).toBe(0);
  });
});

test('a target is a letter, an index from 0, or the text of a choice', () => {
  const fields = { choices: { text: ['Rome', 'Paris'], label: ['A', 'B'] } };
  for (const target of ['B', '(b)', 1, '1', 'Paris']) expect(scoreOf(choice, { output: 'B', target, fields })).toBe(1);
  expect(judge(choice, { output: 'B', target: 'Z' })).toMatchObject({ state: 'unscored' });
});

test('strict takes nothing but the letter', () => {
  expect(answerOf(choice, { output: ' (B) ', target: 'A' }, { extract: 'strict' })).toBe('B');
  expect(answerOf(choice, { output: 'The answer is B', target: 'A' }, { extract: 'strict' })).toBeNull();
});

// Behaviour of TIGER-AI-Lab/MMLU-Pro compute_accuracy.py.
test.each([
  ['The answer is (C). The answer is (D).', 'C'],
  ['Answer: A or Answer: B\nAnswer: C', 'B'],
  ['answer:\n\nG', 'G'],
  ['It may be A, or J', 'J'],
  ['no idea', null],
])('mmlu-pro reads "%s" as %s', (output, letter) => {
  expect(answerOf(choice, { output, target: 'A' }, { extract: 'mmlu-pro', choices: 10 })).toBe(letter);
});

test('megabytes of near-misses are read in linear time', () => {
  for (const piece of ['answer ', 'answer is ((((', ' ', 'Answer:\n', '\\boxed{', 'A ']) {
    const output = piece.repeat(Math.floor(3_000_000 / piece.length));
    for (const extract of ['strict', 'flexible', 'mmlu-pro'])
      expect(judge(choice, { output, target: 'B' }, { extract })).toMatchObject({ value: 0 });
  }
});
