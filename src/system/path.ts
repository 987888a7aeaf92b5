/** How messages name the user's files, and why a file cannot be read. */
import { readFileSync, type Stats, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { UserError } from '../core/errors.js';

/** A path as the user would write it in the folder `cwd`. */
export function displayPath(file: string, cwd: string): string {
  const short = relative(cwd, file);
  return short === '' || short.startsWith('..') ? file : short;
}

/** A message with each path inside the folder `cwd` as the user would write it there. What reads a file names it in full. */
export function withShortPaths(message: string, cwd: string): string {
  return cwd === sep ? message : message.replaceAll(new RegExp(`(?<![\\w./-])${escaped(cwd + sep)}`, 'g'), '');
}

function escaped(text: string): string {
  return text.replaceAll(/[^\w/]/g, '\\$&');
}

const READ_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'the file may not be read; change its permissions',
  EISDIR: 'this is a folder, not a file',
};

/** Whether a file could not be written because its disk, or the user's share of it, is full. */
export function isFullDisk(cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/**
 * A pipe or a device may give bytes for ever, or none.
 *
 * @throws UserError where the path names no regular file, or one that is larger than any such file is.
 */
export async function requireFile(file: string, most = Number.POSITIVE_INFINITY): Promise<void> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new UserError(`${file}: ${readFailure(cause)}`, { cause });
  });
  const reason = whyUnreadable(found, most);
  if (reason !== null) throw new UserError(`${file}: ${reason}`);
}

/** Null for a regular file that is not too large. */
function whyUnreadable(found: Stats, most: number): string | null {
  if (found.isDirectory()) return READ_FAILURES.EISDIR!;
  if (!found.isFile()) return 'expected a regular file, found a pipe, a socket or a device; name a file';
  const size = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  return found.size > most ? `expected a file of at most ${size(most)}, found ${size(found.size)}; divide it` : null;
}

/** Like `requireFile`, for a file that is read at once. @throws UserError */
export function requireFileSync(file: string, most = Number.POSITIVE_INFINITY): void {
  const reason = whyUnreadable(
    attempt(file, () => statSync(file)),
    most,
  );
  if (reason !== null) throw new UserError(`${file}: ${reason}`);
}

/** @throws UserError which names the file and says why it cannot be read. */
export function readTextSync(file: string, most = LONGEST_TEXT): string {
  requireFileSync(file, most);
  return attempt(file, () => readFileSync(file, 'utf8'));
}

function attempt<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new UserError(`${file}: ${readFailure(cause)}`, { cause });
  }
}

/** Bytes of a file that people write by hand. */
const LONGEST_TEXT = 64 * 2 ** 20;

export async function readText(file: string): Promise<string> {
  await requireFile(file, LONGEST_TEXT);
  try {
    const bytes = await readFile(file);
    if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
      throw new UserError(
        `${file}: expected text in UTF-8, found UTF-16, as PowerShell writes it; save the file as UTF-8`,
      );
    }
    return bytes.toString('utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${file}: ${readFailure(cause)}`, { cause });
  }
}

/** Why a file could not be read, in words. */
export function readFailure(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  return (code && READ_FAILURES[code]) ?? `the file cannot be read (${code ?? String(cause)})`;
}
