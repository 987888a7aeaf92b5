/** A real Redis, and machines as processes, in network namespaces where that is allowed. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MACHINES as MACHINE_NOTICES, PREFIX, queueName, RUNS, resultsKey } from '../../src/fleet/keys.js';
import { sealWith } from '../../src/fleet/seal.js';
import { folderWith, rightsizeHere } from '../support/cli.js';
import { evens, FLEET_KEY, type Fleet, openFleet, qualityIn, trialsIn, whyNoRedis } from '../support/fleet.js';
import { type Network, openNetwork, whyNoNamespaces } from '../support/namespaces.js';

const none = whyNoRedis();
if (none !== null) console.warn(`skipped: a fleet of processes (${none})`);

const MACHINES = ['desk', 'laptop', 'pi'];
const SAMPLES = 150;
const FILES = evens({ samples: SAMPLES, ttft: 0.01, itl: 0.001 });
/** Milliseconds for which a machine is cut off: longer than its lease. */
const CUT = 3_000;
const FLAGS = ['-s', 'suite.yaml', '--quiet', '--reports', 'summary,markdown'];

async function until(what: () => boolean | Promise<boolean>, seconds = 120): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) if (await what()) return;
  throw new Error('it did not come to pass');
}

describe.skipIf(none !== null)('a fleet', () => {
  const noNetwork = whyNoNamespaces();
  if (noNetwork !== null) console.warn(`skipped: a machine that is cut off (${noNetwork})`);
  let network: Network | undefined;
  const folder = folderWith(FILES);
  const runsIn = (out: string) => readdirSync(join(folder, out)).filter((name) => !name.startsWith('.'));
  /** When a machine last said something, in milliseconds since 1970. */
  const heard = async (wanted: string) => {
    const notices = Object.values(await redis.hgetall(MACHINE_NOTICES)).map((sealed) => JSON.parse(sealed.slice(64)));
    return notices.find(({ name }) => name === wanted)?.sent ?? 0;
  };
  const qualityOf = (out: string) => qualityIn(join(folder, out, runsIn(out)[0]!, 'summary.json'));
  let fleet: Fleet;
  let redis: Redis;

  beforeAll(async () => {
    // Not before: where no test of these is chosen, nobody would close it.
    if (noNetwork === null) network = openNetwork(MACHINES);
    fleet = await openFleet(folder, network);
    await fleet.startRedis();
    redis = new Redis(fleet.socket);
    for (const name of MACHINES) fleet.startMachine(name);
  });
  afterAll(async () => {
    redis?.disconnect();
    await fleet?.close();
    network?.close();
  });

  test('gives the verdict of one machine, whoever dies or is cut off, and its parts merge to the same report in any order', async () => {
    const alone = fleet.run(['run', ...FLAGS, '-o', 'alone']);
    const run = fleet.run(['run', ...FLAGS, '--fleet', fleet.url]);
    await until(() => readdirSync(folder).includes('reports') && runsIn('reports').length > 0);
    const log = () => join(folder, 'reports', runsIn('reports')[0]!, 'log.jsonl');
    await until(() => trialsIn(log()).length > 10);
    fleet.machines().get('pi')!.child.kill('SIGKILL');
    network?.cut('laptop');
    if (network !== undefined) await sleep(CUT);
    network?.mend('laptop');
    expect(await run.closed, run.output()).toBe(0);
    expect(await alone.closed, alone.output()).toBe(0);

    const trials = trialsIn(log());
    expect(trials).toHaveLength(2 * SAMPLES);
    expect(new Set(trials).size).toBe(trials.length);
    expect(qualityOf('reports')).toEqual(qualityOf('alone'));

    const parts = MACHINES.flatMap((name) =>
      readdirSync(join(folder, `parts-${name}`)).map((part) => join(`parts-${name}`, part)),
    );
    const merged = ['there', 'back'].map((out, i) =>
      fleet.run(['merge', ...(i === 0 ? parts : parts.toReversed()), '-o', out, '--reports', 'summary,markdown']),
    );
    for (const one of merged) expect(await one.closed, one.output()).toBe(0);
    const reportIn = (out: string) =>
      readFileSync(join(folder, out, readdirSync(join(folder, out))[0]!, 'report.md'), 'utf8');
    expect(reportIn('there')).toBe(reportIn('back'));
    expect(qualityOf('there')).toEqual(qualityOf('alone'));
  });

  test('measures everything on every machine, and names them', async () => {
    // It died in the test above.
    const died = Date.now();
    fleet.startMachine('pi');
    await until(async () => (await heard('pi')) > died);
    const run = fleet.run(['run', ...FLAGS, '-n', '6', '--each-machine', '--fleet', fleet.url, '-o', 'each']);
    expect(await run.closed, run.output()).toBe(0);
    const trials = trialsIn(join(folder, 'each', runsIn('each')[0]!, 'log.jsonl'));
    for (const name of [
      'small on desk',
      'small on laptop',
      'small on pi',
      'large on desk',
      'large on laptop',
      'large on pi',
    ])
      expect(trials.filter((trial) => trial.endsWith(`@${name}#1`))).toHaveLength(6);
  });

  test('gives the verdicts of one machine to the reference pair, of which one machine has its weights from the queue', async () => {
    // A machine whose catalogue has the entry and whose disk lacks the file.
    const weights = join(import.meta.dirname, '../../models/reference-slm/reference-slm-q8_0.gguf');
    const catalogue = JSON.stringify({
      models: [{ id: 'tiny', class: 'slm', backend: 'llama-cpp', source: 'tiny.gguf' }],
    });
    mkdirSync(join(folder, 'guest'));
    writeFileSync(join(folder, 'guest/models.json'), catalogue);
    writeFileSync(join(folder, 'tiny.json'), catalogue);
    cpSync(weights, join(folder, 'tiny.gguf'));
    const guest = fleet.startMachine('guest', ['--label', 'guest', '--models', 'guest/models.json', '--once']);
    await until(async () => (await heard('guest')) > 0);
    const run = fleet.run([
      'run',
      ...['-s', 'suite.yaml', '-m', 'tiny', '--models', 'tiny.json', '-n', '2', '--quiet'],
      ...['--fleet', fleet.url, '--on', 'guest', '-o', 'guest-run'],
    ]);
    expect(await run.closed, run.output()).toBe(0);
    expect(guest.output()).toContain('tiny: takes its weights from the queue');
    const cached = join(folder, '.cache/rightsize/fleet');
    expect(readFileSync(join(cached, readdirSync(cached)[0]!, 'tiny.gguf'))).toEqual(readFileSync(weights));

    const pair = [
      '-s',
      'support-desk',
      '-m',
      'reference-slm:llama-cpp',
      '-m',
      'reference-llm:llama-cpp',
      '-n',
      '3',
      '--quiet',
    ];
    for (const [out, ...more] of [['pair-alone'], ['pair-fleet', '--fleet', fleet.url]] as const) {
      const one = fleet.run(['run', ...pair, '--reports', 'summary', '-o', out, ...more]);
      expect(await one.closed, one.output()).toBe(0);
    }
    expect(qualityOf('pair-fleet')).toBe(qualityOf('pair-alone'));
  });

  test('lists its machines', async () => {
    const status = fleet.run(['fleet', 'status', fleet.url, '--json'], { RIGHTSIZE_FLEET_KEY: FLEET_KEY });
    expect(await status.closed, status.output()).toBe(0);
    const names = JSON.parse(status.stdout()).map(({ name }: { name: string }) => name);
    expect(names).toEqual(MACHINES);
  });

  test('refuses what is forged, and goes on', async () => {
    const seal = sealWith(FLEET_KEY);
    const forger = sealWith('another key, which nobody shares');
    const machine = fleet.startMachine('guard', ['--label', 'guarded']);
    const run = fleet.run(['run', ...FLAGS, '-n', '5', '--fleet', fleet.url, '--on', 'nobody-has-it', '-o', 'waiting']);
    await until(async () => (await redis.hlen(RUNS)) === 1);
    const [[id, sealed]] = Object.entries(await redis.hgetall(RUNS)) as [[string, string]];
    run.child.kill('SIGKILL');
    await run.closed;
    const notice = JSON.parse(sealed!.slice(64));
    const other = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';
    const started = {
      id: 'large',
      class: 'llm',
      backend: 'openai',
      source: 'x',
      endpoint: 'http://127.0.0.1:9/v1',
      server: { command: ['touch', join(folder, 'owned')] },
    };
    const hostile = {
      ...notice,
      labels: [],
      record: {
        ...notice.record,
        part: other,
        models: [{ ...notice.record.models[0], id: '../../small' }, started],
        directories: { large: '/' },
      },
    };
    await redis.hset(RUNS, {
      // Signed with another key, under another name, not JSON, and with an id that leaves the folder.
      forged: forger.close('run', { ...notice, labels: [] }),
      'no-uuid': sealed!,
      junk: 'x'.repeat(100_000),
      escape: seal.close('run', { ...hostile, record: { ...hostile.record, id: '../../../tmp/owned' } }),
      [other]: seal.close('run', hostile),
    });
    for (const refusal of [
      'it stands under another name',
      'not signed with the key of this fleet',
      'it does not hold a run as this version of rightsize writes it',
      'large is not run here: its models.json has another entry of this name',
    ])
      await until(() => machine.output().includes(refusal));
    expect(readdirSync(folder)).not.toContain('owned');

    // A run with a block that nobody signed, one for another run, and one whose sample is missing.
    const third = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5c';
    await redis.hset(
      RUNS,
      third,
      seal.close('run', { ...notice, labels: [], record: { ...notice.record, part: third } }),
    );
    const queue = new Queue(queueName(third, 0), { connection: redis, prefix: PREFIX });
    const order = {
      run: third,
      model: 'small',
      condition: 'closed 1',
      suite: 'evens',
      task: 'even',
      trials: [{ sample: 'nothing', repetition: 1 }],
      samples: [],
    };
    await queue.add('block', { not: 'signed' }, { jobId: 'one', attempts: 1 });
    await queue.add('block', seal.close('block', { ...order, run: other }), { jobId: 'two', attempts: 1 });
    await queue.add('block', seal.close('run', order), { jobId: 'three', attempts: 1 });
    await queue.add('block', seal.close('block', order), { jobId: 'four', attempts: 1 });
    await until(async () => (await queue.getFailedCount()) === 4);
    const reasons = (await queue.getFailed()).map(({ failedReason }) => failedReason).join('\n');
    expect(reasons).toContain('it is no signed message');
    expect(reasons).toContain('it belongs to another run');
    expect(reasons).toContain('it is not signed with the key');
    expect(reasons).toContain('the block lacks its sample nothing');
    expect(machine.child.exitCode).toBeNull();
    await redis.hdel(RUNS, id!, 'forged', 'no-uuid', 'junk', 'escape', other, third);
    await redis.del(resultsKey(third));
    await queue.close();
  });
});

describe.skipIf(none !== null)('one sentence and exit code 2', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-'));
  test.each([
    [
      'where no Redis answers',
      ['fleet', 'status', 'redis://127.0.0.1:1'],
      { RIGHTSIZE_FLEET_KEY: FLEET_KEY },
      /no.* that answers \(ECONNREFUSED\)/,
    ],
    [
      'for an address that is none',
      ['join', 'localhost'],
      { RIGHTSIZE_FLEET_KEY: FLEET_KEY },
      /expected the address of a Redis/,
    ],
    [
      'without a key',
      ['join', 'redis://127.0.0.1:1'],
      { RIGHTSIZE_FLEET_KEY: '' },
      /RIGHTSIZE_FLEET_KEY: expected a key/,
    ],
    [
      'for a key that can be guessed',
      ['join', 'redis://127.0.0.1:1'],
      { RIGHTSIZE_FLEET_KEY: 'secret' },
      /found a shorter one/,
    ],
    ['for --on alone', ['run', '--on', 'gpu'], {}, /--on: expected --fleet/],
  ])('%s', async (_, args, env, sentence) => {
    const { code, stderr } = await rightsizeHere(args, { cwd: folder, env });
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
