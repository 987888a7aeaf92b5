import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { listenerOn } from '../../src/system/listener.js';

test.skipIf(process.platform !== 'linux').each(['127.0.0.1', '::1'])(
  'the process that listens on a port of %s is found, and none where nobody does',
  async (host) => {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await listenerOn(port)).toBe(process.pid);
    server.close();
    await once(server, 'close');
    expect(await listenerOn(port)).toBeNull();
  },
);
