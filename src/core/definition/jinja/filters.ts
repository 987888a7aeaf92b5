/**
 * Filters of Jinja that the library lacks, or has for some types only. A filter that neither has is refused by name
 * when a template uses it.
 */
import { type Arguments, joined, numberArgument, plain, replaced, textArgument } from './methods.js';
import { formatPercent, strip, title } from './python-text.js';
import {
  areEqual,
  floatOf,
  isAbsent,
  isList,
  isMapping,
  isNumber,
  isText,
  isTrue,
  listOf,
  membersOf,
  namedTupleOf,
  textOf,
  toValue,
  UNDEFINED,
  type Value,
} from './values.js';

export type Filter = (operand: Value, given: Arguments) => Value;

export const FILTERS: Readonly<Record<string, Filter>> = {
  first: (operand) => members(operand)[0] ?? UNDEFINED,
  last: (operand) => members(operand).at(-1) ?? UNDEFINED,
  length: lengthOf,
  count: lengthOf,
  list: (operand) => listOf(members(operand)),
  reverse: (operand) =>
    operand.type === 'StringValue'
      ? toValue([...textOf(operand)].reverse().join(''))
      : listOf(members(operand).toReversed()),
  trim: (operand, given) => toValue(strip(textOf(operand), textArgument(given, 0, 'chars'), 'both')),
  string: (operand) => toValue(textOf(operand)),
  upper: (operand) => toValue(textOf(operand).toUpperCase()),
  lower: (operand) => toValue(textOf(operand).toLowerCase()),
  title: (operand) => toValue(title(textOf(operand))),
  capitalize: (operand) => {
    const text = textOf(operand);
    return toValue(text.charAt(0).toUpperCase() + text.slice(1).toLowerCase());
  },
  format(operand, given) {
    const { args, named } = plain(given);
    return toValue(formatPercent(textOf(operand), args, named));
  },
  d: defaultOf,
  default: defaultOf,
  escape: (operand) => toValue(escapeHtml(textOf(operand))),
  e: (operand) => toValue(escapeHtml(textOf(operand))),
  min: (operand, given) => extreme(operand, given, -1),
  max: (operand, given) => extreme(operand, given, 1),
  sum(operand, given) {
    const attribute = textArgument(given, 0, 'attribute');
    const start = numberArgument(given, 1, 'start') ?? 0;
    return toValue(members(operand).reduce((sum, item) => sum + Number(at(item, attribute).value), start));
  },
  round(operand, given) {
    const precision = numberArgument(given, 0, 'precision') ?? 0;
    const round = ROUNDINGS[textArgument(given, 1, 'method') ?? 'common'];
    if (round === undefined) throw new Error('round: expected common, ceil or floor');
    return floatOf(round(Number(operand.value), precision));
  },
  replace: (operand, given) => toValue(replaced(textOf(operand), given)),
  wordcount: (operand) => toValue(textOf(operand).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
  // It reads attributes, and the fields of a mapping are none.
  attr: () => UNDEFINED,
  join(operand, given) {
    const attribute = textArgument(given, 1, 'attribute');
    const parts = members(operand).map((item) => textOf(at(item, attribute)));
    return toValue(joined(parts, textArgument(given, 0, 'd') ?? ''));
  },
  unique(operand, given) {
    const attribute = textArgument(given, 1, 'attribute');
    const kept: Value[] = [];
    for (const item of members(operand)) {
      if (!kept.some((other) => areEqual(folded(at(other, attribute)), folded(at(item, attribute))))) kept.push(item);
    }
    return listOf(kept);
  },
  groupby(operand, given) {
    const attribute = textArgument(given, 0, 'attribute');
    const groups = new Map<string, [Value, Value[]]>();
    for (const item of members(operand)) {
      const key = at(item, attribute);
      const group = groups.get(textOf(key));
      if (group === undefined) groups.set(textOf(key), [key, [item]]);
      else group[1].push(item);
    }
    const sorted = [...groups].sort(([a], [b]) => compare(a, b));
    return listOf(sorted.map(([, [grouper, items]]) => namedTupleOf({ grouper, list: listOf(items) })));
  },
  batch(operand, given) {
    const size = Math.max(1, numberArgument(given, 0, 'linecount') ?? 1);
    const items = members(operand);
    const rows = Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
      items.slice(i * size, (i + 1) * size),
    );
    const fill = given.args[1] ?? given.named.get('fill_with');
    const short = (row: readonly Value[]) => (fill === undefined ? 0 : size - row.length);
    return listOf(rows.map((row) => listOf([...row, ...Array.from({ length: short(row) }, () => fill!)])));
  },
  select: (operand, given) => chosen(operand, given, true),
  reject: (operand, given) => chosen(operand, given, false),
  selectattr: (operand, given) => chosen(operand, afterAttribute(given), true, textArgument(given, 0, 'attribute')),
  rejectattr: (operand, given) => chosen(operand, afterAttribute(given), false, textArgument(given, 0, 'attribute')),
};

