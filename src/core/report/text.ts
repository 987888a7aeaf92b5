/**
 * Text that models, data files and servers wrote, made safe for where it will stand. It is hostile until then: an output can
 * hold escapes that repaint a terminal, markup that runs in a page, or a formula that a spreadsheet executes.
 */

/**
 * Sequences of ECMA-48 as a whole, before their first byte goes: colours and cursor movements (CSI), titles and links (OSC),
 * device strings. Written with escapes of their own, since control characters in a pattern look like mistakes.
 */
const ESCAPES = new RegExp(
  [
    '[\\u001b\\u009b](?:',
    '\\][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)?',
    '|[PX^_][^\\u001b]*(?:\\u001b\\\\)?',
    '|\\[?[0-?]*[ -/]*[@-~]?',
    ')',
  ].join(''),
  'g',
);

/** For a terminal or one line of plain text: no escapes, no control characters, no invisible marks of direction. */
export function plain(text: string): string {
  return text
    .replace(ESCAPES, '')
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim();
}

/** A command as one would type it in a POSIX shell. */
export function shellCommand(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Breaks lines between words. `widthOf` measures a text in the unit of `width`. */
export function wrapLines(text: string, width: number, widthOf = (part: string) => part.length): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** At most `length` characters, the last an ellipsis where something was cut. */
export function shorten(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, Math.max(0, length - 1)).join('')}…`;
}

/** For text and double-quoted attributes of HTML. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** For a cell of a Markdown table or a line of its text: markup is shown and not obeyed, nobody is mentioned. */
export function escapeMarkdown(text: string): string {
  return (
    plain(text)
      .replace(/[\\`*_{}[\]|~$]/g, (mark) => `\\${mark}`)
      .replace(/^([-+=#]|\d+[.)])(?=[-=# ]|$)/, '\\$1')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      // Addresses, @names and #numbers become links by themselves; an unseen space stops that.
      .replace(/[@#](?=\w)|\b(?:https?|ftp|www)(?=[:.])/gi, '$&&#8203;')
  );
}

/**
 * For one field of a CSV file (RFC 4180). A text that a spreadsheet would run as a formula begins with an apostrophe, signs of full
 * width among them; control characters, which would repaint a terminal that shows the file, are the pictures of themselves.
 */
export function escapeCsv(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  if (PLAIN_FIELD.test(value)) return value;
  const shown = value.replace(/(?![\t\r\n])\p{Cc}/gu, pictureOf);
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(shown) && !/^[+-]?\d+(\.\d+)?$/.test(shown) ? `'${shown}` : shown;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** What `escapeCsv` would leave as it is: nearly every field of a table of a hundred thousand rows. */
const PLAIN_FIELD = /^(?![=+\-@＝＋－＠])[^\p{Cc}",]*$/u;

/** U+2400 and following for those of ASCII; the others have none. */
function pictureOf(control: string): string {
  const code = control.charCodeAt(0);
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? '\u2421' : '\ufffd';
}

/** JSON that can stand inside a `<script>` element: no `</script>`, no `<!--`, no line separators. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}
