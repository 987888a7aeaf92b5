import { describe, expect, test } from 'vitest';
import { number } from '../../../src/core/score/scorers/number.js';
import { answerOf, judge, scoreOf } from './judge.js';

describe('numeric', () => {
  test.each([
    ['She makes $18 every day.', '18'],
    ['18.0', 18],
    ['about 1,234,567 people', '1234567'],
    ['it fell to -5 degrees', -5],
    ['a loss of -$1,200.50', '-1200.5'],
    ['\u221212', -12],
    ['1.8e1', 18],
    ['.5', 0.5],
    ['pages 3-5', 5],
    ['the primes are 2,3,5', 5],
    ['I have 1,000, and that is all', 1000],
    ['version 1.5.2', 2],
    ['about 1\u00a0234\u00a0567 people', 1234567],
    ['1\u202f000', 1000],
    ["CHF 1'250.50", 1250.5],
    ['１２３', 123],
    ['１，２３４．５', 1234.5],
    ['٤٢', 42],
    ['it fell to \u22125 degrees', -5],
    ['a loss of \u2013$3', -3],
    ['pages 3\u20135', 5],
    ['it is －７', -7],
    ['5', 'two and three are five #### 5'],
    ['5', '####5'],
  ])('in "%s" the number is %s', (output, target) => {
    expect(scoreOf(number, { output, target })).toBe(1);
  });

  test('the last number is the answer, or the first, or the one after a marker', () => {
    const output = 'There are 3 boxes of 6. Answer: 18 eggs in 2 days';
    expect(answerOf(number, { output, target: 18 })).toBe('2');
    expect(answerOf(number, { output, target: 18 }, { take: 'first' })).toBe('3');
    expect(answerOf(number, { output, target: 18 }, { marker: 'Answer:' })).toBe('18');
  });

  test('a tolerance is absolute or relative', () => {
    expect(scoreOf(number, { output: '3.14', target: '3.14159' })).toBe(0);
    expect(scoreOf(number, { output: '3.14', target: '3.14159' }, { tolerance: 0.01 })).toBe(1);
    expect(scoreOf(number, { output: '1010', target: 1000 }, { relativeTolerance: 0.01 })).toBe(1);
    expect(scoreOf(number, { output: '1011', target: 1000 }, { relativeTolerance: 0.01 })).toBe(0);
  });

  test('integers that one double cannot tell apart are told apart', () => {
    expect(scoreOf(number, { output: '9007199254740993', target: '9007199254740992' })).toBe(0);
  });
});

describe('gsm8k', () => {
  const target = 'She makes 9 * 2 = $<<9*2=18>>18 every day.\n#### 18';

  test("is OpenAI's: text after the first `#### `, commas dropped, no arithmetic", () => {
    const options = { convention: 'gsm8k' };
    expect(scoreOf(number, { output: 'so\n#### 18', target }, options)).toBe(1);
    expect(scoreOf(number, { output: 'so\n#### 1,8', target }, options)).toBe(1);
    expect(scoreOf(number, { output: 'so\n#### 18.0', target }, options)).toBe(0);
    expect(scoreOf(number, { output: 'so\n####18', target }, options)).toBe(0);
    expect(scoreOf(number, { output: '#### 17\n#### 18', target }, options)).toBe(0);
    expect(judge(number, { output: 'the answer is 18', target }, options)).toMatchObject({ value: 0, answer: null });
  });

  test('strict is lm-evaluation-harness: as OpenAI, but a last full stop is dropped', () => {
    const options = { convention: 'gsm8k-strict' };
    expect(scoreOf(number, { output: 'so\n#### 1,8.', target }, options)).toBe(1);
    expect(scoreOf(number, { output: 'so\n#### 1,8.', target }, { convention: 'gsm8k' })).toBe(0);
    expect(scoreOf(number, { output: 'so\n#### 18.0', target }, options)).toBe(0);
    expect(scoreOf(number, { output: '#### 17\n#### 18', target }, options)).toBe(0);
  });

  test('flexible is lm-evaluation-harness: the last number-like text, as text', () => {
    const options = { convention: 'gsm8k-flexible' };
    expect(scoreOf(number, { output: 'she makes $18.', target }, options)).toBe(1);
    expect(scoreOf(number, { output: 'she makes 18 in 1 day', target }, options)).toBe(0);
    expect(scoreOf(number, { output: 'she makes $18.00', target }, options)).toBe(0);
    expect(answerOf(number, { output: 'it is 1,000.', target: '1000' }, options)).toBe('1000');
  });

  test('zero-shot-cot is Kojima: the first number, its last full stop dropped', () => {
    const options = { convention: 'zero-shot-cot' };
    expect(scoreOf(number, { output: ' 1,018. That is 5 more.', target: '1018' }, options)).toBe(1);
    expect(scoreOf(number, { output: ' 18.0', target: '18' }, options)).toBe(0);
  });
});

test('a target without a number is our fault', () => {
  expect(judge(number, { output: '1', target: 'one' })).toMatchObject({ state: 'unscored' });
});
