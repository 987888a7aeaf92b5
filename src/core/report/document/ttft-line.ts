/** TTFT as a function of the length of the prompt: what any prompt takes, and how fast a longer one is read. */
import type { Overall, SuiteAnalysis, TtftLine } from '../../analyse/analysis.js';
import { isMissing } from '../../quantity.js';
import { type Block, estimateCell, missingCell, quantityCell, type TableCell, textCell } from '../document.js';
import { formatCount } from '../format.js';
import { type Filled, reasonsList, tableOf } from './tables.js';

const COLUMNS: readonly Filled<Overall>[] = [
  { title: 'Model', holds: 'names', cell: ({ model }) => textCell(model) },
  { title: 'n', holds: 'numbers', cell: ofLine(({ n }) => quantityCell(n, 'count')) },
  {
    title: 'Fixed time',
    read: 'What any prompt takes: the intercept of the line.',
    holds: 'numbers',
    cell: ofLine(({ fixed }) => estimateCell(fixed, 'seconds')),
  },
  {
    title: 'Reading rate',
    read: 'How fast a longer prompt is read: one over the slope of the line.',
    holds: 'numbers',
    cell: ofLine(({ rate }) => estimateCell(rate, 'tokens per second')),
  },
  {
    title: 'Prompts measured',
    read: 'The line says nothing of shorter or longer prompts.',
    holds: 'words',
    cell: ofLine(({ shortest, longest }) =>
      textCell(`${formatCount(shortest.tokens)} to ${formatCount(longest.tokens)} tokens`),
    ),
  },
];

function ofLine(cell: (line: TtftLine) => TableCell): Filled<Overall>['cell'] {
  return ({ ttftLine }) => (isMissing(ttftLine) ? missingCell(ttftLine.missing) : cell(ttftLine));
}

export function ttftLineSection({ overall }: SuiteAnalysis): Block[] {
  if (overall.every(({ ttftLine }) => isMissing(ttftLine))) return [];
  const label = 'Time to first token by length of the prompt';
  const table = tableOf({ name: 'ttft-line', label }, COLUMNS, overall);
  return [{ kind: 'section', heading: label, body: [table, ...reasonsList(table)] }];
}
