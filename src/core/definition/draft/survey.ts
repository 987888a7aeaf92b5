/**
 * What a pass over a data file tells about its inputs and targets. Its memory does not grow with the file: values are counted up to a
 * bound, and repeated inputs are looked for among a share of all inputs that is halved whenever it becomes too large (distinct
 * sampling: Gibbons 2001, VLDB). Up to that bound every count is exact.
 */
import type { Row } from '../../message.js';
import type { Hash } from '../sample.js';
import type { Columns } from './columns.js';

/** One value of the target. */
export interface TargetValue {
  readonly text: string;
  readonly count: number;
  /** The number of the first row that has it. */
  readonly row: number;
}

export interface Survey {
  readonly rows: number;
  /** Rows that have both an input and a target. */
  readonly usable: number;
  readonly emptyInputs: Occurrences;
  readonly emptyTargets: Occurrences;
  /** Rows whose input stands in an earlier row, with the same target and with another one. */
  readonly repeated: Occurrences;
  readonly contradicted: Occurrences;
  /** Rows whose input contains the target as whole words. */
  readonly leaks: Occurrences;
  /** Null where there are more different targets than are counted. */
  readonly values: readonly TargetValue[] | null;
  /** The usable rows whose target is of another kind, by kind. */
  readonly otherThan: Readonly<Record<TargetKind, Occurrences>>;
  /** Whether a target is a JSON document in a text, as cells of CSV have them. */
  readonly hasJsonTexts: boolean;
  /** Characters of the longest target. */
  readonly longestTarget: number;
  /** The mean number of words of a target. */
  readonly meanWords: number;
  /** A few rows to show, with different targets where there are any. */
  readonly shown: readonly Row[];
  /** The fields of the first target, where it is a JSON object. */
  readonly fieldsOfFirst: readonly string[];
}

export interface Occurrences {
  readonly count: number;
  /** The number of the first such row. */
  readonly row: number | null;
  /** Whether only a share of the rows was looked at, and the count is that share's, scaled up. */
  readonly estimated: boolean;
}

/** What targets can be beside texts. */
export type TargetKind = 'number' | 'letter' | 'document' | 'list';

const MOST_VALUES = 1000;
/** Longer targets are counted by their beginning and their hash, so that a thousand of them need no more memory. */
const LONGEST_VALUE = 200;
const MOST_INPUTS = 1 << 16;
const SHOWN = 3;

export function startSurvey({ inputs, target }: Columns, hash: Hash) {
  let [rows, usable, words, longestTarget] = [0, 0, 0, 0];
  const emptyInputs = counter();
  const emptyTargets = counter();
  const leaks = counter();
  const repeats = repetitions(hash);
  const otherThan = { number: counter(), letter: counter(), document: counter(), list: counter() };
  let hasJsonTexts = false;
  let values: Map<string, { count: number; row: number }> | null = new Map();
  const shown = new Map<string, Row>();
  const others: Row[] = [];
  let fieldsOfFirst: readonly string[] = [];

  return {
    add(row: Row, number: number): void {
      rows++;
      const given = inputs.map((name) => textOf(row[name]));
      const wanted = textOf(row[target]);
      const noInput = given.some((text) => text.trim() === '');
      if (noInput) emptyInputs.add(number);
      if (wanted.trim() === '') emptyTargets.add(number);
      if (noInput || wanted.trim() === '') return;
      usable++;
      words += wanted.trim().split(/\s+/, 1000).length;
      longestTarget = Math.max(longestTarget, wanted.length);
      const kind = kindOf(row[target]);
      for (const [other, rowsOfOthers] of Object.entries(otherThan)) if (other !== kind) rowsOfOthers.add(number);
      hasJsonTexts ||= kind === 'document' && typeof row[target] === 'string';
      if (usable === 1) fieldsOfFirst = fieldsOf(row[target]);
      const input = given.join('\n');
      if (mentions(input, wanted)) leaks.add(number);
      repeats.add(input, wanted, number);
      values = count(
        values,
        wanted.length > LONGEST_VALUE ? `${wanted.slice(0, LONGEST_VALUE)}… ${hash(wanted)}` : wanted,
        number,
      );
      if (shown.size < SHOWN && !shown.has(wanted)) shown.set(wanted, row);
      else if (others.length < SHOWN) others.push(row);
    },
    end(): Survey {
      return {
        rows,
        usable,
        emptyInputs: emptyInputs.end(),
        emptyTargets: emptyTargets.end(),
        leaks: leaks.end(),
        ...repeats.end(),
        values:
          values === null
            ? null
            : Array.from(values, ([text, { count, row }]) => ({ text, count, row })).sort((a, b) => b.count - a.count),
        otherThan: {
          number: otherThan.number.end(),
          letter: otherThan.letter.end(),
          document: otherThan.document.end(),
          list: otherThan.list.end(),
        },
        hasJsonTexts,
        longestTarget,
        meanWords: usable === 0 ? 0 : words / usable,
        shown: [...shown.values(), ...others].slice(0, SHOWN),
        fieldsOfFirst,
      };
    },
  };
}

