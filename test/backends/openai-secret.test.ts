/** What a server echoes of a key is struck out before anybody reads it, whatever it was encoded with. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createSecret } from '../../src/backends/openai/secret.js';
import { json } from '../support/openai-server.js';
import { failure, KEY, useScripted } from '../support/openai-session.js';

const SECRET = 'sk-fuzz/Kx9+Qm27"vT<3&Zp=41';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const escapes = (text: string) => [...text].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('');
const { strike } = createSecret(SECRET);

describe('a key', () => {
  test.each([
    ['as it is', SECRET],
    ['in JSON', JSON.stringify(SECRET)],
    ['in JSON with slashes escaped', JSON.stringify(SECRET).replaceAll('/', '\\/')],
    ['in JSON, each character', escapes(SECRET)],
    ['in JSON, each character, twice', JSON.stringify(escapes(SECRET))],
    ['in JSON, each character, three times', JSON.stringify(JSON.stringify(escapes(SECRET)))],
    ['in JSON, twice', JSON.stringify(JSON.stringify(SECRET))],
    ['in a URL, twice', encodeURIComponent(encodeURIComponent(SECRET))],
    ['in HTML, twice', [...SECRET].map((c) => `&amp;#${c.charCodeAt(0)};`).join('')],
    ['in a URL', encodeURIComponent(SECRET)],
    ['in a URL, in lower case', encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase())],
    ['in HTML', 'sk-fuzz/Kx9+Qm27&quot;vT&lt;3&amp;Zp=41'],
    ['in hexadecimal', Buffer.from(SECRET).toString('hex').toUpperCase()],
    ['in base64', base64(SECRET)],
    ['in base64 for URLs', Buffer.from(SECRET).toString('base64url')],
    ['in base64 after one byte', base64(`x${SECRET}`)],
    ['in base64 within a header', base64(`Bearer ${SECRET}, and more`)],
  ])('%s is struck out', (_, echoed) => {
    const struck = strike(`no such key: ${echoed}.`);
    expect(struck).toContain('[key]');
    // Three bytes of it are four characters of base64; what is left beside the mark is shared with its neighbours.
    expect(struck.replace('no such key: ', '').length).toBeLessThan(35);
    expect(struck).not.toMatch(/Kx9|S3g5|4b7839|vT/);
  });

  test('of which only the beginning is echoed is struck out', () => {
    expect(strike('no such key: sk-fuzz/Kx9****')).toBe('no such key: [key]');
  });

  test('leaves other words alone', () => {
    expect(strike('the model is overloaded')).toBe('the model is overloaded');
    expect(createSecret(null).strike('as it is')).toBe('as it is');
  });
});

const { answered } = useScripted();

test('a message of a server has neither the key in base64 nor an escape that repaints the terminal', async () => {
  const message = `\u001b[2Jno such key: ${base64(`Bearer ${KEY}`)}\u202e`;
  const error = await failure(answered(json(404, { error: { message } }), {}, { apiKeyEnv: 'TEST_KEY' }));
  expect(error.message).toMatch(/no such key: \S{0,12}\[key\]/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  expect(error.message).not.toMatch(/[\u001b\u202e]/);
});

test('a compressed stream that cannot be undone ends at once', async () => {
  const bytes = gzipSync('data: {}\n\n'.repeat(50));
  bytes.fill(0xff, 10, 30);
  const headers = { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' };
  const error = await failure(answered({ headers, steps: [{ write: bytes }] }, { timeout: 5 }));
  expect([error.name, error.message]).toEqual(['ServerFailure', expect.stringContaining('the stream broke')]);
}, 20_000);
