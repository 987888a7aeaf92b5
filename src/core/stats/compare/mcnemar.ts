/**
 * McNemar's test: two models answered the same items, right or wrong; are they equally often right? Only the items on
 * which they disagree say anything (McNemar 1947, Psychometrika 12:153).
 *
 * "Not significant" is not "no worse": for that, see non-inferiority.
 */
import { binomialCdf, binomialPmf, chiSquareTail } from '../basics/distributions.js';
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

export interface McNemarTest {
  /** `(b - c)^2 / (b + c)`, chi-squared with one degree of freedom; 0 when the models never disagree. */
  readonly chiSquare: number;
  readonly p: number;
  /** With the continuity correction `(|b - c| - 1)^2 / (b + c)` (Edwards 1948). */
  readonly correctedChiSquare: number;
  readonly correctedP: number;
  /** Two-sided binomial: its level is never exceeded. */
  readonly exactP: number;
  /** The exact p less the probability of what was seen: near the nominal level, the one to report (Fagerland, Lydersen, Laake 2013, BMC Med. Res. Meth. 13:91). */
  readonly midP: number;
}

/** All four forms, two-sided. Without disagreement every p is 1. */
export function mcNemarTest(table: PairedTable): McNemarTest {
  expectTable(table);
  const [b, c] = [table.onlyFirst, table.onlySecond];
  const discordant = b + c;
  if (discordant === 0) return { chiSquare: 0, p: 1, correctedChiSquare: 0, correctedP: 1, exactP: 1, midP: 1 };

  const chiSquare = (b - c) ** 2 / discordant;
  const correctedChiSquare = Math.max(0, Math.abs(b - c) - 1) ** 2 / discordant;
  const fewer = Math.min(b, c);
  const doubled = 2 * binomialCdf(fewer, discordant, 0.5);
  // With b = c the two tails overlap in what was seen, which doubling has counted twice.
  const midP = b === c ? 1 - binomialPmf(fewer, discordant, 0.5) : doubled - binomialPmf(fewer, discordant, 0.5);
  return {
    chiSquare,
    p: chiSquareTail(chiSquare),
    correctedChiSquare,
    correctedP: chiSquareTail(correctedChiSquare),
    exactP: Math.min(1, doubled),
    midP: Math.min(1, midP),
  };
}

/** @throws RangeError when a count is not a whole number, or the table is empty. */
export function expectTable(table: PairedTable): void {
  for (const [name, count] of Object.entries(table)) expectCount(name, count);
  if (tableSize(table) === 0) throw new RangeError('Expected a table of at least one item, got none');
}
