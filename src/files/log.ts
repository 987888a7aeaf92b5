/**
 * `log.jsonl`, written one record at a time and handed to the operating system before another trial is asked for: a killed run
 * has lost at most what was in flight, which is one trial, or the short ones of some 20 ms (`LONGEST_BATCH`). A last line without
 * its newline was being written when the run died: it is dropped on reading and cut off before anything is appended. A broken
 * line anywhere else is damage, and an error.
 */
import {
  closeSync,
  createReadStream,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { UserError } from '../core/errors.js';
import { LOG_VERSION, type LogRecord } from '../core/measure/log.js';
import { displayPath, readFailure } from '../system/path.js';
import { readLines } from './lines.js';

export interface LogWriter {
  append(record: LogRecord): void;
  /** Waits for the disk, then closes. */
  close(): void;
}

/** Opens a log for appending, and creates it when it is not there. @throws UserError when it cannot be written. */
export function openLog(file: string): LogWriter {
  let fd: number;
  try {
    fd = openSync(file, 'a+');
  } catch (cause) {
    throw new UserError(
      `${displayPath(file)}: the log cannot be written (${(cause as NodeJS.ErrnoException).code}); choose another folder with --out`,
      { cause },
    );
  }
  dropTornLine(fd);
  return {
    append(record) {
      const line = Buffer.from(`${JSON.stringify(record)}\n`, 'utf8');
      for (let written = 0; written < line.length; ) written += writeSync(fd, line, written);
    },
    close() {
      fdatasyncSync(fd);
      closeSync(fd);
    },
  };
}

/** @throws UserError naming the line of a record that is damaged or from another version. */
export async function* readLog(file: string): AsyncGenerator<LogRecord> {
  let number = 0;
  try {
    for await (const { texts, complete } of readLines(createReadStream(file, { highWaterMark: 1 << 18 }))) {
      if (complete) for (const text of texts) yield parseRecord(text, ++number, file);
    }
  } catch (cause) {
    if (cause instanceof UserError || !isFileError(cause)) throw cause;
    throw new UserError(`${displayPath(file)}: ${readFailure(cause)}`, { cause });
  }
}

/** What a consumer throws into this generator's loop is not the file's fault. */
function isFileError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).code === 'string';
}

function parseRecord(line: string, number: number, file: string): LogRecord {
  const place = () => `${displayPath(file)}:${number}: `;
  let record: LogRecord;
  try {
    record = JSON.parse(line) as LogRecord;
  } catch (cause) {
    throw new UserError(
      `${place()}expected a record of a log, found a damaged line; restore the file, or remove this line to do without its record`,
      { cause },
    );
  }
  if (typeof record !== 'object' || record === null || typeof record.type !== 'string') {
    throw new UserError(`${place()}expected a record with a type, found none; is this the log of a run?`);
  }
  if (record.type === 'run' && record.version !== LOG_VERSION) {
    throw new UserError(
      `${place()}expected a log of version ${LOG_VERSION}, found ${String(record.version)}; read it with the version of rightsize that wrote it`,
    );
  }
  return record;
}

const NEWLINE = 0x0a;

/** Cuts the file back to its last newline. */
function dropTornLine(fd: number): void {
  const { size } = fstatSync(fd);
  const block = Buffer.alloc(1 << 16);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - block.length);
    const length = readSync(fd, block, 0, end - start, start);
    const newline = block.subarray(0, length).lastIndexOf(NEWLINE);
    if (newline !== -1) {
      if (start + newline + 1 < size) ftruncateSync(fd, start + newline + 1);
      return;
    }
    end = start;
  }
  if (size > 0) ftruncateSync(fd, 0);
}
