/** The model of a server on this machine, where the user names none. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { discoverModel } from '../../src/run/discover.js';

const close: (() => void)[] = [];
afterEach(() => {
  for (const one of close.splice(0)) one();
});

async function serverWith(body: string): Promise<number> {
  const server = createServer((_, response) => response.end(body));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  close.push(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const listing = (...names: unknown[]) => JSON.stringify({ data: names.map((id) => ({ id })) });

test('is the only one that is there, among ports with nothing, nonsense and no name', async () => {
  const ports = [
    1,
    await serverWith('<html>'),
    await serverWith(listing(null, 7, '')),
    await serverWith('{"data": 4}'),
    await serverWith(listing('qwen 2.5#a')),
  ];
  expect(await discoverModel(ports)).toBe(`http://127.0.0.1:${ports.at(-1)}/v1#qwen%202.5%23a`);
});

test('is asked for where there are several, by what --model takes', async () => {
  const ports = [await serverWith(listing('a', 'b')), await serverWith(listing('c\u001b[2J'))];
  await expect(discoverModel(ports)).rejects.toThrow(
    `--model: expected one model, found 3 on this machine; add --model with one of http://127.0.0.1:${ports[0]}/v1#a, http://127.0.0.1:${ports[0]}/v1#b, http://127.0.0.1:${ports[1]}/v1#c%1B%5B2J`,
  );
});

test('is asked for where there is none', async () => {
  await expect(discoverModel([1, 2])).rejects.toThrow(
    '--model: expected a model, or a server of the OpenAI protocol on 127.0.0.1 at port 1, 2, found neither; start a server, or add --model',
  );
});
