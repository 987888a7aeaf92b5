/** How far variants of one model agree. */
import type { Parity, SuiteAnalysis } from '../../analyse/analysis.js';
import { quantityCell, type Section, textCell } from '../document.js';
import { type Filled, tableOf } from './tables.js';

const COLUMNS: readonly Filled<Parity>[] = [
  { title: 'Variants', holds: 'names', cell: ({ first, second }) => textCell(`${first} and ${second}`) },
  { title: 'Samples', holds: 'numbers', cell: ({ n }) => quantityCell(n, 'count') },
  { title: 'Same answer', holds: 'numbers', cell: ({ sameOutput, n }) => quantityCell(sameOutput / n, 'score') },
  { title: 'Same score', holds: 'numbers', cell: ({ sameScore, n }) => quantityCell(sameScore / n, 'score') },
];

export function paritySection({ parity }: SuiteAnalysis): Section[] {
  if (parity.every(({ n, sameOutput }) => sameOutput === n)) return [];
  const table = tableOf({ name: 'parity', label: 'Agreement of variants' }, COLUMNS, parity);
  return [{ kind: 'section', heading: 'Do variants of one model agree?', folded: true, body: [table] }];
}
