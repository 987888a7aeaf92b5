/** Servers that rightsize starts itself: how they begin, what is known of them, and that they always end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Session } from '../../src/backends/backend.js';
import { createOpenai } from '../../src/backends/openai.js';
import { type ModelOf, modelSchema } from '../../src/core/definition/model.js';
import { UserError } from '../../src/core/errors.js';
import { collect } from './contract.js';

const PROGRAM = join(import.meta.dirname, '../support/small-server.mjs');
const OPENER = join(import.meta.dirname, '../support/open-and-wait.ts');
const backend = createOpenai({ attempts: 2, delay: 0.02, patience: 1 });
const prompt = { messages: [{ role: 'user' as const, content: 'hello' }] };

let folder: string;
let session: Session | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rightsize-server-'));
});

afterEach(async () => {
  await session?.close();
  session = undefined;
  rmSync(folder, { recursive: true });
});

function served(how: string, fields: Record<string, unknown> = {}): Record<string, unknown> {
  const server = { command: [process.execPath, PROGRAM, '{port}', how], environment: { BEHAVIOUR: how }, ...fields };
  return { id: 'm', backend: 'openai', source: 'x', endpoint: 'http://127.0.0.1/v1', server };
}

async function open(entry: Record<string, unknown>, signal = new AbortController().signal): Promise<Session> {
  const environment = { PATH: process.env.PATH, PID_FILE: join(folder, 'pid'), SERVER_KEY: 'sk-verysecret' };
  session = await backend.open(
    modelSchema.parse(entry) as ModelOf<'openai'>,
    { directory: folder, environment },
    signal,
  );
  return session;
}

async function sentenceOf(opening: Promise<Session>): Promise<string> {
  const error = await opening.then(
    () => expect.fail('it opened'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  expect((error as Error).message).not.toContain('\n');
  return (error as Error).message;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie still has a number, and nothing else.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function isGone(pid: number): Promise<boolean> {
  for (let waited = 0; waited < 10 && isAlive(pid); waited += 0.05) await sleep(50);
  return !isAlive(pid);
}

describe('a server that rightsize starts', () => {
  test('is given a free port and its environment, and answers', async () => {
    const opened = await open(served('well', { environment: { BEHAVIOUR: 'as told' } }));
    expect((await collect(opened, prompt, {})).text).toBe('as told');
    expect(opened.processes).toHaveLength(1);
    expect(isAlive(opened.processes[0]!)).toBe(true);
  });

  test('ends with its session', async () => {
    const { processes } = await open(served('well'));
    await session!.close();
    expect(isAlive(processes[0]!)).toBe(false);
  });

  test('counts the processes that it starts itself as its own, and takes them with it', async () => {
    const { processes } = await open(served('parent'));
    const child = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    expect(processes).toContain(child);
    await session!.close();
    expect(await isGone(child)).toBe(true);
  });

  test('is killed when it does not end on request', async () => {
    const { processes } = await open(served('stubborn'));
    await session!.close();
    expect(isAlive(processes[0]!)).toBe(false);
  });

  test('ends even when the process that started it is killed', async () => {
    const tsx = join(import.meta.dirname, '../../node_modules/tsx/dist/cli.mjs');
    const opener = spawn(process.execPath, [tsx, OPENER, JSON.stringify(served('well'))], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    const [output] = (await once(opener.stdout, 'data')) as [Buffer];
    const [pid] = JSON.parse(output.toString()) as number[];
    expect(isAlive(pid!)).toBe(true);
    process.kill(-opener.pid!, 'SIGKILL');
    expect(await isGone(pid!)).toBe(true);
  });

  test('that crashes in an answer has failed, with its last words', async () => {
    const opened = await open(served('well'));
    const crash = collect(opened, { messages: [{ role: 'user', content: 'crash' }] }, {});
    await expect(crash).rejects.toMatchObject({ name: 'ServerFailure' });
    expect(await isGone(opened.processes[0]!)).toBe(true);
    await sleep(200);
    await expect(collect(opened, prompt, {})).rejects.toMatchObject({
      name: 'ServerFailure',
      message: expect.stringMatching(/the server ended with SIG\w+, having said last: CUDA error: out of memory/),
    });
  });
});

describe('a server that does not come up', () => {
  test('because it ends is reported with its last words', async () => {
    expect(await sentenceOf(open(served('ends')))).toMatch(
      /^model "m": server: expected ".*node.*" to serve http:\/\/127\.0\.0\.1:\d+\/health, but the server ended with exit code 3, having said last: loading… \| fatal: no such model$/,
    );
  });

  test('and prints its key is reported without it', async () => {
    const message = await sentenceOf(open({ ...served('tells'), apiKeyEnv: 'SERVER_KEY' }));
    expect(message).toMatch(/having said last: fatal: \[key\] is no key$/);
  });

  test('on a port that is taken is not started', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const server = { command: [process.execPath, PROGRAM, String(port)] };
    const entry = { ...served('well'), endpoint: `http://127.0.0.1:${port}/v1`, server };
    expect(await sentenceOf(open(entry))).toMatch(/expected port \d+ to be free \(.*EADDRINUSE.*\); write \{port\}/);
    other.close();
  });

  test('because there is no such program says so', async () => {
    const entry = served('well', { command: ['no-such-server'] });
    expect(await sentenceOf(open(entry))).toContain('there is no program "no-such-server" on the PATH');
  });

  test('in time is ended', async () => {
    expect(await sentenceOf(open(served('never-ready', { timeout: 0.5 })))).toMatch(
      /to answer 200 within 0\.5 s, but it did not; check `ready`, or raise `timeout`$/,
    );
  });

  test.runIf(process.platform === 'linux')('on this machine alone is refused', async () => {
    expect(await sentenceOf(open(served('open')))).toContain('often --host 127.0.0.1');
  });

  test('for an endpoint elsewhere is not started', async () => {
    const entry = { ...served('well'), endpoint: 'https://api.example.com/v1' };
    expect(await sentenceOf(open(entry))).toContain('expected an endpoint on this machine');
  });

  test('is ended when the opening is aborted', async () => {
    const abort = new AbortController();
    const opening = open(served('parent', { ready: '/never' }), abort.signal);
    const aborted = expect(opening).rejects.toMatchObject({ name: 'AbortError' });
    const pidFile = join(folder, 'pid');
    while (!existsSync(pidFile) || readFileSync(pidFile, 'utf8') === '') await sleep(20);
    abort.abort();
    await aborted;
    expect(await isGone(Number(readFileSync(pidFile, 'utf8')))).toBe(true);
  });
});
