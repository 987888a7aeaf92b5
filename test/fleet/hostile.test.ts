/** What a machine makes of a queue that somebody else writes to. Machine and coordinator run in this process, on a real Redis. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { mutateText, mutateValue } from '../../fuzz/mutate.js';
import { createRandom } from '../../src/core/stats/basics/random.js';
import { PREFIX, queueName, RUNS, resultsKey } from '../../src/fleet/keys.js';
import type { RunNotice } from '../../src/fleet/messages.js';
import { connect } from '../../src/fleet/redis.js';
import { sealWith } from '../../src/fleet/seal.js';
import { type JoinOptions, join } from '../../src/run/join.js';
import { measure } from '../../src/run/measure.js';
import { WorkerDied } from '../../src/worker/worker-session.js';
import { folderWith } from '../support/cli.js';
import { FLEET_KEY, type Fleet, openFleet, trialsIn, whyNoRedis } from '../support/fleet.js';
import { scriptedWorker } from '../support/scripted-worker.js';
import { PAIR, SUMS } from '../support/sums.js';

const none = whyNoRedis();
if (none !== null) console.warn(`skipped: a hostile queue (${none})`);

const seal = sealWith(FLEET_KEY);

/** The id of the nth run of these tests. */
const partNumber = (n: number) => `0190a1b2-c3d4-7e5f-8a9b-${String(n).padStart(12, '0')}`;

