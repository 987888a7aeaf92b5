/** How messages name the user's files, and why a file cannot be read. */
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { UserError } from '../core/errors.js';

/** A path as the user would write it. */
export function displayPath(file: string): string {
  const short = relative(process.cwd(), file);
  return short === '' || short.startsWith('..') ? file : short;
}

const READ_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'the file may not be read; change its permissions',
  EISDIR: 'this is a folder, not a file',
};

export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new UserError(`${displayPath(file)}: ${readFailure(cause)}`, { cause });
  }
}

/** Why a file could not be read, in words. */
export function readFailure(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  return (code && READ_FAILURES[code]) ?? `the file cannot be read (${code ?? String(cause)})`;
}
