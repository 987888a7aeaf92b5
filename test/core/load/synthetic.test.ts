/** Lengths and texts of synthetic prompts. */
import { describe, expect, test } from 'vitest';
import { drawLengths, shortestOf } from '../../../src/core/load/length-draws.js';
import { lengthsText, parseLengths } from '../../../src/core/load/lengths.js';
import { NONCE, OPENING, syntheticText, WORDS, withNonce } from '../../../src/core/load/synthetic.js';
import { mean, standardDeviation } from '../../../src/core/stats/basics/moments.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';

describe('lengths', () => {
  const draw = (text: string, n = 1000) => drawLengths(parseLengths(text)!, n, createRandom(1));

  test.each(['4096', 'uniform:100,500', 'normal:500,100', 'lognormal:500,0.5'])('%s is read and written', (text) => {
    expect(lengthsText(parseLengths(text)!)).toBe(text);
  });

  test.each(['', '0', '-1', 'uniform:500,100', 'lognormal:500,0', 'poisson:3', '4096.5', 'normal:1'])(
    '%j is none',
    (text) => {
      expect(parseLengths(text)).toBeNull();
    },
  );

  test('follow their distribution, in random order', () => {
    expect(new Set(draw('7'))).toEqual(new Set([7]));
    const uniform = draw('uniform:100,500');
    expect([Math.min(...uniform), Math.max(...uniform)]).toEqual([100, 500]);
    expect(mean(uniform)).toBeCloseTo(300, 0);
    const normal = draw('normal:500,100');
    expect(mean(normal)).toBeCloseTo(500, 0);
    expect(standardDeviation(normal) / 100).toBeCloseTo(1, 1);
    const lognormal = draw('lognormal:500,0.5');
    expect(mean(lognormal) / 500).toBeCloseTo(1, 1);
    expect(standardDeviation(lognormal.map(Math.log))).toBeCloseTo(0.5, 1);
    expect(uniform).not.toEqual(uniform.toSorted((a, b) => a - b));
    expect(Math.min(...draw('normal:10,100'))).toBe(1);
    expect(shortestOf(parseLengths('lognormal:500,0.5')!, 1000)).toBe(Math.min(...lognormal));
  });
});

describe('texts', () => {
  const wordsOf = (text: string) => text.slice(OPENING.length + 1).split(' ');
  const options = { prefix: 10, seed: 3, words: WORDS };

  test('have as many words as was asked for, and a prefix in common', () => {
    const [a, b] = ['1', '2'].map((sample) => wordsOf(syntheticText(50, { ...options, sample }).text)) as [
      string[],
      string[],
    ];
    expect([a.length, b.length]).toEqual([50, 50]);
    expect(a.slice(0, 10)).toEqual(b.slice(0, 10));
    expect(a.slice(10)).not.toEqual(b.slice(10));
    expect(wordsOf(syntheticText(10 + NONCE, { ...options, sample: '1' }).text)).toHaveLength(10 + NONCE);
  });

  test('get a nonce of the same length for each request, and keep the rest', () => {
    const { text, nonce } = syntheticText(50, { ...options, sample: '1' });
    const changed = ['x', 'y'].map((step) => withNonce({ text }, { place: nonce, words: WORDS }, [step, 0, 0]));
    const [a, b] = changed.map((prompt) => wordsOf('text' in prompt ? prompt.text : '')) as [string[], string[]];
    expect(a.toSpliced(10, NONCE)).toEqual(wordsOf(text).toSpliced(10, NONCE));
    expect(a).toHaveLength(50);
    expect(a.slice(10, 10 + NONCE)).not.toEqual(b.slice(10, 10 + NONCE));
    const chat = withNonce({ messages: [{ role: 'user', content: text }] }, { place: nonce, words: WORDS }, [
      'x',
      0,
      0,
    ]);
    expect(chat).toEqual({ messages: [{ role: 'user', content: [OPENING, ...a].join(' ') }] });
  });
});
