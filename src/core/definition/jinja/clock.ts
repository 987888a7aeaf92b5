/**
 * The clock that templates read. It stands still: a template that writes today's date would make yesterday's prompts
 * different from today's, and two runs of one suite could not be compared. The date is the one that Llama 3.1 writes where
 * there is no clock at all.
 */
export const STANDING = '26 July 2024';

const YEAR = 2024;
const [MONTH, DAY, WEEKDAY, DAY_OF_YEAR] = [7, 26, 5, 208];

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const two = (value: number) => String(value).padStart(2, '0');
const day = DAYS[WEEKDAY]!;
const month = MONTHS[MONTH - 1]!;

/** The text for each letter after `%`, as C's strftime writes it at midnight in the C locale. */
const FIELDS: Readonly<Record<string, string>> = {
  Y: String(YEAR),
  y: two(YEAR % 100),
  C: two(Math.floor(YEAR / 100)),
  m: two(MONTH),
  B: month,
  b: month.slice(0, 3),
  h: month.slice(0, 3),
  d: two(DAY),
  e: String(DAY).padStart(2),
  A: day,
  a: day.slice(0, 3),
  j: String(DAY_OF_YEAR),
  u: String(WEEKDAY),
  w: String(WEEKDAY),
  H: '00',
  I: '12',
  M: '00',
  S: '00',
  f: '000000',
  p: 'AM',
  Z: '',
  z: '',
  F: `${YEAR}-${two(MONTH)}-${two(DAY)}`,
  T: '00:00:00',
  R: '00:00',
  D: `${two(MONTH)}/${two(DAY)}/${two(YEAR % 100)}`,
  x: `${two(MONTH)}/${two(DAY)}/${two(YEAR % 100)}`,
  X: '00:00:00',
  c: `${day.slice(0, 3)} ${month.slice(0, 3)} ${DAY} 00:00:00 ${YEAR}`,
  n: '\n',
  t: '\t',
  '%': '%',
};

/** @throws Error for a field that is not known; `%-d` is `%d` without its zero. */
export function standingTime(format: string): string {
  return format.replace(/%(-?)(.)/gsu, (whole, dash: string, letter: string) => {
    const field = Object.hasOwn(FIELDS, letter) ? FIELDS[letter]! : null;
    if (field === null) throw new Error(`strftime_now does not know "${whole}"`);
    return dash === '' ? field : field.replace(/^[0 ](?=.)/, '');
  });
}
