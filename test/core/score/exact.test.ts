import { expect, test } from 'vitest';
import { exact } from '../../../src/core/score/scorers/exact.js';
import { answerOf, judge, scoreOf } from './judge.js';

test('blank space around an answer does not count, unless trim is off as in lm-evaluation-harness', () => {
  expect(scoreOf(exact, { output: ' billing\n', target: 'billing' })).toBe(1);
  expect(scoreOf(exact, { output: ' billing\n', target: 'billing' }, { trim: false })).toBe(0);
});

// The examples of the docstring of Hugging Face evaluate's exact_match.
test('normalises as Hugging Face evaluate does', () => {
  const pairs = [
    ['the cat', 'cat?'],
    ['theater', 'theater'],
    ['YELLING', 'yelling'],
    ['agent007', 'agent'],
  ] as const;
  const accuracy = (options: object) =>
    pairs.reduce((sum, [target, output]) => sum + scoreOf(exact, { output, target }, { trim: false, ...options }), 0) /
    4;
  expect(accuracy({})).toBe(0.25);
  const regexesToIgnore = ['the ', 'yell'];
  expect(accuracy({ regexesToIgnore, ignoreCase: true, ignorePunctuation: true })).toBe(0.5);
  expect(accuracy({ regexesToIgnore: ['the ', 'yell', 'YELL'], ignoreCase: true, ignorePunctuation: true })).toBe(0.75);
  expect(
    accuracy({
      regexesToIgnore: ['the ', 'yell', 'YELL'],
      ignoreCase: true,
      ignorePunctuation: true,
      ignoreNumbers: true,
    }),
  ).toBe(1);
});

test('any of several targets is right', () => {
  expect(scoreOf(exact, { output: 'car', target: ['auto', 'car'] })).toBe(1);
  expect(scoreOf(exact, { output: 'bus', target: ['auto', 'car'] })).toBe(0);
});

test('a number and a boolean are targets, compared as text', () => {
  expect(scoreOf(exact, { output: '7', target: 7 })).toBe(1);
  expect(scoreOf(exact, { output: 'true', target: true })).toBe(1);
});

test('silence is an answer, and wrong', () => {
  expect(judge(exact, { output: '', target: 'x' })).toEqual({ state: 'scored', value: 0, answer: '' });
});

test('a sample without a target is unscored, not wrong', () => {
  expect(judge(exact, { output: 'x', target: null })).toMatchObject({ state: 'unscored' });
});

test('a pattern that is none is refused with the options', () => {
  expect(exact.options.safeParse({ regexesToIgnore: ['('] }).success).toBe(false);
  expect(exact.options.safeParse({ regexes: [] }).success).toBe(false);
});

test('megabytes of blank space are stripped', () => {
  const blank = ' '.repeat(5_000_000);
  expect(answerOf(exact, { output: `${blank}x${blank}`, target: 'x' }, { regexesToIgnore: ['(a+)+$'] })).toBe('x');
});
