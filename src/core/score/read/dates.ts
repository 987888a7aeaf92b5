/**
 * A day as people write it, in the form of ISO 8601. What could be two days, such as 01/02/2024, is read only where its order
 * is said.
 */
import { strip } from '../text/text.js';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** @returns null where the text is no day, or could be two. */
export function parseDate(text: string, order?: 'day-first' | 'month-first'): string | null {
  const plain = strip(text).toLowerCase().slice(0, 60);
  const iso = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[t ]\d{1,2}:\d{2}.*)?$/.exec(plain);
  if (iso !== null) return day(iso[1], iso[2], iso[3]);
  const named = /^(\d{1,2})(?:st|nd|rd|th|\.)?[\s-]+(?:of\s+)?([a-z]{3,9})\.?,?[\s-]+(\d{4})$/.exec(plain);
  if (named !== null) return day(named[3], monthOf(named[2]!), named[1]);
  const american = /^([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})$/.exec(plain);
  if (american !== null) return day(american[3], monthOf(american[1]!), american[2]);
  const dotted = /^(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})$/.exec(plain);
  if (dotted !== null) return day(dotted[3], dotted[2], dotted[1]);
  const slashed = /^(\d{1,2})[/-](\d{1,2})[/-](\d{4})$/.exec(plain);
  if (slashed === null) return null;
  const [, first, second, year] = slashed;
  switch (order) {
    case 'day-first':
      return day(year, second, first);
    case 'month-first':
      return day(year, first, second);
    case undefined:
      return Number(first) > 12 ? day(year, second, first) : Number(second) > 12 ? day(year, first, second) : null;
  }
}

/** Names of months in English, whole or by three letters. */
function monthOf(name: string): number {
  return MONTHS.indexOf(name.slice(0, 3)) + 1;
}

function day(year: unknown, month: unknown, date: unknown): string | null {
  const [y, m, d] = [Number(year), Number(month), Number(date)];
  const isLeap = (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
  const lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  if (!(m >= 1 && m <= 12 && d >= 1 && d <= lengths[m - 1]!)) return null;
  return `${String(y).padStart(4, '0')}-${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`;
}
