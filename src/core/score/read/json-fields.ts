/**
 * The fields of two documents, compared. A field is a leaf with its path; the elements of a list share one name:
 *
 *     {"total": 12.5, "items": [{"name": "a"}, {"name": "b"}]}     total, items[].name (twice)
 *
 * A list has its order, but records have no place of their own: each element of a list of objects is compared with the one
 * on the other side that it agrees with most.
 */
import { z } from 'zod';
import { splitWords, strip, withoutPunctuation } from '../text/text.js';
import { parseDate } from './dates.js';
import type { Json } from './json-value.js';
import { asciiNumbers } from './unicode-numbers.js';

export const comparatorSchema = z.discriminatedUnion('compare', [
  z.strictObject({
    compare: z.literal('text'),
    ignoreCase: z.boolean().default(false),
    ignoreBlanks: z.boolean().default(false).describe('How many blanks stand where, line breaks among them.'),
    ignorePunctuation: z.boolean().default(false),
  }),
  z
    .strictObject({
      compare: z.literal('number'),
      tolerance: z.number().nonnegative().default(0).describe('How far it may be off, in its own unit.'),
      relativeTolerance: z.number().nonnegative().default(0).describe('The same as a share of the target.'),
    })
    .describe('A number, or a text that is one: "12.50" is 12.5.'),
  z
    .strictObject({
      compare: z.literal('date'),
      order: z.enum(['day-first', 'month-first']).optional().describe('How 01/02/2024 is read; unread when unsaid.'),
    })
    .describe('A day, however it is written: 2024-01-02, 2 January 2024, Jan 2, 2024.'),
]);

export type Comparator = z.infer<typeof comparatorSchema>;

export interface FieldRules {
  readonly arrays: 'records' | 'ordered' | 'unordered';
  readonly ignoreCase: boolean;
  /** By the name of a field, as in `items[].price`. */
  readonly fields: Readonly<Record<string, Comparator>>;
}

export interface FieldCounts {
  given: number;
  expected: number;
  right: number;
}

/** By the name of a field. The names are those of people and models, so they are kept in a map. */
export type Fields = ReadonlyMap<string, FieldCounts>;

/** @param given null for a document that could not be had, which has no fields. */
export function compareFields(given: Json | null, target: Json, rules: FieldRules): Fields {
  const counts = new Map<string, FieldCounts>();
  const count = (name: string): FieldCounts => {
    const known = counts.get(name) ?? { given: 0, expected: 0, right: 0 };
    counts.set(name, known);
    return known;
  };
  const expected = leavesOf(target);
  const found = given === null ? new Map<string, Leaf>() : leavesOf(aligned(given, target, '', rules));
  for (const { name } of expected.values()) count(name).expected++;
  for (const [path, { name, value }] of found) {
    count(name).given++;
    const wanted = expected.get(path);
    if (wanted !== undefined && isSameLeaf(value, wanted.value, comparatorOf(name, rules))) count(name).right++;
  }
  return counts;
}

interface Leaf {
  readonly name: string;
  readonly value: Json;
}

