/** How flags are read: from the words of a command line to values, with a sentence for a word that is none. */
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { type Arrivals, parseArrivals, parseThinkTime, type ThinkTime } from '../core/definition/condition.js';
import { GATED_VERDICTS } from '../core/definition/gated-verdicts.js';
import { DURATIONS, readMagnitude, readShare } from '../core/definition/magnitude.js';
import { UserError } from '../core/errors.js';
import { type Lengths, parseLengths } from '../core/load/lengths.js';
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

/**
 * Marks an option that shapes what a run measures. A resumed run takes all of that from its log, so such an option beside --resume
 * is refused.
 */
export function defining<O extends { conflicts(name: string): unknown }>(option: O): O {
  option.conflicts('resume');
  return option;
}

/** An option that is given several times. */
export function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

/** A whole number from 0 up. */
export function natural(text: string): number {
  return wholeFrom(0, text);
}

/** A whole number from 1 up. */
export function positive(text: string): number {
  return wholeFrom(1, text);
}

function wholeFrom(least: number, text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new InvalidArgumentError(`expected a whole number from ${least} up, found "${text}".`);
}

/** A number of tokens: `8192`, or `8k` for 8,192. */
export function tokens(text: string): number {
  const [, thousands] = /^(\d{1,6})k$/i.exec(text) ?? [];
  return thousands === undefined ? positive(text) : positive(thousands) * 1024;
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

/** Dollars for a million prompt tokens and a million output tokens: `0.15,0.60`. */
export function tokenPrice(text: string): { readonly input: number; readonly output: number } {
  const [input, output, ...more] = text.split(',').map((part) => part.trim());
  const isPrice = (part: string | undefined): part is string =>
    part !== undefined && /^\d{1,6}(\.\d{1,6})?$/.test(part);
  if (isPrice(input) && isPrice(output) && more.length === 0) return { input: Number(input), output: Number(output) };
  throw new InvalidArgumentError(
    `expected dollars for a million tokens of prompts and of answers, as in "0.15,0.60", found "${text}".`,
  );
}

/** Numbers above 0 with commas, or a range that is doubled through: `0.5..4` is 0.5, 1, 2 and 4. */
export function rates(text: string): readonly number[] {
  const list = text.split(',').flatMap((part) => {
    const [from, to = from, ...more] = part.split('..').map(decimal);
    if (from === undefined || to === undefined || from > to || more.length > 0) return [Number.NaN];
    const doubled = Array.from({ length: 1 + Math.floor(Math.log2(to / from) + 1e-9) }, (_, i) => from * 2 ** i);
    return doubled.at(-1)! < to ? [...doubled, to] : doubled;
  });
  if (list.every(Number.isFinite)) return list;
  throw new InvalidArgumentError(
    `expected requests per second above 0, as in "0.5,1,2" or "0.5..16", found "${text}".`,
  );
}

/** A number above 0 with at most six digits before the point, and six behind it. */
export function decimal(text: string): number {
  const value = /^\d{1,6}(\.\d{1,6})?$/.test(text.trim()) ? Number(text) : 0;
  if (value > 0) return value;
  const found = Number(text);
  throw new InvalidArgumentError(
    found >= 1e6
      ? `expected a number below 1000000, found "${text}".`
      : `expected a number above 0 with at most six decimals, such as 0.5, found "${text}".`,
  );
}

export function thinkTime(text: string): ThinkTime {
  const think = parseThinkTime(text);
  if (think !== null) return think;
  throw new InvalidArgumentError(`expected a think time such as 10s, exp:10s or lognormal:10s,1, found "${text}".`);
}

export function arrivals(text: string): Arrivals {
  const process = parseArrivals(text);
  if (process !== null) return process;
  throw new InvalidArgumentError(`expected poisson, constant or gamma:CV, as in gamma:2, found "${text}".`);
}

export function lengths(text: string): Lengths {
  const read = parseLengths(text);
  if (read !== null) return read;
  throw new InvalidArgumentError(
    `expected tokens such as 4096, uniform:100,500, normal:500,100 or lognormal:500,0.5, found "${text}".`,
  );
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

export const gateOption = () => new Option('--gate', 'exit with 1 when a gate is red, with 2 when one cannot judge');
export const gateStrictOption = () =>
  new Option('--gate-strict', 'red unless a change is shown to be smaller than what a gate allows');
export const byOption = () =>
  new Option('--by <metric=size>', 'the smallest change worth a red build: "quality=3 points" (repeatable)')
    .argParser(sizeOfMetric)
    .default<Sizes>({}, 'the suite, else quality=3 points, decodeRate=5%, ttft=10%, memory=5%');
export const requiredOption = () =>
  new Option('--required <id>', 'a sample that may never be lost (repeatable)')
    .argParser(collect)
    .default<readonly string[]>([], 'those of the suite');
export const gateVerdictOption = () =>
  new Option('--gate-verdict <verdict>', `the verdict that the run must reach: ${GATED_VERDICTS.join(', ')}`).argParser(
    oneOf(GATED_VERDICTS),
  );
export const leastOption = () =>
  new Option('--least <load=n>', 'the load that must hold: users=10, concurrency=8 or rate=2.5 (repeatable)')
    .argParser(leastLoad)
    .default<Least>({}, 'the gate of the suite');
export const promptsOption = () =>
  new Option('--prompts-may-change', 'gate although the prompts of paired samples differ');
export const requirePowerOption = () =>
  new Option(
    '--require-power',
    'exit with 1, before anything is measured where that is known, if a gate cannot see what it shall see',
  );

export type Least = Readonly<Record<string, { readonly min: number }>>;

function leastLoad(text: string, earlier: Least): Least {
  const [, name, number] = /^(users|concurrency|rate)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (name === undefined || !(Number(number) > 0))
    throw new InvalidArgumentError(
      `expected users, concurrency or rate with a number, as in "users=10", found "${text}".`,
    );
  return { ...earlier, [name]: { min: Number(number) } };
}

export type Sizes = Readonly<Record<string, { readonly by: string }>>;

function sizeOfMetric(text: string, earlier: Sizes): Sizes {
  const [metric, by, ...more] = text.split('=');
  if (!metric || by === undefined || more.length > 0)
    throw new InvalidArgumentError(`expected a metric with a size, as in "quality=3 points", found "${text}".`);
  return { ...earlier, [metric]: { by: by.trim() } };
}

/** @param does What the machines of the fleet do. */
export const fleetOption = (does: string) => new Option('--fleet <redis://…>', does).env('RIGHTSIZE_FLEET');
export const onOption = () =>
  new Option('--on <label>', 'with --fleet: only on machines with this label (repeatable)')
    .argParser(collect)
    .default<readonly string[]>([], 'any');

/** @param others Further flags that stand and that only a fleet can have. @throws UserError */
export function requireFleet(
  { fleet, on }: { readonly fleet?: string | undefined; readonly on: readonly string[] },
  others: readonly string[],
): void {
  const [alone] = [...(on.length > 0 ? ['--on'] : []), ...others];
  if (alone === undefined || fleet !== undefined) return;
  throw new UserError(`${alone}: expected --fleet beside it, found it alone; name the Redis of the fleet with --fleet`);
}
