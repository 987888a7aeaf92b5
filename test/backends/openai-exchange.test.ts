/** One request and its answer, by undici's own callbacks. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { Agent } from 'undici';
import { expect, test, vi } from 'vitest';
import { ArrivingBody, readText } from '../../src/backends/openai/arriving.js';
import { decoded } from '../../src/backends/openai/decoding.js';
import { exchange } from '../../src/backends/openai/exchange.js';

test('a request that waits for its connection is given up at once', async () => {
  const dispatcher = new Agent({ connect: () => {} });
  const stop = new AbortController();
  const asked = exchange('http://127.0.0.1:9/v1/models', { method: 'GET', dispatcher, signal: stop.signal });
  stop.abort(new Error('no longer wanted'));
  await expect(asked).rejects.toThrow('no longer wanted');
  const late = exchange('http://127.0.0.1:9/v1/models', { method: 'GET', dispatcher, signal: stop.signal });
  await expect(late).rejects.toThrow('no longer wanted');
  await dispatcher.destroy();
});

/** A server that answers with these bytes, a few at a time, and keeps the connection. */
async function serving(headers: OutgoingHttpHeaders, parts: readonly Buffer[], isCut = false) {
  const server = createServer(async (_, response) => {
    response.writeHead(200, headers);
    for (const part of parts) {
      response.write(part);
      await setImmediate();
    }
    if (isCut) response.destroy();
    else if (!('keep' in headers)) response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dispatcher = new Agent();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const sockets = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  return {
    sockets,
    ask: () => exchange(url, { method: 'GET', dispatcher, signal: new AbortController().signal }),
    async end() {
      await dispatcher.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}

test('an answer that is cut after its headers breaks its body, after what came', async () => {
  const server = await serving({}, [Buffer.from('data: 1')], true);
  const { body } = await server.ask();
  const seen: string[] = [];
  const error = await new Promise((resolve) => {
    body.read({ part: ({ bytes }) => seen.push(bytes.toString()), end: resolve });
  });
  expect(error).toBeInstanceOf(Error);
  expect(seen.join('')).toBe('data: 1');
  await server.end();
});

test('what comes after the end of a compressed body is not waited for', async () => {
  const bytes = Buffer.concat([brotliCompressSync('data: {}'), Buffer.from('and more')]);
  const server = await serving({ keep: 'open' }, [bytes]);
  const response = await server.ask();
  const body = await decoded(response.body, 'br', 'here');
  expect(await readText(body, 100)).toBe('data: {}');
  expect(response.body.ended).toBe(true);
  await vi.waitFor(async () => expect(await server.sockets()).toBe(0));
  await server.end();
});

test('a compressed body in many parts is read without a warning', async () => {
  const text = randomBytes(200_000).toString('hex');
  const bytes = gzipSync(text);
  const parts = Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, i) =>
    bytes.subarray(1000 * i, 1000 * (i + 1)),
  );
  const warned = vi.fn();
  process.on('warning', warned);
  const server = await serving({}, parts);
  const response = await server.ask();
  expect(await readText(await decoded(response.body, 'gzip', 'here'), 1e6)).toBe(text);
  await setImmediate();
  process.off('warning', warned);
  expect(warned).not.toHaveBeenCalled();
  await server.end();
});

function arriving() {
  const calls: string[] = [];
  const note = (call: string) => () => {
    calls.push(call);
  };
  return { calls, body: new ArrivingBody({ pause: note('pause'), resume: note('resume'), abort: note('abort') }) };
}

test('what arrives before there is a reader keeps its time, and its beginning is read again', async () => {
  const { body } = arriving();
  const beginning = body.beginning();
  body.push(Buffer.from('data'));
  const before = performance.now() / 1000;
  expect((await beginning)?.toString()).toBe('data');
  body.push(Buffer.from(': {}'));
  body.end(null);
  const seen: { time: number; text: string }[] = [];
  const ended = await new Promise((resolve) => {
    body.read({ part: ({ time, bytes }) => seen.push({ time, text: bytes.toString() }), end: resolve });
  });
  expect(ended).toBeNull();
  expect(seen.map(({ text }) => text)).toEqual(['data', ': {}']);
  expect(seen[0]!.time).toBeLessThanOrEqual(before);
});

test('a body that breaks says why, after what came', async () => {
  const { body } = arriving();
  const beginning = body.beginning();
  body.end(new Error('cut'));
  expect(await beginning).toBeNull();
  await expect(readText(body, 10)).rejects.toThrow('cut');
});

test('a body that is longer than its limit is not read further', async () => {
  const { body, calls } = arriving();
  const text = readText(body, 5);
  body.push(Buffer.from('abc'));
  body.push(Buffer.from('def'));
  body.push(Buffer.from('ghi'));
  await expect(text).rejects.toThrow('more than 5 bytes');
  expect(calls).toEqual(['abort']);
  expect(body.ended).toBe(true);
});

test('a beginning that tells nothing is waited for, until it ends', async () => {
  const { body } = arriving();
  const beginning = body.beginning();
  body.push(Buffer.from('\n'));
  await setImmediate();
  body.push(Buffer.from('data: {}'));
  expect((await beginning)?.toString()).toBe('\ndata: {}');
  const short = arriving().body;
  short.push(Buffer.from('{'));
  const begun = short.beginning();
  short.end(null);
  expect((await begun)?.toString()).toBe('{');
});

test('a body that is dropped tells its reader nothing more, and whoever waits for its beginning goes on', async () => {
  const { body } = arriving();
  body.push(Buffer.from('ab'));
  body.push(Buffer.from('cd'));
  const seen: string[] = [];
  body.read({
    part({ bytes }) {
      seen.push(bytes.toString());
      body.drop();
    },
    end: () => seen.push('end'),
  });
  expect(seen).toEqual(['ab']);
  const other = arriving().body;
  const beginning = other.beginning();
  other.drop();
  expect(await beginning).toBeNull();
});
