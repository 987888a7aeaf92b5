/** How far variants of one model agree. */
import type { Parity, SuiteAnalysis } from '../../analyse/analysis.js';
import { quantity, type Section, text } from '../document.js';
import { type Filled, tableOf } from './tables.js';

const COLUMNS: readonly Filled<Parity>[] = [
  { title: 'Variants', holds: 'names', cell: ({ first, second }) => text(`${first} and ${second}`) },
  { title: 'Samples', holds: 'numbers', cell: ({ n }) => quantity(n, 'count') },
  { title: 'Same answer', holds: 'numbers', cell: ({ sameOutput, n }) => quantity(sameOutput / n, 'score') },
  { title: 'Same score', holds: 'numbers', cell: ({ sameScore, n }) => quantity(sameScore / n, 'score') },
];

export function paritySection({ parity }: SuiteAnalysis): Section[] {
  if (parity.length === 0) return [];
  const table = tableOf({ name: 'parity', label: 'Agreement of variants' }, COLUMNS, parity);
  return [{ kind: 'section', heading: 'Do variants of one model agree?', body: [table] }];
}
