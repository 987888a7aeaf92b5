/** What tables on stdout are drawn for. */
import type { TerminalOptions } from '../core/report/terminal.js';

/** @param columns The width where stdout is no terminal, and the greatest width where it is one. */
export function stdoutTerminal(columns: { readonly piped: number; readonly widest: number }): TerminalOptions {
  return {
    columns: Math.min(process.stdout.columns ?? columns.piped, columns.widest),
    color: process.stdout.isTTY === true && !process.env.NO_COLOR,
  };
}
