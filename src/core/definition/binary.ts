/**
 * Pictures, sounds and bytes in a row. No model is sent them here: printed into a prompt they would be a megabyte of letters that
 * the model takes for words.
 */

/** What stands in a row for bytes, which are left out of it. */
export interface Bytes {
  readonly bytes: number;
  readonly binary: true;
}

const PARTS = /^(?:input_)?(?:image|audio|video|file)(?:_url)?$/;
/** The fields that hold the content of a part, beside a field with the name of its type. */
const CONTENTS = ['source', 'data', 'url', 'image_url', 'file_id', 'file_data', 'file_url'];
const DATA_URL = /^data:(?:image|audio|video|application)\/[\w.+-]+;base64,/;
/** Inside words, as in Markdown or a mail, such an address is long. */
const INNER_DATA_URL = /\bdata:(?:image|audio|video|application)\/[\w.+-]{1,80};base64,[A-Za-z0-9+/]{40}/;
/** The first characters of PNG, JPEG, GIF, WebP and PDF in Base64, and nothing but Base64 behind them. */
const BASE64 = /^(?:iVBORw0KGgo|\/9j\/|R0lGOD[dl]h|UklGR|JVBERi0)[A-Za-z0-9+/\s]{40,}={0,2}\s*$/;
/** The first characters of PNG, JPEG, GIF, WebP and PDF, read as text. */
const SIGNATURES = /^(?:[\ufffd\u0089]PNG|\ufffd{3}|ÿØÿ|GIF8[79]a|RIFF.{4}WEBP|%PDF-)/s;

const DEEPEST = 8;

/** What a value holds that is no text; null where it holds none. */
export function binaryIn(value: unknown, levels = DEEPEST): string | null {
  if (typeof value === 'string') return binaryText(value);
  if (typeof value !== 'object' || value === null || levels === 0) return null;
  if ('binary' in value && value.binary === true) return 'bytes';
  if (isFilePart(value)) return 'an image or another file';
  for (const inner of Object.values(value)) {
    const found = binaryIn(inner, levels - 1);
    if (found !== null) return found;
  }
  return null;
}

/**
 * A part of a message as servers take it: `{type: 'image_url', image_url: …}`, `{type: 'image', source: …}`, and the data of
 * `{inlineData: {mimeType, data}}`.
 */
function isFilePart(value: object): boolean {
  if ('data' in value && ('mime_type' in value || 'mimeType' in value)) return true;
  if (!('type' in value) || typeof value.type !== 'string' || !PARTS.test(value.type)) return false;
  return value.type in value || CONTENTS.some((field) => field in value);
}

function binaryText(text: string): string | null {
  if (DATA_URL.test(text) || BASE64.test(text) || INNER_DATA_URL.test(text)) return 'an image or another file';
  return SIGNATURES.test(text) || hasControls(text) ? 'bytes' : null;
}

/** Characters that no text has: all below the blank but those of lines and tabs, and those of terminals. */
function hasControls(text: string): boolean {
  for (let at = 0; at < Math.min(text.length, 1000); at++) {
    const code = text.charCodeAt(at);
    if (code < 9 || (code > 13 && code < 27)) return true;
  }
  return false;
}
