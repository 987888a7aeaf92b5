/** Parses the arguments, runs one command, prints one error, and sets the exit code. */
import { CommanderError } from 'commander';
import { describeError, Unfinished, UserError } from '../core/errors.js';
import { plain } from '../core/report/text.js';
import { withShortPaths } from '../system/path.js';
import { program } from './program.js';
import type { Terminal } from './terminal.js';

/** @param words What stands behind `rightsize` on the command line. */
export async function main(words: readonly string[], terminal: Terminal): Promise<void> {
  try {
    const root = await program(words, terminal);
    await root.hook('preAction', useLanguageTables).parseAsync(words, { from: 'user' });
  } catch (error) {
    // commander has already printed its sentence.
    if (error instanceof CommanderError) terminal.exitCode = error.exitCode === 0 ? 0 : 2;
    else if (error instanceof UserError) fail(terminal, error.message, 2);
    else if (error instanceof Unfinished) fail(terminal, error.message, 3);
    else failUnexpectedly(terminal, error);
  }
}

/** Scorers of texts need them. Help does not. */
async function useLanguageTables(): Promise<void> {
  const { readLanguageTablesWith } = await import('../core/score/text/language-tables.js');
  const { readLanguageTable } = await import('../system/language-tables.js');
  readLanguageTablesWith(readLanguageTable);
}

export function failUnexpectedly(terminal: Terminal, error: unknown): void {
  fail(terminal, `unexpected: ${describeError(error)} (a fault of rightsize; RIGHTSIZE_DEBUG=1 shows where)`, 3);
  if (terminal.environment.RIGHTSIZE_DEBUG && error instanceof Error) terminal.stderr.write(`${error.stack}\n`);
}

/** A message may quote a file or a server, so it is made safe for a terminal. */
function fail(terminal: Terminal, message: string, code: number): void {
  terminal.stderr.write(`rightsize: ${plain(withShortPaths(message, terminal.cwd))}\n`);
  terminal.exitCode = code;
}
