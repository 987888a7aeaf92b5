/**
 * Keys struck out of what a server says. A server may echo a key in its error, or make a model repeat the header that it
 * came with: as it is, in JSON or URL escapes, in base64, in hexadecimal, or only its beginning.
 */
const MARK = '[key]';
/** If a text has this many characters of a key, it gives the key away. */
const SHORTEST = 8;

export interface Secret {
  /** The text without the key, in whatever encoding it holds it. */
  strike(text: string): string;
}

export function createSecret(key: string | null): Secret {
  if (key === null || key.length < SHORTEST) return { strike: (text) => (key ? text.replaceAll(key, MARK) : text) };
  const bytes = [...Buffer.from(key, 'latin1')];
  const literals = [
    ...base64Parts(Buffer.from(key, 'latin1')),
    ...base64Parts(Buffer.from(key, 'utf16le')),
    // What was in base64 may be put into it again, with what stood around it.
    ...base64Parts(Buffer.from(key, 'latin1')).flatMap((part) => base64Parts(Buffer.from(part, 'latin1'))),
    Buffer.from(key, 'utf16le').toString('hex'),
  ];
  const patterns = [
    sequence([...key].map(escaped)),
    // In hexadecimal, with whatever stands between the bytes: `736b`, `73 6b`, `73:6b`, `0x73, 0x6b`, `=73=6B`.
    sequence(bytes.map(hexOf), '[\\s,:;-]{0,3}(?:0x|[=%]|\\\\x)?'),
    sequence(bytes.map(String), '[\\s,;]{1,8}'),
    sequence(bytes.map((byte) => `\\\\{1,2}0?${byte.toString(8)}`)),
    `(?:${literals.map(literal).join('|')})`,
  ].map((pattern) => new RegExp(pattern, 'gi'));
  // A key may begin like a word, so its case counts here.
  patterns.push(new RegExp(`${sequence([...key.slice(0, SHORTEST)].map(escaped))}[^\\s"']*`, 'g'));
  return { strike: (text) => patterns.reduce((rest, pattern) => rest.replace(pattern, MARK), text) };
}

function sequence(parts: readonly string[], between = ''): string {
  return parts.join(between);
}

/** Backslashes before an escape: one, and twice as many and one for each time that it was escaped again. */
const MOST_ESCAPES = 15;
const ENTITIES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };

/** One character of a key as it is, or escaped for JSON, a URL or HTML; what was escaped may be escaped again, as JSON in the arguments of a call is. */
function escaped(character: string): string {
  const code = character.charCodeAt(0);
  const hex = [...hexOf(code)]
    .map((digit) => (/[a-f]/.test(digit) ? `[${digit}${digit.toUpperCase()}]` : digit))
    .join('');
  const entity = ENTITIES[character] === undefined ? '' : `&(?:amp;){0,3}${ENTITIES[character]};|`;
  return `(?:${entity}\\\\{0,${MOST_ESCAPES}}${literal(character)}|\\\\{1,${MOST_ESCAPES}}[ux]\\{?0{0,4}${hex}\\}?|%(?:25){0,3}${hex}|&(?:amp;){0,3}#0{0,5}(?:${code}|x0{0,4}${hex});)`;
}

/**
 * What base64 makes of bytes wherever they begin in a text (`Bearer ` before them moves them): the characters that follow from
 * the bytes alone.
 */
function base64Parts(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const part = whole.slice(offset === 0 ? 0 : offset + 1, whole.length - 1);
    return [part, part.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
