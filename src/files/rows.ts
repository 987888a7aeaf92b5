/**
 * Rows of a data file, one at a time, so that a file of ten million rows is read in constant memory. The format follows
 * from the name: .jsonl, .json (a list), .csv, .tsv; each also with .gz.
 */
import { createReadStream } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse as parseCsv } from 'csv-parse';
import type { Row } from '../core/definition/suite.js';
import { describeError, UserError } from '../core/errors.js';
import { displayPath, readFailure } from './document.js';

export interface NumberedRow {
  readonly row: Row;
  /** Counts from 1; for JSONL and CSV it is the line. */
  readonly number: number;
}

const FORMATS = { jsonl: readJsonl, json: readJson, csv: readCsv, tsv: readTsv } as const;

/** @throws UserError naming file, row and reason. */
export async function* readRows(file: string): AsyncGenerator<NumberedRow> {
  const format = /\.(jsonl|json|csv|tsv)(\.gz)?$/i.exec(file);
  if (format === null) {
    throw new UserError(
      `${displayPath(file)}: expected a data file named *.jsonl, *.json, *.csv or *.tsv (or the same with .gz)`,
    );
  }
  await access(file, constants.R_OK).catch((cause) => {
    throw new UserError(`${displayPath(file)}: ${readFailure(cause)}`, { cause });
  });
  const raw = createReadStream(file);
  const stream = format[2] ? raw.pipe(createGunzip()) : raw;
  raw.on('error', (error) => stream.destroy(error));
  try {
    yield* FORMATS[format[1]!.toLowerCase() as keyof typeof FORMATS](stream, displayPath(file));
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${displayPath(file)}: the file cannot be read (${describeError(cause)})`, { cause });
  } finally {
    raw.destroy();
  }
}

async function* readJsonl(stream: Readable, name: string): AsyncGenerator<NumberedRow> {
  let number = 0;
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (line.trim() === '') continue;
    yield { row: asRow(parseJson(line, `${name}:${number}`), `${name}:${number}`), number };
  }
}

async function* readJson(stream: Readable, name: string): AsyncGenerator<NumberedRow> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const list = parseJson(Buffer.concat(chunks).toString('utf8'), name);
  if (!Array.isArray(list))
    throw new UserError(`${name}: expected a list of rows, found ${typeof list}; use .jsonl for one row a line`);
  for (const [index, value] of list.entries())
    yield { row: asRow(value, `${name}: row ${index + 1}`), number: index + 1 };
}

function readCsv(stream: Readable, name: string): AsyncGenerator<NumberedRow> {
  return readDelimited(stream, name, ',');
}

function readTsv(stream: Readable, name: string): AsyncGenerator<NumberedRow> {
  return readDelimited(stream, name, '\t');
}

async function* readDelimited(stream: Readable, name: string, delimiter: string): AsyncGenerator<NumberedRow> {
  const parser = stream.pipe(parseCsv({ delimiter, columns: true, bom: true, info: true, skip_empty_lines: true }));
  stream.on('error', (error) => parser.destroy(error));
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: Row; info: { lines: number } }>) {
      yield { row: record, number: info.lines };
    }
  } catch (cause) {
    throw new UserError(`${name}: expected rows of equally many columns, found an error (${describeError(cause)})`, {
      cause,
    });
  }
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${place}: expected JSON, found text that does not parse (${describeError(cause)})`, { cause });
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
