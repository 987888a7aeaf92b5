/** What `rightsize capacity` prints. */
import { capacityTable } from '../core/report/capacity.js';
import type { TextColumn } from '../core/report/text-table.js';
import { breakText } from '../core/report/width.js';
import { type CapacityQuestion, capacity } from '../run/capacity.js';
import { printTable } from './print-table.js';

export async function printCapacity(
  question: CapacityQuestion,
  { json }: { readonly json: true | undefined },
): Promise<void> {
  const answer = await capacity(question);
  if (json) {
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    return;
  }
  const { head, rows, notes } = capacityTable(answer.predictions);
  printTable(
    head.map((title): TextColumn => ({ title, side: 'left', breaks: title === 'basis' ? 'between words' : 'never' })),
    rows,
  );
  const columns = process.stdout.columns ?? 80;
  process.stdout.write(`\n${notes.flatMap((note) => breakText(note, columns, 'words')).join('\n')}\n`);
}
