/** What `rightsize capacity` prints. */
import { capacityTable } from '../core/report/capacity.js';
import type { TextColumn } from '../core/report/text-table.js';
import { breakText } from '../core/report/width.js';
import { type CapacityQuestion, capacity } from '../run/capacity.js';
import { printTable } from './print-table.js';
import { type Terminal, worldIn } from './terminal.js';

export async function printCapacity(
  terminal: Terminal,
  question: CapacityQuestion,
  { json }: { readonly json: true | undefined },
): Promise<void> {
  const answer = await capacity(question, worldIn(terminal));
  if (json) {
    terminal.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    return;
  }
  const { head, rows, notes } = capacityTable(answer.predictions);
  printTable(
    terminal,
    head.map((title): TextColumn => ({ title, side: 'left', breaks: title === 'basis' ? 'between words' : 'never' })),
    rows,
  );
  const columns = terminal.stdout.columns ?? 80;
  terminal.stdout.write(`\n${notes.flatMap((note) => breakText(note, columns, 'words')).join('\n')}\n`);
}
