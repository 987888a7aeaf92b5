/** Methods of Python's texts and mappings that the library lacks, or has with another meaning. */

import { requireText } from './limits.js';
import {
  capitalize,
  formatBraces,
  partition,
  placeIn,
  splitFromRight,
  splitLines,
  strip,
  type Written,
} from './python-text.js';
import {
  areEqual,
  isList,
  isMapping,
  isNumber,
  listOf,
  membersOf,
  reprOf,
  textOf,
  toValue,
  tupleOf,
  type Value,
} from './values.js';

/** What a method or a filter is given: values by place and by name. */
export interface Arguments {
  readonly args: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

type TextMethod = (text: string, given: Arguments) => unknown;

/** Methods whose several parts are a tuple. */
const TUPLES = new Set(['partition', 'rpartition']);

export function textArgument({ args, named }: Arguments, place: number, name: string): string | undefined {
  const value = args[place] ?? named.get(name);
  return value === undefined || value.type === 'NullValue' ? undefined : textOf(value);
}

export function numberArgument({ args, named }: Arguments, place: number, name: string): number | undefined {
  const value = args[place] ?? named.get(name);
  return value === undefined || value.type === 'NullValue' ? undefined : Number(value.value);
}

export function written(value: Value): Written {
  return { text: textOf(value), repr: reprOf(value), isNumber: isNumber(value) };
}

export function plain({ args, named }: Arguments): { args: Written[]; named: Map<string, Written> } {
  return { args: args.map(written), named: new Map([...named].map(([name, value]) => [name, written(value)])) };
}

const required = (given: Arguments, name: string) => textArgument(given, 0, name) ?? '';
const all = (text: string, pattern: RegExp) => text !== '' && pattern.test(text);

const TEXT_METHODS: Readonly<Record<string, TextMethod>> = {
  strip: (text, given) => strip(text, textArgument(given, 0, 'chars'), 'both'),
  lstrip: (text, given) => strip(text, textArgument(given, 0, 'chars'), 'left'),
  rstrip: (text, given) => strip(text, textArgument(given, 0, 'chars'), 'right'),
  format(text, given) {
    const { args, named } = plain(given);
    return formatBraces(text, args, named);
  },
  capitalize,
  casefold: (text) => text.toLowerCase(),
  swapcase: (text) => text.replace(/\p{L}/gu, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase())),
  removeprefix: (text, given) => without(text, required(given, 'prefix'), 'prefix'),
  removesuffix: (text, given) => without(text, required(given, 'suffix'), 'suffix'),
  find: (text, given) => placeIn(text, text.indexOf(required(given, 'sub'), numberArgument(given, 1, 'start'))),
  rfind: (text, given) => placeIn(text, text.lastIndexOf(required(given, 'sub'))),
  index: (text, given) => placeOf(placeIn(text, text.indexOf(required(given, 'sub'))), given),
  rindex: (text, given) => placeOf(placeIn(text, text.lastIndexOf(required(given, 'sub'))), given),
  count(text, given) {
    const part = required(given, 'sub');
    return part === '' ? text.length + 1 : text.split(part).length - 1;
  },
  join: (text, { args }) => joined((membersOf(args[0] ?? toValue([])) ?? []).map(textOf), text),
  replace: (text, given) => replaced(text, given),
  splitlines: (text, given) =>
    splitLines(text, given.args[0]?.value === true || given.named.get('keepends')?.value === true),
  rsplit: (text, given) =>
    splitFromRight(text, textArgument(given, 0, 'sep'), numberArgument(given, 1, 'maxsplit') ?? -1),
  partition: (text, given) => partition(text, required(given, 'sep'), 'left'),
  rpartition: (text, given) => partition(text, required(given, 'sep'), 'right'),
  zfill: (text, given) =>
    text.replace(/^([+-]?)(.*)$/s, (_, sign, digits) => sign + digits.padStart(wide(given) - sign.length, '0')),
  ljust: (text, given) => text.padEnd(wide(given), textArgument(given, 1, 'fillchar') ?? ' '),
  rjust: (text, given) => text.padStart(wide(given), textArgument(given, 1, 'fillchar') ?? ' '),
  isdigit: (text) => all(text, /^\p{Nd}+$/u),
  isnumeric: (text) => all(text, /^\p{N}+$/u),
  isalpha: (text) => all(text, /^\p{L}+$/u),
  isalnum: (text) => all(text, /^[\p{L}\p{N}]+$/u),
  isspace: (text) => all(text, /^\s+$/),
  isupper: (text) => /\p{L}/u.test(text) && text === text.toUpperCase() && text !== text.toLowerCase(),
  islower: (text) => /\p{L}/u.test(text) && text === text.toLowerCase() && text !== text.toUpperCase(),
};

export function joined(parts: readonly string[], separator: string): string {
  requireText(parts.reduce((length, part) => length + part.length + separator.length, 0));
  return parts.join(separator);
}

/** `replace(old, new, count)`; an empty old text stands before every character and at the end, as in Python. */
export function replaced(text: string, given: Arguments): string {
  const [old, fresh] = [textArgument(given, 0, 'old') ?? '', textArgument(given, 1, 'new') ?? ''];
  const most = numberArgument(given, 2, 'count') ?? -1;
  const parts = old === '' ? ['', ...text, ''] : text.split(old);
  const kept = most < 0 ? parts.length : Math.min(parts.length, most + 1);
  return joined([...parts.slice(0, kept - 1), parts.slice(kept - 1).join(old)], fresh);
}

const WIDEST = 10_000;

function wide(given: Arguments): number {
  return Math.min(numberArgument(given, 0, 'width') ?? 0, WIDEST);
}

function without(text: string, part: string, end: 'prefix' | 'suffix'): string {
  if (part === '') return text;
  if (end === 'prefix') return text.startsWith(part) ? text.slice(part.length) : text;
  return text.endsWith(part) ? text.slice(0, text.length - part.length) : text;
}

function placeOf(place: number, { args }: Arguments): number {
  if (place < 0) throw new Error(`index: ${args[0] === undefined ? 'nothing' : reprOf(args[0])} is not in it`);
  return place;
}

type Method = (given: Arguments) => Value;

/** A method of a value, or null where the library's own is right. */
export function methodOf(object: Value, name: string): Method | null {
  if (object.type === 'StringValue' && Object.hasOwn(TEXT_METHODS, name)) {
    const text = textOf(object);
    return (given) => {
      const made = toValue(TEXT_METHODS[name]!(text, given));
      return TUPLES.has(name) && isList(made) ? tupleOf(made.value) : made;
    };
  }
  if (isList(object) && (name === 'index' || name === 'count')) {
    const places = (wanted: Value | undefined) =>
      object.value.flatMap((item, i) => (wanted !== undefined && areEqual(item, wanted) ? [i] : []));
    return (given) => {
      const found = places(given.args[0]);
      return toValue(name === 'count' ? found.length : placeOf(found[0] ?? -1, given));
    };
  }
  if (isMapping(object) && name === 'copy') return () => object;
  return isList(object) && name === 'copy' ? () => listOf(object.value) : null;
}