/** By path. Empty objects and lists are leaves, too. */
function leavesOf(value: Json): ReadonlyMap<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  const visit = (node: Json, path: string, name: string): void => {
    if (node === NO_PARTNER) return;
    if (isList(node) && node.length > 0) {
      for (const [index, item] of node.entries()) visit(item, `${path}/${index}`, `${name}[]`);
      return;
    }
    if (isRecord(node)) {
      const entries = Object.entries(node);
      for (const [key, item] of entries) visit(item, `${path}/${escaped(key)}`, name === '' ? key : `${name}.${key}`);
      if (entries.length > 0) return;
    }
    leaves.set(path, { name: name === '' ? 'document' : name, value: node });
  };
  visit(value, '', '');
  return leaves;
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isRecord(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Longer lists keep their order: to find the best partner of each element takes the product of both lengths. */
const LONGEST_ALIGNED = 200;

/** What was given, with the elements of its lists where their partners in the target are. */
function aligned(given: Json, target: Json, name: string, rules: FieldRules): Json {
  if (given === NO_PARTNER) return given;
  if (isList(given) && isList(target)) {
    const ordered = isReordered(target, rules) ? reordered(given, target, name, rules) : given;
    return ordered.map((item, index) =>
      index < target.length ? aligned(item, target[index] ?? null, `${name}[]`, rules) : item,
    );
  }
  if (!isRecord(given) || !isRecord(target)) return given;
  return Object.fromEntries(
    Object.entries(given).map(([key, item]) => [
      key,
      Object.hasOwn(target, key) ? aligned(item, target[key]!, name === '' ? key : `${name}.${key}`, rules) : item,
    ]),
  );
}

function isReordered(target: readonly Json[], { arrays }: FieldRules): boolean {
  if (target.length > LONGEST_ALIGNED) return false;
  return arrays === 'unordered' || (arrays === 'records' && target.some(isRecord));
}

/** Stands where an element of the target has no partner. It has no leaves. */
const NO_PARTNER: Json = Object.freeze({});

interface Pair {
  readonly from: number;
  readonly to: number;
  readonly agreement: number;
}

/** Pairs of the greatest agreement first, each element once; what has no partner fills the places that are left. */
function reordered(given: readonly Json[], target: readonly Json[], name: string, rules: FieldRules): readonly Json[] {
  if (given.length > LONGEST_ALIGNED) return given;
  const pairs: Pair[] = given
    .flatMap((item, from) =>
      target.map((wanted, to) => ({ from, to, agreement: agreementOf(item, wanted, `${name}[]`, rules) })),
    )
    .filter(({ agreement }) => agreement > 0)
    .sort((a, b) => b.agreement - a.agreement || a.to - b.to || a.from - b.from);
  const partners = new Map<number, number>();
  const taken = new Set<number>();
  for (const { from, to } of pairs) {
    if (partners.has(to) || taken.has(from)) continue;
    partners.set(to, from);
    taken.add(from);
  }
  const rest = given.filter((_, index) => !taken.has(index));
  const placed = target.map((_, to) => {
    const from = partners.get(to);
    return (from === undefined ? rest.shift() : given[from]) ?? NO_PARTNER;
  });
  return [...placed, ...rest];
}

/** How many leaves of two elements are the same, as a share of those that there are. */
function agreementOf(given: Json, target: Json, name: string, rules: FieldRules): number {
  const inner = leavesOf(given);
  const wanted = leavesOf(target);
  let same = 0;
  for (const [path, leaf] of inner) {
    const other = wanted.get(path);
    const field = leaf.name === 'document' ? name : `${name}.${leaf.name}`;
    if (other !== undefined && isSameLeaf(leaf.value, other.value, comparatorOf(field, rules))) same++;
  }
  return same / Math.max(inner.size, wanted.size);
}

function comparatorOf(name: string, { fields, ignoreCase }: FieldRules): Comparator {
  if (Object.hasOwn(fields, name)) return fields[name]!;
  return { compare: 'text', ignoreCase, ignoreBlanks: false, ignorePunctuation: false };
}

function isSameLeaf(given: Json, target: Json, comparator: Comparator): boolean {
  switch (comparator.compare) {
    case 'text':
      return JSON.stringify(normalised(given, comparator)) === JSON.stringify(normalised(target, comparator));
    case 'number': {
      const [found, wanted] = [numberOf(given), numberOf(target)];
      if (found === null || wanted === null) return JSON.stringify(given) === JSON.stringify(target);
      const allowed = Math.max(comparator.tolerance, comparator.relativeTolerance * Math.abs(wanted));
      // Of 0.1 + 0.2 and 0.3 the difference is one of the machine.
      return Math.abs(found - wanted) <= allowed + 1e-12 * Math.abs(wanted);
    }
    case 'date': {
      const [found, wanted] = [dateOf(given, comparator), dateOf(target, comparator)];
      return found === null || wanted === null ? JSON.stringify(given) === JSON.stringify(target) : found === wanted;
    }
  }
}

function normalised(leaf: Json, rules: Extract<Comparator, { compare: 'text' }>): Json {
  if (typeof leaf !== 'string') return leaf;
  const cased = rules.ignoreCase ? leaf.toLowerCase() : leaf;
  const plain = rules.ignorePunctuation ? withoutPunctuation(cased) : cased;
  return rules.ignoreBlanks ? splitWords(plain).join(' ') : strip(plain);
}

function numberOf(leaf: Json): number | null {
  if (typeof leaf === 'number') return leaf;
  if (typeof leaf !== 'string') return null;
  const plain = strip(asciiNumbers(leaf)).replace(/^([-+]?)[$€£¥]\s?|\s?(?:[$€£¥%]|[A-Z]{3})$/g, '$1');
  const digits = /^[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(plain) ? plain.replaceAll(',', '') : plain;
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(digits) ? Number(digits) : null;
}

function dateOf(leaf: Json, { order }: Extract<Comparator, { compare: 'date' }>): string | null {
  return typeof leaf === 'string' ? parseDate(leaf, order) : null;
}
