/** One request and its answer, by undici's own callbacks. */
import { Agent } from 'undici';
import { expect, test } from 'vitest';
import { ArrivingBody, readText } from '../../src/backends/openai/arriving.js';
import { exchange } from '../../src/backends/openai/exchange.js';

test('a request that waits for its connection is given up at once', async () => {
  const dispatcher = new Agent({ connect: () => {} });
  const stop = new AbortController();
  const asked = exchange('http://127.0.0.1:9/v1/models', { method: 'GET', dispatcher, signal: stop.signal });
  stop.abort(new Error('no longer wanted'));
  await expect(asked).rejects.toThrow('no longer wanted');
  await dispatcher.destroy();
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
