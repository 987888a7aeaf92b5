/** Keys that no output may hold: they stand in the environment of every case, and are looked for in each encoding. */

/** Its characters change in JSON, in URLs, in HTML and in base64. */
export const KEY = 'sk-fuzz/Kx9+Qm27"vT<3&Zp=41';

export const KEYS: Readonly<Record<string, string>> = {
  FUZZ_API_KEY: KEY,
  OPENAI_API_KEY: `${KEY}openai`,
  HF_TOKEN: `${KEY}hub`,
};

/** The key as a server may give it back, by the name of the encoding. */
export const ENCODED: Readonly<Record<string, string>> = {
  'as it is': KEY,
  'a beginning': KEY.slice(0, 12),
  JSON: JSON.stringify(KEY).slice(1, -1),
  'JSON, slashes escaped': JSON.stringify(KEY).slice(1, -1).replaceAll('/', '\\/'),
  'JSON, each character': [...KEY].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  base64: Buffer.from(KEY).toString('base64').replace(/=+$/, ''),
  'base64 for URLs': Buffer.from(KEY).toString('base64url'),
  'base64 of the header': Buffer.from(`Bearer ${KEY}`).toString('base64').replace(/=+$/, ''),
  URL: encodeURIComponent(KEY),
  'URL, in lower case': encodeURIComponent(KEY).replace(/%../g, (one) => one.toLowerCase()),
  HTML: KEY.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
  hexadecimal: Buffer.from(KEY).toString('hex'),
};

/** The names of the encodings in which a text holds the key. */
export function leaksIn(text: string): readonly string[] {
  return Object.entries(ENCODED)
    .filter(([, encoded]) => text.includes(encoded))
    .map(([name]) => name);
}