describe.skipIf(none !== null)('a machine of a fleet', () => {
  const folder = folderWith({ 'models.json': JSON.stringify({ models: PAIR }) });
  const { openWorker } = scriptedWorker();
  let fleet: Fleet;
  let redis: Redis;
  let leave: () => Promise<void> = async () => {};
  const said: string[] = [];
  const hears = async (what: string | RegExp) => {
    await vi.waitFor(() => expect(said.join('\n')).toMatch(what), { timeout: 60_000, interval: 50 });
  };
  const world = (name: string) => ({
    cwd: folder,
    environment: {
      RIGHTSIZE_FLEET_KEY: FLEET_KEY,
      RIGHTSIZE_LOCK_DIR: joinPath(folder, `locks-${name}`),
      HOME: folder,
    },
    openWorker,
  });
  /** A machine that takes part until the test is over, or until `leave` is called. */
  const joins = (options: Partial<JoinOptions> = {}) => {
    const stop = new AbortController();
    said.length = 0;
    const joined = join(fleet.url, {
      ...world('guard'),
      name: 'guard',
      out: 'parts',
      lease: 2,
      onNote: (text) => said.push(text),
      ...options,
      signal: stop.signal,
    });
    joined.catch((error: unknown) => said.push(`it died: ${error}`));
    leave = async () => {
      stop.abort();
      await joined;
    };
  };
  const run = (out: string, options: Partial<Parameters<typeof measure>[1]> = {}) =>
    measure(
      { suites: [SUMS], models: PAIR, warmup: 0, out },
      { ...world('coordinator'), fleet: { url: fleet.url }, ...options },
    );
  /** What a coordinator announces. */
  let notice: RunNotice;

  beforeAll(async () => {
    fleet = await openFleet(folder);
    await fleet.startRedis();
    redis = new Redis(fleet.url, { maxRetriesPerRequest: null });
    const stop = new AbortController();
    const waiting = run('waiting', { fleet: { url: fleet.url, labels: ['nobody has it'] }, signal: stop.signal });
    await vi.waitFor(async () => expect(await redis.hlen(RUNS)).toBe(1), { timeout: 60_000 });
    notice = { ...JSON.parse(Object.values(await redis.hgetall(RUNS))[0]!.slice(64)), labels: [] };
    stop.abort();
    await waiting;
  });
  afterEach(async () => {
    await leave();
    leave = async () => {};
    await redis.flushall();
  });
  afterAll(async () => {
    redis?.disconnect();
    await fleet?.close();
  });

  const withPart = (part: string): RunNotice => ({ ...notice, record: { ...notice.record, part } });
  const announce = (one: RunNotice) => redis.hset(RUNS, one.record.part, seal.close('run', one));
  const { samples } = SUMS.tasks[0]!;
  const orderFor = (part: string) => ({
    run: part,
    model: 'slm',
    condition: 'closed 1',
    suite: 'sums',
    task: 'add',
    trials: samples.map((_, i) => ({ sample: `add-${i + 1}`, repetition: 1 })),
    samples: samples.map(({ q }, i) => ({
      type: 'sample',
      suite: 'sums',
      task: 'add',
      sample: `add-${i + 1}`,
      group: null,
      target: q,
      fields: {},
      prompt: { text: q },
      promptHash: q,
      hash: q,
    })),
  });

  test('goes on after 200 mutated runs and blocks, signed and not, each of which ends with a reason or as it should', async () => {
    const part = partNumber(1);
    await announce(withPart(part));
    const queue = new Queue<string>(queueName(part, 0), { connection: redis, prefix: PREFIX });
    for (let n = 0; n < 200; n++) {
      const random = createRandom(n, 'a hostile payload');
      const isRun = n % 4 === 0;
      const isSigned = n % 8 < 4;
      const message = isRun ? withPart(partNumber(1000 + n)) : orderFor(part);
      const kind = isRun ? 'run' : 'block';
      const mutated = isSigned
        ? seal.close(kind, mutateValue(message, random))
        : mutateText(seal.close(kind, message), random);
      if (isRun) await redis.hset(RUNS, partNumber(1000 + n), mutated);
      else await queue.add('block', mutated, { jobId: `job-${n}`, attempts: 1 });
    }
    joins();
    await vi.waitFor(
      async () => {
        expect(said.join('\n')).not.toContain('it died');
        expect(await queue.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized')).toBe(0);
      },
      { timeout: 150_000, interval: 200 },
    );
    const failed = await queue.getFailed();
    expect(failed.length).toBeGreaterThan(75);
    for (const { failedReason } of failed) expect(failedReason).toMatch(/\w+ \w+/);
    expect(said.filter((text) => text.startsWith('a run was refused: ')).length).toBeGreaterThan(0);
    await queue.close();
    await redis.del(RUNS);
    expect(await run('after')).toMatchObject({ complete: true });
  });

  test('refuses what is forged, says why, and goes on', async () => {
    const [part, other] = [partNumber(7), partNumber(8)];
    const forger = sealWith('another key, which nobody shares');
    const escaping = { ...notice, record: { ...notice.record, part: other, id: '../../../tmp/owned' } };
    const renamed = { ...notice.record.models[0]!, id: '../../slm' };
    await announce(withPart(part));
    await redis.hset(RUNS, {
      forged: forger.close('run', withPart(partNumber(9))),
      renamed: seal.close('run', withPart(partNumber(9))),
      junk: 'x'.repeat(100_000),
      [other]: seal.close('run', escaping),
      [partNumber(10)]: seal.close('run', {
        ...notice,
        record: { ...notice.record, part: partNumber(10), models: [renamed], directories: { slm: '/' } },
      }),
    });
    const queue = new Queue(queueName(part, 0), { connection: redis, prefix: PREFIX });
    const order = orderFor(part);
    const jobs: readonly (readonly [unknown, string])[] = [
      [{ not: 'signed' }, 'it is no signed message'],
      [seal.close('block', { ...order, run: other }), 'it belongs to another run'],
      [seal.close('run', order), 'it is not signed with the key'],
      [forger.close('block', order), 'it is not signed with the key'],
      [seal.close('block', { ...order, samples: [] }), 'the block lacks its sample add-1'],
      [seal.close('block', { ...order, condition: 'closed many' }), 'expected a condition such as'],
      [seal.close('block', { ...order, model: 'constructor' }), 'the run has no task sums/add for constructor here'],
    ];
    for (const [i, [data]] of jobs.entries()) await queue.add('block', data, { jobId: `forged-${i}`, attempts: 1 });
    joins({ out: 'parts-forged' });
    await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(jobs.length), { timeout: 60_000 });
    for (const [i, [, reason]] of jobs.entries())
      expect((await queue.getJob(`forged-${i}`))!.failedReason).toContain(reason);
    await hears('it stands under another name');
    await hears('it is not signed with the key of this fleet');
    await hears('it does not hold a run as this version of rightsize writes it');
    await hears('../../slm is not run here: its models.json has no such entry');
    expect(said.join()).not.toContain('it died');
    await queue.close();
  });

  test('measures a trial once, however often its block is shown, and takes nothing of last week or beyond all size', async () => {
    const [part, old, huge] = [partNumber(2), partNumber(3), partNumber(6)];
    const tooLong = 'x'.repeat(2 ** 25 + 100);
    await redis.hset(RUNS, huge, tooLong);
    await announce(withPart(part));
    await announce({ ...withPart(old), sent: Date.now() - 8 * 24 * 3600 * 1000 });
    const queue = new Queue<string>(queueName(part, 0), { connection: redis, prefix: PREFIX });
    const block = seal.close('block', orderFor(part));
    for (const jobId of ['once', 'twice', 'thrice']) await queue.add('block', block, { jobId, attempts: 1 });
    await queue.add('block', tooLong, { jobId: 'huge', attempts: 1 });
    joins({ out: 'parts-replayed' });
    await hears('a run was refused: it is older than a week');
    await hears(/a run was refused: it has \d+ characters, which is too long/);
    await hears(/a block was refused: it has \d+ characters, which is too long/);
    await vi.waitFor(async () => expect(await queue.getCompletedCount()).toBe(3), { timeout: 60_000 });
    const [own] = readdirSync(joinPath(folder, 'parts-replayed'));
    expect(trialsIn(joinPath(folder, 'parts-replayed', own!, 'log.jsonl'))).toHaveLength(3);
    await queue.close();
  });

  test('waits where a key of the fleet holds something else', async () => {
    await redis.set(RUNS, 'a text');
    joins();
    await hears('WRONGTYPE');
    await redis.del(RUNS);
    expect(await run('other')).toMatchObject({ complete: true });
  });

  test('runs nothing that it was not given, even with --trust', async () => {
    mkdirSync(joinPath(folder, 'root'));
    writeFileSync(joinPath(folder, 'secret.gguf'), 'secret');
    writeFileSync(joinPath(folder, 'root/own.gguf'), 'own');
    symlinkSync(joinPath(folder, 'secret.gguf'), joinPath(folder, 'root/link.gguf'));
    const gguf = (id: string, source: string) => ({ id, class: 'slm', backend: 'llama-cpp', source });
    const command = { command: ['touch', joinPath(folder, 'owned'), '{port}'] };
    const served = { class: 'llm', backend: 'openai', source: 'x', endpoint: 'http://127.0.0.1:9/v1' };
    const models = [
      { id: 'starts', ...served, server: command },
      gguf('up', 'root:weights/../secret.gguf'),
      gguf('link', 'root:weights/link.gguf'),
      gguf('path', joinPath(folder, 'secret.gguf')),
      { ...gguf('library', 'root:weights/own.gguf'), library: folder },
    ];
    const record = { ...notice.record, part: partNumber(4), models } as RunNotice['record'];
    await announce({ ...notice, record });
    await announce({ ...withPart(partNumber(5)), rightsize: '9.9.9' });
    joins({ trust: true, roots: { weights: joinPath(folder, 'root') } });
    await hears('starts is not run here: the entry starts a command, which is never taken from a queue');
    await hears('up is not run here: root:weights/../secret.gguf leads out of the root "weights"');
    await hears('link is not run here: root:weights/link.gguf leads out of the root "weights"');
    await hears(/path is not run here: its weights \(.*\) are not here, and the run does not send them/);
    await hears('library is not run here: the entry loads a library, which is never taken from a queue');
    await hears('it is of rightsize 9.9.9, and here is');
    expect(readdirSync(folder)).not.toContain('owned');
  });

  test('that fails with a block three times sets it aside: the run is incomplete, and the rest is kept', async () => {
    joins({
      openWorker: async (loaded, options) => {
        if (loaded.model.id === 'llm') throw new WorkerDied('the worker process was ended by SIGSEGV');
        return openWorker(loaded, options);
      },
    });
    const notes: string[] = [];
    const measured = await run('aside', { onEvent: (event) => event.type === 'note' && notes.push(event.text) });
    expect(measured).toMatchObject({
      complete: false,
      reason: expect.stringMatching(/3 trials of llm on sums\/add were set aside: .*SIGSEGV/),
    });
    expect(trialsIn(measured.log).filter((trial) => trial.includes('@slm'))).toHaveLength(3);
    expect(readFileSync(measured.log, 'utf8')).toContain('"type":"model-failed","model":"llm"');
  });

  test('whose clock is an hour off says so, and works', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000, shouldAdvanceTime: false });
    try {
      joins();
      await sleep(300);
      await hears(/the clock here is 3[56]\d\d s ahead of that of redis:/);
    } finally {
      vi.useRealTimers();
    }
  });

  test('says which password is wrong', async () => {
    await redis.config('SET', 'requirepass', 'right');
    await expect(connect(fleet.url.replace('//', '//:wrong@'), () => {})).rejects.toThrow(
      /the user or the password is wrong/,
    );
    await expect(connect(fleet.url, () => {})).rejects.toThrow(/it asks for a password/);
    await redis.config('SET', 'requirepass', '');
    expect(await redis.del(resultsKey(partNumber(1)))).toBe(0);
  });
});
