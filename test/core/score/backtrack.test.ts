import { describe, expect, test } from 'vitest';
import { backtracking } from '../../../src/core/score/text/backtrack.js';
import { pattern } from '../../../src/core/score/text/pattern.js';

const SOURCES = [
  '(?<=answer)\\s*.*?:\\s*(\\d+)',
  '(?<!x)a+(?=b)',
  '(a|b)\\1',
  '(?<w>\\w+) \\k<w>',
  '(?=(a+))a*b\\1',
  '(?:ab|a)(?:bc|c)?(?!d)',
  '(z)((a+)?(b+)?(c))*',
  '(?<=(\\d))\\.',
  '\\b(?!the)\\w+\\b',
  '^(?=.*\\d)[a-z\\d]{3,5}$',
  '(a*?)(?=a?b)b',
  '(?<![^\\n])#{1,3} (.*)(?![^\\n])',
  '[^\\]a-c]+(?=\\])',
  '(?:(?=a)a|b){2,3}',
  '\\u{1F642}(?=x)',
  '(?=\\p{L})\\p{Lu}+',
  '(.)(?:(?!\\1).)*\\1',
  '(?:a(?=b)|b)*c',
  'x{2}(?!y)',
  '(?<=^|,)([^,]*)(?=,|$)',
];
const TEXTS = [
  'the answer is: 42, answer: 7',
  'xab aab aaab b',
  'aa bb ab ba',
  'the the cat cat sat',
  'aaab aab baaabaa',
  'abcd abc abbc acd',
  'zaacbbbcac',
  'v1.25.3',
  'the other there then',
  'ab1',
  '# one\n## two\nthree\n#### four',
  'x]y [abc]d]',
  '🙂x🙂y',
  'ABcÄÖ',
  'abcabca',
  'ababcab',
  'xxxyxxz',
  'a,,b,c',
  '',
];

describe('matching by trying finds what the language finds', () => {
  test.each(SOURCES)('%s', (source) => {
    for (const ignoreCase of [false, true]) {
      for (const text of TEXTS) {
        const theirs = [...text.matchAll(new RegExp(source, ignoreCase ? 'giu' : 'gu'))].map((match) => [
          match.index,
          match[0],
          match.slice(1).map((group) => group ?? null),
        ]);
        const ours = [...backtracking(source, { ignoreCase }).all(text)].map(({ index, end, groups }) => [
          index,
          text.slice(index, end),
          groups.map((group) => group && text.slice(...group)),
        ]);
        expect([text, ours]).toEqual([text, theirs]);
      }
    }
  });
});

describe('a pattern that would never end is given up, in words', () => {
  test.each([
    ['(?<=answer)\\s*.*\\s*.*:\\s*(\\d+)', `answer${' x'.repeat(8500)}`],
    ['(?=a)a*a*a*a*a*b', 'a'.repeat(17_000)],
    ['(?=a)(a{1,30}){1,30}b', 'a'.repeat(5000)],
    ['(?!b)(?:a|aa){20,40}c', 'a'.repeat(5000)],
    ['(.*)(.*)(.*)\\1x', 'ab'.repeat(5000)],
    ['(?<=(a*)*)b', `${'a'.repeat(5000)}c`],
    ['(?=a)(?:ab?)+?(?:ab?)+?c', 'ab'.repeat(8000)],
  ])('%s', (source, text) => {
    let expression: ReturnType<typeof pattern>;
    try {
      expression = pattern(source);
    } catch (error) {
      expect(String(error)).toContain('exponential');
      return;
    }
    const began = performance.now();
    expect(() => expression.test(text)).toThrow(/takes more than 2000000 steps on this output/);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test('and one that is long but honest is not', () => {
    const text = `${'word '.repeat(3900)}answer: 7`;
    expect([...pattern('(?<=answer: )\\d+').matches(text)]).toMatchObject([{ text: '7' }]);
  });
});

test('what is replaced may name groups', () => {
  expect(pattern('(?<=a)(b)(c)').replace('abc abd abc', '[$2$1$&$$]')).toBe('a[cbbc$] abd a[cbbc$]');
});
