/** What `rightsize capacity` prints, and the page that it writes. */
import { capacityBlocks } from '../core/report/document/capacity.js';
import { renderBlocks } from '../core/report/terminal.js';
import { type CapacityQuestion, capacity, reportOf, writeCapacityPage } from '../run/capacity.js';
import { type Terminal, tableOptions, worldIn } from './terminal.js';

export interface PrintCapacityOptions {
  readonly json: true | undefined;
  /** A file for the page; none if it is absent. */
  readonly html: string | undefined;
}

export async function printCapacity(
  terminal: Terminal,
  question: CapacityQuestion,
  { json, html }: PrintCapacityOptions,
): Promise<void> {
  const answer = await capacity(question, worldIn(terminal));
  if (html !== undefined) await writeCapacityPage(answer, html, worldIn(terminal));
  if (json) {
    terminal.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    return;
  }
  const options = tableOptions(terminal, { piped: 120, widest: 160 });
  terminal.stdout.write(renderBlocks('Capacity', capacityBlocks(reportOf(answer)), options));
}
