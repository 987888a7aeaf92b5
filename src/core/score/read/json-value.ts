/**
 * JSON out of a model's output, and its fields. The text is hostile: nesting is bounded before anything recurses over it,
 * and keys such as `__proto__` are data that no object is ever assigned by.
 */
import { strip } from '../text/text.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Deeper than any honest document; shallow enough for every recursion here and in the schema validator. */
export const MAX_DEPTH = 200;

export type Parsed = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly reason: string };

export function parseJson(text: string): Parsed {
  if (depthOf(text) > MAX_DEPTH) return { ok: false, reason: `nested deeper than ${MAX_DEPTH}` };
  try {
    return { ok: true, value: JSON.parse(text) as Json };
  } catch {
    return { ok: false, reason: strip(text) === '' ? 'empty' : 'not JSON' };
  }
}

/** What stands between the first fence (```json or ```) and the one that closes it; the whole text where there is none. */
export function withoutFence(text: string): string {
  const open = text.indexOf('```');
  if (open < 0) return text;
  const start = text.indexOf('\n', open);
  if (start < 0) return text;
  const close = text.indexOf('```', start);
  return text.slice(start + 1, close < 0 ? text.length : close);
}

/** The first object or array in a text, up to the bracket that closes it. */
export function firstDocument(text: string): string | null {
  const start = text.search(/[[{]/);
  if (start < 0) return null;
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth++;
    else if ((character === '}' || character === ']') && --depth === 0) return text.slice(start, at + 1);
  }
  return null;
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x7d || code === 0x5d) depth--;
  }
  return deepest;
}
