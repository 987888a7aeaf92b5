/** Reads and appends the files of a history: JSON lines, one file for each suite and machine. */
import { createReadStream, existsSync } from 'node:fs';
import { appendFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import { type HistoryEntry, historyEntrySchema } from '../core/regress/history.js';
import { readFailure, requireFile } from '../system/path.js';
import { readLines } from './lines.js';

const SUFFIX = '.jsonl';

/** @throws UserError when a file cannot be read, or a line is no entry. */
export async function readHistory(folder: string): Promise<readonly HistoryEntry[]> {
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder)).filter((name) => name.endsWith(SUFFIX)).sort();
  const files = await Promise.all(names.map((name) => readEntries(join(folder, name))));
  return files.flat();
}

async function readEntries(file: string): Promise<readonly HistoryEntry[]> {
  const entries: HistoryEntry[] = [];
  let line = 0;
  await requireFile(file);
  try {
    for await (const { texts, complete } of readLines(createReadStream(file))) {
      // A line without a line feed was cut off by a crash: its run can be added again.
      if (!complete) break;
      for (const text of texts) entries.push(entryOf(text, `${file}:${++line}`));
    }
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${file}: ${readFailure(cause)}`, { cause });
  }
  return entries;
}

function entryOf(text: string, place: string): HistoryEntry {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${place}: expected JSON, found none; remove the line`, { cause });
  }
  const parsed = historyEntrySchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(`${place}: ${issue?.path.join('.')}: ${issue?.message}; remove the line`);
}

/** Appends entries, each to the file of its suite and machine. @throws UserError when a file cannot be written. */
export async function appendHistory(folder: string, entries: readonly HistoryEntry[]): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    for (const entry of entries) await appendFile(join(folder, fileOf(entry)), `${JSON.stringify(entry)}\n`);
  } catch (cause) {
    throw new UserError(
      `${folder}: the history cannot be written (${(cause as NodeJS.ErrnoException).code}); choose another folder with --dir`,
      { cause },
    );
  }
}

/** The name of a suite or the id of a machine may come from a stranger's log. */
function fileOf({ suite, machine }: HistoryEntry): string {
  const safe = (text: string) => text.replace(/[^\p{L}\p{N}_-]+/gu, '-').slice(0, 60);
  return `${safe(suite)}.${safe(machine.id)}${SUFFIX}`;
}
