/** How far a run is, by its log alone: each look reads what was appended since the last one. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { requireFileSync } from '../system/path.js';

export interface RunProgress {
  /** One cell for each task and model, in the order of their first trials. */
  readonly cells: readonly { readonly task: string; readonly model: string; readonly recorded: number }[];
  readonly recorded: number;
  readonly planned: number | null;
}

interface Seen {
  offset: number;
  planned: number | null;
  readonly cells: Map<string, { readonly task: string; readonly model: string; recorded: number }>;
}

export class ProgressReader {
  private readonly seen = new Map<string, Seen>();

  read(log: string): RunProgress {
    const seen = this.seen.get(log) ?? { offset: 0, planned: null, cells: new Map() };
    this.seen.set(log, seen);
    for (let lines = appended(log, seen); lines.length > 0; lines = appended(log, seen))
      for (const line of lines) count(line, seen);
    const cells = [...seen.cells.values()].map((cell) => ({ ...cell }));
    return { cells, recorded: cells.reduce((sum, { recorded }) => sum + recorded, 0), planned: seen.planned };
  }
}

/** Bytes that are read at once. A longer line would not be counted. */
const MOST = 2 ** 26;

/** Whole lines only: the last one may be half written. */
function appended(log: string, seen: Seen): string[] {
  requireFileSync(log);
  const fd = openSync(log, 'r');
  try {
    const buffer = Buffer.alloc(Math.min(MOST, Math.max(0, fstatSync(fd).size - seen.offset)));
    const read = readSync(fd, buffer, 0, buffer.length, seen.offset);
    const end = buffer.lastIndexOf(NEWLINE, read - 1) + 1;
    seen.offset += end;
    return buffer.toString('utf8', 0, end).split('\n').filter(Boolean);
  } finally {
    closeSync(fd);
  }
}

const NEWLINE = 0x0a;

interface LooseRecord {
  readonly type?: unknown;
  readonly task?: unknown;
  readonly model?: unknown;
  readonly suites?: readonly { readonly tasks?: readonly { readonly samples?: { readonly count?: unknown } }[] }[];
  readonly models?: readonly unknown[];
  readonly settings?: { readonly repetitions?: unknown };
}

/** A log may be damaged; a page that shows progress only counts what it knows. */
function count(line: string, seen: Seen): void {
  let record: LooseRecord;
  try {
    record = JSON.parse(line) as LooseRecord;
  } catch {
    return;
  }
  if (record.type === 'run') seen.planned = plannedBy(record);
  if (record.type !== 'measurement' || typeof record.task !== 'string' || typeof record.model !== 'string') return;
  const { task, model } = record;
  const key = JSON.stringify([task, model]);
  const cell = seen.cells.get(key) ?? { task, model, recorded: 0 };
  cell.recorded++;
  seen.cells.set(key, cell);
}

function plannedBy({ suites = [], models = [], settings }: LooseRecord): number | null {
  const samples = suites.flatMap(({ tasks = [] }) => tasks.map((task) => Number(task.samples?.count)));
  const planned = samples.reduce((sum, n) => sum + n, 0) * models.length * Number(settings?.repetitions ?? 1);
  return Number.isSafeInteger(planned) ? planned : null;
}
