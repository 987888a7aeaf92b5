/**
 * Keys in what a server says. Servers echo the key that they refuse, whole or its beginning, as it is or in the encoding of
 * whatever carried it; a message with one would be logged, reported and shared.
 */
const STRUCK = '[key]';
/** Fewer characters of a key tell nothing, and would strike out words. */
const SHORTEST = 8;

/** @returns what strikes a key, in any encoding that servers use, out of a text. */
export function striker(key: string | null): (text: string) => string {
  if (key === null) return (text) => text;
  const forms = formsOf(key).filter((form) => form.length >= SHORTEST || form === key);
  const pattern = new RegExp(forms.map(escapeForRegExp).join('|'), 'gi');
  const beginning = key.length < SHORTEST ? null : new RegExp(`${escapeForRegExp(key.slice(0, SHORTEST))}\\S*`, 'g');
  return (text) => {
    const whole = text.replace(pattern, STRUCK);
    return beginning === null ? whole : whole.replace(beginning, STRUCK);
  };
}

function formsOf(key: string): readonly string[] {
  const json = JSON.stringify(key).slice(1, -1);
  const escaped = [...key].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  const html = key.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  const plain = [key, json, json.replaceAll('/', '\\/'), escaped, html, html.replaceAll("'", '&#39;')];
  const encoded = [encodeURIComponent(key), encodeURI(key), Buffer.from(key).toString('hex')];
  // Longer forms first: one may begin with another.
  return [...plain, ...encoded, ...inBase64(key)].sort((a, b) => b.length - a.length);
}

/** The characters that a text has in base64, whatever stands before and after it: each of three places in a group of bytes. */
function inBase64(key: string): readonly string[] {
  const bytes = Buffer.from(key);
  return [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // A character that a neighbour shares is not the key's alone.
    const first = before === 0 ? 0 : before + 1;
    const last = (before + bytes.length) % 3 === 0 ? whole.length : whole.length - 1;
    const own = whole.slice(first, last);
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
