/**
 * Numbers as people read them. All other code holds base units, and everything that shows a number to a person calls this file.
 * Numbers have three significant digits, in a unit that keeps them between 1 and 1000.
 */
import { isMissing, type Missing } from '../quantity.js';
import type { CellUnit, LimitState, TableCell, VerdictKind } from './document.js';

const MINUS = '−';
/** Stands where a number is not known; the reason is given beside the table. */
export const ABSENT = '–';

/** Verdicts differ by their marks where there is no colour. */
export const VERDICT_MARKS: Readonly<Record<VerdictKind, string>> = {
  'slm-fits': '✓',
  cascade: '⇉',
  'by-task': '✓',
  'llm-needed': '▲',
  inconclusive: '?',
  'one-class': '·',
  'nothing-passes': '✗',
  'not-measured': '–',
};

const STATE_MARKS: Readonly<Record<LimitState, string>> = { met: '✓', missed: '✗', undecided: '?', unknown: '?' };

/** A cell as one line of text. */
export function formatCell(cell: TableCell): string {
  return formatCellLines(cell).join(', ');
}

/** A cell as the lines that a page shows: its text, and a detail in small letters. */
export function formatCellLines(cell: TableCell): string[] {
  switch (cell.kind) {
    case 'text':
      return cell.detail === undefined ? [cell.text] : [cell.text, cell.detail];
    case 'quantity':
      return [formatUnit(cell.value, cell.unit)];
    case 'estimate':
      return [formatEstimate(cell, cell.unit), ...(cell.of === undefined ? [] : [`of ${cell.of}`])];
    case 'difference':
      return [formatEstimate(cell, 'points')];
    case 'verdict':
      return [`${VERDICT_MARKS[cell.verdict]} ${cell.name}`];
    case 'check':
      return [`${STATE_MARKS[cell.state]} ${cell.text}`];
    case 'fit': {
      const fits =
        cell.verdict === 'does not fit'
          ? `${cell.verdict}: ${formatBytes(cell.needed)} is ${formatUsed(cell.share)}`
          : `${cell.verdict}, ${formatUsed(cell.share)}`;
      return cell.rate === null ? [fits] : [fits, formatEstimate(cell.rate, 'tokens per second')];
    }
    case 'missing':
      return [ABSENT];
  }
}

/** A share of memory in whole percents. */
function formatUsed(share: number): string {
  return share < 0.01 ? 'under 1%' : `${formatCount(Math.round(share * 100))}%`;
}

export function formatUnit(value: number, unit: CellUnit): string {
  switch (unit) {
    case 'score':
      return formatScore(value);
    case 'seconds':
      return formatSeconds(value);
    case 'tokens':
      return formatCount(value);
    case 'tokens per second':
      return `${formatCount(value)} tok/s`;
    case 'bytes':
      return formatBytes(value);
    case 'dollars':
      return formatDollars(value);
    case 'count':
      return formatCount(value);
    case 'parameters':
      return formatParameters(value);
    case 'points':
      return formatPoints(value);
    case 'factor':
      return formatRatio(value);
    case 'relative':
      return formatChange(value);
  }
}

/** A score in [0, 1] as a share: `91.3%`. */
export function formatScore(value: number): string {
  const text = (Math.abs(value) * 100).toFixed(1);
  return `${text === '0.0' ? '' : sign(value)}${text}%`;
}

/** A difference of scores in points: `−2.1`. */
export function formatPoints(difference: number): string {
  const text = Math.abs(difference * 100).toFixed(1);
  return `${text === '0.0' ? '' : difference < 0 ? MINUS : '+'}${text}`;
}

/** A unit, and how much of the base unit it is. */
interface Scale {
  readonly name: string;
  readonly size: number;
}

const SECONDS = {
  microseconds: { name: 'µs', size: 1e-6 },
  milliseconds: { name: 'ms', size: 1e-3 },
  seconds: { name: 's', size: 1 },
  minutes: { name: 'min', size: 60 },
  hours: { name: 'h', size: 3600 },
} as const satisfies Record<string, Scale>;

function scaleOfSeconds(value: number): Scale {
  const size = Math.abs(value);
  if (size === 0) return SECONDS.seconds;
  if (size < 0.9995e-3) return SECONDS.microseconds;
  if (size < 0.9995) return SECONDS.milliseconds;
  if (size < 119.5) return SECONDS.seconds;
  return size < 7170 ? SECONDS.minutes : SECONDS.hours;
}

export function formatSeconds(value: number): string {
  return formatScaled(value, scaleOfSeconds(value));
}

