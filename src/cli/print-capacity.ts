/** What `rightsize capacity` prints. */
import Table from 'cli-table3';
import { capacityTable } from '../core/report/capacity.js';
import { plain } from '../core/report/text.js';
import { type CapacityQuestion, capacity } from '../run/capacity.js';

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
  const table = new Table({ head: [...head], style: { head: [], border: [] }, wordWrap: true });
  for (const row of rows) table.push(row.map(plain));
  process.stdout.write(`${table.toString()}\n${notes.join('\n')}\n`);
}
