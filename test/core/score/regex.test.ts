import { expect, test } from 'vitest';
import { regex } from '../../../src/core/score/scorers/regex.js';
import { pattern } from '../../../src/core/score/text/pattern.js';
import { answerOf, judge, scoreOf } from './judge.js';

test('the group of a match is the answer, the first or the last', () => {
  const output = 'Queue: billing\nQueue: sales';
  expect(answerOf(regex, { output, target: 'x' }, { pattern: 'Queue: (\\w+)' })).toBe('billing');
  expect(answerOf(regex, { output, target: 'x' }, { pattern: 'Queue: (\\w+)', take: 'last' })).toBe('sales');
  expect(
    scoreOf(regex, { output, target: 'SALES' }, { pattern: 'queue: (\\w+)', take: 'last', ignoreCase: true }),
  ).toBe(1);
});

test('without a target it is enough to match', () => {
  expect(scoreOf(regex, { output: 'ticket 42' }, { pattern: '[0-9]+' })).toBe(1);
  expect(judge(regex, { output: 'ticket' }, { pattern: '[0-9]+' })).toEqual({
    state: 'scored',
    value: 0,
    answer: null,
  });
});

test('inline flags and named groups are read as Python writes them', () => {
  expect(answerOf(regex, { output: 'ANSWER: b' }, { pattern: '(?i)answer: (?P<letter>[a-d])' })).toBe('b');
});

test('the look-behind of the BIG-Bench Hard task of lm-evaluation-harness works', () => {
  const pattern = '((?<=The answer is )(.*)(?=.)|(?<=the answer is )(.*)(?=.)|(?<=The answer: )(.*)(?=.))';
  expect(answerOf(regex, { output: "Let's think. So the answer is (B)." }, { pattern })).toBe('(B)');
});

test('a pattern that could take exponential time is refused or runs in linear time', () => {
  const hostile = `${'a'.repeat(1_000_000)}!`;
  expect(scoreOf(regex, { output: hostile }, { pattern: '^(a+)+$' })).toBe(0);
  expect(judge(regex, { output: hostile }, { pattern: '(\\w{1,100}){1,10}x' })).toMatchObject({
    state: 'unscored',
    reason: expect.stringMatching(/has \d+ states, .* write it with smaller repeats/),
  });
  expect(regex.options.safeParse({ pattern: '(?=a)(a+)+$' }).error?.issues[0]?.message).toContain('exponential time');
  expect(regex.options.safeParse({ pattern: '(' }).error?.issues[0]?.message).toBe('expected a regular expression');
  expect(judge(regex, { output: hostile }, { pattern: '(?<=b)a' })).toMatchObject({
    state: 'unscored',
    reason: expect.stringContaining('look-around'),
  });
});

// Every expected value is what Python's `re.finditer` finds.
test.each([
  ['(?<=is )\\d+', 'it is ٧', ['٧']],
  ['\\w+(?=!)', 'naïve! 日本!', ['naïve', '日本']],
  ['\\S+\\s(?=\\S)', 'a\u00a0b', ['a\u00a0']],
  ['\\D+(?=\\d)', 'a٧b7', ['a', 'b']],
  ['(?<=a).*', 'a\u2028b\nc', ['\u2028b']],
  ['(?<=a)b$', 'ab\n', ['b']],
  ['(?m)^(?!#).+$', '#a\nb\n', ['b']],
  ['(?P<q>["\']).*?(?P=q)', '"x" \'y"', ['"x"']],
  ['a{,2}(?=b)', 'aaab', ['aa', '']],
  ['a{,2}b', 'aaab', ['aab']],
  ['{(?=a)', '{a{b', ['{']],
  ['x}(?!y)', 'x}yx}', ['x}']],
  ['[^]a]+(?=b)', 'c]cb', ['c']],
  ["\\-(?=\\d)|(?<=\\')\\w", "-1 'a", ['-', 'a']],
  ['(?=.)😀', '😀', ['😀']],
  ['\\A(?!x)\\w', 'ax', ['a']],
  ['\\d+$', 'is 7\n', ['7']],
  ['(a$)|(b)', 'b\na\n', ['b', 'a']],
  ['\\w+\\s*$', 'a \n', ['a \n']],
])('%j in %j finds %j', (source, text, found) => {
  expect([...pattern(source).matches(text)].map((match) => match.text)).toEqual(found);
});

test('the groups of a pattern are its own, whatever stands for its end', () => {
  const [first, second] = [...pattern('(a$)|(b)').matches('b\na\n')];
  expect([first!.groups, second!.groups]).toEqual([
    [null, 'b'],
    ['a', null],
  ]);
  expect(pattern('(a$)|(b)').replace('b\na', '<$2>')).toBe('<b>\n<>');
});
