import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { scanCacheDir } from '@huggingface/hub';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { describeSource, ggufFiles, resolveSource } from '../../src/hub/hub.js';
import type { SourceOptions } from '../../src/hub/source.js';
import { type Fault, gitHash, type HubRequest, type HubServer, sha256, startHub } from '../support/hub-server.js';

const MIB = 2 ** 20;
const Q4 = randomBytes(3 * MIB + 17);
const Q8 = randomBytes(MIB);
const CONFIG = Buffer.from('{"model_type":"llama"}\n');
const REPOSITORY = {
  files: {
    'README.md': Buffer.from('# A model\n'),
    'config.json': CONFIG,
    'tiny-Q4_K_M.gguf': Q4,
    'tiny.q8_0.gguf': Q8,
    'mmproj-Q4_K_M.gguf': Buffer.from('projector'),
    'big/tiny-F16-00001-of-00002.gguf': Buffer.from('first shard'),
    'big/tiny-F16-00002-of-00002.gguf': Buffer.from('second shard'),
    'onnx/model.onnx': Buffer.from('graph'),
    'onnx/model.onnx_data': Buffer.from('weights'),
    'with space/über#1.txt': Buffer.from('odd name'),
  },
  large: ['tiny-Q4_K_M.gguf', 'tiny.q8_0.gguf', 'onnx/model.onnx_data'],
};
const TOKEN = 'hf_secretsecretsecret';

let folder: string;
let hub: HubServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rightsize-hub-'));
  hub = await startHub({ 'org/tiny': REPOSITORY });
});

afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true, force: true });
});

function options(more: Partial<SourceOptions> = {}, environment: Record<string, string> = {}): SourceOptions {
  return {
    directory: folder,
    environment: { HF_HUB_CACHE: join(folder, 'hub'), HF_ENDPOINT: hub.url, ...environment },
    pace: { attempts: 3, delay: 0.01, patience: 2, stall: 0.5 },
    ...more,
  };
}

/** The faults of the successive requests for files; API requests are answered well. */
function fileFaults(...faults: (Fault | null)[]): void {
  hub.fault = (request) => (request.what === 'file' ? (faults.shift() ?? null) : null);
}

const fileRequests = (): HubRequest[] => hub.requests.filter((request) => request.what === 'file');
const cached = (...path: string[]) => join(folder, 'hub', 'models--org--tiny', ...path);

const hashOf = async (path: string) => sha256(await readFile(path));

