/** Weights that go through the queue by their hash, and folders that a machine named. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { modelFrom } from '../../src/files/definitions.js';
import { fileKey } from '../../src/fleet/keys.js';
import { runNotice } from '../../src/fleet/messages.js';
import { type Connection, connect } from '../../src/fleet/redis.js';
import { offerFile } from '../../src/fleet/weights.js';
import { belowRoot, differenceFrom, offerOf, takeWeights } from '../../src/run/fleet-weights.js';
import { whatIsNeverTaken } from '../../src/run/never-taken.js';
import { type Fleet, openFleet, whyNoRedis } from '../support/fleet.js';

const here = mkdtempSync(join(tmpdir(), 'rightsize-'));
mkdirSync(join(here, 'onnx-model/onnx'), { recursive: true });
writeFileSync(join(here, 'tiny.gguf'), 'tiny weights');
writeFileSync(join(here, 'onnx-model/config.json'), '{}');
writeFileSync(join(here, 'onnx-model/onnx/model.onnx'), 'x'.repeat(5 * 2 ** 20));
const model = (id: string, source: string, more = {}) =>
  modelFrom({ id, class: 'slm', backend: 'llama-cpp', source, ...more } as Parameters<typeof modelFrom>[0], here);

describe('what a run offers', () => {
  test('is the files of small local weights, once each, and no others', async () => {
    const onnx = modelFrom({ id: 'onnx', class: 'slm', backend: 'onnxruntime', source: 'onnx-model' }, here);
    const { weights, paths } = await offerOf([
      model('tiny', 'tiny.gguf'),
      model('again', 'tiny.gguf'),
      onnx,
      model('far', 'hf:org/repo'),
      model('absent', 'absent.gguf'),
      model('adapted', 'tiny.gguf', { lora: [{ file: 'a.gguf' }] }),
    ]);
    expect(Object.keys(weights)).toEqual(['tiny', 'again', 'onnx']);
    expect(weights.onnx!.files.map(({ name }) => name)).toEqual(['config.json', 'onnx/model.onnx']);
    expect(weights.tiny).toMatchObject({ kind: 'file', files: [{ name: 'tiny.gguf', bytes: 12 }] });
    expect(paths.size).toBe(3);
    expect(await differenceFrom(weights.tiny!, join(here, 'tiny.gguf'))).toBeNull();
    writeFileSync(join(here, 'other.gguf'), 'other weights');
    expect(await differenceFrom(weights.tiny!, join(here, 'other.gguf'))).toMatch(/tiny\.gguf has the hash/);
  });

  test.each(['../up', '/abs', 'a/../b', 'a//b', '.', '..', 'a/..', 'a\\b', 'a\n', ''])(
    'is refused with a file named %j',
    (name) => {
      const file = { name, hash: 'a'.repeat(64), bytes: 1 };
      const { weights } = runNotice.shape;
      expect(weights.safeParse({ m: { kind: 'folder', files: [file] } }).success).toBe(false);
      expect(weights.safeParse({ m: { kind: 'folder', files: [{ ...file, name: 'onnx/a-b_1.onnx' }] } }).success).toBe(
        true,
      );
      expect(
        weights.safeParse({ m: { kind: 'folder', files: [{ ...file, name: 'a', bytes: 2 ** 30 }] } }).success,
      ).toBe(false);
    },
  );
});

describe('an entry of the queue', () => {
  const openai = { backend: 'openai', endpoint: 'http://127.0.0.1:9/v1' };
  test.each([
    ['a command', { ...openai, server: { command: ['touch', 'x', '{port}'] } }, 'starts a command'],
    ['a library', { library: '/lib' }, 'loads a library'],
    ['an adapter', { lora: [{ file: '/etc/passwd' }] }, 'names files of adapters'],
    ['a script', { backend: 'scripted' }, 'names a script'],
    ['a template in a file', { chatTemplate: '/etc/passwd' }, 'names a file with a chat template'],
    ['a graph elsewhere', { backend: 'onnxruntime', file: '../../x.onnx' }, 'names a file outside of its folder'],
  ])('is refused with %s', (_, more, reason) => {
    expect(whatIsNeverTaken(model('m', 'hf:org/repo', more).model)).toBe(reason);
  });

  test('is taken with what reads nothing of the machine', () => {
    expect(whatIsNeverTaken(model('m', 'hf:org/repo', { chatTemplate: '{{ messages[0].content }}' }).model)).toBeNull();
    expect(whatIsNeverTaken(model('m', 'x', openai).model)).toBeNull();
  });
});

describe('a root', () => {
  const root = join(here, 'root');
  mkdirSync(join(root, 'folder'), { recursive: true });
  cpSync(join(here, 'tiny.gguf'), join(root, 'tiny.gguf'));
  symlinkSync(join(here, 'tiny.gguf'), join(root, 'out.gguf'));
  symlinkSync(join(root, 'tiny.gguf'), join(root, 'in.gguf'));
  symlinkSync(join(here, 'tiny.gguf'), join(root, 'folder/inner.gguf'));
  const roots = { weights: root };

  test('gives the files below it, and what is no root is left alone', async () => {
    expect(await belowRoot('root:weights/tiny.gguf', roots)).toBe(join(root, 'tiny.gguf'));
    expect(await belowRoot('root:weights/in.gguf', roots)).toBe(join(root, 'tiny.gguf'));
    expect(await belowRoot('models/tiny.gguf', roots)).toBeNull();
  });

  test.each([
    ['root:weights/../tiny.gguf', /leads out of the root/],
    ['root:weights/out.gguf', /leads out of the root/],
    ['root:weights/folder', /leads out of the root/],
    ['root:weights/absent.gguf', /has no absent\.gguf/],
    ['root:other/tiny.gguf', /has no root "other"; join with --root/],
    ['root:constructor/x', /has no root "constructor"/],
  ])('refuses %s', async (source, sentence) => {
    await expect(belowRoot(source, roots)).rejects.toThrow(sentence);
  });
});

const none = whyNoRedis();
if (none !== null) console.warn(`skipped: weights through the queue (${none})`);

describe.skipIf(none !== null)('weights through the queue', () => {
  const cache = mkdtempSync(join(tmpdir(), 'rightsize-'));
  let fleet: Fleet;
  let connection: Connection;
  const take = (weights: Parameters<typeof takeWeights>[0]) =>
    takeWeights(weights, { connection, environment: { XDG_CACHE_HOME: cache } });

  beforeAll(async () => {
    fleet = await openFleet(cache);
    await fleet.startRedis();
    connection = await connect(fleet.url, () => {});
  });
  afterAll(async () => {
    connection?.redis.disconnect();
    await fleet?.close();
  });

  test('are what was offered, in pieces, and are mended where the cache is damaged', async () => {
    const onnx = modelFrom({ id: 'onnx', class: 'slm', backend: 'onnxruntime', source: 'onnx-model' }, here);
    const { weights, paths } = await offerOf([onnx]);
    await expect(take(weights.onnx!)).rejects.toThrow(/config\.json has 0 bytes in the queue/);
    for (const file of weights.onnx!.files) await offerFile(connection, file, paths.get(file.hash)!);
    const folder = await take(weights.onnx!);
    expect(readFileSync(join(folder, 'onnx/model.onnx'), 'utf8')).toBe('x'.repeat(5 * 2 ** 20));
    writeFileSync(join(folder, 'config.json'), '[]');
    expect(await take(weights.onnx!)).toBe(folder);
    expect(readFileSync(join(folder, 'config.json'), 'utf8')).toBe('{}');
  });

  test('are refused where their bytes are others, and nothing of them is kept', async () => {
    const { weights, paths } = await offerOf([model('tiny', 'tiny.gguf')]);
    const [file] = weights.tiny!.files;
    await offerFile(connection, file!, paths.get(file!.hash)!);
    await connection.redis.setrange(fileKey(file!.hash), 0, 'T');
    await expect(take(weights.tiny!)).rejects.toThrow('tiny.gguf in the queue is not the file that the run names');
    await connection.redis.append(fileKey(file!.hash), 'x'.repeat(1000));
    await expect(take(weights.tiny!)).rejects.toThrow(/has 1012 bytes in the queue, and the run says 12/);
    expect(existsSync(join(cache, 'rightsize/fleet', file!.hash))).toBe(false);
  });
});
