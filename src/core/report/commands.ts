/** Commands that a report prints. Each works as printed in the folder in which the run was started. */
import type { RunInfo } from '../analyse/analysis.js';
import { shellCommand } from './text.js';

/** The folder that runs are kept in, if none is named. */
export const RUNS_FOLDER = 'reports';

/** The folder of a run, as its command named it. */
export function folderOfRun({ id, command }: Pick<RunInfo, 'id' | 'command'>): string {
  return `${(optionIn(command, ['-o', '--out']) ?? RUNS_FOLDER).replace(/\/+$/, '')}/${id}`;
}

/** Options that a resumed run needs again: they are not in its log, because a log may come from a stranger. */
const ASKED_AGAIN = {
  withValue: ['--models', '--judge', '--allow-scorer', '--prices'],
  alone: ['--run-code'],
} as const;

/** The command that finishes a run or a load test, which another command began. */
export function resumeCommand(name: 'run' | 'load', begun: readonly string[], folder: string): string {
  const again = begun.flatMap((word, i) => {
    const isNamed = (option: string) => word === option || word.startsWith(`${option}=`);
    if (ASKED_AGAIN.alone.some(isNamed)) return [word];
    if (!ASKED_AGAIN.withValue.some(isNamed)) return [];
    return word.includes('=') ? [word] : [word, begun[i + 1] ?? ''];
  });
  return shellCommand(['rightsize', name, '--resume', folder, ...again]);
}

/** The command of a run with another `--limit`; null if rightsize was not called by a command. */
export function withLimit(command: readonly string[], limit: number): readonly string[] | null {
  return command[1] === 'run' ? [...without(command, ['-n', '--limit']), '--limit', String(limit)] : null;
}

type Names = readonly [short: string, long: string];

/** An option and its value are two words (`--limit 40`) or one (`--limit=40`, `-n40`). */
function optionIn(command: readonly string[], [short, long]: Names): string | undefined {
  for (const [i, word] of command.entries()) {
    if (word === short || word === long) return command[i + 1];
    if (word.startsWith(`${long}=`)) return word.slice(long.length + 1);
    if (isJoined(word, short)) return word.slice(short.length);
  }
  return undefined;
}

function without(command: readonly string[], [short, long]: Names): string[] {
  return command.filter(
    (word, i) =>
      ![short, long].includes(word) &&
      ![short, long].includes(command[i - 1] ?? '') &&
      !word.startsWith(`${long}=`) &&
      !isJoined(word, short),
  );
}

function isJoined(word: string, short: string): boolean {
  return word.startsWith(short) && word.length > short.length && !word.startsWith('--');
}
