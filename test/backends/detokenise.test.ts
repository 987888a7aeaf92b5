import { describe, expect, it } from 'vitest';
import { createDetokeniser, rememberingSingleTokens } from '../../src/backends/detokenise.js';

/** A tokenizer whose tokens are bytes; 256 is a special token, which decoding leaves out. */
const decodeBytes = (tokens: number[]) => Buffer.from(tokens.filter((token) => token < 256)).toString('utf8');

/** A tokenizer as SentencePiece writes them: the leading space of the first word is dropped. */
const WORDS = ['▁the', '▁cat', 's', '▁sat'];
const decodeWords = (tokens: number[]) =>
  tokens
    .map((token) => WORDS[token])
    .join('')
    .replaceAll('▁', ' ')
    .replace(/^ /, '');

function stream(decode: (tokens: number[]) => string, tokens: readonly number[]): string[] {
  const detokeniser = createDetokeniser(decode);
  return [...tokens.map((token) => detokeniser.push(token)), detokeniser.end()];
}

describe('a detokeniser', () => {
  it('releases a character only when its last byte has come', () => {
    expect(stream(decodeBytes, [...Buffer.from('a😀b')])).toEqual(['a', '', '', '', '😀', 'b', '']);
  });

  it('keeps the space between words, which no token has alone', () => {
    expect(stream(decodeWords, [0, 1, 2, 3])).toEqual(['the', ' cat', 's', ' sat', '']);
  });

  it('gives the same text if single tokens are remembered, and decodes each of them once', () => {
    const alone: number[] = [];
    const counting = (tokens: readonly number[]) => {
      if (tokens.length === 1) alone.push(tokens[0]!);
      return decodeWords([...tokens]);
    };
    const tokens = [0, 1, 2, 3, 0, 1, 2, 3];
    expect(stream(rememberingSingleTokens(counting), tokens)).toEqual(stream(decodeWords, tokens));
    expect(alone.sort()).toEqual([0, 1, 2, 3]);
  });

  it('releases nothing for a special token and goes on after it', () => {
    expect(stream(decodeBytes, [97, 256, 256, 98])).toEqual(['a', '', '', 'b', '']);
  });

  it('ends a character that never became whole with a replacement character', () => {
    expect(stream(decodeBytes, [97, 0xf0, 0x9f])).toEqual(['a', '', '', '\uFFFD']);
  });

  it('gives the text of the whole, in pieces, for any bytes', () => {
    let state = 1;
    const next = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    };
    for (let round = 0; round < 300; round++) {
      const tokens = Array.from({ length: 40 }, next);
      expect(stream(decodeBytes, tokens).join('')).toBe(decodeBytes(tokens));
    }
  });
});
