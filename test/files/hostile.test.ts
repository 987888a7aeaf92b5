/** Data files that are no files, have no end, or are larger inside than they look: each is one sentence, soon. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { chooseTemplate } from '../../src/backends/chat-template.js';
import { readJson } from '../../src/backends/huggingface/config.js';
import { readGguf } from '../../src/backends/llama-cpp/gguf.js';
import { UserError } from '../../src/core/errors.js';
import { loadSuites } from '../../src/files/definitions.js';
import { readRows } from '../../src/files/rows.js';
import { resolveSource } from '../../src/hub/hub.js';
import { authoritiesOf } from '../../src/hub/proxies.js';
import { analyseLog } from '../../src/run/read.js';
import { readText } from '../../src/system/path.js';

const folder = mkdtempSync(join(tmpdir(), 'rightsize-'));

function fileOf(name: string, content: string | Buffer): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

async function complaint(reading: Promise<unknown>): Promise<string> {
  const began = performance.now();
  const error: unknown = await reading.then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(UserError);
  expect(performance.now() - began).toBeLessThan(10_000);
  return (error as UserError).message;
}

async function all(file: string): Promise<number> {
  let rows = 0;
  for await (const _ of readRows(file)) rows++;
  return rows;
}

const linux = process.platform === 'linux';

describe.runIf(linux)('what is no file', () => {
  test.each(['fifo.jsonl', 'fifo.csv', 'fifo.yaml'])('as a pipe: %s', async (name) => {
    const file = join(folder, name);
    execFileSync('mkfifo', [file]);
    const reading = name.endsWith('.yaml') ? readText(file) : all(file);
    expect(await complaint(reading)).toMatch(/expected a regular file, found a pipe, a socket or a device/);
  });

  test.each(['zero.jsonl', 'zero.json', 'zero.csv', 'zero.yaml'])('as a device: %s', async (name) => {
    const file = join(folder, name);
    symlinkSync('/dev/zero', file);
    const reading = name.endsWith('.yaml') ? readText(file) : all(file);
    expect(await complaint(reading)).toMatch(/expected a regular file, found a pipe, a socket or a device/);
  });

  // The main thread would wait for the other end of a pipe, and nothing would end it.
  test.each<[string, (file: string) => unknown]>([
    ['a log', (file) => analyseLog(file)],
    ['the weights of a model', (file) => readGguf(file)],
    ['a source', (file) => resolveSource(file, { directory: folder, environment: {} })],
    ['a configuration', (file) => readJson(file, z.unknown())],
    ['certificates', (SSL_CERT_FILE) => authoritiesOf({ SSL_CERT_FILE })],
    [
      'a chat template',
      (chatTemplate) => chooseTemplate({ place: 'm', byName: {} }, {}, { chatTemplate, directory: '/' }),
    ],
  ])('as a pipe: %s', async (_, read) => {
    const file = join(folder, 'read.gguf');
    if (!existsSync(file)) execFileSync('mkfifo', [file]);
    expect(await complaint((async () => read(file))())).toMatch(/found a pipe, a socket or a device/);
  });
});

describe('what has no end', () => {
  test.each([
    ['a line', 'long.jsonl.gz', gzipSync('a'.repeat(2 ** 26 + 1)), /lines of at most 64 MiB/],
    [
      'columns',
      'wide.csv',
      `${Array.from({ length: 20_000 }, (_, i) => `c${i}`).join(',')}\n`,
      /at most 10000 columns/,
    ],
    ['a list', 'long.json.gz', gzipSync(Buffer.alloc(257 * 2 ** 20, ' ')), /a list of at most 256 MiB/],
    ['brackets', 'deep.jsonl', `{"text":${'['.repeat(200_000)}${']'.repeat(200_000)}}\n`, /at most 500 levels/],
    ['braces', 'deep.json', `[${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}]`, /at most 500 levels/],
  ])('%s', async (_, name, content, words) => {
    expect(await complaint(all(fileOf(name, content)))).toMatch(words);
  });

  test('and brackets in a text are text', async () => {
    expect(await all(fileOf('text.jsonl', `{"text":"${'['.repeat(1000)} \\" ${'{'.repeat(1000)}"}\n`))).toBe(1);
  });

  test('and groups of suites that name the next twice are read once', async () => {
    for (let i = 0; i < 24; i++) fileOf(`b${i}.yaml`, `name: g${i}\nsuites: [b${i + 1}.yaml, b${i + 1}.yaml]\n`);
    fileOf('b24.yaml', 'name: z\ntasks: [{ name: t, prompt: { user: x }, samples: [{ target: b }], scorer: exact }]\n');
    expect(await loadSuites(join(folder, 'b0.yaml'))).toHaveLength(1);
  });
});

describe('what is no UTF-8', () => {
  test.each([
    ['little-endian', Buffer.from('\uFEFFname: x', 'utf16le')],
    ['big-endian', Buffer.from('\uFEFFname: x', 'utf16le').swap16()],
  ])('as UTF-16, %s', async (_, bytes) => {
    expect(await complaint(readText(fileOf('utf16.yaml', bytes)))).toMatch(/found UTF-16, as PowerShell writes it/);
  });

  test('and a byte order mark is no letter', async () => {
    expect(await readText(fileOf('bom.yaml', '\uFEFFname: x'))).toBe('name: x');
  });
});
