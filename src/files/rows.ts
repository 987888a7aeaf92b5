/**
 * Rows of a data file, one at a time, so that a file of ten million rows is read in constant memory. The format follows
 * from the name: .jsonl, .json (a list), .csv, .tsv, each also with .gz; and .parquet, a row group at a time.
 */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { parse as parseCsv } from 'csv-parse';
import type { Bytes } from '../core/definition/binary.js';
import { describeError, UserError } from '../core/errors.js';
import type { Row } from '../core/message.js';
import { readFailure, requireFile } from '../system/path.js';
import { readLines } from './lines.js';
import { notPacked, unpacked } from './packed.js';

export interface NumberedRow {
  readonly row: Row;
  /** Counts from 1; for JSONL and CSV it is the line. */
  readonly number: number;
}

type Reader = (file: string, name: string) => AsyncGenerator<NumberedRow>;

const FORMATS = {
  jsonl: readJsonl,
  json: readJson,
  csv: readCsv,
  tsv: readTsv,
  parquet: readParquet,
} as const satisfies Record<string, Reader>;
/** Bytes of a file; rows are read one at a time, so that this is no limit of memory. */
const LONGEST_FILE = 2 ** 40;
/** Bytes of a file of JSON, which is read at once. */
const LONGEST_LIST = 256 * 2 ** 20;
const MOST_COLUMNS = 10_000;
const DEEPEST = 500;
const NAME = /\.(?:(jsonl|json|csv|tsv)(?:\.gz)?|(parquet))$/i;

/** Stands for the standard input, as for other programs: JSON lines. */
export const STANDARD_INPUT = '-';

/** What a file is called in complaints. */
export function nameOf(file: string): string {
  return file === STANDARD_INPUT ? 'the standard input' : file;
}

/** @throws UserError naming file, row and reason. */
export async function* readRows(file: string): AsyncGenerator<NumberedRow> {
  const name = nameOf(file);
  if (file === STANDARD_INPUT) return yield* readJsonl(file, name);
  const [, text, binary] = NAME.exec(file) ?? [];
  const format = (text ?? binary)?.toLowerCase() as keyof typeof FORMATS | undefined;
  if (format === undefined) {
    throw new UserError(
      `${name}: expected a data file named *.jsonl, *.json, *.csv or *.tsv (or the same with .gz), or *.parquet`,
    );
  }
  await requireFile(file, LONGEST_FILE);
  await access(file, constants.R_OK).catch((cause) => {
    throw new UserError(`${name}: ${readFailure(cause)}`, { cause });
  });
  try {
    yield* FORMATS[format](file, name);
  } catch (cause) {
    if (cause instanceof UserError)
      throw cause.message.startsWith(name) ? cause : new UserError(`${name}: ${cause.message}`, { cause });
    throw new UserError(`${name}: the file cannot be read (${describeError(cause)})`, { cause });
  }
}

/** The bytes of a file, unpacked when its name says that they are packed. */
async function* open(file: string): AsyncGenerator<Buffer> {
  if (file === STANDARD_INPUT) return yield* process.stdin;
  yield* unpacked(createReadStream(file, { highWaterMark: 1 << 18 }), file);
}

/** The same of a text. A file in another encoding would be asked of every model with its letters lost. */
async function* openText(file: string, name: string): AsyncGenerator<Buffer> {
  let begun: Buffer = Buffer.alloc(0);
  let offset = 0;
  for await (const chunk of notPacked(open(file))) {
    const bytes = begun.length === 0 ? chunk : Buffer.concat([begun, chunk]);
    if (offset === 0 && isUtf16(bytes))
      throw new UserError(`${name}: expected text in UTF-8, found UTF-16; save the file as UTF-8`);
    const end = endOfCharacters(bytes);
    const whole = bytes.subarray(0, end);
    if (!isUtf8(whole)) throw await notUtf8(file, name, offset + validLength(whole));
    begun = bytes.subarray(end);
    yield offset === 0 && whole.subarray(0, 3).equals(BYTE_ORDER_MARK) ? whole.subarray(3) : whole;
    offset += end;
  }
  if (begun.length > 0) throw await notUtf8(file, name, offset);
}

/** Editors on Windows put it before a text. */
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Its byte order mark, or a letter of ASCII beside a zero. */
function isUtf16([first, second]: Buffer): boolean {
  return first === 0 || second === 0 || (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/** Returns the end of the last whole character. The next chunk may bring the rest of another one. */
function endOfCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** How many bytes from the beginning are UTF-8, of some that are not in all. */
function validLength(bytes: Buffer): number {
  let [valid, invalid] = [0, bytes.length];
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (isUtf8(bytes.subarray(0, endOfCharacters(bytes.subarray(0, middle))))) valid = middle;
    else invalid = middle;
  }
  return valid;
}

async function notUtf8(file: string, name: string, offset: number): Promise<UserError> {
  // The standard input has been read, and cannot be read again to count its lines.
  if (file === STANDARD_INPUT) return new UserError(`${name}: expected text in UTF-8, found bytes that are none`);
  let line = 1;
  let left = offset;
  for await (const chunk of open(file)) {
    const part = chunk.subarray(0, left);
    for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) line++;
    left -= part.length;
    if (left <= 0) break;
  }
  return new UserError(`${name}:${line}: expected text in UTF-8, found bytes that are none; save the file as UTF-8`);
}

