/** Which targets are the labels of a classification, and which are a label mistyped. */
import type { TargetValue } from './survey.js';

export interface Labels {
  /** The labels as most rows write them, the most frequent first. */
  readonly labels: readonly string[];
  readonly typos: readonly Typo[];
}

export interface Typo {
  readonly found: TargetValue;
  /** The label that is probably meant. */
  readonly label: string;
}

/** If one label is this many times as frequent as a similar one, the frequent label is meant. */
const RATIO = 5;

/** Spellings that differ in case, blanks or hyphens are one label, as they are for the scorer. */
export function readLabels(values: readonly TargetValue[]): Labels {
  const spellings = new Map<string, TargetValue>();
  for (const value of values) {
    const key = keyOf(value.text);
    const known = spellings.get(key);
    spellings.set(key, known === undefined ? value : { ...known, count: known.count + value.count });
  }
  const merged = [...spellings.values()].sort((a, b) => b.count - a.count);
  const labels: TargetValue[] = [];
  const typos: Typo[] = [];
  for (const value of merged) {
    const meant = labels.find(
      (label) => label.count >= RATIO * value.count && isNear(keyOf(label.text), keyOf(value.text)),
    );
    if (meant === undefined) labels.push(value);
    else typos.push({ found: value, label: meant.text.trim() });
  }
  return { labels: labels.map(({ text }) => text.trim()), typos };
}

function keyOf(label: string): string {
  return label
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');
}

/** One slip of the fingers in a short label, two in a long one. Labels that differ in their digits (`tier 1`, `tier 2`) are two. */
function isNear(label: string, other: string): boolean {
  const slips = Math.min(label.length, other.length) >= 8 ? 2 : 1;
  if (Math.min(label.length, other.length) < 4 || Math.abs(label.length - other.length) > slips) return false;
  if (label.replace(/\D/g, '') !== other.replace(/\D/g, '')) return false;
  return slipsBetween(label, other) <= slips;
}

/** Letters that were added, left out, taken for another or swapped with the next (optimal string alignment). */
function slipsBetween(label: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, j) => j);
  for (let i = 1; i <= label.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = label[i - 1] === other[j - 1] ? 0 : 1;
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same));
      if (i > 1 && j > 1 && label[i - 1] === other[j - 2] && label[i - 2] === other[j - 1])
        row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    before = last;
    last = row;
  }
  return last.at(-1)!;
}
