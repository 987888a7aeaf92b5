import { describe, expect, test } from 'vitest';
import { parseExpression } from '../../../src/core/score/read/math-expression.js';
import { isEquivalent, math } from '../../../src/core/score/scorers/math.js';
import { answerOf, judge, scoreOf } from './judge.js';

describe('the answer', () => {
  test.each([
    ['So $\\boxed{\\frac{1}{2}}$ and \\boxed{x^{2}}.', 'x^{2}'],
    ['The answer is 12 apples.', '12'],
    ['Final Answer: The final answer is $3$. I hope it is correct.', '3'],
    ['We get 1,234 and then 5.50', '5.50'],
    ['\\boxed{\\text{(C)}}', '(C)'],
    ['It is \\boxed{50\\%}', '50'],
    ['twenty-three', null],
    ['The answer is twenty-three', '23'],
    ['', null],
  ])('of %j is %j', (output, answer) => {
    expect(answerOf(math, { output, target: '0' })).toBe(answer);
  });
});

describe('harness', () => {
  // Pairs of math-evaluation-harness and of Hendrycks' MATH.
  test.each([
    ['\\frac12', '0.5'],
    ['\\dfrac{1}{2}', '1/2'],
    ['0.0833333333333333', '\\frac{1}{12}'],
    ['(1,4.5)', '(1,\\frac{9}{2})'],
    ['\\frac{x}{7}+\\frac{2}{7}', '\\frac{x+2}{7}'],
    ['-34x-45y+20z-100=0', '34x+45y-20z+100=0'],
    [
      '\\frac{\\sqrt{\\sqrt{11}+\\sqrt{194}}}{2\\sqrt{33}+15}',
      '\\frac{\\sqrt{\\sqrt{11}+\\sqrt{194}}}{15+2\\sqrt{33}}',
    ],
    ['-\\frac{8x^2}{9(x^2-2)^{5/3}}+\\frac{2}{3(x^2-2)^{2/3}}', '-\\frac{2(x^2+6)}{9(x^2-2)\\sqrt[3]{x^2-2}^2}'],
    ['\\begin{pmatrix}1&2\\\\3&\\frac{1}{2}\\end{pmatrix}', '\\begin{bmatrix}1&2\\\\3&0.5\\end{bmatrix}'],
    ['10,080', '10080'],
    ['5\\text{ cm}', '5'],
    ['90^\\circ', '90'],
    ['x=3', '3'],
    ['50', '0.5'],
    ['1', '1,-2'],
    ['[1,2)', '[1,2)'],
    ['(-\\infty,\\infty)', '\\mathbb{R}'],
    ['3\\sqrt{13}', '\\sqrt{117}'],
  ])('%s is %s', (output, target) => {
    expect(scoreOf(math, { output, target }, { extract: 'whole' })).toBe(1);
  });

  test.each([
    ['3.4', '3'],
    ['\\frac{1}{3}', '0.33'],
    ['(1,2)', '(2,1)'],
    ['x+1', 'x-1'],
    ['\\pi', '3.14159265'],
    ['72Ihopeitiscorrect', '72'],
    ['', '0'],
  ])('%s is not %s', (output, target) => {
    expect(scoreOf(math, { output, target }, { extract: 'whole' })).toBe(0);
  });
});

test('two ways to write one function agree', () => {
  expect(isEquivalent('\\sec^2(y)', '\\tan^2(y)+1', 'harness')).toBe(true);
  expect(isEquivalent('\\sec^2(y)', '\\tan^2(y)', 'harness')).toBe(false);
});

