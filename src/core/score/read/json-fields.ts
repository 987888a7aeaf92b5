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
  const tally = new Map<string, FieldCounts>();
  if (given === null) countLeaves(target, '', 'expected', tally);
  else comparePair(given, target, '', { rules, tally });
  return tally;
}

interface Comparison {
  readonly rules: FieldRules;
  readonly tally: Map<string, FieldCounts>;
}

/** Compares two values that stand at the same place. Where one is a leaf and the other is none, their leaves have other places. */
function comparePair(given: Json, target: Json, name: string, comparison: Comparison): void {
  const [kind, wanted] = [kindOf(given), kindOf(target)];
  if (kind !== wanted) {
    countLeaves(target, name, 'expected', comparison.tally);
    // An empty list gives no record.
    const isEmptied = wanted === 'list' && Array.isArray(given) && isReordered([], target as List, comparison.rules);
    if (!isEmptied) countLeaves(given, name, 'given', comparison.tally);
    return;
  }
  switch (kind) {
    case 'leaf': {
      const counts = countsOf(name, comparison.tally);
      counts.given++;
      counts.expected++;
      if (isSameLeaf(given, target, comparatorOf(leafName(name), comparison.rules))) counts.right++;
      return;
    }
    case 'list':
      compareLists(given as List, target as List, `${name}[]`, comparison);
      return;
    case 'record':
      compareRecords(given as JsonRecord, target as JsonRecord, name, comparison);
  }
}

function compareRecords(given: JsonRecord, target: JsonRecord, name: string, comparison: Comparison): void {
  for (const [key, wanted] of Object.entries(target)) {
    if (Object.hasOwn(given, key)) comparePair(given[key]!, wanted, fieldName(name, key), comparison);
    else countLeaves(wanted, fieldName(name, key), 'expected', comparison.tally);
  }
  for (const [key, item] of Object.entries(given)) {
    if (!Object.hasOwn(target, key)) countLeaves(item, fieldName(name, key), 'given', comparison.tally);
  }
}

/** @param name of an element. */
function compareLists(given: List, target: List, name: string, comparison: Comparison): void {
  const placed = isReordered(given, target, comparison.rules)
    ? reordered(given, target, name, comparison.rules)
    : given;
  for (let at = 0; at < placed.length; at++) {
    const item = placed[at]!;
    if (at >= target.length) countLeaves(item as Json, name, 'given', comparison.tally);
    else if (item === NO_PARTNER) countLeaves(target[at]!, name, 'expected', comparison.tally);
    else comparePair(item, target[at]!, name, comparison);
  }
  for (const wanted of target.slice(placed.length)) countLeaves(wanted, name, 'expected', comparison.tally);
}

function countLeaves(value: Json, name: string, side: 'given' | 'expected', tally: Comparison['tally']): void {
  switch (kindOf(value)) {
    case 'leaf':
      countsOf(name, tally)[side]++;
      return;
    case 'list':
      for (const item of value as List) countLeaves(item, `${name}[]`, side, tally);
      return;
    case 'record':
      for (const [key, item] of Object.entries(value as JsonRecord))
        countLeaves(item, fieldName(name, key), side, tally);
  }
}

function countsOf(name: string, tally: Comparison['tally']): FieldCounts {
  const known = tally.get(leafName(name));
  if (known !== undefined) return known;
  const counts = { given: 0, expected: 0, right: 0 };
  tally.set(leafName(name), counts);
  return counts;
}

function fieldName(name: string, key: string): string {
  return name === '' ? key : `${name}.${key}`;
}

/** The root has no name. Where it is a leaf, it is the document. */
function leafName(name: string): string {
  return name === '' ? 'document' : name;
}

type List = readonly Json[];
type JsonRecord = Readonly<Record<string, Json>>;

/** Empty objects and lists are leaves, too. */
function kindOf(value: Json): 'leaf' | 'list' | 'record' {
  if (typeof value !== 'object' || value === null) return 'leaf';
  if (Array.isArray(value)) return value.length === 0 ? 'leaf' : 'list';
  for (const _ in value) return 'record';
  return 'leaf';
}

/** Longer lists keep their order: to find the best partner of each element takes the product of both lengths. */
const LONGEST_ALIGNED = 200;

/** Whether the elements of a list have no place of their own. */
function isReordered(given: List, target: List, { arrays }: FieldRules): boolean {
  if (target.length > LONGEST_ALIGNED || given.length > LONGEST_ALIGNED) return false;
  return arrays === 'unordered' || (arrays === 'records' && target.some(isRecord));
}

function isRecord(value: Json): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Stands where an element of the target has no partner. */
const NO_PARTNER = Symbol('no partner');

interface Pair {
  readonly from: number;
  readonly to: number;
  readonly agreement: number;
}

/**
 * What was given, in the order of its partners in the target. Pairs of the greatest agreement come first, and each element has one
 * partner. What has none fills the places that are left.
 */
function reordered(given: List, target: List, name: string, rules: FieldRules): readonly (Json | typeof NO_PARTNER)[] {
  const sizes = { given: given.map(leafCount), target: target.map(leafCount) };
  const pairs: Pair[] = [];
  for (let from = 0; from < given.length; from++) {
    for (let to = 0; to < target.length; to++) {
      const same = sameLeaves(given[from]!, target[to]!, name, rules);
      if (same > 0) pairs.push({ from, to, agreement: same / Math.max(sizes.given[from]!, sizes.target[to]!) });
    }
  }
  pairs.sort((a, b) => b.agreement - a.agreement || a.to - b.to || a.from - b.from);
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
    if (from !== undefined) return given[from]!;
    return rest.length > 0 ? rest.shift()! : NO_PARTNER;
  });
  return [...placed, ...rest];
}

function leafCount(value: Json): number {
  let leaves = 0;
  switch (kindOf(value)) {
    case 'leaf':
      return 1;
    case 'list':
      for (const item of value as List) leaves += leafCount(item);
      return leaves;
    case 'record':
      for (const item of Object.values(value as JsonRecord)) leaves += leafCount(item);
      return leaves;
  }
}

/** How many leaves of two elements are the same at the same places. Lists inside them keep their order. */
function sameLeaves(given: Json, target: Json, name: string, rules: FieldRules): number {
  const kind = kindOf(given);
  if (kind !== kindOf(target)) return 0;
  let same = 0;
  switch (kind) {
    case 'leaf':
      return isSameLeaf(given, target, comparatorOf(name, rules)) ? 1 : 0;
    case 'list': {
      const wanted = target as List;
      for (const [at, item] of (given as List).entries()) {
        if (at < wanted.length) same += sameLeaves(item, wanted[at]!, `${name}[]`, rules);
      }
      return same;
    }
    case 'record': {
      const wanted = target as JsonRecord;
      for (const [key, item] of Object.entries(given as JsonRecord)) {
        if (Object.hasOwn(wanted, key)) same += sameLeaves(item, wanted[key]!, fieldName(name, key), rules);
      }
      return same;
    }
  }
}

function comparatorOf(name: string, { fields, ignoreCase }: FieldRules): Comparator {
  return Object.hasOwn(fields, name) ? fields[name]! : ignoreCase ? UNCASED : PLAIN;
}

const PLAIN: Comparator = { compare: 'text', ignoreCase: false, ignoreBlanks: false, ignorePunctuation: false };
const UNCASED: Comparator = { ...PLAIN, ignoreCase: true };

function isSameLeaf(given: Json, target: Json, comparator: Comparator): boolean {
  switch (comparator.compare) {
    case 'text':
      if (given === target) return true;
      if (typeof given !== 'object' && typeof given !== 'string') return false;
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