function counter() {
  let [count, first]: [number, number | null] = [0, null];
  return {
    add(row: number) {
      count++;
      first ??= row;
    },
    end: (): Occurrences => ({ count, row: first, estimated: false }),
  };
}

/** Inputs that come again, among those whose hash falls into the share that is looked at. */
function repetitions(hash: Hash) {
  let share = 1;
  let seen = new Map<number, { target: number; again: number; otherwise: number }>();
  let [repeatedAt, contradictedAt]: [number | null, number | null] = [null, null];
  return {
    add(input: string, target: string, row: number): void {
      const key = placeOf(hash(input));
      if (key >= share) return;
      const wanted = placeOf(hash(target));
      const earlier = seen.get(key);
      if (earlier === undefined) {
        seen.set(key, { target: wanted, again: 0, otherwise: 0 });
        if (seen.size <= MOST_INPUTS) return;
        share /= 2;
        seen = new Map([...seen].filter(([place]) => place < share));
      } else if (earlier.target === wanted) {
        earlier.again++;
        repeatedAt ??= row;
      } else {
        earlier.otherwise++;
        contradictedAt ??= row;
      }
    },
    end(): Pick<Survey, 'repeated' | 'contradicted'> {
      let [again, otherwise] = [0, 0];
      for (const one of seen.values()) {
        again += one.again;
        otherwise += one.otherwise;
      }
      const scaled = (count: number, row: number | null): Occurrences => ({
        count: Math.round(count / share),
        row: count === 0 ? null : row,
        estimated: share < 1,
      });
      return { repeated: scaled(again, repeatedAt), contradicted: scaled(otherwise, contradictedAt) };
    },
  };
}

/** A hash as a number from 0 to 1. Its 52 bits tell a million inputs apart. */
function placeOf(hash: string): number {
  return Number.parseInt(hash.slice(0, 13), 16) / 2 ** 52;
}

function count(values: Map<string, { count: number; row: number }> | null, text: string, row: number) {
  if (values === null) return null;
  const known = values.get(text);
  if (known !== undefined) known.count++;
  else values.set(text, { count: 1, row });
  return values.size > MOST_VALUES ? null : values;
}

/** A value of a row as a prompt or a label shows it. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function kindOf(value: unknown): TargetKind | null {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string') ? 'list' : 'document';
  if (typeof value === 'object') return 'document';
  const text = String(value).trim();
  if (/^[\p{Sc}+-]{0,2}\d[\d,]*(?:\.\d+)?%?$/u.test(text)) return 'number';
  if (/^[A-J]$/.test(text)) return 'letter';
  return isDocument(text) ? 'document' : null;
}

/** An object or a list: `5` and `true` are JSON as well, but nobody means them so. */
function isDocument(text: string): boolean {
  if (!/^[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function fieldsOf(value: unknown): readonly string[] {
  const read = typeof value === 'string' && isDocument(value.trim()) ? (JSON.parse(value) as unknown) : value;
  return typeof read === 'object' && read !== null && !Array.isArray(read) ? Object.keys(read) : [];
}

/** Whether a text contains another as whole words. Very short targets are in every text by chance. */
function mentions(text: string, part: string): boolean {
  const wanted = part.trim().toLowerCase();
  if (wanted.length < 3) return false;
  const among = text.toLowerCase();
  const isLetter = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}]/u.test(character);
  for (let at = among.indexOf(wanted); at >= 0; at = among.indexOf(wanted, at + 1))
    if (!isLetter(among[at - 1]) && !isLetter(among[at + wanted.length])) return true;
  return false;
}
