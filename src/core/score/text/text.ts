/**
 * Text functions that several scorers use before they compare. They behave exactly like the Python references. JavaScript
 * differs a little: `trim` removes U+FEFF and keeps U+001C to U+001F and U+0085; `str.strip` does the opposite.
 */
import { SampleError } from '../score.js';

/** Python's `string.punctuation`. */
export const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

const PUNCTUATION_PATTERN = /[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g;

export function withoutPunctuation(text: string): string {
  return text.replace(PUNCTUATION_PATTERN, '');
}

/** Python's `str.isspace` for one UTF-16 unit. */
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

/** Python's `str.strip()`. */
export function strip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Python's `str.rstrip()`. */
export function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(0, end);
}

/** Python's `str.split()`: returns the words between runs of white space. */
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

/** Counts the pieces of Python's `re.split(r'\s+', text)`: one more than the runs of white space. */
export function countPieces(text: string): number {
  let pieces = 1;
  for (let at = 0; at < text.length; at++) {
    if (isSpace(text.charCodeAt(at)) && (at === 0 || !isSpace(text.charCodeAt(at - 1)))) pieces++;
  }
  return pieces;
}

/** Returns the right answers. A target is one answer or a list of answers, and each answer of a list is right. */
export function targetsOf(target: unknown): readonly string[] {
  const list = Array.isArray(target) ? target : [target];
  if (list.length === 0) throw new SampleError('expected a target, found an empty list');
  return list.map((answer) => {
    switch (typeof answer) {
      case 'string':
        return answer;
      case 'number':
      case 'boolean':
      case 'bigint':
        return String(answer);
      default:
        throw new SampleError(
          `expected a text, a number or a list of them as target, found ${JSON.stringify(answer) ?? 'nothing'}`,
        );
    }
  });
}

/** Each reference text is compared with the whole answer, so the time grows with their number. */
const MOST_REFERENCES = 100;

/** Returns the reference texts for a comparison of texts. @throws SampleError when there are too many. */
export function referencesOf(target: unknown): readonly string[] {
  const references = targetsOf(target);
  if (references.length <= MOST_REFERENCES) return references;
  throw new SampleError(`expected up to ${MOST_REFERENCES} reference texts, found ${references.length}`);
}

/** Returns the number of bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
