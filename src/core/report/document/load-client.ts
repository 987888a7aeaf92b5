/** The fine print of the client: whether it sent what was asked. */
import { conditionText } from '../../definition/condition.js';
import type { TestedStep } from '../../load/load-test.js';
import type { SentGaps } from '../../load/sent-gaps.js';
import { type Block, estimateCell, quantityCell, type TableCell, textCell } from '../document.js';
import { type Filled, tableOf } from './tables.js';

export function clientBlocks(steps: readonly TestedStep[], name: string): Block[] {
  const body = gapTable(steps, name);
  return body.length === 0 ? [] : [{ kind: 'section', heading: 'The client, in fine print', folded: true, body }];
}

/** Whether a step was not sent as its arrivals say. */
export function isOdd({ sentGaps }: TestedStep): boolean {
  return sentGaps !== null && (sentGaps.mean.asAsked === false || sentGaps.cv.asAsked === false);
}

interface RateStep {
  readonly step: TestedStep;
  readonly gaps: SentGaps;
}

function gapTable(steps: readonly TestedStep[], name: string): Block[] {
  const rows = steps.flatMap((step): RateStep[] => (step.sentGaps === null ? [] : [{ step, gaps: step.sentGaps }]));
  if (rows.length === 0) return [];
  const columns: Filled<RateStep>[] = [
    { title: 'Step', holds: 'names', cell: ({ step }) => textCell(conditionText(step.result.condition)) },
    { title: 'Gaps', holds: 'numbers', cell: ({ gaps }) => quantityCell(gaps.n, 'count') },
    { title: 'Mean, sent', holds: 'numbers', cell: ({ gaps }) => estimateCell(rangeOf(gaps.mean), 'seconds') },
    { title: 'Mean, asked', holds: 'numbers', cell: ({ gaps }) => quantityCell(gaps.mean.asked, 'seconds') },
    { title: 'CV, sent', holds: 'numbers', cell: ({ gaps }) => estimateCell(rangeOf(gaps.cv), 'count') },
    { title: 'CV, asked', holds: 'numbers', cell: ({ gaps }) => quantityCell(gaps.cv.asked, 'count') },
    { title: 'As asked', holds: 'words', cell: asAskedCell },
  ];
  const note = {
    kind: 'note',
    text: 'CV: coefficient of variation, 1 for Poisson arrivals and 0 for constant ones. The intervals are 95% of the luck of the arrivals.',
  } as const;
  return [tableOf({ name: `${name}-gaps`, label: 'The gaps between requests that were sent' }, columns, rows), note];
}

function rangeOf({ value, standardError }: SentGaps['mean']) {
  return { value, low: Math.max(0, value - 1.96 * standardError), high: value + 1.96 * standardError };
}

function asAskedCell({ step, gaps }: RateStep): TableCell {
  if (gaps.mean.asAsked === null) return textCell('not judged');
  return textCell(isOdd(step) ? 'no' : 'yes');
}