/** Powers of two. */
const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'].map((name, i): Scale => ({ name, size: 1024 ** i }));

function scaleOfBytes(value: number): Scale {
  return BYTES.find(({ size }) => Math.abs(value) / size < 999.5) ?? BYTES.at(-1)!;
}

/** Memory in powers of two: `1.21 GiB`. */
export function formatBytes(value: number): string {
  return formatScaled(value, scaleOfBytes(value));
}

function formatScaled(value: number, scale: Scale): string {
  return `${numberOf(value, scale)} ${scale.name}`;
}

/** The number before the unit. There is no part of a byte. */
function numberOf(value: number, { name, size }: Scale): string {
  const number = value / size;
  if (name === 'B' || number === 0 || Math.abs(number) >= 999.5) return grouped(number);
  return significant(number);
}

export function formatDollars(value: number): string {
  if (value === 0) return '$0';
  if (Math.abs(value) >= 1000) return `$${grouped(value)}`;
  return Math.abs(value) >= 1 ? `$${value.toFixed(2)}` : `$${significant(value)}`;
}

/** A count or a rate: `7.31`, `1,240`. */
export function formatCount(value: number): string {
  return Math.abs(value) >= 999.5 ? grouped(value) : Number.isInteger(value) ? String(value) : significant(value);
}

/** A number of parameters: `3.8 B`. */
export function formatParameters(value: number): string {
  if (value >= 0.9995e9) return `${significant(value / 1e9)} B`;
  if (value >= 0.9995e6) return `${significant(value / 1e6)} M`;
  return `${significant(value / 1e3)} K`;
}

/** A ratio: `3.2×`. */
export function formatRatio(value: number): string {
  if (value < 0.0995) return `${significant(value)}×`;
  return `${value >= 99.95 ? grouped(value) : value >= 9.995 ? value.toFixed(0) : value.toFixed(1)}×`;
}

/** A relative difference: `+12.0%`, `−3.0%`. */
export function formatChange(share: number): string {
  return `${share < 0 ? '−' : '+'}${formatScore(Math.abs(share))}`;
}

/** An estimate with its interval in one unit, which appears once: `91.3% [87.0, 94.4]`, `1.21 s [0.98, 6.00]`. */
export function formatEstimate(
  estimate: { readonly value: number; readonly low: number; readonly high: number } | Missing,
  unit: CellUnit,
): string {
  if (isMissing(estimate)) return ABSENT;
  const { value, low, high } = estimate;
  if (high === Number.POSITIVE_INFINITY) return `${formatUnit(value, unit)} [${formatUnit(low, unit)}, ${NO_BOUND}]`;
  const scale = unit === 'seconds' || unit === 'bytes' ? scaleOfAll(estimate, unit) : null;
  if (scale !== null) return `${formatScaled(value, scale)} [${numberOf(low, scale)}, ${numberOf(high, scale)}]`;
  const bounds = [low, high].map((bound) => formatUnit(bound, unit).replace(/ tok\/s$|%$/, ''));
  return `${formatUnit(value, unit)} [${bounds.join(', ')}]`;
}

/** The upper end of an interval that is open above. */
export const NO_BOUND = 'no bound';

/** A longer number is read more slowly than a small one in a larger unit. */
const LONGEST_NUMBER = 1e4;

/** The unit of the value, or a larger one where the upper bound would be too long in it. */
function scaleOfAll(estimate: { readonly value: number; readonly high: number }, unit: 'seconds' | 'bytes'): Scale {
  const { value, high } = estimate;
  const [scales, scaleOf] =
    unit === 'seconds' ? [Object.values<Scale>(SECONDS), scaleOfSeconds] : [BYTES, scaleOfBytes];
  const own = scaleOf(value === 0 ? high : value);
  return scales.slice(scales.indexOf(own)).find(({ size }) => Math.abs(high) < LONGEST_NUMBER * size) ?? own;
}

/** `1 sample`, `2 samples`. */
export function plural(n: number, singular: string, many = `${singular}s`): string {
  return `${grouped(n)} ${n === 1 ? singular : many}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(items: readonly string[]): string {
  if (items.length <= 1) return items[0] ?? '';
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** Three significant digits, without an exponent. */
function significant(value: number): string {
  const size = Math.abs(value);
  const decimals =
    size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : Math.min(12, 2 - Math.floor(Math.log10(size)));
  return `${sign(value)}${size.toFixed(decimals)}`;
}

function grouped(value: number): string {
  return `${sign(value)}${Math.abs(Math.round(value))
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')}`;
}

function sign(value: number): string {
  return value < 0 ? MINUS : '';
}
