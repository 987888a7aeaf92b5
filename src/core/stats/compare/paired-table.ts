/**
 * Two models answered the same items, right or wrong: the table that counts them. Only the items on which they disagree say
 * which of the two is better.
 */
import { expectBinary, expectCount, expectSameLength } from '../basics/expect.js';

/** Items by what the two models made of them. */
export interface PairedTable {
  readonly both: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly neither: number;
}

/** The table of two lists of 0 and 1 over the same items. */
export function pairedTable(first: readonly number[], second: readonly number[]): PairedTable {
  expectSameLength('second', first, second);
  expectBinary('first', first);
  expectBinary('second', second);
  const table = { both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 };
  first.forEach((value, i) => {
    if (value === 1) table[second[i] === 1 ? 'both' : 'onlyFirst']++;
    else table[second[i] === 1 ? 'onlySecond' : 'neither']++;
  });
  return table;
}

export function tableSize(table: PairedTable): number {
  return table.both + table.onlyFirst + table.onlySecond + table.neither;
}

/** @throws RangeError when a count is not a whole number, or the table is empty. */
export function expectTable(table: PairedTable): void {
  for (const [name, count] of Object.entries(table)) expectCount(name, count);
  if (tableSize(table) === 0) throw new RangeError('Expected a table of at least one item, got none');
}