async function failure(source: string, given: SourceOptions = options()): Promise<string> {
  const error = await resolveSource(source, given).then(
    (resolved) => expect.fail(`resolved to ${resolved.path}`),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  const { message } = error as UserError;
  expect(message).not.toContain('\n');
  return message;
}

describe('a plain path', () => {
  test('is taken relative to the directory', async () => {
    await writeFile(join(folder, 'm.gguf'), 'weights');
    const path = join(folder, 'm.gguf');
    expect(await resolveSource('m.gguf', options())).toEqual({ path, files: [path], bytes: 7, commit: null });
  });

  test('that names the first shard brings all of them', async () => {
    const names = ['m-00001-of-00002.gguf', 'm-00002-of-00002.gguf'];
    for (const name of names) await writeFile(join(folder, name), 'shard');
    const resolved = await resolveSource(names[0]!, options());
    expect(resolved.files.map((file) => basename(file))).toEqual(names);
    await rm(join(folder, names[1]!));
    expect(await failure(names[0]!)).toContain('m-00002-of-00002.gguf, which cannot be read (ENOENT)');
  });

  test('to a folder gives the files that the caller includes', async () => {
    await mkdir(join(folder, 'm/onnx'), { recursive: true });
    for (const name of ['config.json', 'onnx/model.onnx', 'notes.txt']) await writeFile(join(folder, 'm', name), 'x');
    const include = (files: readonly string[]) => files.filter((file) => !file.endsWith('.txt'));
    const resolved = await resolveSource('m', options({ include }));
    expect(resolved.path).toBe(join(folder, 'm'));
    expect(resolved.files).toEqual([join(folder, 'm/config.json'), join(folder, 'm/onnx/model.onnx')]);
  });

  test('that is not there is one sentence with the whole path', async () => {
    const message = await failure('absent.gguf');
    expect(message).toBe(
      `source: expected a path or a hub reference (hf:org/repo), found "absent.gguf", but there is no such file or folder: ${join(folder, 'absent.gguf')}`,
    );
    expect(await describeSource('absent.gguf', options())).toEqual({ ready: false, reason: message });
  });

  test.skipIf(process.getuid?.() === 0)('that cannot be read says so', async () => {
    await writeFile(join(folder, 'm.gguf'), 'weights');
    await chmod(join(folder, 'm.gguf'), 0);
    expect(await failure('m.gguf')).toContain('EACCES');
  });
});

describe('a hub reference', () => {
  test('by quantisation brings the one GGUF, verified, into the standard cache layout', async () => {
    const resolved = await resolveSource('hf:org/tiny:q4_k_m', options());
    const commit = hub.commitOf('org/tiny');
    const path = cached('snapshots', commit, 'tiny-Q4_K_M.gguf');
    expect(resolved).toEqual({ path, files: [path], bytes: Q4.length, commit });
    expect(await hashOf(path)).toBe(sha256(Q4));
    expect(await readlink(path)).toBe(`../../blobs/${sha256(Q4)}`);
    expect(await readFile(cached('refs/main'), 'utf8')).toBe(commit);
    expect(await readdir(cached('blobs'))).toEqual([sha256(Q4)]);
  });

  test.skipIf(process.platform !== 'linux')('is not begun where the disk lacks the space', async () => {
    const cache = { HF_HUB_CACHE: '/proc/self/hub' };
    expect(await failure('hf:org/tiny:q4_k_m', options({}, cache))).toBe(
      'hf:org/tiny:q4_k_m: needs 3.00 MiB, and 0 B are free in /proc/self/hub; make room, or set HF_HUB_CACHE',
    );
    expect(fileRequests()).toEqual([]);
  });

  test('by path brings a small file under its git hash', async () => {
    const { path } = await resolveSource('hf:org/tiny/config.json', options());
    expect(await hashOf(path)).toBe(sha256(CONFIG));
    expect(basename(await realpath(path))).toBe(gitHash(CONFIG));
  });

  test('to a sharded GGUF brings every shard, by tag or by the path of one', async () => {
    for (const source of ['hf:org/tiny:F16', 'hf:org/tiny/big/tiny-F16-00001-of-00002.gguf']) {
      const { path, files } = await resolveSource(source, options());
      expect(path).toBe(files[0]);
      expect(await Promise.all(files.map((file) => readFile(file, 'utf8')))).toEqual(['first shard', 'second shard']);
    }
  });

  test('to a folder brings what is below it', async () => {
    const { path, files } = await resolveSource('hf:org/tiny/onnx', options());
    expect(files).toEqual([join(path, 'model.onnx'), join(path, 'model.onnx_data')]);
    expect(await readFile(files[1]!, 'utf8')).toBe('weights');
  });

  test('alone brings what the caller includes, and nothing else', async () => {
    const include = (files: readonly string[]) => files.filter((file) => /config\.json|onnx$/.test(file));
    const { path, files } = await resolveSource('hf:org/tiny', options({ include }));
    expect(files).toEqual([join(path, 'config.json'), join(path, 'onnx/model.onnx')]);
    expect(await readdir(cached('blobs'))).toHaveLength(2);
  });

  test('reaches names with spaces, umlauts and hashes', async () => {
    const { path } = await resolveSource('hf:org/tiny/with space/über#1.txt', options());
    expect(await readFile(path, 'utf8')).toBe('odd name');
  });

  test('to a data set goes to the data set side of the hub and the cache', async () => {
    hub.put('org/rows', { kind: 'dataset', files: { 'data/test.jsonl': Buffer.from('{}\n') } });
    const { path } = await resolveSource('hf:org/rows/data/test.jsonl', options({ kind: 'dataset' }));
    expect(path).toContain(join('datasets--org--rows', 'snapshots', hub.commitOf('org/rows'), 'data/test.jsonl'));
    expect(await readFile(path, 'utf8')).toBe('{}\n');
  });

  test('is a cache that the hub library itself can read', async () => {
    await resolveSource('hf:org/tiny:Q8_0', options());
    await resolveSource('hf:org/tiny/config.json', options());
    const { repos, warnings } = await scanCacheDir(join(folder, 'hub'));
    expect(warnings).toEqual([]);
    expect(repos.map((repo) => [repo.id.name, repo.filesCount, repo.size])).toEqual([
      ['org/tiny', 2, Q8.length + CONFIG.length],
    ]);
    expect(repos[0]!.revisions[0]!.refs).toEqual(['main']);
  });

  test('is downloaded once: a second time no file is asked for', async () => {
    await resolveSource('hf:org/tiny:Q8_0', options());
    const before = fileRequests().length;
    await resolveSource('hf:org/tiny:Q8_0', options());
    expect(fileRequests()).toHaveLength(before);
  });

  test('at a commit that is in the cache asks the hub nothing', async () => {
    const at = `hf:org/tiny@${hub.commitOf('org/tiny')}/tiny.q8_0.gguf`;
    await resolveSource(at, options());
    const before = hub.requests.length;
    await resolveSource(at, options());
    expect(hub.requests).toHaveLength(before);
  });

  test('follows its branch to a new commit, sharing what did not change', async () => {
    const first = await resolveSource('hf:org/tiny:Q8_0', options());
    hub.put('org/tiny', { ...REPOSITORY, files: { ...REPOSITORY.files, 'README.md': Buffer.from('# Changed\n') } });
    const before = fileRequests().length;
    const second = await resolveSource('hf:org/tiny:Q8_0', options());
    expect(second.commit).not.toBe(first.commit);
    expect(await realpath(second.path)).toBe(await realpath(first.path));
    expect(fileRequests()).toHaveLength(before);
  });

  test('reports its progress up to the whole', async () => {
    const seen: { done: number; total: number }[] = [];
    await resolveSource('hf:org/tiny:Q4_K_M', options({ onProgress: ({ done, total }) => seen.push({ done, total }) }));
    expect(seen.at(-1)).toEqual({ done: Q4.length, total: Q4.length });
    const amounts = seen.map((each) => each.done);
    expect(amounts).toEqual([...amounts].sort((a, b) => a - b));
  });

  test('sends the token to the hub and never to the storage it redirects to', async () => {
    hub.put('org/tiny', { ...REPOSITORY, token: TOKEN });
    await resolveSource('hf:org/tiny:Q8_0', options({}, { HF_TOKEN: TOKEN }));
    expect(hub.requests.filter((request) => request.what === 'tree')[0]!.authorization).toBe(`Bearer ${TOKEN}`);
    expect(fileRequests().length).toBeGreaterThan(0);
    expect(hub.leaked).toEqual([]);
  });
});

describe('choosing a GGUF by quantisation', () => {
  const files = ['m-Q4_K_M.gguf', 'm-Q4_K_S.gguf', 'm.IQ4_XS.gguf', 'm-UD-Q4_K_M.gguf', 'q5/m-q5-00001-of-00001.gguf'];

  test.each([
    ['Q4_K_M', 'm-Q4_K_M.gguf'],
    ['iq4_xs', 'm.IQ4_XS.gguf'],
    ['UD-Q4_K_M', 'm-UD-Q4_K_M.gguf'],
    ['Q5', 'q5/m-q5-00001-of-00001.gguf'],
    [undefined, 'm-Q4_K_M.gguf'],
  ])('%s means %s', (tag, file) => {
    expect(ggufFiles(files, tag, 'x')).toEqual([file]);
  });

  test('refuses a tag that fits none, or only a part of another, naming what there is', () => {
    expect(() => ggufFiles(files, 'Q4_K', 'hf:a/b')).toThrow(
      'hf:a/b: expected one GGUF file of quantisation Q4_K, found 0 of 5; name one of them: m-Q4_K_M.gguf',
    );
  });

  test('refuses a model that lacks a shard', () => {
    expect(() => ggufFiles(['m-Q8_0-00001-of-00002.gguf'], 'Q8_0', 'x')).toThrow('missing m-Q8_0-00002-of-00002.gguf');
  });
});

describe('a download', () => {
  test('that is cut goes on from where it was, by range', async () => {
    fileFaults({ do: 'cut', after: 700_000 }, { do: 'cut', after: 900_000 });
    const { path } = await resolveSource('hf:org/tiny:Q4_K_M', options());
    expect(await hashOf(path)).toBe(sha256(Q4));
    const ranges = fileRequests().map((request) => Number(/bytes=(\d+)-/.exec(request.range ?? 'bytes=0-')![1]));
    expect(ranges).toHaveLength(3);
    expect(ranges[1]).toBeGreaterThan(0);
    expect(ranges[2]).toBeGreaterThan(ranges[1]!);
  });

  test('that was given up resumes in the next run', async () => {
    fileFaults(...Array<Fault>(3).fill({ do: 'cut', after: 100_000 }));
    const message = await failure('hf:org/tiny:Q4_K_M');
    expect(message).toMatch(/^hf:org\/tiny:Q4_K_M: tiny-Q4_K_M\.gguf: the connection broke .*try again later$/);
    const left = await describeSource('hf:org/tiny:Q4_K_M', options());
    expect(left).toMatchObject({ ready: 'after-download' });
    expect((left as { bytes: number }).bytes).toBeLessThan(Q4.length);
    const { path } = await resolveSource('hf:org/tiny:Q4_K_M', options());
    expect(await hashOf(path)).toBe(sha256(Q4));
    expect(fileRequests().at(-1)!.range).toMatch(/^bytes=[1-9]/);
  });

  test('survives many cuts as long as each brings a fair part', async () => {
    // A connection that breaks takes with it what was received and not yet read: some hundred kilobytes on a busy machine.
    fileFaults(
      { do: 'cut', after: MIB + 400_000 },
      { do: 'cut', after: MIB + 400_000 },
      { do: 'cut', after: 9 },
      { do: 'cut', after: 9 },
    );
    const { path } = await resolveSource('hf:org/tiny:Q4_K_M', options());
    expect(await hashOf(path)).toBe(sha256(Q4));
  });

  test('starts anew where the server ignores ranges', async () => {
    fileFaults({ do: 'cut', after: 700_000 }, { do: 'ignore-range' });
    const { path } = await resolveSource('hf:org/tiny:Q4_K_M', options());
    expect(await hashOf(path)).toBe(sha256(Q4));
  });

  test('of a server that announces too little fetches the rest', async () => {
    fileFaults({ do: 'shorten', to: 1000 });
    const { path } = await resolveSource('hf:org/tiny:Q8_0', options());
    expect(await hashOf(path)).toBe(sha256(Q8));
  });

  test.each<[string, Fault, RegExp]>([
    ['too much', { do: 'lengthen', by: 1 }, /found more bytes than announced twice/],
    ['other bytes', { do: 'corrupt' }, /found hash [0-9a-f]{64} twice/],
  ])('of a server that keeps sending %s is refused, and nothing stays behind', async (_, fault, reason) => {
    fileFaults(...Array<Fault>(9).fill(fault));
    expect(await failure('hf:org/tiny:Q8_0')).toMatch(reason);
    expect(fileRequests()).toHaveLength(2);
    expect(await readdir(cached('blobs'))).toEqual([]);
  });

  test('that resumes a spoilt leftover is fetched afresh', async () => {
    await mkdir(cached('blobs'), { recursive: true });
    await writeFile(cached('blobs', `${sha256(Q8)}.rightsize.incomplete`), 'spoilt');
    const { path } = await resolveSource('hf:org/tiny:Q8_0', options());
    expect(await hashOf(path)).toBe(sha256(Q8));
    expect(fileRequests().map((request) => request.range)).toEqual(['bytes=6-', undefined]);
  });

  test('of a blob that another program cut short is repaired', async () => {
    await mkdir(cached('blobs'), { recursive: true });
    await writeFile(cached('blobs', sha256(Q8)), Q8.subarray(0, 10));
    const { path } = await resolveSource('hf:org/tiny:Q8_0', options());
    expect(await hashOf(path)).toBe(sha256(Q8));
  });

  test('that stalls is broken off and resumed', async () => {
    fileFaults({ do: 'stall', after: 200_000 });
    const { path } = await resolveSource('hf:org/tiny:Q8_0', options());
    expect(await hashOf(path)).toBe(sha256(Q8));
    expect(fileRequests()).toHaveLength(2);
  });

  test('that trickles, but comes, is let come', async () => {
    fileFaults({ do: 'trickle', bytes: 90_000, every: 0.06 });
    const pace = { attempts: 3, delay: 0.01, patience: 2, stall: 10 };
    const { path } = await resolveSource('hf:org/tiny:Q8_0', options({ pace }));
    expect(await hashOf(path)).toBe(sha256(Q8));
    expect(fileRequests()).toHaveLength(1);
  });

  test('waits as long as a busy hub asks, and then succeeds', async () => {
    fileFaults({ do: 'answer', status: 429, headers: { 'retry-after': '0' } }, { do: 'answer', status: 503 });
    const { path } = await resolveSource('hf:org/tiny:Q8_0', options());
    expect(await hashOf(path)).toBe(sha256(Q8));
  });

  test('is given up where the hub asks for more patience than there is', async () => {
    hub.fault = () => ({ do: 'answer', status: 429, headers: { ratelimit: '"api";r=0;t=299' } });
    expect(await failure('hf:org/tiny:Q8_0')).toContain('answered 429 and asks to try again in 299 s');
    expect(hub.requests).toHaveLength(1);
  });

  test('is retried no more than allowed', async () => {
    hub.fault = () => ({ do: 'answer', status: 502 });
    expect(await failure('hf:org/tiny:Q8_0')).toContain('answered 502');
    expect(hub.requests).toHaveLength(3);
  });

  test('ends at once when it is aborted', async () => {
    fileFaults({ do: 'trickle', bytes: 1000, every: 0.02 });
    const abort = new AbortController();
    const onProgress = () => abort.abort();
    await expect(resolveSource('hf:org/tiny:Q8_0', options({ signal: abort.signal, onProgress }))).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
  });

  test('of the same file by several at once is made once', async () => {
    fileFaults({ do: 'trickle', bytes: 200_000, every: 0.03 });
    const all = await Promise.all([1, 2, 3, 4].map(() => resolveSource('hf:org/tiny:Q8_0', options())));
    for (const { path } of all) expect(await hashOf(path)).toBe(sha256(Q8));
    expect(fileRequests()).toHaveLength(1);
  });

  test('does not wait for a lock whose holder was killed', async () => {
    const lock = join(folder, 'hub/.locks/models--org--tiny', `${sha256(Q8)}.rightsize.lock`);
    await mkdir(dirname(lock), { recursive: true });
    await writeFile(lock, `${2 ** 22 + 1} ${hostname()}`);
    const { path } = await resolveSource('hf:org/tiny:Q8_0', options());
    expect(await hashOf(path)).toBe(sha256(Q8));
    await expect(lstat(lock)).rejects.toThrow('ENOENT');
  });
});

describe('a hub that cannot be used', () => {
  test('is not needed offline when the cache has the files', async () => {
    await resolveSource('hf:org/tiny:Q8_0', options());
    const before = hub.requests.length;
    const { path } = await resolveSource('hf:org/tiny:Q8_0', options({}, { HF_HUB_OFFLINE: '1' }));
    expect(await hashOf(path)).toBe(sha256(Q8));
    expect(hub.requests).toHaveLength(before);
  });

  test('is said to be forbidden offline when the cache has not', async () => {
    const message = await failure('hf:org/tiny:Q8_0', options({}, { HF_HUB_OFFLINE: 'yes' }));
    expect(message).toContain('HF_HUB_OFFLINE forbids the download');
    expect(hub.requests).toHaveLength(0);
  });

  test('is not needed when it is down and the cache has the files', async () => {
    await resolveSource('hf:org/tiny:Q8_0', options());
    hub.fault = () => ({ do: 'answer', status: 500 });
    const { path } = await resolveSource('hf:org/tiny:Q8_0', options());
    expect(await hashOf(path)).toBe(sha256(Q8));
  });

  test('is named when nothing listens there', async () => {
    const given = options({}, { HF_ENDPOINT: 'http://127.0.0.1:9' });
    expect(await failure('hf:org/tiny:Q8_0', given)).toMatch(
      /^hf:org\/tiny:Q8_0: the hub at 127\.0\.0\.1:9 could not be reached \(.*\); check the network/,
    );
  });

  test.each<[string, Fault, string]>([
    ['401', { do: 'answer', status: 401 }, 'private or does not exist; set HF_TOKEN'],
    ['403 for terms', { do: 'answer', status: 403, headers: { 'x-error-code': 'GatedRepo' } }, 'accept the terms'],
    ['404', { do: 'answer', status: 404 }, 'has no model of that name (404)'],
    ['418', { do: 'answer', status: 418 }, 'answered 418'],
    ['a web page', { do: 'answer', status: 200, body: '<html>login</html>' }, 'is no description of a repository'],
  ])('and answers %s gets its own sentence, without a second try', async (_, fault, text) => {
    hub.fault = () => fault;
    expect(await failure('hf:org/tiny:Q8_0')).toContain(text);
    expect(hub.requests).toHaveLength(1);
  });

  test('says so when the token that is set gives no access, and does not print it', async () => {
    hub.put('org/tiny', { ...REPOSITORY, token: 'hf_other' });
    const message = await failure('hf:org/tiny:Q8_0', options({}, { HF_TOKEN: TOKEN }));
    expect(message).toContain('HF_TOKEN, which is set, gives no access');
    expect(message).not.toContain(TOKEN);
  });

  test('says which revision, file or quantisation there is not', async () => {
    expect(await failure('hf:org/tiny@v9:Q8_0')).toContain('has no revision v9 (404)');
    expect(await failure('hf:org/tiny/absent.gguf')).toContain('found no "absent.gguf" beside README.md, config.json');
    expect(await failure('hf:org/tiny/absent/x.gguf')).toContain('has no file or folder of that name (404)');
    expect(await failure('hf:org/tiny:Q2_K')).toContain(
      'found 0 of 3; name one of them: big/tiny-F16-00001-of-00002.gguf',
    );
  });

  test.each([
    ['../../../../evil', 'leaves its folder'],
    ['/etc/evil', 'leaves its folder'],
    ['a\\..\\evil', 'leaves its folder'],
    ['C:evil', 'leaves its folder'],
  ])('is refused when it lists the file %s', async (name, reason) => {
    hub.list = (entries) => [...entries, { type: 'file', path: name, size: 1, oid: gitHash(Buffer.from('x')) }];
    expect(await failure('hf:org/tiny')).toContain(reason);
    expect(fileRequests()).toEqual([]);
  });

  test('is refused when its listing has no end', async () => {
    hub.list = () => [];
    hub.next = (link) => link ?? 'cursor=0';
    expect(await failure('hf:org/tiny')).toContain('no list of files (more than 200 pages)');
  });

  test('is not sent a token that no header can carry, which is not shown', async () => {
    const message = await failure('hf:org/tiny:Q8_0', options({}, { HF_TOKEN: 'hf_half\nhf_other' }));
    expect(message).toContain('HF_TOKEN: expected a token of printable characters');
    expect(message).not.toContain('hf_half');
    expect(hub.requests).toEqual([]);
  });

  test('is refused when it names content by something that is no hash', async () => {
    hub.list = () => [{ type: 'file', path: 'config.json', size: 1, oid: '../../evil' }];
    expect(await failure('hf:org/tiny')).toContain('a file without a hash');
  });

  test('whose files need more room than the disk has is refused before the first byte', async () => {
    hub.list = () => [{ type: 'file', path: 'huge.gguf', size: 2 ** 52, oid: gitHash(Buffer.from('x')) }];
    await mkdir(join(folder, 'hub'));
    expect(await failure('hf:org/tiny/huge.gguf')).toContain('make room, or set HF_HUB_CACHE');
    expect(fileRequests()).toEqual([]);
  });

  test('or a cache that cannot be written is one sentence', async () => {
    await writeFile(join(folder, 'hub'), 'a file stands where the folder should be');
    expect(await failure('hf:org/tiny:Q8_0')).toMatch(
      /the cache .* cannot be used \(mkdir: (ENOTDIR|EEXIST)\); set HF_HUB_CACHE/,
    );
  });

  test.each([
    'hf:',
    'hf:org',
    'hf:org/tiny/../x',
    'hf:org/tiny@a@b',
    'hf:../tiny',
    'hf:org/tiny@..%2f..:Q4',
    'hf:org/..:Q4',
  ])('is not asked for the malformed reference %s', async (source) => {
    expect(await failure(source)).toMatch(/expected a (hub reference|plain path)/);
    expect(hub.requests).toHaveLength(0);
  });
});

describe('describing a source', () => {
  test('says how many bytes would be fetched, and fetches none of them', async () => {
    expect(await describeSource('hf:org/tiny:Q8_0', options())).toEqual({ ready: 'after-download', bytes: Q8.length });
    expect(fileRequests()).toEqual([]);
    await resolveSource('hf:org/tiny:Q8_0', options());
    expect(await describeSource('hf:org/tiny:Q8_0', options())).toMatchObject({
      ready: true,
      resolved: { bytes: Q8.length },
    });
  });

  test('never throws', async () => {
    for (const source of ['hf:nonsense', 'hf:org/absent', 'hf:org/tiny:Q1']) {
      expect(await describeSource(source, options())).toMatchObject({
        ready: false,
        reason: expect.stringContaining('hf:'),
      });
    }
  });
});
