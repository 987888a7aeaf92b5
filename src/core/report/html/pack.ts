/**
 * Data for the page's script. Small data are JSON that anyone can read; large data are deflated (RFC 1951) and written in
 * base64, which the browser can decode on its own. Equal data give equal text.
 */
import { deflateSync, strFromU8, strToU8 } from 'fflate';
import { escapeScript } from '../text.js';
import { html, type Markup, trusted } from './markup.js';

/** If the JSON has at least this many characters, a smaller page is worth the time of packing. */
const LARGE = 1_000_000;

export function dataElement(id: string, value: unknown): Markup {
  const json = JSON.stringify(value);
  if (json.length < LARGE)
    return html`<script type="application/json" id="${id}">${trusted(escapeScript(json))}</script>`;
  const packed = base64(deflateSync(strToU8(json)));
  return html`<script type="text/plain" data-packed="deflate-raw" id="${id}">${trusted(packed)}</script>`;
}

const ALPHABET = strToU8('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const PADDING = '='.charCodeAt(0);

/** RFC 4648. The core has neither Buffer nor btoa. */
export function base64(bytes: Uint8Array): string {
  const text = new Uint8Array(4 * Math.ceil(bytes.length / 3));
  for (let i = 0, at = 0; i < bytes.length; i += 3) {
    const [a, b, c] = [bytes[i]!, bytes[i + 1] ?? 0, bytes[i + 2] ?? 0];
    text[at++] = ALPHABET[a >> 2]!;
    text[at++] = ALPHABET[((a & 3) << 4) | (b >> 4)]!;
    text[at++] = i + 1 < bytes.length ? ALPHABET[((b & 15) << 2) | (c >> 6)]! : PADDING;
    text[at++] = i + 2 < bytes.length ? ALPHABET[c & 63]! : PADDING;
  }
  return strFromU8(text, true);
}