// microsoft/ToRA 723a8f7, src/eval/grader.py and src/utils/parser.py.
describe('tora', () => {
  test.each([
    ['14.666666666666666', '15', 0],
    ['1.5', '2', 0],
    ['16.5', '16', 0],
    ['3.64', '4', 0],
    ['3.4', '3', 0],
    ['33.4', '33.3', 0],
    ['15.001', '15', 1],
    ['0.5', '50', 1],
    ['1,000', '1000', 1],
    ['\\frac12', '0.5', 1],
    ['\\frac{3}{7}', '0.4286', 1],
    ['\\frac{1}{3}', '0.34', 0],
    ['(1,4.5)', '(1,\\frac{9}{2})', 1],
    ['\\frac{x}{7}+\\frac{2}{7}', '\\frac{x+2}{7}', 1],
    ['k=5', '5', 1],
    ['abc=5', 'abc=5.0001', 0],
  ])('judges %s against %s as %i: nothing is rounded', (output, target, expected) => {
    expect(scoreOf(math, { output, target }, { convention: 'tora', extract: 'whole' })).toBe(expected);
  });

  test.each([
    ['So we get $\\boxed{12}$.', '12'],
    ['The answer is 12.', '12'],
    ['```python\nprint(12)\n```\n```output\n12.0\n```\nThat is all, 3 times.', '12'],
    ['It takes 3 days and 12 hours', '12'],
    ['\\boxed{12', '12'],
  ])('finds the answer in %s', (output, target) => {
    expect(scoreOf(math, { output, target }, { convention: 'tora' })).toBe(1);
  });
});

test('exact guesses no percentage, reads the whole answer, and knows pi', () => {
  const options = { extract: 'whole', convention: 'exact' };
  expect(scoreOf(math, { output: '50', target: '0.5' }, options)).toBe(0);
  expect(scoreOf(math, { output: '1', target: '1,-2' }, options)).toBe(0);
  expect(scoreOf(math, { output: '0.33333', target: '\\frac{1}{3}' }, options)).toBe(0);
  expect(scoreOf(math, { output: '\\frac{\\pi}{2}', target: '1.5707963267948966' }, options)).toBe(1);
  expect(scoreOf(math, { output: '0.5', target: '\\frac12' }, options)).toBe(1);
});

test('a target may be a solution that ends in its answer', () => {
  for (const convention of ['harness', 'tora', 'exact'])
    for (const target of ['2 and 3 are 5 #### 5', '#### 5', 'so\n####  5.0'])
      expect(scoreOf(math, { output: 'The answer is 5.', target }, { convention })).toBe(1);
});

test('a target may be a solution that boxes its answer', () => {
  expect(scoreOf(math, { output: 'The answer is 7.', target: 'Since $3+4=7$ we get $\\boxed{7}$.' })).toBe(1);
});

test('an expression is evaluated with the precedence of mathematics', () => {
  const rules = { extent: 'whole', constants: 'numbers', words: 'names' } as const;
  const value = (text: string) => parseExpression(text, rules)?.evaluate(() => 2);
  expect(value('-2^2')).toBe(-4);
  expect(value('2x^2')).toBe(8);
  expect(value('1+2\\cdot3')).toBe(7);
  expect(value('2(3)(4)')).toBe(24);
  expect(value('|-3|')).toBe(3);
  expect(value('5!')).toBe(120);
  expect(value('\\log_2 8')).toBeCloseTo(3, 12);
  expect(value('\\sqrt[3]{-8}')).toBe(-2);
  expect(value('x**3/4')).toBe(2);
  expect(parseExpression('1+', rules)).toBeNull();
  expect(parseExpression('foo(', rules)).toBeNull();
});

test('hostile answers are wrong, and quickly so', () => {
  for (const output of [
    '\\boxed{'.repeat(300_000),
    `The answer is ${'('.repeat(900)}`,
    '9'.repeat(3_000_000),
    `\\boxed{${'9^'.repeat(400)}9}`,
    '.'.repeat(3_000_000),
    `\\boxed{${'-'.repeat(900)}1}`,
  ]) {
    for (const convention of ['harness', 'exact', 'hendrycks-math', 'minerva-math'])
      expect(judge(math, { output, target: 'x+1' }, { convention })).toMatchObject({ value: 0 });
  }
});
