/** A machine and a coordinator in the process of the test, on a real Redis. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { folderWith } from '../support/cli.js';
import { evens, FLEET_KEY, type Fleet, openFleet, whyNoRedis } from '../support/fleet.js';
import { type HubServer, startHub } from '../support/hub-server.js';

// The built program, as the other tests of this process have it: the types of llama.cpp can be declared once in a process.
const { join: joinFleet } = (await import('../../dist/run/join.js')) as typeof import('../../src/run/join.js');
const { measure } = (await import('../../dist/run/measure.js')) as typeof import('../../src/run/measure.js');

const none = whyNoRedis();
if (none !== null) console.warn(`skipped: a machine and a coordinator in one process (${none})`);

const WEIGHTS = Buffer.alloc(2 ** 20, 'weights');

describe.skipIf(none !== null)('a machine and a coordinator', () => {
  const files = evens({ samples: 40, ttft: 0.02, itl: 0.001 });
  const folder = folderWith(files);
  let fleet: Fleet;
  let hub: HubServer;
  const joined = new AbortController();
  const ran = new AbortController();
  const ended: Promise<unknown>[] = [];

  beforeAll(async () => {
    fleet = await openFleet(folder);
    await fleet.startRedis();
    hub = await startHub({ 'org/big': { files: { 'big-q4_0.gguf': WEIGHTS } } });
  });
  afterEach(async () => {
    ran.abort();
    joined.abort();
    vi.restoreAllMocks();
    await Promise.all(ended);
  });
  afterAll(async () => {
    await fleet?.close();
    await hub?.close();
  });

  test('say once a minute what each machine does, and what does not fit on its disk', async () => {
    // A minute takes a quarter of a second. Answers take as long as ever.
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() * 240);
    const environment = {
      RIGHTSIZE_FLEET_KEY: FLEET_KEY,
      RIGHTSIZE_LOCK_DIR: folder,
      HF_ENDPOINT: hub.url,
      // A file system without a free byte.
      HF_HUB_CACHE: '/proc/self/hub',
    };
    const hosted = { id: 'hosted', class: 'llm', backend: 'llama-cpp', source: 'hf:org/big:q4_0' };
    const catalogue = JSON.stringify({ models: [...JSON.parse(files['models.json']).models, hosted] });
    const own = folderWith({ ...files, 'models.json': catalogue });
    const heard: string[] = [];
    const said: string[] = [];
    const patience = { signal: joined.signal, onNote: (text: string) => void heard.push(text) };
    ended.push(joinFleet(fleet.url, { cwd: own, environment, name: 'desk', out: 'parts', ...patience }));
    const onEvent: NonNullable<Parameters<typeof measure>[1]>['onEvent'] = (event) => {
      if (event.type === 'note') said.push(event.text);
    };
    const models = { models: ['small', 'hosted'] };
    const world = { cwd: own, environment, signal: ran.signal, onEvent };
    ended.push(measure({ suites: ['suite.yaml'], ...models }, { ...world, fleet: { url: fleet.url } }));
    const doing = /^desk .+: small on evens\/even \(\d+ trials\)$/;
    await vi.waitUntil(() => said.some((text) => doing.test(text)), { timeout: 30_000 });
    const why = 'its weights take 1.00 MiB, and 0 B are free in /proc/self/hub';
    expect(heard).toContainEqual(expect.stringMatching(new RegExp(`hosted is not run here: ${why}$`)));
    expect(said).toContain(`waiting for a machine that runs hosted (desk: ${why})`);
  });
});
