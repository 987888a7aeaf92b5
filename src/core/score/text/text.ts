/**
 * What several scorers do to text before they compare it, exactly as the Python references do it. JavaScript differs in
 * small ways: `trim` takes U+FEFF for a space and leaves U+001C to U+001F and U+0085, which `str.strip` does not.
 */
import { SampleError } from '../score.js';

/** `string.punctuation` of Python. */
export const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

const PUNCTUATION_PATTERN = /[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g;

export function withoutPunctuation(text: string): string {
  return text.replace(PUNCTUATION_PATTERN, '');
}

/** `str.isspace` of one UTF-16 unit. */
export function isSpace(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x1f);
  return (
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** `str.strip()`. */
export function strip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** `str.rstrip()`. */
export function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(0, end);
}

/** `str.split()`: the words between runs of white space. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let start = -1;
  for (let at = 0; at <= text.length; at++) {
    const space = at === text.length || isSpace(text.charCodeAt(at));
    if (space && start >= 0) {
      words.push(text.slice(start, at));
      start = -1;
    } else if (!space && start < 0) start = at;
  }
  return words;
}

/** How many pieces `re.split(r'\s+', text)` gives: one more than there are runs of white space. */
export function countPieces(text: string): number {
  let pieces = 1;
  for (let at = 0; at < text.length; at++) {
    if (isSpace(text.charCodeAt(at)) && (at === 0 || !isSpace(text.charCodeAt(at - 1)))) pieces++;
  }
  return pieces;
}

/** A target is one answer, or a list of answers of which any is right. */
export function targetsOf(target: unknown): readonly string[] {
  const list = Array.isArray(target) ? target : [target];
  if (list.length === 0) throw new SampleError('expected a target, found an empty list');
  return list.map((one) => {
    switch (typeof one) {
      case 'string':
        return one;
      case 'number':
      case 'boolean':
      case 'bigint':
        return String(one);
      default:
        throw new SampleError(
          `expected a text, a number or a list of them as target, found ${JSON.stringify(one) ?? 'nothing'}`,
        );
    }
  });
}

/** Each reference text is compared with the whole answer: of many, that takes many times as long. */
const MOST_REFERENCES = 100;

/** The targets that an answer is compared with text by text. */
export function referencesOf(target: unknown): readonly string[] {
  const references = targetsOf(target);
  if (references.length <= MOST_REFERENCES) return references;
  throw new SampleError(`expected up to ${MOST_REFERENCES} reference texts, found ${references.length}`);
}

/** Bytes of UTF-8. */
export function byteLength(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
