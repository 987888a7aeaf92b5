/** Every expected value is what `process_results` of lm-evaluation-harness 0.4.13 gives (sympy 1.14). */
import { describe, expect, test } from 'vitest';
import { normaliseMinerva } from '../../../src/core/score/read/math-minerva.js';
import { math } from '../../../src/core/score/scorers/math.js';
import { answerOf, judge, scoreOf } from './judge.js';

describe('hendrycks-math', () => {
  test.each([
    ['So $\\frac12$.', '\\frac{1}{2}', 1],
    ['0.5', '$x$ so \\boxed{\\frac12}', 1],
    ['$0.25$', '\\boxed{\\frac{1}{4}}', 0],
    ['1/2', '\\boxed{\\frac{1}{2}}', 1],
    ['$x/2$', '\\boxed{\\frac{x}{2}}', 0],
    ['$x/2$', '\\boxed{x/2}', 1],
    ['$x/2$', '\\boxed{x / 2}', 0],
    ['$k = 7$', '\\boxed{7}', 1],
    ['$5\\text{ cm}$', '\\boxed{5}', 1],
    ['5\\text{cm}', '\\boxed{5}', 0],
    ['$50\\%$', '\\boxed{50}', 1],
    ['$90^\\circ$', '\\boxed{90}', 1],
    ['$\\sqrt3$', '\\boxed{\\sqrt{3}}', 1],
    ['$\\left( 1, 2 \\right)$', '\\boxed{(1,2)}', 1],
    ['$\\dfrac{3}{4}$', '\\boxed{\\tfrac34}', 1],
    ['$.5$', '\\boxed{0.5}', 1],
    ['$10,000$', '\\boxed{10000}', 0],
    ['$10{,}000$', '\\boxed{10,\\!000}', 0],
    ['$a$ and $b$', '\\boxed{b}', 0],
    ['The answer is 7.', '\\boxed{7}', 0],
    ['7', '\\boxed 7$ by symmetry', 1],
    ['$\\frac1{72}$', '\\boxed{\\frac{1}{72}}', 1],
    ['$01/2$', '\\boxed{\\frac{1}{2}}', 0],
    ['$\\sqrt$', '\\boxed{\\sqrt}', 1],
    ['$\\$18$', '\\boxed{18}', 1],
    ['$3.0$', '\\boxed{3}', 0],
    ['$2\\text{ m}\\text{ s}$', '\\boxed{2}', 0],
  ])('%j for %j scores %d', (output, target, score) => {
    expect(scoreOf(math, { output, target }, { convention: 'hendrycks-math' })).toBe(score);
  });
});

describe('minerva-math', () => {
  test.each([
    ['$3$. I hope it is correct.', '3', 1],
    ['$3$.', '3', 0],
    ['$3$', '3', 0],
    ['$\\frac{2}{4}$. I hope it is correct.', '\\boxed{\\frac12}', 1],
    ['$0.5$. I hope it is correct.', '\\boxed{\\frac12}', 1],
    ['$0.33$. I hope it is correct.', '\\boxed{\\frac13}', 0],
    ['$x+1+x$. I hope it is correct.', '\\boxed{2x+1}', 1],
    ['$(x+1)^2$. I hope it is correct.', '\\boxed{x^2+2x+1}', 1],
    ['$3\\sqrt{13}$. I hope it is correct.', '\\boxed{\\sqrt{117}}', 1],
    ['$1$. I hope it is correct.', '\\boxed{1,-2}', 1],
    ['$x=5$. I hope it is correct.', '\\boxed{5}', 1],
    ['$5$ cm. I hope it is correct.', '\\boxed{5}', 1],
    ['$5\\text{ cm}$. I hope it is correct.', '\\boxed{5}', 1],
    ['$2\\pi\\mbox{ square inches}$. I hope it is correct.', '\\boxed{2\\pi}', 1],
    ['$x < 5$. I hope it is correct.', '\\boxed{x<5}', 1],
    ['$x < 5$. I hope it is correct.', '\\boxed{5>x}', 0],
    ['$(1,2)$. I hope it is correct.', '\\boxed{(1, 2)}', 1],
    ['$(1,2)$. I hope it is correct.', '\\boxed{(1,\\frac42)}', 0],
    ['$\\dfrac{3}{4}$. I hope it is correct.', '\\boxed{0.75}', 1],
    ['$10,000$. I hope it is correct.', '\\boxed{10000}', 1],
    ['$0,1$. I hope it is correct.', '\\boxed{01}', 0],
    ['$50\\%$. I hope it is correct.', '\\boxed{50}', 0],
    ['$90^\\circ$. I hope it is correct.', '\\boxed{90}', 1],
    ['$\\frac{\\pi}{2}$. I hope it is correct.', '\\boxed{\\pi/2}', 1],
    ['$\\pi$. I hope it is correct.', '\\boxed{3.141592653589793}', 0],
    ['$\\sin^2 x+\\cos^2 x$. I hope it is correct.', '\\boxed{1}', 1],
    ['$2.$. I hope it is correct.', '\\boxed{2}', 1],
    ['$7$. I hope it is correct. Final Answer: The final answer is $8$. I hope it is correct.', '\\boxed{7}', 1],
    ['\n$7$. I hope it is correct.', '\\boxed{7}', 0],
    ['$a(b+1)$. I hope it is correct.', '\\boxed{ab+a}', 0],
    ['$frac12$. I hope it is correct.', '\\boxed{\\frac12}', 0],
  ])('%j for %j scores %d', (output, target, score) => {
    const whole = `Final Answer: The final answer is ${output}`;
    expect(scoreOf(math, { output: whole, target }, { convention: 'minerva-math' })).toBe(score);
  });

  test('finds no answer without its phrase, but may be given the whole output', () => {
    const input = { output: '\\boxed{\\frac{2}{4}}', target: '\\boxed{\\frac12}' };
    expect(answerOf(math, input, { convention: 'minerva-math' })).toBeNull();
    expect(scoreOf(math, input, { convention: 'minerva-math', extract: 'whole' })).toBe(1);
  });

  test.each([
    ['\\fracab', '\\frac{a}{b}'],
    ['\\sqrt[3]8', '\\sqrt[3]{8}'],
    ['\\sqrt23', '\\sqrt{2}3'],
    ['\\left(3ft\\right)', '\\left(3\\right)'],
    ['2\\pi cm', '2\\pi'],
    ['\\text{Evelyn}', 'Evelyn'],
    ['a bad answer', 'badanswer'],
    ['1,234,567', '1234567'],
    ['12,34', '12,34'],
    ['x = y = 3', '3'],
    ['$a$ and $b$', 'a'],
    ['\\overline{12}5', '125'],
    ['\\textbf{(C)}', '(C)'],
    ['5\\mathrm{th}', '5'],
    ['\\mbox{and}', ','],
    ['\\boxed{\\boxed{4}}', '\\boxed{4}'],
    ['\\text{m}^2 3', '3'],
    ['the sue\nfeet', 'the\n'],
    ['\\frac12\\sqrt5', '\\frac{1}{2}\\sqrt{5}'],
    ['"x"', 'x'],
  ])('%j is normalised to %j', (answer, normal) => {
    expect(normaliseMinerva(answer)).toBe(normal);
  });
});

test('a target that boxes nothing whole is our failure', () => {
  for (const convention of ['hendrycks-math', 'minerva-math']) {
    expect(judge(math, { output: '7', target: 'so \\boxed{7' }, { convention })).toMatchObject({
      state: 'unscored',
      reason: expect.stringContaining('expected the target to box its answer'),
    });
  }
});
