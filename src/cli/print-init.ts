/** What `rightsize init` prints. */
import { isChat, type Sample } from '../core/message.js';
import { plain, shellCommand } from '../core/report/text.js';
import { type Initialised, type InitOptions, init } from '../run/init.js';
import { displayPath } from '../system/path.js';
import { type Terminal, worldIn } from './terminal.js';

export async function printInit(
  terminal: Terminal,
  options: InitOptions,
  { json }: { readonly json: true | undefined },
): Promise<void> {
  const made = await init({ ...options, ...worldIn(terminal) });
  terminal.stdout.write(json ? `${JSON.stringify(made, null, 2)}\n` : inWords(made, terminal.cwd));
}

function inWords(made: Initialised, cwd: string): string {
  const { columns, scorer, rows, usable, shown, doubts, suiteFile, modelsFile, keptModels } = made;
  const run = (command: string) => `  ${shellCommand(['rightsize', command, '--suite', displayPath(suiteFile, cwd)])}`;
  return `${[
    `input    ${columns.inputs.map(plain).join(', ')}`,
    `target   ${plain(columns.target)}`,
    `scorer   ${scorer.scorer}, because ${plain(scorer.reason)}`,
    `samples  ${usable} of ${rows} rows`,
    ...shown.flatMap((sample, i) => ['', `prompt ${i + 1} of ${shown.length}`, ...promptLines(sample)]),
    '',
    ...doubts.map((doubt) => `! ${plain(doubt)}`),
    ...(doubts.length > 0 ? [''] : []),
    keptModels
      ? `wrote ${displayPath(suiteFile, cwd)}; ${displayPath(modelsFile, cwd)} was there and stays. Then`
      : `wrote ${displayPath(suiteFile, cwd)} and ${displayPath(modelsFile, cwd)}, whose two models are examples to change. Then`,
    run('check'),
    run('run'),
  ].join('\n')}\n`;
}

/** Data may hold anything, and a long text hides what matters. */
const LONGEST = 300;

function promptLines({ prompt, target }: Sample): readonly string[] {
  const messages = isChat(prompt) ? prompt.messages : [{ role: 'text', content: prompt.text }];
  const answer = typeof target === 'string' ? target : JSON.stringify(target);
  return [
    ...messages.map(({ role, content }) => `  ${role.padEnd(7)}${shortened(content)}`),
    `  target ${shortened(answer)}`,
  ];
}

function shortened(text: string): string {
  const line = plain(text);
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
