/** The way to a server: proxies as people write them, ranges of addresses that need none, and private authorities. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createProxy } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/backends/openai/connection.js';
import { endpointOf } from '../../src/backends/openai/endpoint.js';
import { createOpenai } from '../../src/backends/openai.js';
import { proxiesOf } from '../../src/hub/proxies.js';
import { entry } from '../support/openai-session.js';

const FIXTURES = fileURLToPath(new URL('../fixtures/tls/', import.meta.url));
const CERTIFICATE = join(FIXTURES, 'certificate.pem');

describe('a proxy', () => {
  test.each([
    ['http://proxy.example.com:3128', 'http://proxy.example.com:3128'],
    ['proxy.example.com:3128', 'http://proxy.example.com:3128'],
    [' user:word@proxy:80 ', 'http://user:word@proxy:80'],
    ['https://proxy', 'https://proxy'],
    ['', ''],
  ])('written as "%s" is %s', (written, meant) => {
    expect(proxiesOf({ HTTPS_PROXY: written }).httpsProxy).toBe(meant);
    expect(proxiesOf({ http_proxy: written }).httpProxy).toBe(meant);
  });

  test.each(['socks5://me:secret@proxy:1080', 'http://', 'http://me:secret@[half'])(
    'written as "%s" is one sentence, without the password',
    (written) => {
      expect(() => proxiesOf({ HTTPS_PROXY: written })).toThrow(/^HTTPS_PROXY: expected a proxy as in http/);
      expect(() => proxiesOf({ HTTPS_PROXY: written })).not.toThrow(/secret/);
    },
  );

  test.each([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['10.1.2.3', 'example.com, 192.168.0.0/16 10.0.0.0/8', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['[fd00::1]', 'fd00::/8', true],
    ['[fe00::1]', 'fd00::/8', false],
    ['10.1.2.3', '10.0.0.0/99', false],
    ['10.1.2.3', 'nonsense/8', false],
    ['example.com', '10.0.0.0/8', false],
  ])('to %s with NO_PROXY=%s is left out: %s', (host, list, left) => {
    const { httpsProxy } = proxiesOf({ HTTPS_PROXY: 'proxy:1', NO_PROXY: list }, host);
    expect(httpsProxy === '').toBe(left);
  });

  test('that has no scheme carries requests', async () => {
    const asked: string[] = [];
    const proxy = createProxy();
    proxy.on('connect', (request, socket) => {
      asked.push(request.url!);
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
    const { port } = proxy.address() as AddressInfo;
    const endpoint = endpointOf(entry({ endpoint: 'http://models.example.com/v1' }), {});
    const connection = connect(endpoint, { HTTP_PROXY: `127.0.0.1:${port}` }, () => null);
    const url = endpoint.url('/models');
    await expect(connection.send('GET', url, null, AbortSignal.timeout(5000))).rejects.toThrow();
    expect(asked).toEqual(['models.example.com:80']);
    await connection.close();
    proxy.close();
  });
});

describe('a server whose certificate is of a private authority', () => {
  const server = createServer(
    { key: readFileSync(join(FIXTURES, 'key.pem')), cert: readFileSync(CERTIFICATE) },
    (_, response) => response.setHeader('content-type', 'application/json').end('{"data":[{"id":"tiny"}]}'),
  );
  let endpoint = '';
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    endpoint = `https://localhost:${(server.address() as AddressInfo).port}/v1`;
  });
  afterAll(() => server.close());

  const check = (environment: Record<string, string>) =>
    createOpenai({ attempts: 1, delay: 0, patience: 0 }).check(entry({ endpoint }), { directory: '.', environment });

  test('is not believed, and the sentence says what to do', async () => {
    expect(await check({})).toMatchObject({
      ready: false,
      reason: expect.stringContaining('name a file with the certificate of the authority in SSL_CERT_FILE'),
    });
  });

  test('is believed where SSL_CERT_FILE names it', async () => {
    expect(await check({ SSL_CERT_FILE: CERTIFICATE })).toEqual({ ready: true });
  });

  test('and a file that holds none is one sentence', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'rightsize-')), 'empty.pem');
    writeFileSync(file, 'nothing');
    for (const name of [file, '/no/such/file']) {
      expect(await check({ SSL_CERT_FILE: name })).toMatchObject({
        ready: false,
        reason: expect.stringContaining('SSL_CERT_FILE: expected certificates'),
      });
    }
  });
});
