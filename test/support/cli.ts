/** The built program as a user runs it, with its exit code and both outputs: as a child process, or in this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Terminal } from '../../src/cli/terminal.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = join(ROOT, 'dist/main.js');

export interface Finished {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function start(
  args: readonly string[],
  { cwd = ROOT, env = {} }: CliOptions = {},
): { child: ChildProcess; finished: Promise<Finished> } {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...process.env, ...locksOfItsOwn(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const finished = new Promise<Finished>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
  return { child, finished };
}

/** Tests run side by side, and none of them measures speed: each run has the lock of a machine to itself. */
export function locksOfItsOwn(): { readonly RIGHTSIZE_LOCK_DIR: string } {
  return { RIGHTSIZE_LOCK_DIR: mkdtempSync(join(tmpdir(), 'rightsize-locks-')) };
}

export function rightsize(args: readonly string[], options: CliOptions = {}): Promise<Finished> {
  return start(args, options).finished;
}

/**
 * The same command in this process, which takes a tenth of the time. For what depends on the process itself (signals, the standard
 * input, workers that die with it), and for one test of each command, there is `rightsize`.
 */
export async function rightsizeHere(
  args: readonly string[],
  { cwd = ROOT, env = {} }: CliOptions = {},
): Promise<Finished> {
  const { main } = (await import('../../dist/cli/main.js')) as typeof import('../../src/cli/main.js');
  const terminal = {
    ...silentTerminal(),
    cwd,
    environment: { ...process.env, ...locksOfItsOwn(), ...env },
    command: ['rightsize', ...args],
  };
  const printed = await printedBy(terminal, (listened) => main(args, listened));
  return { ...printed, signal: null };
}

/** A terminal for a command line that is only looked at. */
export function silentTerminal(): Terminal {
  const nowhere = { write: () => {} };
  return {
    cwd: ROOT,
    environment: {},
    command: [],
    stdout: nowhere,
    stderr: nowhere,
    exitCode: 0,
    onInterrupt: () => {},
    endAtOnce: () => {},
  };
}

/** What a command line is read as, without its command being run: what it hands to the action. @throws CommanderError */
export function parsed(
  command: (terminal: Terminal) => CommandUnknownOpts,
  flags: readonly string[],
): readonly unknown[] {
  const seen: unknown[] = [];
  command(silentTerminal())
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .action((...given) => void seen.push(...given))
    .parse(flags, { from: 'user' });
  return seen;
}

/** What a command prints on such a terminal, and its exit code. */
export async function printedBy(terminal: Terminal, command: (terminal: Terminal) => Promise<void>) {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const listening: Terminal = {
    ...terminal,
    stdout: { write: (text) => stdout.push(text) },
    stderr: { write: (text) => stderr.push(text) },
  };
  await command(listening);
  return { code: listening.exitCode, stdout: stdout.join(''), stderr: stderr.join('') };
}

/** A folder of its own with these files in it. */
export function folderWith(files: Readonly<Record<string, string | Buffer | object>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-'));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(
      join(folder, name),
      typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content),
    );
  }
  return folder;
}
