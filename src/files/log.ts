/**
 * Writes and reads `log.jsonl`, one record at a time. A record reaches the operating system before the next trial starts. So a
 * killed run loses at most the trials in flight: one trial, or a batch of short trials of about 20 ms (`LONGEST_BATCH`). A last
 * line without a newline is a torn write of a run that died: the reader drops it, and the writer cuts it off before it appends.
 * Every other line must hold a record that matches its schema.
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
import { dirname } from 'node:path';
import { formatPath } from '../core/definition/describe.js';
import { Unfinished, UserError } from '../core/errors.js';
import { LOG_VERSION, type LogRecord, RECORDS, type RecordType } from '../core/log/log.js';
import { fromVersion1, measurementFromVersion1, type RawRecord, sampleFromVersion1 } from '../core/log/log-v1.js';
import { shellCommand } from '../core/report/text.js';
import { sha256 } from '../system/hash.js';
import { isFullDisk, readFailure, requireFile } from '../system/path.js';
import { readLines } from './lines.js';
import { checkRecord, Misfit } from './log-check.js';

export interface LogWriter {
  /** @throws Unfinished when the disk is full. What was written before is kept. */
  append(record: LogRecord): void;
  /** Waits until the disk has all records, then closes the log. */
  close(): void;
}

/** Opens a log for appending, and creates it when it is not there. @throws UserError when it cannot be written. */
export function openLog(file: string): LogWriter {
  let fd: number;
  try {
    fd = openSync(file, 'a+');
  } catch (cause) {
    throw new UserError(
      `${file}: the log cannot be written (${(cause as NodeJS.ErrnoException).code}); choose another folder with --out`,
      { cause },
    );
  }
  dropTornLine(fd);
  let full: Unfinished | null = null;
  return {
    append(record) {
      // A record after one that was torn would make a damaged line in the middle.
      if (full !== null) throw full;
      const line = Buffer.from(`${JSON.stringify(record)}\n`, 'utf8');
      try {
        for (let written = 0; written < line.length; ) written += writeSync(fd, line, written);
      } catch (cause) {
        if (!isFullDisk(cause)) throw cause;
        full = fullDisk(file, cause);
        throw full;
      }
    },
    close() {
      try {
        if (full === null) fdatasyncSync(fd);
      } catch (cause) {
        throw isFullDisk(cause) ? fullDisk(file, cause) : cause;
      } finally {
        closeSync(fd);
      }
    },
  };
}

function fullDisk(file: string, cause: unknown): Unfinished {
  const folder = shellCommand([dirname(file)]);
  return new Unfinished(
    `${file}: the disk is full; the trials that ended before are kept; make room, then finish the run with: rightsize run --resume ${folder}`,
    { cause },
  );
}

/**
 * Reads the records of a log. Records of earlier versions are converted to the current version.
 *
 * @throws UserError when a record is damaged; the error names its line.
 */
export async function* readLog(file: string): AsyncGenerator<LogRecord> {
  let number = 0;
  const place = () => `${file}:${number}: `;
  await requireFile(file);
  try {
    for await (const { texts, complete } of readLines(createReadStream(file, { highWaterMark: 1 << 16 }))) {
      if (!complete) continue;
      for (const text of texts) {
        number++;
        const raw = parse(text, place);
        const frequent = convertedInPlace(raw);
        if (frequent !== null) yield checked(frequent, place);
        else for (const record of fromVersion1(raw, CONVERSION)) yield checked(record, place);
      }
    }
  } catch (cause) {
    if (cause instanceof UserError || !isFileError(cause)) throw cause;
    throw new UserError(`${file}: ${readFailure(cause)}`, { cause });
  }
}

/** Only errors with a code come from the file: the consumer of the generator can throw others into its loop. */
function isFileError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).code === 'string';
}

const REMEDY = 'restore the file, or remove this line and lose its record';

type Place = () => string;

const CONVERSION = { hash: sha256 };

/** Returns the record of a line; a line of version 1 can give two. @throws UserError; its message begins with the place. */
export function recordsOf(line: string, place: Place): readonly LogRecord[] {
  const raw = parse(line, place);
  const frequent = convertedInPlace(raw);
  const records = frequent === null ? fromVersion1(raw, CONVERSION) : [frequent];
  return records.map((record) => checked(record, place));
}

/** A measurement or a sample. A log can hold a million of them, so no further object is made for each. Null for other records. */
function convertedInPlace(raw: RawRecord): RawRecord | null {
  if (raw.type === 'measurement') return measurementFromVersion1(raw);
  return raw.type === 'sample' ? sampleFromVersion1(raw, CONVERSION) : null;
}

function checked(raw: RawRecord, place: Place): LogRecord {
  const { type } = raw;
  if (!isRecordType(type)) {
    throw new UserError(
      `${place()}type: expected one of ${Object.keys(RECORDS).join(', ')}, found ${JSON.stringify(type.slice(0, 60))}; read it with the version of rightsize that wrote it`,
    );
  }
  const record = checkRecord(type, raw);
  if (!(record instanceof Misfit)) return record;
  const { path, rule } = record.complaint;
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
  // A level of nesting takes two characters. No function recurses into a measurement, so its depth does no harm.
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

/** A deeper record would overflow the stack of recursive functions. */
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
