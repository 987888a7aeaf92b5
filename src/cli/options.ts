/** How flags are read: from the words of a command line to values, with a sentence for a word that is none. */
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { DURATIONS, readMagnitude, readShare } from '../core/definition/magnitude.js';
import { UserError } from '../core/errors.js';
import type { UntilSure } from '../core/log/log.js';
import { REPORTER_NAMES, type ReporterName } from '../core/report/table.js';

/** Options that several commands have. */
export const modelsOption = () => new Option('--models <file>', 'another models.json');
export const nameOption = () => new Option('--name <text>', 'a name for the run, shown beside other runs');
export const jsonOption = () => new Option('--json', 'print one JSON document');
export const referenceOption = () =>
  new Option('--reference <id>', 'hold every other model against this one, whatever its class');
export const pricesOption = () =>
  new Option('--prices <file>', 'devices and electricity of your own, with their prices');
export const dataOption = () =>
  new Option('--data <suite/task=file>', 'a copy of data, read in place of what the suite names (repeatable)')
    .argParser(collect)
    .default<readonly string[]>([], 'none');

export const allowScorerOption = () =>
  new Option('--allow-scorer <file|command>', 'a scorer of your own that may run (repeatable)')
    .argParser(collect)
    .default<readonly string[]>([]);

export const reportsOption = () =>
  new Option('--reports <names>', `only some of ${REPORTER_NAMES.join(', ')} (with commas; summary always)`).argParser(
    reporters,
  );

/** The summary is for programs, so it is always among the reports. @throws UserError */
function reporters(list: string): readonly ReporterName[] {
  const wanted = list.split(',').map((name) => name.trim());
  const unknown = wanted.find((name) => !REPORTER_NAMES.some((known) => known === name));
  if (unknown !== undefined)
    throw new UserError(`--reports: expected some of ${REPORTER_NAMES.join(', ')}, with commas, found "${unknown}"`);
  return REPORTER_NAMES.filter((name) => name === 'summary' || wanted.includes(name));
}

/** An option that is given several times. */
export function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

/** A whole number from 0 up. */
export function natural(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw new InvalidArgumentError(`expected a whole number from 0 up, found "${text}".`);
  return Number(text);
}

/** A whole number from 1 up. */
export function positive(text: string): number {
  const n = natural(text);
  if (n === 0) throw new InvalidArgumentError('expected a whole number from 1 up, found "0".');
  return n;
}

/** Several whole numbers from 1 up, with commas. */
export function positives(text: string): readonly number[] {
  return text.split(',').map((part) => positive(part.trim()));
}

/** A share from 0 to 1: `0.05`, `5%`, `5 points`. */
export function share(text: string): number {
  const value = readShare(text);
  if (value === null)
    throw new InvalidArgumentError(`expected a share from 0 to 1, as in "0.05", "5%" or "5 points", found "${text}".`);
  return value;
}

export function budget(text: string): NonNullable<UntilSure['budget']> {
  if (/^\d+$/.test(text)) return { trials: positive(text) };
  const seconds = readMagnitude(text, DURATIONS);
  if (seconds === null || seconds <= 0 || !Number.isFinite(seconds))
    throw new InvalidArgumentError(`expected a time such as "10 min" or a number of trials, found "${text}".`);
  return { seconds };
}

/** US dollars: `5`, `$0.50`. */
export function dollars(text: string): number {
  if (!/^\$?\d+(\.\d+)?$/.test(text))
    throw new InvalidArgumentError(`expected US dollars such as 5 or 0.50, found "${text}".`);
  return Number(text.replace('$', ''));
}

export function oneOf<const Name extends string>(names: readonly Name[]) {
  return (text: string): Name => {
    const name = names.find((known) => known === text);
    if (name === undefined) throw new InvalidArgumentError(`expected one of ${names.join(', ')}, found "${text}".`);
    return name;
  };
}

/** A reader of JSON. @param example A value of the right form, for the sentence. */
export function json(flag: string, example: string) {
  return (text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      throw new UserError(
        `${flag}: expected JSON, found ${JSON.stringify(text.slice(0, 60))}; write it as '${example}'`,
      );
    }
  };
}
