/**
 * What the files of a run say without reading them whole: its first record, whether its last record ends it, and the answer that its
 * summary begins with. A folder of a thousand runs is listed in under a second.
 */
import { closeSync, type Dirent, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { requireFileSync } from '../system/path.js';

export interface ListedRun {
  /** The name of its folder. */
  readonly name: string;
  readonly suites: readonly string[];
  readonly models: number | null;
  /** `interrupted` can be resumed. */
  readonly state: 'done' | 'under way' | 'interrupted';
  /** The answer of its reports; null if it has none. */
  readonly answer: string | null;
}

/** Seconds after which a lock that nobody renews is that of a dead process. */
const STALE = 60;
/** A run record holds all definitions; one that is longer than this is listed without them. */
const LONGEST_HEAD = 2 ** 18;
const TAIL = 2 ** 12;

/** The runs in a folder, the newest first: the name of a run begins with its time. */
export function listRuns(folder: string, now: Date): ListedRun[] {
  return entriesOf(folder)
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort()
    .reverse()
    .flatMap((name) => describeRun(folder, name, now) ?? []);
}

function entriesOf(folder: string): Dirent[] {
  return attempt(() => readdirSync(folder, { withFileTypes: true })) ?? [];
}

function describeRun(folder: string, name: string, now: Date): ListedRun | null {
  const log = attempt(() => readEnds(join(folder, name, 'log.jsonl')));
  if (log === null) return null;
  const record = parseRun(log.head);
  return {
    name,
    suites: record?.suites.map((suite) => String(suite.name)) ?? [],
    models: record?.models.length ?? null,
    state: log.tail.includes('{"type":"end",')
      ? 'done'
      : isLocked(join(folder, name), now)
        ? 'under way'
        : 'interrupted',
    answer: answerIn(join(folder, name, 'summary.json')),
  };
}

function readEnds(file: string): { readonly head: string; readonly tail: string } {
  requireFileSync(file);
  const fd = openSync(file, 'r');
  try {
    const { size } = fstatSync(fd);
    const read = (from: number, length: number) => {
      const buffer = Buffer.alloc(Math.min(length, size - from));
      return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, from));
    };
    const lastLines = read(Math.max(0, size - TAIL), TAIL)
      .trimEnd()
      .split('\n');
    return { head: read(0, LONGEST_HEAD), tail: lastLines.at(-1)! };
  } finally {
    closeSync(fd);
  }
}

interface RunHead {
  readonly suites: readonly { readonly name: unknown }[];
  readonly models: readonly unknown[];
}

function parseRun(head: string): RunHead | null {
  const end = head.indexOf('\n');
  if (end < 0) return null;
  const record = attempt(() => JSON.parse(head.slice(0, end)) as Partial<RunHead>);
  return Array.isArray(record?.suites) && Array.isArray(record.models) ? (record as RunHead) : null;
}

function isLocked(folder: string, now: Date): boolean {
  const renewed = attempt(() => statSync(join(folder, '.lock')).mtimeMs);
  return renewed !== null && (now.getTime() - renewed) / 1000 < STALE;
}

/** summary.json begins with its version and its answer, each on a line. */
function answerIn(file: string): string | null {
  const found = attempt(() => /^ {2}"answer": ("(?:[^"\\]|\\.)*"),?$/m.exec(readEnds(file).head)?.[1]);
  return found ? attempt(() => JSON.parse(found) as string) : null;
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
