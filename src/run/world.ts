/**
 * What a use case needs from the process that calls it. The command line and a program each hand over their own, so a use case
 * reads no clock, no environment and no arguments for itself, writes to no terminal, and sets no exit code.
 */
export interface World {
  /** The folder that relative paths start from. */
  readonly cwd: string;
  /** The environment variables. Keys of servers come from here. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** Aborted for a clean end: the trials under way are dropped, and the recorded ones stay. */
  readonly signal: AbortSignal;
  /** How the use case was called. The log and the locks name it. */
  readonly command: readonly string[];
}

/** The world of a program that hands over only a part of it. */
export function worldOf(part: Partial<World>): World {
  return {
    cwd: process.cwd(),
    environment: process.env,
    now: () => new Date(),
    signal: new AbortController().signal,
    command: ['rightsize', '(called from a program)'],
    ...part,
  };
}
