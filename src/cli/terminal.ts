/** What a command is called in: where it prints, and the surroundings that it hands to use cases. Tests hand over their own. */
import type { TerminalOptions } from '../core/report/terminal.js';
import { withoutPassword } from '../fleet/address.js';
import type { World } from '../run/world.js';

export interface Terminal extends Pick<World, 'cwd' | 'environment' | 'command'> {
  readonly stdout: Output;
  readonly stderr: Output;
  /** 0 done · 1 a gate is red · 2 the definition or the flags are wrong · 3 the run ended incomplete */
  exitCode: number;
  /** Calls the listener each time that the user wants an end, by Ctrl-C or a signal. */
  onInterrupt(listener: () => void): void;
  /** Ends the process, whatever is under way. */
  endAtOnce(code: number): void;
}

export interface Output {
  write(text: string): unknown;
  /** Missing where the output is no terminal. */
  readonly columns?: number | undefined;
  readonly isTTY?: boolean | undefined;
}

/** What use cases take of it. The log and the locks show the command, so it has no password. */
export function worldIn({ cwd, environment, command }: Terminal): Pick<World, 'cwd' | 'environment' | 'command'> {
  return { cwd, environment, command: command.map(withoutPassword) };
}

/**
 * What tables on stdout are drawn for.
 *
 * @param columns The width where stdout is no terminal, and the greatest width where it is one.
 */
export function tableOptions(
  { stdout, environment }: Pick<Terminal, 'stdout' | 'environment'>,
  columns: { readonly piped: number; readonly widest: number },
): TerminalOptions {
  return {
    columns: Math.min(stdout.columns ?? columns.piped, columns.widest),
    color: stdout.isTTY === true && !environment.NO_COLOR,
  };
}
