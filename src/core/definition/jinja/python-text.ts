/** Methods of Python's texts, with Python's meaning, for templates that call them. */

import { isSpace } from '../../score/text/text.js';

/** Removes the given characters, or else white space, at both ends or at one. */
export function strip(text: string, characters: string | undefined, side: 'both' | 'left' | 'right'): string {
  const dropped = (character: string) =>
    characters === undefined ? isSpace(character.charCodeAt(0)) : characters.includes(character);
  let start = 0;
  let end = text.length;
  if (side !== 'right') while (start < end && dropped(text[start]!)) start++;
  if (side !== 'left') while (end > start && dropped(text[end - 1]!)) end--;
  return text.slice(start, end);
}

/** A value that is written into a text. */
export interface Written {
  /** What Python's `str` makes of it. */
  readonly text: string;
  /** What Python's `repr` makes of it. */
  readonly repr: string;
  readonly isNumber: boolean;
}

/** `str.format` with places `{}`, `{0}`, `{name}` and the common part of format specifications. */
export function formatBraces(text: string, args: readonly Written[], named: ReadonlyMap<string, Written>): string {
  let next = 0;
  return text.replace(
    /\{\{|\}\}|\{([^{}:!]*)(![rs])?(?::([^{}]*))?\}/g,
    (whole, name?: string, conversion = '', spec = '') => {
      if (whole === '{{' || whole === '}}') return whole[0]!;
      const index = name === '' ? next++ : /^\d+$/.test(name!) ? Number(name) : null;
      const value = index === null ? named.get(name!) : args[index];
      if (value === undefined) throw new Error(`format() has no value for "${whole}"`);
      return withSpec(conversion === '!r' ? { ...value, text: value.repr, isNumber: false } : value, spec);
    },
  );
}

/** `%`-formatting: `%s`, `%d`, `%i`, `%f`, `%.2f`, `%5d`, `%-5s`, `%x`, `%r`, `%%`, and `%(name)s`. @throws Error for all others. */
export function formatPercent(text: string, args: readonly Written[], named: ReadonlyMap<string, Written>): string {
  let next = 0;
  const written = text.replace(/%(?:\((\w+)\))?([-+ #0]*)(\d*)(?:\.(\d+))?([a-zA-Z%]?)/g, (whole, ...parts) => {
    const [name, flag, width, precision, kind] = parts as (string | undefined)[];
    if (kind === '%') return '%';
    if (!'sdifxr'.includes(kind || '?') || !['', '-', '0'].includes(flag!))
      throw new Error(`the format "${whole}" is not known here`);
    const value = name === undefined ? args[next++] : named.get(name);
    if (value === undefined) throw new Error(`format has no value for "${whole}"`);
    const shown = percentOf(value, kind!, precision);
    const wide = Math.min(Number(width || 0), WIDEST);
    if (flag === '-') return shown.padEnd(wide);
    return shown.padStart(wide, flag === '0' ? '0' : ' ');
  });
  if (next < args.length && named.size === 0) throw new Error('format has more values than places');
  return written;
}

/** No prompt needs more, and a hostile template could ask for a billion. */
const WIDEST = 10_000;

function percentOf(value: Written, kind: string, precision: string | undefined): string {
  const shown = kind === 'r' ? value.repr : value.text;
  switch (kind) {
    case 'd':
    case 'i':
      return String(Math.trunc(Number(shown)));
    case 'f':
      return Number(shown).toFixed(Math.min(Number(precision ?? 6), 100));
    case 'x':
      return Math.trunc(Number(shown)).toString(16);
    default:
      return precision === undefined ? shown : shown.slice(0, Number(precision));
  }
}

function withSpec(value: Written, spec: string): string {
  const parts = /^(?:(.)?([<>^]))?(0)?(\d+)?(,)?(?:\.(\d+))?([sdfx%])?$/.exec(spec);
  if (parts === null) throw new Error(`format() does not know the specification "${spec}"`);
  const [, fill = ' ', align, zero, width, commas, precision, kind] = parts;
  let shown = kind === 's' || kind === undefined ? value.text : percentOf(value, kind, precision);
  if (commas !== undefined) shown = shown.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  const wide = Math.min(Number(width ?? 0), WIDEST);
  if (align === '^') return shown.padStart((wide + shown.length) >> 1, fill).padEnd(wide, fill);
  const right = align === '>' || (align === undefined && (zero !== undefined || value.isNumber));
  return right ? shown.padStart(wide, zero ?? fill) : shown.padEnd(wide, fill);
}

/** The lines of a text, as Python divides it: no empty one after the last line end. */
export function splitLines(text: string, keepEnds: boolean): readonly string[] {
  const lines = text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
  return keepEnds ? lines : lines.map((line) => line.replace(/(?:\r\n|\r|\n)$/, ''));
}

/** `str.rsplit`: takes at most `most` pieces from the end. */
export function splitFromRight(text: string, separator: string | undefined, most: number): readonly string[] {
  if (separator === '') throw new Error('empty separator');
  const pieces = separator === undefined ? (text.match(/\S+/g) ?? []) : text.split(separator);
  if (most < 0 || pieces.length <= most + 1) return pieces;
  const kept = pieces.slice(pieces.length - most);
  if (separator === undefined) {
    // The rest in front keeps its inner white space.
    let end = text.trimEnd().length;
    for (let i = kept.length - 1; i >= 0; i--) end = text.lastIndexOf(kept[i]!, end - 1);
    return [text.slice(0, end).trim(), ...kept];
  }
  return [pieces.slice(0, pieces.length - most).join(separator), ...kept];
}

/** `partition` and `rpartition`: what stands before a separator, the separator, and what stands after it. */
export function partition(text: string, separator: string, from: 'left' | 'right'): readonly string[] {
  const place = from === 'left' ? text.indexOf(separator) : text.lastIndexOf(separator);
  if (place < 0) return from === 'left' ? [text, '', ''] : ['', '', text];
  return [text.slice(0, place), separator, text.slice(place + separator.length)];
}

/** The filter `title`: a word begins after white space, a hyphen or an opening bracket, and not after an apostrophe. */
export function title(text: string): string {
  return text
    .split(/([-\s({[<]+)/)
    .map(capitalize)
    .join('');
}

/** Converts a place in UTF-16 units into one in characters; -1 stays -1. */
export function placeIn(text: string, at: number): number {
  return at < 0 ? at : [...text.slice(0, at)].length;
}

export function capitalize(text: string): string {
  const [first = '', ...rest] = text;
  return first.toUpperCase() + rest.join('').toLowerCase();
}
