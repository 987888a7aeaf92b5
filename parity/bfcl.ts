/**
 * BFCL v4 ships no outputs with verdicts. What can be checked: a call made of the possible answers is right, as Python and
 * as JSON, and stops being right when an argument is dropped or renamed.
 */
import { functionCalls } from '../src/core/score/scorers/function-calls.js';
import { type Check, flags, type Row } from './check.js';
import { rowsOf } from './folder.js';
import { judgeWith } from './scoring.js';

const CATEGORIES = [
  'simple_python',
  'multiple',
  'parallel',
  'parallel_multiple',
  'live_simple',
  'live_multiple',
  'live_parallel',
  'live_parallel_multiple',
];

export const bfcl: Check = {
  folder: 'bfcl-v4',
  title: 'BFCL function calls, function-calls',
  *run(data) {
    const files = data.archive('bfcl_v4_data.tar.gz');
    const find = (name: string) => rowsOf(files.get(name) ?? '');
    for (const category of CATEGORIES) {
      const answers = new Map(
        find(`possible_answer/BFCL_v4_${category}.json`).map((row) => [row.id, row.ground_truth as Row[]]),
      );
      const judge = judgeWith(functionCalls);
      const rows = find(`BFCL_v4_${category}.json`).filter(({ id }) => answers.has(id) && !CONTRADICTORY.has(id));
      const verdict = (row: Row, write: (calls: readonly Made[]) => string) =>
        judge({
          output: write(answers.get(row.id)!.map((one) => made(one))),
          target: answers.get(row.id),
          fields: row,
        }).value === 1;
      yield flags(
        `${category}, answers as Python`,
        rows.map((row) => [true, verdict(row, asPython)]),
      );
      yield flags(
        `${category}, answers as JSON`,
        rows.map((row) => [true, verdict(row, asJson)]),
      );
      yield flags(
        `${category}, functions renamed`,
        rows.map((row) => [
          false,
          verdict(row, (calls) => asPython(calls.map((call) => ({ ...call, name: `${call.name}_` })))),
        ]),
      );
      yield flags(
        `${category}, a call too many`,
        rows.map((row) => [false, verdict(row, (calls) => asPython([...calls, calls[0]!]))]),
      );
    }
  },
};

/** A call, whose whole numbers are written without a point: JSON.parse has forgotten which had one. */
interface Made {
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Rows whose published answers contradict the descriptions beside them: the reference judges them wrong, too. */
const CONTRADICTORY = new Set([
  'parallel_multiple_12',
  'parallel_multiple_26',
  'live_simple_106-63-0',
  'live_simple_112-68-0',
  'live_multiple_507-149-4',
  'live_multiple_862-181-3',
  'live_multiple_964-207-0',
]);

/** The first possible value of each argument that has one. */
function made(answer: Row): Made {
  const [name, possible] = Object.entries(answer)[0] as [string, Record<string, unknown[]>];
  const values = Object.entries(possible).flatMap(([argument, options]) => {
    const value = options.find((option) => option !== '');
    return value === undefined ? [] : [[argument, filled(value)] as const];
  });
  return { name, values: Object.fromEntries(values) };
}

/** Inside a dictionary each key has its own list of possible values. */
function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as Record<string, unknown>).flatMap(([key, options]) => {
    const one = Array.isArray(options) ? options.find((option) => option !== '') : options;
    return one === undefined ? [] : [[key, one] as const];
  });
  return Object.fromEntries(entries);
}

type Style = 'python' | 'json';

function asPython(calls: readonly Made[]): string {
  const written = calls.map(({ name, values }) => {
    const pairs = Object.entries(values).map(([key, value]) => `${key}=${write(value, 'python')}`);
    return `${name}(${pairs.join(', ')})`;
  });
  return `[${written.join(', ')}]`;
}

function asJson(calls: readonly Made[]): string {
  const written = calls.map(({ name, values }) => {
    const pairs = Object.entries(values).map(([key, value]) => `"${key}": ${write(value, 'json')}`);
    return `{"name": "${name}", "arguments": {${pairs.join(', ')}}}`;
  });
  return `[${written.join(', ')}]`;
}

function write(value: unknown, style: Style): string {
  if (value === null) return style === 'python' ? 'None' : 'null';
  if (typeof value === 'boolean' && style === 'python') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map((item) => write(item, style)).join(', ')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, one]) => `${JSON.stringify(key)}: ${write(one, style)}`)
    .join(', ')}}`;
}
