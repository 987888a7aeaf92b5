/** One load over the clients of several machines, which are processes here. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogRecord } from '../../src/core/log/log.js';
import { callKey, MACHINES } from '../../src/fleet/keys.js';
import { sealWith } from '../../src/fleet/seal.js';
import { type NullServer, startNullServer } from '../../src/load/null-server.js';
import { folderWith } from '../support/cli.js';
import { FLEET_KEY, type Fleet, openFleet, whyNoRedis } from '../support/fleet.js';

const none = whyNoRedis();
if (none !== null) console.warn(`skipped: a load from several machines (${none})`);

const SUITE = {
  name: 'evens',
  tasks: [
    {
      name: 'even',
      prompt: { user: '{{ q }}' },
      samples: Array.from({ length: 10 }, (_, i) => ({ id: `s${i}`, q: `is ${i} even?`, target: 'yes' })),
      scorer: 'exact',
    },
  ],
};
const FLAGS = ['-s', 'suite.yaml', '-m', 'served', '--no-self-test', '--reports', 'summary,markdown'];

describe.skipIf(none !== null)('a load from several machines', () => {
  const folder = folderWith({ 'suite.yaml': JSON.stringify(SUITE) });
  let server: NullServer;
  let fleet: Fleet;
  let redis: Redis;

  beforeAll(async () => {
    server = await startNullServer({ ttft: 0.05, gap: 0.005, chunks: 8 });
    const served = { id: 'served', class: 'slm', backend: 'openai', source: 'null', endpoint: server.endpoint };
    writeFileSync(join(folder, 'models.json'), JSON.stringify({ models: [served] }));
    writeFileSync(
      join(folder, 'other.json'),
      JSON.stringify({ models: [{ ...served, endpoint: 'http://127.0.0.1:9/v1' }] }),
    );
    fleet = await openFleet(folder);
    await fleet.startRedis();
    for (const name of ['desk', 'laptop']) fleet.startMachine(name);
    // It trusts the queue, but nobody may send a flood to a server that it does not name.
    fleet.startMachine('stranger', ['--models', 'other.json', '--trust']);
    redis = new Redis(fleet.url);
    while ((await redis.hlen(MACHINES)) < 3) await sleep(100);
  });
  afterAll(async () => {
    redis?.disconnect();
    await fleet?.close();
    await server?.close();
  });

  function logIn(out: string): readonly LogRecord[] {
    const [run] = readdirSync(join(folder, out)).filter((name) => !name.startsWith('.'));
    const lines = readFileSync(join(folder, out, run!, 'log.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    return lines.map((line) => JSON.parse(line));
  }

  test('is one schedule over machines that name its server, and each machine answers for its part', async () => {
    await server.take();
    const flags = [
      '--rate',
      '40',
      '--arrivals',
      'constant',
      '-c',
      '5',
      '--requests',
      '80',
      '--fleet',
      fleet.url,
      '-o',
      'rate',
    ];
    const run = fleet.run(['load', ...FLAGS, ...flags]);
    const code = await run.closed;
    const log = logIn('rate');
    const [closed, step] = log.filter((record) => record.type === 'step');
    expect(closed!.condition).toBe('closed 5');
    expect(run.output()).toMatch(/not asked from stranger: its models\.json has another entry of this name/);
    const { machines = [] } = step!.client;
    expect(machines.map(({ name }) => name)).toEqual(['desk', 'laptop']);
    // Processes of one host have one clock.
    for (const { clockOffset, roundTrip } of machines) {
      expect(Math.abs(clockOffset)).toBeLessThan(0.2);
      expect(roundTrip).toBeGreaterThan(0);
    }
    // Requests were due each 25 ms, whoever sent them, and each machine sent every second.
    const sent = log.flatMap((record) => (record.type === 'measurement' && record.step === step!.step ? [record] : []));
    const due = sent.map((record) => record.due!).sort((a, b) => a - b);
    expect(due.length).toBeGreaterThanOrEqual(80);
    for (const [i, time] of due.slice(1).entries()) expect(time - due[i]!).toBeCloseTo(0.025, 3);
    for (const { session } of machines) {
      const share = sent.filter((record) => record.session === session).length;
      expect(Math.abs(share - sent.length / 2)).toBeLessThanOrEqual(2);
      expect(log.filter((record) => record.type === 'session' && record.session === session)).toHaveLength(1);
    }
    const named = log.flatMap((record) =>
      record.type === 'machine' && record.name !== undefined ? [record.name] : [],
    );
    expect(named.sort()).toEqual(['desk', 'laptop', 'stranger']);
    const { arrivals } = await server.take();
    expect(arrivals.length).toBeGreaterThanOrEqual(sent.filter(({ outcome }) => outcome.state === 'completed').length);
    // On a busy machine a client may be late, and then the run says which.
    if (code !== 0) expect(run.output()).toContain('spoilt');
  });

  test('is refused where no machine has the label', async () => {
    const nobody = fleet.run(['load', ...FLAGS, '-c', '1', '--fleet', fleet.url, '--on', 'moon']);
    expect(await nobody.closed).toBe(2);
    expect(nobody.output()).toMatch(/--fleet: expected machines that have joined with the label moon, found none/);
  });

  test('takes no call that is forged, or for another machine', async () => {
    const notices = Object.keys(await redis.hgetall(MACHINES));
    const forger = sealWith('another key, which nobody shares');
    const call = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';
    for (const machine of notices)
      await redis.set(callKey(machine), forger.close('call', { rightsize: '0.1.0', call, machine }));
    const desk = fleet.machines().get('desk')!;
    for (let i = 0; i < 100 && !desk.output().includes('a call to a load test was refused'); i++) await sleep(50);
    expect(desk.output()).toContain('it is not signed with the key of this fleet');
    // A true call for another machine, shown to this one.
    const seal = sealWith(FLEET_KEY);
    for (const machine of notices)
      await redis.set(callKey(machine), seal.close('call', { rightsize: '0.1.0', call, machine: 'elsewhere' }));
    for (let i = 0; i < 100 && !desk.output().includes('for another machine'); i++) await sleep(50);
    expect(desk.output()).toContain('it is for another machine, or another version of rightsize');
    expect(desk.child.exitCode).toBeNull();
  });
});