async function* readJsonl(file: string, name: string): AsyncGenerator<NumberedRow> {
  let number = 0;
  for await (const { texts } of readLines(openText(file, name))) {
    for (const text of texts) {
      number++;
      if (text.trim() === '') continue;
      yield { row: asRow(parseJson(text, `${name}:${number}`), `${name}:${number}`), number };
    }
  }
}

async function* readJson(file: string, name: string): AsyncGenerator<NumberedRow> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of openText(file, name)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LONGEST_LIST) {
      throw new UserError(
        `${name}: expected a list of at most ${LONGEST_LIST / 2 ** 20} MiB, found a longer one; use .jsonl, which is read row by row`,
      );
    }
  }
  const list = parseJson(Buffer.concat(chunks).toString('utf8'), name);
  if (!Array.isArray(list))
    throw new UserError(`${name}: expected a list of rows, found ${typeof list}; use .jsonl for one row a line`);
  for (const [index, value] of list.entries())
    yield { row: asRow(value, `${name}: row ${index + 1}`), number: index + 1 };
}

async function* readCsv(file: string, name: string): AsyncGenerator<NumberedRow> {
  yield* readDelimited(file, name, separatorOf(await firstLine(file, name)));
}

/** Spreadsheets of many languages part columns by semicolons, for their numbers have commas. */
const SEPARATORS = [',', ';', '\t', '|'] as const;

/** What parts the names of the columns most often, quotes aside; a comma where nothing does. */
function separatorOf(header: string): string {
  const bare = header.replace(/"[^"]*"/g, '');
  const counts = SEPARATORS.map((separator) => bare.split(separator).length - 1);
  return SEPARATORS[counts.indexOf(Math.max(...counts))]!;
}

const LONGEST_HEADER = 100_000;

async function firstLine(file: string, name: string): Promise<string> {
  let text = '';
  for await (const chunk of openText(file, name)) {
    text += chunk.toString('utf8');
    if (text.includes('\n') || text.length > LONGEST_HEADER) break;
  }
  return text.split(/\r?\n/, 1)[0]!;
}

function readTsv(file: string, name: string): AsyncGenerator<NumberedRow> {
  return readDelimited(file, name, '\t');
}

/** A header of a million columns would keep the parser busy before it could be counted. */
async function* withFewColumns(text: AsyncIterable<Buffer>, name: string, delimiter: string): AsyncGenerator<Buffer> {
  let columns: number | null = 1;
  for await (const chunk of text) {
    if (columns !== null) {
      const end = chunk.indexOf(10);
      const header = end < 0 ? chunk : chunk.subarray(0, end);
      for (const byte of header) if (byte === delimiter.charCodeAt(0)) columns++;
      if (columns > MOST_COLUMNS) {
        throw new UserError(
          `${name}:1: expected at most ${MOST_COLUMNS} columns, found more; leave out those that no task uses`,
        );
      }
      if (end >= 0) columns = null;
    }
    yield chunk;
  }
}

async function* readDelimited(file: string, name: string, delimiter: string): AsyncGenerator<NumberedRow> {
  const columns = (header: readonly string[]) => {
    const seen = new Set<string>();
    const twice = header.find((column) => seen.size === seen.add(column).size);
    if (twice === undefined) return [...header];
    throw new UserError(`${name}:1: expected columns of different names, found "${twice}" twice`);
  };
  const parser = parseCsv({ delimiter, columns, info: true, skip_empty_lines: true });
  const bytes = Readable.from(withFewColumns(openText(file, name), name, delimiter));
  bytes.on('error', (error) => parser.destroy(error));
  try {
    for await (const { record, info } of bytes.pipe(parser) as AsyncIterable<{
      record: Row;
      info: { lines: number };
    }>) {
      yield { row: record, number: info.lines };
    }
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${name}: expected rows of equally many columns, found an error (${describeError(cause)})`, {
      cause,
    });
  } finally {
    bytes.destroy();
  }
}

async function* readParquet(file: string, name: string): AsyncGenerator<NumberedRow> {
  // Loaded only for the few who have such files.
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  const buffer = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(buffer);
  let number = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = number + Number(group.num_rows);
    const rows = await parquetReadObjects({ file: buffer, metadata, compressors, rowStart: number, rowEnd });
    for (const row of rows) {
      number++;
      yield { row: asRow(plainValue(row), `${name}: row ${number}`), number };
    }
  }
}

/**
 * Parquet's values as JSON knows them: whole numbers as numbers where they are exact, dates as ISO 8601. Of bytes only their number
 * is kept, because no template can use them.
 */
function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) {
    return value instanceof Uint8Array
      ? ({ bytes: value.length, binary: true } satisfies Bytes)
      : Array.from(value as never, plainValue);
  }
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainValue(inner)]));
}

function parseJson(text: string, place: string): unknown {
  requireDepth(text, place);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${place}: expected JSON, found text that does not parse (${describeError(cause)})`, { cause });
  }
}

/** Everything that walks through a row calls itself for each level. */
function requireDepth(text: string, place: string): void {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at++) {
    const mark = text[at];
    if (inText) {
      if (mark === '\\') at++;
      else if (mark === '"') inText = false;
    } else if (mark === '"') inText = true;
    else if (mark === ']' || mark === '}') depth--;
    else if ((mark === '[' || mark === '{') && ++depth > DEEPEST) {
      throw new UserError(
        `${place}: expected JSON of at most ${DEEPEST} levels, found more; take the data out of its brackets`,
      );
    }
  }
}

function asRow(value: unknown, place: string): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError(
      `${place}: expected a row as a mapping of fields, found ${Array.isArray(value) ? 'a list' : String(value)}`,
    );
  }
  return value as Row;
}
