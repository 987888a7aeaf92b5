/**
 * Makes text that models, data files and servers wrote safe for its place. Such text is hostile: an output can hold escapes
 * that repaint a terminal, markup that runs in a page, or a formula that a spreadsheet executes.
 */

/**
 * Whole control sequences of ECMA-48: colours and cursor movements (CSI), titles and links (OSC), device strings. They must go
 * before single control characters, because the rest of a sequence without its first byte is plain text.
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

/** One line for a terminal or plain text, without escapes, control characters and invisible marks of direction. */
export function plain(text: string): string {
  return text
    .replace(ESCAPES, '')
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim();
}

/** A command as a person types it in a POSIX shell. */
export function shellCommand(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Breaks lines between words. The width counts letters; ./width.ts counts the cells of a terminal, with a library that pages do without. */
export function wrapLines(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A text of at most `length` characters; an ellipsis stands for what was cut at its end. */
export function shorten(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, Math.max(0, length - 1)).join('')}…`;
}

/** Text for HTML and for its double-quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Text for a line or a table cell of Markdown: its markup is shown and not obeyed, and it mentions nobody. */
export function escapeMarkdown(text: string): string {
  return escapeMarks(plain(text));
}

/** Prose for a line of Markdown, in which backticks mark code. */
export function markdownProse(text: string): string {
  return plain(text)
    .split(/(`[^`]+`)/)
    .map((part, i) => (i % 2 === 0 ? escapeMarks(part) : part))
    .join('');
}

function escapeMarks(text: string): string {
  return (
    text
      .replace(/[\\`*_{}[\]|~$]/g, (mark) => `\\${mark}`)
      .replace(/^([-+=#]|\d+[.)])(?=[-=# ]|$)/, '\\$1')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      // Addresses, @names and #numbers become links on their own; an invisible space prevents that.
      .replace(/[@#](?=\w)|\b(?:https?|ftp|www)(?=[:.])/gi, '$&&#8203;')
  );
}

/**
 * One field of a CSV file (RFC 4180). If a spreadsheet would run the text as a formula, also by a sign of full width, an
 * apostrophe comes first. Control characters, which would repaint a terminal that shows the file, become visible pictures.
 */
export function escapeCsv(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  if (PLAIN_FIELD.test(value)) return value;
  const shown = value.replace(/(?![\t\r\n])\p{Cc}/gu, pictureOf);
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(shown) && !/^[+-]?\d+(\.\d+)?$/.test(shown) ? `'${shown}` : shown;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A field that needs no escape: nearly every field of a table of a hundred thousand rows. */
const PLAIN_FIELD = /^(?![=+\-@＝＋－＠])[^\p{Cc}",]*$/u;

/** Unicode has pictures of the control characters of ASCII, from U+2400; the others have none. */
function pictureOf(control: string): string {
  const code = control.charCodeAt(0);
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? '\u2421' : '\ufffd';
}

/** JSON for the inside of a `<script>` element, without `</script>`, `<!--` and line separators. */
export function escapeScript(json: string): string {
  return json
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}
