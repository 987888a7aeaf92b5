/**
 * Reads recorded traffic: when requests arrived, and how long they and their answers were. Three published forms are read, each known
 * by its first line:
 *
 *     {"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47]}    Mooncake, milliseconds
 *     TIMESTAMP,ContextTokens,GeneratedTokens                                                   Azure, 2023-11-16 18:15:46.6805900
 *     Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type                      BurstGPT, seconds
 *
 * A log of our own load test (log.jsonl) is a trace too: the times at which the requests of its first model were due. Its lines are in the order in
 * which requests ended.
 *
 * Sources: kvcache-ai/Mooncake FAST25-release/traces, Azure/AzurePublicDataset, HPMLL/BurstGPT.
 */
import { UserError } from '../errors.js';
import { toMicroseconds } from '../microseconds.js';

export interface TraceTimes {
  /** Seconds since the first request, in ascending order. */
  readonly arrivals: Float64Array;
}

export interface RecordedTrace extends TraceTimes {
  readonly form: 'mooncake' | 'azure' | 'burstgpt' | 'own';
  /** NaN where it is not known. */
  readonly promptTokens: Float64Array;
  readonly outputTokens: Float64Array;
}

interface Row {
  readonly seconds: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** A trace of this many rows takes 240 MB. */
const MOST_ROWS = 10_000_000;

/** @param place The file, for errors. @throws UserError when a line is not a request, or the lines are not in order of time. */
export function readTrace(lines: Iterable<string>, place: string): RecordedTrace {
  const reader = traceReader(place);
  for (const line of lines) reader.push(line);
  return reader.end();
}

export interface TraceReader {
  /** Takes the next line, without its line break. @throws UserError */
  push(line: string): void;
  /** @throws UserError when there was no request. */
  end(): RecordedTrace;
}

/** The same for lines that come one by one, as from a large file. */
export function traceReader(place: string): TraceReader {
  const columns = { arrivals: growing(), promptTokens: growing(), outputTokens: growing() };
  let form: RecordedTrace['form'] | null = null;
  let readRow: Form['readRow'] = () => 'expected a form';
  const unsorted: Row[] = [];
  let [number, first, before] = [0, 0, Number.NEGATIVE_INFINITY];

  const fail = (problem: string): never => {
    throw new UserError(`${place}, line ${number}: ${problem}`);
  };
  const begin = (line: string): boolean => {
    const known = formOf(line);
    if (known === null) {
      return fail(
        `expected a trace of Mooncake (JSON lines with timestamp, input_length and output_length), Azure (CSV with TIMESTAMP, ContextTokens and GeneratedTokens) or BurstGPT (CSV with Timestamp, Request tokens and Response tokens), or the log of a load test, found ${shown(line)}`,
      );
    }
    form = known.form;
    readRow = known.readRow;
    return known.hasHeader;
  };

  const add = (row: Row): void => {
    if (columns.arrivals.length() === 0) first = row.seconds;
    else if (row.seconds < before) {
      fail(
        `expected arrival times that never go back, found ${toMicroseconds(row.seconds - first)} s after ${toMicroseconds(before - first)} s; sort the lines by time`,
      );
    }
    before = row.seconds;
    columns.arrivals.push(row.seconds - first);
    columns.promptTokens.push(row.promptTokens);
    columns.outputTokens.push(row.outputTokens);
  };

  return {
    push(raw) {
      number++;
      const line = (number === 1 ? raw.replace(/^\uFEFF/, '') : raw).trim();
      if (line === '' || (form === null && begin(line))) return;
      const row = readRow(line);
      if (typeof row === 'string') return fail(`${row}, found ${shown(line)}`);
      if (row === null) return;
      if (columns.arrivals.length() + unsorted.length === MOST_ROWS)
        return fail(`expected at most ${MOST_ROWS} requests; cut the trace`);
      if (form === 'own') unsorted.push(row);
      else add(row);
    },
    end() {
      for (const row of unsorted.sort((a, b) => a.seconds - b.seconds)) add(row);
      if (form === null || columns.arrivals.length() === 0) {
        throw new UserError(`${place}: expected at least one request, found none`);
      }
      return {
        form,
        arrivals: columns.arrivals.values(),
        promptTokens: columns.promptTokens.values(),
        outputTokens: columns.outputTokens.values(),
      };
    },
  };
}

interface Form {
  readonly form: RecordedTrace['form'];
  readonly hasHeader: boolean;
  /** The row, null for a line without a request, or the rule that the line breaks. */
  readonly readRow: (line: string) => Row | string | null;
}

function formOf(first: string): Form | null {
  if (OWN.test(first)) return { form: 'own', hasHeader: true, readRow: ownRows() };
  if (first.startsWith('{')) return { form: 'mooncake', hasHeader: false, readRow: mooncakeRow };
  const columns = fieldsIn(first);
  const azure = csvForm('azure', columns, {
    time: 'TIMESTAMP',
    prompt: 'ContextTokens',
    output: 'GeneratedTokens',
    read: secondsOfDate,
    rule: 'a time such as 2023-11-16 18:15:46.6805900',
  });
  return (
    azure ??
    csvForm('burstgpt', columns, {
      time: 'Timestamp',
      prompt: 'Request tokens',
      output: 'Response tokens',
      read: numberFrom0,
      rule: 'a time in seconds from 0 up',
    })
  );
}

/** The first line of a log is that of its run. */
const OWN = /^\{"type":"run"/;

/** The requests of the first model that has some. */
function ownRows(): Form['readRow'] {
  let model: unknown = null;
  return (line) => {
    const value = objectIn(line);
    if (value === null) return 'expected a JSON object';
    if (value.type === 'resume')
      return 'expected the log of a load test that was not interrupted, because its clock begins again here';
    if (value.type !== 'measurement' || value.step === undefined) return null;
    model ??= value.model;
    if (value.model !== model) return null;
    const due = numberFrom0(value.due);
    if (due === null) return 'expected the time at which a request was due, in seconds from 0 up';
    const { promptTokens, outputTokens } = (value.outcome ?? {}) as Record<string, unknown>;
    return { seconds: due, promptTokens: countIn(promptTokens), outputTokens: countIn(outputTokens) };
  };
}

function countIn(quantity: unknown): number {
  return numberFrom0((quantity as { value?: unknown } | null | undefined)?.value) ?? Number.NaN;
}

function objectIn(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function mooncakeRow(line: string): Row | string {
  const value = objectIn(line);
  if (value === null) return 'expected a JSON object';
  const [milliseconds, promptTokens, outputTokens] = ['timestamp', 'input_length', 'output_length'].map((key) =>
    numberFrom0(value[key]),
  );
  if (milliseconds == null) return 'expected a timestamp in milliseconds from 0 up';
  if (promptTokens == null || outputTokens == null)
    return 'expected input_length and output_length, in tokens from 0 up';
  return { seconds: milliseconds / 1000, promptTokens, outputTokens };
}

interface CsvColumns {
  readonly time: string;
  readonly prompt: string;
  readonly output: string;
  readonly read: (field: string) => number | null;
  readonly rule: string;
}

function csvForm(
  form: RecordedTrace['form'],
  columns: readonly string[],
  { time, prompt, output, read, rule }: CsvColumns,
): Form | null {
  const [timeAt, promptAt, outputAt] = [time, prompt, output].map((name) => columns.indexOf(name));
  if (timeAt! < 0 || promptAt! < 0 || outputAt! < 0) return null;
  const readRow = (line: string): Row | string => {
    const fields = fieldsIn(line);
    if (fields.length !== columns.length) return `expected ${columns.length} columns, as the first line has`;
    const seconds = read(fields[timeAt!]!);
    if (seconds === null) return `expected ${rule} as ${time}`;
    const promptTokens = numberFrom0(fields[promptAt!]);
    const outputTokens = numberFrom0(fields[outputAt!]);
    if (promptTokens === null || outputTokens === null) return `expected ${prompt} and ${output}, from 0 up`;
    return { seconds, promptTokens, outputTokens };
  };
  return { form, hasHeader: true, readRow };
}

/** The fields of these files hold no commas. */
function fieldsIn(line: string): string[] {
  return line.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1'));
}

/** A JSON number, or a field that holds one. */
function numberFrom0(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null;
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2}(?:\.\d+)?)(?:Z|[+-]\d{2}:\d{2})?$/;

/** Seconds since 1970-01-01. The zone is left out, because all lines of a trace have the same. */
function secondsOfDate(field: string): number | null {
  const parts = DATE.exec(field)?.slice(1).map(Number);
  if (parts === undefined) return null;
  const [year, month, day, hour, minute, second] = parts as [number, number, number, number, number, number];
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second >= 61) return null;
  const first = daysSince1970(year, month, 1);
  if (day < 1 || day > daysSince1970(year, month + 1, 1) - first) return null;
  return (first + day - 1) * 86_400 + hour * 3_600 + minute * 60 + second;
}

/** The days of the civil calendar (Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil). Month 13 is the next January. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const era = Math.floor(y / 400);
  const yearInEra = y - era * 400;
  const dayInYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayInEra = yearInEra * 365 + Math.floor(yearInEra / 4) - Math.floor(yearInEra / 100) + dayInYear;
  return era * 146_097 + dayInEra - 719_468;
}

const LONGEST_SHOWN = 60;

function shown(line: string): string {
  return JSON.stringify(line.length > LONGEST_SHOWN ? `${line.slice(0, LONGEST_SHOWN)}…` : line);
}

/** Numbers whose count is not known ahead, eight bytes each. */
function growing() {
  let [room, used] = [new Float64Array(1024), 0];
  return {
    length: () => used,
    push(value: number): void {
      if (used === room.length) {
        const larger = new Float64Array(room.length * 2);
        larger.set(room);
        room = larger;
      }
      room[used++] = value;
    },
    values: () => room.slice(0, used),
  };
}
