/** What `rightsize power` prints. */
import Table from 'cli-table3';
import type { PowerQuestion } from '../core/recommend/power.js';
import { type PowerTable, powerTables } from '../core/report/power.js';
import { power } from '../run/power.js';
import { type Terminal, worldIn } from './terminal.js';

export async function printPower(
  terminal: Terminal,
  run: string | undefined,
  question: PowerQuestion,
  { json }: { readonly json: true | undefined },
): Promise<void> {
  const answer = await power(run, question, worldIn(terminal));
  const text = json ? JSON.stringify(answer, null, 2) : powerTables(answer).map(inText).join('\n\n');
  terminal.stdout.write(`${text}\n`);
}

function inText({ title, head, rows }: PowerTable): string {
  if (rows.length === 0) return title;
  const table = new Table({ head: [...head], style: { head: [], border: [] } });
  for (const row of rows) table.push([...row]);
  return `${title}\n${table.toString()}`;
}
