/**
 * Keys struck out of what a server says. A server may echo a key in its error, or make a model repeat the header that it
 * came with: as it is, in JSON or URL escapes, in base64, in hexadecimal, or only its beginning.
 */
const MARK = '[key]';
/** So many characters of a key are as good as its name. */
const SHORTEST = 8;

export interface Secret {
  /** The text without the key, in whatever encoding it holds it. */
  strike(text: string): string;
}

export function createSecret(key: string | null): Secret {
  if (key === null || key.length < SHORTEST) return { strike: (text) => (key ? text.replaceAll(key, MARK) : text) };
  const patterns = [
    new RegExp([...key].map(escaped).join('')),
    ...[...base64Parts(key), hexOf(key), hexOf(key).toUpperCase()].map((text) => new RegExp(literal(text))),
    new RegExp(`${[...key.slice(0, SHORTEST)].map(escaped).join('')}[^\\s"']*`),
  ].map((pattern) => new RegExp(pattern, 'g'));
  return { strike: (text) => patterns.reduce((rest, pattern) => rest.replace(pattern, MARK), text) };
}

/** Backslashes before an escape: one, and twice as many and one for each time that it was escaped again. */
const MOST_ESCAPES = 15;
const ENTITIES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };

/** One character of a key as it is, or escaped for JSON, a URL or HTML; what was escaped may be escaped again, as JSON in the arguments of a call is. */
function escaped(character: string): string {
  const code = character.charCodeAt(0);
  const hex = code.toString(16).padStart(2, '0');
  const anyCase = [...hex].map((digit) => `[${digit}${digit.toUpperCase()}]`).join('');
  const entity = ENTITIES[character] === undefined ? '' : `&(?:amp;){0,3}${ENTITIES[character]};|`;
  return `(?:${entity}\\\\{0,${MOST_ESCAPES}}${literal(character)}|\\\\{1,${MOST_ESCAPES}}[ux](?:00)?${anyCase}|%(?:25){0,3}${anyCase}|&(?:amp;){0,3}#(?:${code}|x${anyCase});)`;
}

/**
 * What base64 makes of the key wherever it begins in a text (`Bearer ` before it moves it): the characters that follow from
 * the key alone.
 */
function base64Parts(key: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const whole = Buffer.from('\0'.repeat(offset) + key, 'latin1')
      .toString('base64')
      .replace(/=+$/, '');
    const part = whole.slice(offset === 0 ? 0 : offset + 1, whole.length - 1);
    return [part, part.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

function hexOf(key: string): string {
  return Buffer.from(key, 'latin1').toString('hex');
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
