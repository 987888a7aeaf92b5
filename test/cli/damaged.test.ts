/** Files that are cut, missing or of another kind, and servers that are down, stall or talk nonsense: one sentence each, no hang. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { folderWith, ROOT, rightsizeHere } from '../support/cli.js';

const PAIR = join(ROOT, 'models/reference-slm');
const GGUF = readFileSync(join(PAIR, 'reference-slm-f16.gguf'));
const SUITE = `
name: sums
tasks:
  - name: add
    prompt: { user: '{{ q }}' }
    samples: [{ q: 'two plus two?', target: '4' }]
    generation: { maxTokens: 4, timeout: 3 }
    scorer: exact
`;

async function run(fields: object, prepare: (folder: string) => void = () => {}) {
  const models = { default: ['m'], models: [{ id: 'm', class: 'slm', ...fields }] };
  const cwd = folderWith({ 'suite.yaml': SUITE, 'models.json': models });
  prepare(cwd);
  const ended = await rightsizeHere(['run', '--suite', './suite.yaml', '--quiet'], { cwd });
  expect(ended.stderr).not.toMatch(/\n\s+at /);
  return ended;
}

/** A copy of the reference model's folder in which one file is cut after so many bytes, or left out. */
const folder = (file: string, bytes: number | null) => (cwd: string) => {
  const copy = join(cwd, 'model');
  cpSync(PAIR, copy, { recursive: true, filter: (source) => bytes !== null || !source.endsWith(file) });
  if (bytes !== null) writeFileSync(join(copy, file), readFileSync(join(PAIR, file)).subarray(0, bytes));
};

describe('damaged weights', () => {
  test.each<[string, object, (cwd: string) => void, RegExp]>([
    [
      'a GGUF cut in its tensors',
      { backend: 'llama-cpp', source: 'cut.gguf' },
      (cwd) => writeFileSync(join(cwd, 'cut.gguf'), GGUF.subarray(0, 800_000)),
      /expected a whole GGUF file, but .*cut\.gguf ends after 800000 bytes/,
    ],
    [
      'a GGUF cut in its header',
      { backend: 'llama-cpp', source: 'cut.gguf' },
      (cwd) => writeFileSync(join(cwd, 'cut.gguf'), GGUF.subarray(0, 3000)),
      /cut\.gguf/,
    ],
    [
      'a folder in the place of a GGUF',
      { backend: 'llama-cpp', source: 'folder.gguf' },
      (cwd) => mkdirSync(join(cwd, 'folder.gguf')),
      /folder\.gguf: expected a \.gguf file/,
    ],
    [
      'a link that leads nowhere',
      { backend: 'llama-cpp', source: 'link.gguf' },
      (cwd) => symlinkSync('gone.gguf', join(cwd, 'link.gguf')),
      /link\.gguf/,
    ],
    ...(
      [
        ['onnxruntime', 'genai_config.json'],
        ['transformers', 'config.json'],
      ] as const
    ).flatMap(([backend, configuration]): [string, object, (cwd: string) => void, RegExp][] => [
      [
        `an ONNX graph cut, through ${backend}`,
        { backend, source: 'model' },
        folder('onnx/model.onnx', 60_000),
        /model\.onnx: expected a whole ONNX model, but it is cut short by \d+ bytes/,
      ],
      [
        `ONNX weights cut, through ${backend}`,
        { backend, source: 'model' },
        folder('onnx/model.safetensors', 600_000),
        /expected its weights beside it in "model\.safetensors", at least \d+ bytes, found 600000 bytes/,
      ],
      [
        `no tokenizer, through ${backend}`,
        { backend, source: 'model' },
        folder('tokenizer.json', null),
        /tokenizer\.json/,
      ],
      [
        `a configuration cut, through ${backend}`,
        { backend, source: 'model' },
        folder(configuration, 40),
        new RegExp(configuration),
      ],
    ]),
  ])('%s is told in a sentence before anything runs', async (_, fields, prepare, says) => {
    const { code, stdout, stderr } = await run(fields, prepare);
    expect(stderr).toMatch(says);
    expect(code, stderr).toBe(2);
    expect(stdout).toBe('');
    expect(
      stderr
        .trim()
        .split('\n')
        .filter((text) => !text.startsWith('npm ')),
    ).toHaveLength(1);
  });
});

describe('a server', () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });

  async function listen(server: Server): Promise<string> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    server.unref();
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  }
  const http = (handler: RequestListener) => {
    const server = createServer(handler);
    server.keepAliveTimeout = 100;
    return listen(server);
  };
  const served = (endpoint: string) => run({ backend: 'openai', source: 'x', endpoint });

  test('that is down is told before anything runs', async () => {
    const { code, stderr } = await served('http://127.0.0.1:1/v1');
    expect(stderr).toMatch(/http:\/\/127\.0\.0\.1:1\/v1 cannot be reached .*is the server up\?/);
    expect(code).toBe(2);
  });

  test('that takes the request and never answers is not waited for', async () => {
    const { code, stderr } = await served(await http(() => {}));
    expect(stderr).toMatch(/did not answer within \d+ s; is the server up\?/);
    expect(code).toBe(2);
  });

  test('that stalls in the middle of an answer is not waited for', async () => {
    const endpoint = await http((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"choices":[{"delta":{"content":"4"}}]}\n\n');
    });
    const { code, stderr } = await served(endpoint);
    expect(stderr).toMatch(/did not answer within \d+ s; is the server up\?/);
    expect(code).toBe(2);
  });

  test('that does not speak HTTP is told before anything runs', async () => {
    const endpoint = await listen(
      createSocketServer((socket) => socket.on('error', () => {}).end('\u0000 garbage\r\n\r\n')),
    );
    const { code, stderr } = await served(endpoint);
    expect(stderr).toMatch(/cannot be reached \(.*HTTP/);
    expect(code).toBe(2);
  });

  test('that answers everything with a web page is told before anything runs', async () => {
    const endpoint = await http((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome</html>');
    });
    const { code, stderr } = await served(endpoint);
    expect(stderr).toMatch(/expected a stream of events \(text\/event-stream\), found text\/html/);
    expect(code).toBe(2);
  });
});
