/** A key in what a server says, in whatever way it comes back; and characters that steer a terminal. */
import { describe, expect, test } from 'vitest';
import { endpointOf } from '../../src/backends/openai/endpoint.js';
import { createSecret } from '../../src/backends/openai/secret.js';
import { chunk, DONE, finish, json, script } from '../support/openai-server.js';
import { entry, environment, failure, KEY, useScripted } from '../support/openai-session.js';

const { current, open } = useScripted();
const { strike } = createSecret(KEY);
const escapes = (form: (code: number) => string) => [...KEY].map((c) => form(c.charCodeAt(0))).join('');
const hex = (code: number) => code.toString(16).padStart(2, '0');
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a key is struck out', () => {
  test.each([
    ['as it is', KEY],
    ['as JSON escapes', escapes((code) => `\\u00${hex(code)}`)],
    ['as JSON escapes in capitals', escapes((code) => `\\u00${hex(code).toUpperCase()}`)],
    ['as URL escapes', escapes((code) => `%${hex(code)}`)],
    ['half of it escaped', KEY.replace('-', '%2D')],
    ['as HTML', escapes((code) => `&#${code};`)],
    ['in base64', base64(KEY)],
    ['in base64 with its header', base64(`Bearer ${KEY}`)],
    ['in base64 as a password', base64(`user:${KEY}`)],
    ['in base64 in JSON', base64(JSON.stringify({ a: 1, key: KEY }))],
    ['in base64 for URLs', Buffer.from(`x${KEY}`).toString('base64url')],
    ['in hexadecimal', Buffer.from(KEY).toString('hex')],
    ['in base64 twice', base64(base64(KEY))],
    ['in base64 of the text of PowerShell', Buffer.from(KEY, 'utf16le').toString('base64')],
    ['in hexadecimal of the text of PowerShell', Buffer.from(KEY, 'utf16le').toString('hex')],
    ['as a dump of bytes', escapes((code) => ` ${hex(code)}`).slice(1)],
    ['as bytes with colons', escapes((code) => `:${hex(code).toUpperCase()}`).slice(1)],
    ['as an array of C', escapes((code) => `, 0x${hex(code)}`).slice(2)],
    ['as escapes of a shell', escapes((code) => `\\x${hex(code)}`)],
    ['in octal', escapes((code) => `\\${code.toString(8)}`)],
    ['as escapes of JavaScript', escapes((code) => `\\u{${hex(code)}}`)],
    ['as quoted-printable', escapes((code) => `=${hex(code).toUpperCase()}`)],
    ['as a buffer of Node', JSON.stringify(Buffer.from(KEY))],
    ['in capitals', KEY.toUpperCase()],
    ['its beginning', `${KEY.slice(0, 12)}***`],
  ])('%s', (_, form) => {
    const struck = strike(`before ${form} after`);
    expect(struck).toContain('[key]');
    expect(struck.length).toBeLessThan(`before ${form} after`.length);
    for (const [name, text] of [
      ['raw', KEY],
      ['base64', base64(KEY).slice(0, 16)],
      ['hex', Buffer.from(KEY).toString('hex')],
    ]) {
      expect([name, struck.includes(text!)]).toEqual([name, false]);
    }
    expect(struck).toMatch(/^before .*(after|\[key\])$/);
  });

  test('and nothing else is', () => {
    expect(strike('The answer is sk-7, as in base64: c2stNw==')).toBe('The answer is sk-7, as in base64: c2stNw==');
    expect(createSecret(null).strike('anything')).toBe('anything');
  });
});

describe('what a server says reaches no terminal raw', () => {
  const hostile = '\u001b]0;pwned\u0007\u001b[31m \u202Eabc\u200B\u009b2J';

  test('as a quotation', () => {
    const { quote } = endpointOf(entry({ endpoint: 'http://127.0.0.1/v1' }), {});
    expect(quote(`${hostile}bad`)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(quote(`${hostile}bad`)).toContain('bad');
  });

  test('as an error or a list of models', async () => {
    current.server.answer = () => json(400, { error: { message: `${hostile}bad ${KEY}` } });
    const error = await failure(open({ apiKeyEnv: 'TEST_KEY' }));
    expect(error.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    current.server.answer = () => script(chunk({ content: 'a' }), finish('stop'), DONE);
    current.server.models = () => json(200, { data: [{ id: 'tiny', owned_by: `${hostile} ${KEY}` }] });
    const { facts } = await open({ apiKeyEnv: 'TEST_KEY' });
    expect(JSON.stringify(facts)).not.toMatch(/\\u00(1b|07|9b)|[\p{Cc}\p{Cf}]|verysecret/u);
  });

  test('and a session says what to strike out of answers', async () => {
    const session = await open({ apiKeyEnv: 'TEST_KEY' });
    expect(session.strike!(`Authorization: Bearer ${environment.TEST_KEY}`)).toBe('Authorization: Bearer [key]');
  });
});
