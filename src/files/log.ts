/**
 * `log.jsonl`, written one record at a time. A record reaches the operating system before another trial is asked for, so a killed
 * run loses at most the trials in flight: one trial, or the short ones of some 20 ms (`LONGEST_BATCH`). A last line without a
 * newline was being written when the run died: the reader drops it, and the writer cuts it off before it appends. Every other
 * line must hold a record that fits its schema.
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
import { formatPath } from '../core/definition/describe.js';
import { UserError } from '../core/errors.js';
import { LOG_VERSION, type LogRecord, RECORDS, type RecordType } from '../core/log/log.js';
import { fromVersion1, measurementFromVersion1, type RawRecord } from '../core/log/log-v1.js';
import { sha256 } from '../system/hash.js';
import { displayPath, readFailure } from '../system/path.js';
import { readLines } from './lines.js';
import { checkRecord } from './log-check.js';

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

/** The records of a log, those of earlier versions as they are today. @throws UserError naming the line of a damaged record. */
export async function* readLog(file: string): AsyncGenerator<LogRecord> {
  let number = 0;
  const place = () => `${displayPath(file)}:${number}: `;
  try {
    for await (const { texts, complete } of readLines(createReadStream(file, { highWaterMark: 1 << 18 }))) {
      if (!complete) continue;
      for (const text of texts) {
        number++;
        for (const record of recordsOf(text, place)) yield record;
      }
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

const REMEDY = 'restore the file, or remove this line to do without its record';

type Place = () => string;

/** The record of a line, or both that a line of version 1 holds. @throws UserError beginning with the place. */
export function recordsOf(line: string, place: Place): readonly LogRecord[] {
  const raw = parse(line, place);
  // A log can hold a million measurements: nothing is made for each that is not kept.
  if (raw.type === 'measurement') return [checked(measurementFromVersion1(raw), place)];
  if (raw.type === 'sample' && 'hash' in raw) return [checked(raw, place)];
  return fromVersion1(raw, { hash: sha256 }).map((record) => checked(record, place));
}

function checked(raw: RawRecord, place: Place): LogRecord {
  const { type } = raw;
  if (!isRecordType(type)) {
    throw new UserError(
      `${place()}type: expected one of ${Object.keys(RECORDS).join(', ')}, found ${JSON.stringify(type.slice(0, 60))}; read it with the version of rightsize that wrote it`,
    );
  }
  const result = checkRecord(type, raw);
  if ('record' in result) return result.record;
  const { path, rule } = result.complaint;
  throw new UserError(`${place()}${path.length > 0 ? `${formatPath(path)}: ` : ''}${rule}; ${REMEDY}`);
}

function isRecordType(type: string): type is RecordType {
  return Object.hasOwn(RECORDS, type);
}

function parse(line: string, place: Place): RawRecord {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch (cause) {
    throw new UserError(`${place()}expected a record of a log, found a damaged line; ${REMEDY}`, { cause });
  }
  if (!isRecord(record)) {
    throw new UserError(`${place()}expected a record with a type, found none; is this the log of a run?`);
  }
  // A level takes two characters. Nothing follows a measurement to its depth.
  if (line.length > 2 * DEEPEST && record.type !== 'measurement' && isDeeper(record, DEEPEST)) {
    throw new UserError(`${place()}expected a record nested up to ${DEEPEST} levels, found more; ${REMEDY}`);
  }
  if (record.type === 'run' && record.version !== LOG_VERSION && record.version !== 1) {
    throw new UserError(
      `${place()}expected a log of version ${LOG_VERSION} or 1, found ${JSON.stringify(record.version)}; read it with the version of rightsize that wrote it`,
    );
  }
  return record;
}

/** Deeper records would run functions that follow them out of stack. */
const DEEPEST = 200;

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}

function isRecord(value: unknown): value is RawRecord {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
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
