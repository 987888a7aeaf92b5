/**
 * Numbers as Unicode sets them, in the signs of ASCII: full-width and other decimal digits, minus signs, and the blanks that
 * part thousands (ISO 31-0 asks for them; French and German typesetting use them).
 */

/** The zero of each script that people write numbers in: full-width, Arabic, Persian, Devanagari, Bengali, Thai and others. */
const ZEROS = [
  0xff10, 0x0660, 0x06f0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50, 0x0ed0, 0x1040,
  0x17e0,
];

/** A blank or an apostrophe between a digit and three more: thin, narrow, figure, no-break. */
const THOUSANDS = /(?<=\d)[\u00a0\u2007\u2009\u202f\u066c'\u2019](?=\d{3}(?!\d))/g;

/** Hyphens and dashes that stand for a minus, right before a digit or a currency sign. */
const MINUS = /[\u2212\u2010-\u2013\ufe63\uff0d](?=[$€£]?[\d.])/g;

/** Text in ASCII alone, which most answers are, has nothing to be changed but its apostrophes. */
export function asciiNumbers(text: string): string {
  if (!/[\u0080-\uffff]|\d'\d/.test(text)) return text;
  return text
    .replace(/[\p{Nd}\uff0c\uff0e]/gu, asciiSign)
    .replace(THOUSANDS, '')
    .replace(MINUS, '-');
}

function asciiSign(sign: string): string {
  if (sign === '\uff0c') return ',';
  if (sign === '\uff0e') return '.';
  const code = sign.codePointAt(0)!;
  const zero = ZEROS.find((first) => code >= first && code < first + 10);
  return zero === undefined ? sign : String(code - zero);
}
