/** Which columns of a data file are the input and the target, where their names tell. */
import { UserError } from '../../errors.js';
import type { Row } from '../../message.js';

/** What the user says of the columns. */
export interface NamedColumns {
  /** Several inputs are put below each other, each with its name. */
  readonly inputs: readonly string[];
  readonly target: string | undefined;
}

export interface Columns {
  readonly inputs: readonly [string, ...string[]];
  readonly target: string;
}

const INPUT = /^(?:input|text|message|question|prompt|query|content|body|ticket|sentence|document|review|utterance)s?$/;
const TARGET =
  /^(?:target|label|answer|expected|output|class|category|intent|queue|topic|sentiment|gold|completion)s?$/;

/**
 * @param rows Some rows of the file.
 * @throws UserError naming the flag where a column is not there, or where no single column has a telling name.
 */
export function chooseColumns(rows: readonly Row[], { inputs, target }: NamedColumns): Columns {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  for (const name of inputs) requireColumn('--input', name, names);
  if (target !== undefined) requireColumn('--target', target, names);
  const chosen = target ?? onlyColumn('--target', TARGET, names, inputs);
  const [first, ...more] = inputs.length > 0 ? inputs : [onlyColumn('--input', INPUT, names, [chosen])];
  if ([first, ...more].includes(chosen))
    throw new UserError(
      `--target: expected a column other than the input, found "${chosen}" for both; a model would be told the answer`,
    );
  return { inputs: [first!, ...more], target: chosen };
}

function requireColumn(flag: string, name: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  const near = names.find((other) => comparable(other) === comparable(name));
  throw new UserError(
    `${flag}: expected a column of the data, found "${name}"; ${near === undefined ? listed(names) : `did you mean "${near}"?`}`,
  );
}

/** The only column with a telling name, or the only one that is left. */
function onlyColumn(flag: string, telling: RegExp, names: readonly string[], taken: readonly string[]): string {
  const free = names.filter((name) => !taken.includes(name));
  const told = free.filter((name) => telling.test(comparable(name)));
  const [found, ...more] = told.length > 0 ? told : free;
  if (found !== undefined && more.length === 0) return found;
  const reason =
    told.length > 1 ? `${told.map(quoted).join(' and ')} could both be it` : 'no name of a column tells it';
  throw new UserError(`${flag}: expected the name of a column, found none, and ${reason}; ${listed(names)}`);
}

function comparable(name: string): string {
  return name.trim().toLowerCase();
}

function listed(names: readonly string[]): string {
  const some = names.slice(0, 12).map(quoted).join(', ');
  const rest = names.length > 12 ? ` and ${names.length - 12} more` : '';
  return names.length === 1
    ? `the data has the one column ${some}; if it has several, see that commas, semicolons, tabs or bars part them`
    : `the columns are ${some}${rest}`;
}

function quoted(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