/** The names of what a filter takes, in their order. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
  trim: ['chars'],
  d: ['default_value', 'boolean'],
  default: ['default_value', 'boolean'],
  min: ['case_sensitive', 'attribute'],
  max: ['case_sensitive', 'attribute'],
  sum: ['attribute', 'start'],
  round: ['precision', 'method'],
  replace: ['old', 'new', 'count'],
  attr: ['name'],
  join: ['d', 'attribute'],
  unique: ['case_sensitive', 'attribute'],
  groupby: ['attribute'],
  batch: ['linecount', 'fill_with'],
};
const TAKES_ANY = new Set(['format', 'select', 'reject', 'selectattr', 'rejectattr']);

/** @throws Error for what the filter would leave unread. */
export function requireKnown(name: string, { args, named }: Arguments): void {
  if (TAKES_ANY.has(name)) return;
  const takes = TAKES[name] ?? [];
  const unknown = [...named.keys()].find((argument) => !takes.includes(argument));
  if (unknown !== undefined) throw new Error(`the filter ${name} takes no ${unknown} here`);
  if (args.length > takes.length) throw new Error(`the filter ${name} takes at most ${takes.length} values here`);
}

const ROUNDINGS: Readonly<Record<string, (number: number, precision: number) => number>> = {
  common(number, precision) {
    const scaled = number * 10 ** precision;
    // Half goes to the even neighbour.
    if (Math.abs(scaled % 1) === 0.5) return (2 * Math.round(scaled / 2)) / 10 ** precision;
    return precision >= 0 && precision <= 100
      ? Number(number.toFixed(precision))
      : Math.round(scaled) / 10 ** precision;
  },
  ceil: (number, precision) => Math.ceil(number * 10 ** precision) / 10 ** precision,
  floor: (number, precision) => Math.floor(number * 10 ** precision) / 10 ** precision,
};

function afterAttribute({ args, named }: Arguments): Arguments {
  return { args: args.slice(1), named };
}

/** Names that only change which filter is meant where the library's own is right for every type. */
export function isOurs(name: string): boolean {
  return Object.hasOwn(FILTERS, name);
}

function members(operand: Value): readonly Value[] {
  const found = membersOf(operand);
  if (found === null) throw new Error(`'${operand.type}' object is not iterable`);
  return found;
}

function lengthOf(operand: Value): Value {
  return toValue(members(operand).length);
}

function defaultOf(operand: Value, { args, named }: Arguments): Value {
  const otherwise = args[0] ?? named.get('default_value') ?? toValue('');
  const whereFalse = args[1] ?? named.get('boolean');
  if (isAbsent(operand)) return otherwise;
  return whereFalse !== undefined && isTrue(whereFalse) && !isTrue(operand) ? otherwise : operand;
}

/** The part of a value at a path as in `function.name`; the value itself where none is given. */
function at(value: Value, path: string | undefined): Value {
  if (path === undefined) return value;
  return path.split('.').reduce((found: Value, name) => {
    if (isMapping(found)) return found.value.get(name) ?? UNDEFINED;
    if (!/^\d+$/.test(name)) return UNDEFINED;
    return isList(found) || isText(found) ? (members(found)[Number(name)] ?? UNDEFINED) : UNDEFINED;
  }, value);
}

function folded(value: Value): Value {
  return value.type === 'StringValue' ? toValue(textOf(value).toLowerCase()) : value;
}

function extreme(operand: Value, given: Arguments, sign: 1 | -1): Value {
  const attribute = textArgument(given, 1, 'attribute');
  const keyOf = (item: Value) => folded(at(item, attribute));
  let best: Value | undefined;
  for (const item of members(operand)) {
    if (best === undefined || sign * order(keyOf(item), keyOf(best)) > 0) best = item;
  }
  return best ?? UNDEFINED;
}

/** Texts are in order whatever their case. */
export function order(a: Value, b: Value): number {
  if (isNumber(a) && isNumber(b)) return Number(a.value) - Number(b.value);
  return compare(textOf(a).toLowerCase(), textOf(b).toLowerCase());
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const TESTS: Readonly<Record<string, (item: Value, other: Value | undefined) => boolean>> = {
  defined: (item) => !isAbsent(item),
  undefined: isAbsent,
  none: (item) => item.type === 'NullValue',
  string: (item) => item.type === 'StringValue',
  number: isNumber,
  mapping: isMapping,
  odd: (item) => Math.abs(Number(item.value)) % 2 === 1,
  even: (item) => Number(item.value) % 2 === 0,
  equalto: (item, other) => other !== undefined && areEqual(item, other),
  eq: (item, other) => other !== undefined && areEqual(item, other),
  ne: (item, other) => other === undefined || !areEqual(item, other),
  in: (item, other) => other !== undefined && (membersOf(other) ?? []).some((one) => areEqual(one, item)),
  greaterthan: (item, other) => Number(item.value) > Number(other?.value),
  gt: (item, other) => Number(item.value) > Number(other?.value),
  lessthan: (item, other) => Number(item.value) < Number(other?.value),
  lt: (item, other) => Number(item.value) < Number(other?.value),
};

function chosen(operand: Value, { args }: Arguments, wanted: boolean, attribute?: string): Value {
  const name = args[0] === undefined ? null : textOf(args[0]);
  if (name !== null && !Object.hasOwn(TESTS, name)) throw new Error(`Unknown test: ${name}`);
  const test = name === null ? isTrue : TESTS[name]!;
  return listOf(members(operand).filter((item) => test(at(item, attribute), args[1]) === wanted));
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&#34;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
