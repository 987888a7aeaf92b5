/** A real Redis, and machines as processes, in network namespaces where that is allowed. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MACHINES as MACHINE_NOTICES } from '../../src/fleet/keys.js';
import { folderWith, rightsizeHere } from '../support/cli.js';
import { evens, FLEET_KEY, type Fleet, openFleet, qualityIn, trialsIn, whyNoRedis } from '../support/fleet.js';
import { type Network, openNetwork, whyNoNamespaces } from '../support/namespaces.js';

const none = whyNoRedis();
if (none !== null) console.warn(`skipped: a fleet of processes (${none})`);

const MACHINES = ['desk', 'laptop', 'pi'];
const SAMPLES = 150;
/** A machine looks for runs every five seconds, and a run of one machine takes longer. */
const FILES = evens({ samples: SAMPLES, ttft: 0.04, itl: 0.001 });
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
  /** Starts what an earlier test has killed, and waits until all machines are there, whichever tests are chosen. */
  const allHere = async () => {
    for (const name of MACHINES) {
      const { exitCode, signalCode } = fleet.machines().get(name)!.child;
      const isDead = exitCode !== null || signalCode !== null;
      const since = isDead ? Date.now() : 0;
      if (isDead) fleet.startMachine(name);
      await until(async () => (await heard(name)) > since);
    }
  };
  const hasPart = (machine: string) => existsSync(join(folder, `parts-${machine}`));
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
    await until(() => trialsIn(log()).length > 10 && MACHINES.every(hasPart));
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
    await allHere();
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

  test('opens weights of its own root, of the queue, and, where it trusts, of entries that it does not have', async () => {
    const models = join(import.meta.dirname, '../../models/reference-slm');
    const file = join(models, 'reference-slm-q8_0.gguf');
    const tiny = { id: 'tiny', class: 'slm', backend: 'llama-cpp', source: 'tiny.gguf' };
    // The catalogue of the machine has one entry, whose file its disk lacks.
    mkdirSync(join(folder, 'guest'));
    writeFileSync(join(folder, 'guest/models.json'), JSON.stringify({ models: [tiny] }));
    writeFileSync(
      join(folder, 'tiny.json'),
      JSON.stringify({
        models: [
          tiny,
          { ...tiny, id: 'rooted', source: 'root:weights/reference-slm-q8_0.gguf' },
          { id: 'graph', class: 'slm', backend: 'onnxruntime', source: 'graph' },
        ],
      }),
    );
    cpSync(file, join(folder, 'tiny.gguf'));
    cpSync(models, join(folder, 'graph'), { recursive: true });
    const joining = ['--label', 'guest', '--models', 'guest/models.json', '--once', '--trust'];
    const guest = fleet.startMachine('guest', [...joining, '--root', `weights=${models}`]);
    await until(async () => (await heard('guest')) > 0);
    const named = ['tiny', 'rooted', 'graph'].flatMap((id) => ['-m', id]);
    const run = fleet.run([
      'run',
      ...['-s', 'suite.yaml', ...named, '--models', 'tiny.json', '-n', '2', '--quiet', '--reports', 'summary'],
      ...['--fleet', fleet.url, '--on', 'guest', '-o', 'guest-run'],
    ]);
    expect(await run.closed, `${run.output()}\n${guest.output()}`).toBe(0);
    expect(guest.output()).toContain('tiny: takes its weights from the queue');
    expect(guest.output()).toContain('graph: takes its weights from the queue');
    expect(guest.output()).not.toContain('rooted: takes');
    const cached = join(folder, '.cache/rightsize/fleet');
    const kept = readdirSync(cached).find((name) => readdirSync(join(cached, name)).includes('tiny.gguf'))!;
    expect(readFileSync(join(cached, kept, 'tiny.gguf'))).toEqual(readFileSync(file));
    const trials = trialsIn(join(folder, 'guest-run', runsIn('guest-run')[0]!, 'log.jsonl'));
    for (const id of ['tiny', 'rooted', 'graph'])
      expect(trials.filter((trial) => trial.endsWith(`@${id}#1`))).toHaveLength(2);
  });

  test('gives the verdict of one machine to the reference pair', async () => {
    const suites = join(import.meta.dirname, '../../suites');
    const prompt = { system: '{{ system }}', user: '{{ user }}' };
    const task = (name: string, maxTokens: number, scorer: object) => ({
      name,
      prompt,
      samples: { file: join(suites, `data/support-desk/${name}.jsonl`) },
      generation: { maxTokens },
      scorer,
    });
    writeFileSync(
      join(folder, 'pair.yaml'),
      JSON.stringify({
        name: 'pair',
        tasks: [
          task('route', 8, { name: 'exact', ignoreCase: true }),
          task('extract', 64, { name: 'json', value: 'exact' }),
        ],
      }),
    );
    const models = ['-m', 'reference-slm:llama-cpp', '-m', 'reference-llm:llama-cpp'];
    const pair = ['run', '-s', 'pair.yaml', ...models, '-n', '12', '--quiet', '--reports', 'summary'];
    for (const [out, ...more] of [['pair-alone'], ['pair-fleet', '--fleet', fleet.url]] as const) {
      const one = fleet.run([...pair, '-o', out, ...more]);
      expect(await one.closed, one.output()).toBe(0);
    }
    expect(qualityOf('pair-fleet')).toBe(qualityOf('pair-alone'));
  });

  test('lists its machines', async () => {
    await allHere();
    const status = fleet.run(['fleet', 'status', fleet.url, '--json'], { RIGHTSIZE_FLEET_KEY: FLEET_KEY });
    expect(await status.closed, status.output()).toBe(0);
    const names = JSON.parse(status.stdout()).map(({ name }: { name: string }) => name);
    expect(names).toEqual(MACHINES);
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
