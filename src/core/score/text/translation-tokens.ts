/** The tokenizers of sacreBLEU, with its names. The tokenizer changes BLEU by points, so its name is part of the signature. */
import { splitWords, strip, stripEnd } from './text.js';

export const TOKENIZERS = ['13a', 'intl', 'none', 'char', 'zh'] as const;
export type TokenizerName = (typeof TOKENIZERS)[number];

export function tokenize(text: string, name: TokenizerName): readonly string[] {
  const line = stripEnd(text);
  switch (name) {
    case '13a':
      return tokenize13a(line);
    case 'intl':
      return splitWords(
        line
          .replace(/(\P{N})(\p{P})/gu, '$1 $2 ')
          .replace(/(\p{P})(\P{N})/gu, ' $1 $2')
          .replace(/\p{S}/gu, ' $& '),
      );
    case 'none':
      return splitWords(line);
    case 'char':
      return splitWords(Array.from(line).join(' '));
    case 'zh':
      return westernWords(
        Array.from(strip(line), (character) => (isChinese(character) ? ` ${character} ` : character)).join(''),
      );
  }
}

/** Implements mteval-v13a, the tokenizer of WMT. */
function tokenize13a(text: string): readonly string[] {
  const line = text
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('\n', ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
  return westernWords(` ${line} `);
}

function westernWords(line: string): readonly string[] {
  return splitWords(
    line
      .replace(/[{-~[-` -&(-+:-@/]/g, ' $& ')
      .replace(/([^0-9])([.,])/gu, '$1 $2 ')
      .replace(/([.,])([^0-9])/gu, ' $1 $2')
      .replace(/([0-9])(-)/g, '$1 $2 '),
  );
}

/** Whether a character lies in the ranges of sacreBLEU's tokenizer_zh. */
function isChinese(character: string): boolean {
  const code = character.codePointAt(0)!;
  return CHINESE.some(([from, to]) => code >= from && code <= to);
}

const CHINESE: readonly (readonly [number, number])[] = [
  [0x3400, 0x4db5],
  [0x4e00, 0x9fa5],
  [0x9fa6, 0x9fbb],
  [0xf900, 0xfa2d],
  [0xfa30, 0xfa6a],
  [0xfa70, 0xfad9],
  // sacreBLEU means 20000 to 2A6D6 and 2F800 to 2FA1D. But Python's \u takes four digits, so these are punctuation and arrows.
  [0x2001, 0x2a6d],
  [0x2f81, 0x2fa1],
  [0xff00, 0xffef],
  [0x2e80, 0x2eff],
  [0x3000, 0x303f],
  [0x31c0, 0x31ef],
  [0x2f00, 0x2fdf],
  [0x2ff0, 0x2fff],
  [0x3100, 0x312f],
  [0x31a0, 0x31bf],
  [0xfe10, 0xfe1f],
  [0xfe30, 0xfe4f],
  [0x2600, 0x26ff],
  [0x2700, 0x27bf],
  [0x3200, 0x32ff],
  [0x3300, 0x33ff],
];
