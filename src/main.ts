#!/usr/bin/env node
/** rightsize: parse the arguments, run one command, print one error, set the exit code. */
import { setFlagsFromString } from 'node:v8';
import { CommanderError } from 'commander';
import { program } from './cli/program.js';
import { describeError, Unfinished, UserError } from './core/errors.js';
import { plain } from './core/report/text.js';

// The models need the memory. By default a heap grows to several times the size of its live objects before it is collected.
setFlagsFromString('--heap-growing-percent=40');

// A reader such as `| head` closes the pipe early. By then the run has written everything else to its folder.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

// Node would end with 1, which is the exit code of a gate that failed.
process.on('uncaughtException', (error) => {
  failUnexpectedly(error);
  process.exit();
});

/** Exit codes: 0 done · 1 a gate is red · 2 the definition or the flags are wrong · 3 the run ended incomplete */
try {
  await program().hook('preAction', useLanguageTables).parseAsync(process.argv);
} catch (error) {
  // commander has already printed its sentence.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof UserError) fail(error.message, 2);
  else if (error instanceof Unfinished) fail(error.message, 3);
  else failUnexpectedly(error);
}

/** Scorers of texts need them. Help does not. */
async function useLanguageTables(): Promise<void> {
  const { readLanguageTablesWith } = await import('./core/score/text/language-tables.js');
  const { readLanguageTable } = await import('./system/language-tables.js');
  readLanguageTablesWith(readLanguageTable);
}

function failUnexpectedly(error: unknown): void {
  fail(`unexpected: ${describeError(error)} (a fault of rightsize; RIGHTSIZE_DEBUG=1 shows where)`, 3);
  if (process.env.RIGHTSIZE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}

/** A message may quote a file or a server, so it is made safe for a terminal. */
function fail(message: string, code: number): void {
  process.stderr.write(`rightsize: ${plain(message)}\n`);
  process.exitCode = code;
}
