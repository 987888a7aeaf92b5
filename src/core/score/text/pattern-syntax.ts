/**
 * Patterns as Python writes and means them, for the two engines that run them. Python's `\d`, `\w` and `\s` are those of
 * Unicode (an answer may stand behind U+00A0, or be in another script), its `$` also stands before a line break that ends the
 * text, its `.` leaves out the line feed alone, and `{,3}` is `{0,3}`.
 */

/** Inside brackets. */
const CLASSES: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  w: '\\p{L}\\p{N}_',
  s: '\\t-\\r\\x1c-\\x20\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}',
};

/** An escape, with what belongs to it; the beginning of brackets (where `]` may come first and then closes nothing); braces … */
const OUTSIDE = /\\[pPx]\{[^}]*\}|\\[\s\S]|\[\^?\]?|\{(\d*),?(\d*)\}|\(\?P[<=]|[.^${}\]]/g;
/** An escape, or what closes brackets. A hyphen after a class of characters is itself, as in `[\w-.]`. */
const INSIDE = /\\[dws]-(?!\])|\\[pPx]\{[^}]*\}|\\[\s\S]|\[:\^?\w+:\]|\]/g;

interface Dialect {
  outside(part: string): string;
  inside(part: string): string;
}

function translate(source: string, { outside, inside }: Dialect): string {
  let result = '';
  let isInside = false;
  for (let at = 0; at < source.length; ) {
    const next = isInside ? INSIDE : OUTSIDE;
    next.lastIndex = at;
    const match = next.exec(source);
    if (match === null) return result + source.slice(at);
    const [part] = match;
    result += source.slice(at, match.index);
    result += isInside ? inside(part) : outside(part);
    at = next.lastIndex;
    if (part === ']') isInside = false;
    else if (part.startsWith('[') && !isInside) isInside = true;
  }
  return result;
}

/** Groups of this name hold the line break behind a `$`, which is no part of a match: RE2 cannot look ahead. */
export const END = 'lineBreakAtTheEnd';

/** `\b` stays that of ASCII, and so do `\W` and `\S` inside brackets, where RE2 has no other way. */
export function forRe2(source: string, multiline: boolean, ends: 'named' | 'unnamed'): string {
  const linesEnd = multiline || /\(\?[a-z]*m/.test(source);
  let count = 0;
  const end = () => (linesEnd ? '$' : ends === 'named' ? `(?:(?P<${END}${count++}>\\n?)\\z)` : '(?:\\n?\\z)');
  return translate(source, {
    outside: (part) => (part === '$' ? end() : part === '\\Z' ? '\\z' : (classOutside(part) ?? fromZero(part))),
    inside: (part) => classInside(part) ?? part,
  });
}

/** For a regular expression with the flag `u`, which takes no escape and no brace that means nothing. `\b` as above. */
export function forJavaScript(source: string, meaning: { multiline: boolean; dotAll: boolean }): string {
  const named = translate(source, {
    outside: (part) => outsideInJavaScript(part, meaning),
    inside: (part) => inJavaScript(classInside(part) ?? (/^\\[^\w\\\]^-]$/.test(part) ? part.slice(1) : part)),
  });
  return named.replace(/\(\?P=(\w+)\)/g, '\\k<$1>');
}

function outsideInJavaScript(part: string, { multiline, dotAll }: { multiline: boolean; dotAll: boolean }): string {
  switch (part) {
    case '.':
      return dotAll ? '[\\s\\S]' : '[^\\n]';
    case '^':
      return multiline ? '(?<![^\\n])' : '(?<![\\s\\S])';
    case '$':
      return multiline ? '(?![^\\n])' : '(?=\\n?(?![\\s\\S]))';
    case '\\A':
      return '(?<![\\s\\S])';
    case '\\Z':
      return '(?![\\s\\S])';
    case '(?P<':
      return '(?<';
    case '{':
    case '}':
    case ']':
      return `\\${part}`;
    case '[]':
      return '[\\]';
    case '[^]':
      return '[^\\]';
  }
  if (/^\\[^\w^$\\.*+?()[\]{}|/]$/.test(part) || part === '\\_') return part.slice(1);
  if (/^\{\}$|^\{,?\}$/.test(part)) return part === '{,}' ? '{0,}' : '\\{\\}';
  return inJavaScript(classOutside(part) ?? fromZero(part));
}

function inJavaScript(part: string): string {
  return part.replace(/\\x\{/g, '\\u{');
}

function fromZero(part: string): string {
  return /^\{,\d*\}$/.test(part) ? part.replace('{', '{0') : part;
}

function classOutside(part: string): string | null {
  const letter = /^\\([a-z])$/i.exec(part)?.[1];
  const own = letter === undefined ? undefined : CLASSES[letter.toLowerCase()];
  if (own === undefined) return null;
  return letter === letter?.toLowerCase() ? `[${own}]` : `[^${own}]`;
}

function classInside(part: string): string | null {
  const own = /^\\[dws]-?$/.test(part) ? CLASSES[part[1]!] : undefined;
  return own === undefined ? null : own + (part.endsWith('-') ? '\\-' : '');
}
