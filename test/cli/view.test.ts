/** `rightsize view` as a browser meets it, and as a page of the web would. */
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listRuns } from '../../src/run/run-files.js';
import { rightsizeHere, start } from '../support/cli.js';
import { makeLog } from '../support/log.js';

const folder = mkdtempSync(join(tmpdir(), 'rightsize-view-'));
const NAME = '2026-11-22T09-08-57';
const UNDER_WAY = '2026-11-23T10-00-00';
const records = (id: string) =>
  makeLog({
    id,
    tasks: [{ name: 'route', samples: 20 }],
    models: [
      { id: 'small', class: 'slm', quality: 0.9 },
      { id: 'large', class: 'llm', quality: 0.95, ttft: 0.06 },
    ],
  });

function writeRun(name: string, count = Number.POSITIVE_INFINITY): string {
  mkdirSync(join(folder, name));
  const file = join(folder, name, 'log.jsonl');
  writeFileSync(file, lines(records(name).slice(0, count)));
  return file;
}

const lines = (some: readonly object[]) => some.map((record) => `${JSON.stringify(record)}\n`).join('');

let child: ChildProcess;
let finished: ReturnType<typeof start>['finished'];
let port: number;

beforeAll(async () => {
  writeRun(NAME);
  writeRun('2026-11-22T09-09-00');
  writeFileSync(join(folder, NAME, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'outside.csv'), 'secret');
  symlinkSync(join(folder, 'outside.csv'), join(folder, NAME, 'samples.csv'));
  symlinkSync('/etc', join(folder, 'link'));
  ({ child, finished } = start(['view', folder, '--port', '0']));
  const address = await new Promise<string>((resolve) => child.stdout!.once('data', (data) => resolve(String(data))));
  port = Number(/^http:\/\/127\.0\.0\.1:(\d+)\/\n$/.exec(address)![1]);
});

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function get(path: string, { method = 'GET', host = `127.0.0.1:${port}` } = {}): Promise<Reply> {
  return new Promise((resolve, fail) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers: { host } }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    });
    sent.on('error', fail);
    sent.end();
  });
}

describe('rightsize view', () => {
  test('lists the runs, the newest first, and opens the report of one', async () => {
    const list = await get('/');
    expect(list.status).toBe(200);
    expect(list.text.indexOf('2026-11-22T09-09-00')).toBeLessThan(list.text.indexOf(NAME));
    expect((await get(`/run/${NAME}/`)).headers.location).toBe(`/run/${NAME}/report.html`);
    const report = await get(`/run/${NAME}/report.html`);
    expect(report.text).toContain('<h1 id="answer-title"');
    expect(report.headers['content-security-policy']).toContain('sandbox');
  });

  test('shows two runs side by side, and says what to do with one', async () => {
    const both = await get(`/compare?run=${NAME}&run=2026-11-22T09-09-00`);
    expect(both.text).toContain('small@09-09-00');
    expect((await get(`/compare?run=${NAME}`)).status).toBe(400);
    expect((await get('/compare?run=..&run=link')).status).toBe(404);
  });

  test('follows a run that is under way', async () => {
    const log = writeRun(UNDER_WAY, 26);
    writeFileSync(join(folder, UNDER_WAY, '.lock'), '');
    const first = await get(`/run/${UNDER_WAY}/`);
    const recorded = Number(/(\d+) of 40 trials/.exec(first.text)![1]);
    expect(first.text).toContain('http-equiv="refresh"');
    expect(first.text).toContain('every 5 seconds');
    expect((await get(`/run/${UNDER_WAY}/?still`)).text).not.toContain('http-equiv="refresh"');
    const more = records(UNDER_WAY).slice(26, 30);
    appendFileSync(log, `${lines(more)}{"type":"meas`);
    const measured = more.filter(({ type }) => type === 'measurement').length;
    const next = await get(`/run/${UNDER_WAY}/`);
    expect(next.text).toContain(`${recorded + measured} of 40 trials`);
    expect((await get(`/run/${UNDER_WAY}/report.html`)).text).toContain('the run is not complete');
  });

  test.each(['example.com', 'rebound.example:80', '127.0.0.1', 'localhost:1'])(
    'refuses a request for the host %j',
    async (host) => {
      const { status, text } = await get('/', { host });
      expect(status).toBe(403);
      expect(text).not.toContain(NAME);
    },
  );

  test.each(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])('refuses %s', async (method) => {
    expect((await get('/', { method })).status).toBe(405);
  });

  test.each([
    '/run/../outside.csv',
    `/run/${NAME}/../../outside.csv`,
    `/run/${NAME}/..%2f..%2foutside.csv`,
    '/run/..%2f/outside.csv',
    '/run/%2e%2e/outside.csv',
    `/run/${NAME}/secret.txt`,
    `/run/${NAME}/log.jsonl`,
    `/run/${NAME}/samples.csv`,
    `/run/${NAME}/charts/..%2f..%2f..%2foutside.csv`,
    '/run/link/passwd',
    '/run/%00/report.html',
    '/run/%ff/report.html',
    '/etc/passwd',
  ])('serves nothing for %s', async (path) => {
    const { status, text } = await get(path);
    expect([403, 404]).toContain(status);
    expect(text).not.toContain('secret');
  });

  test('lists a thousand runs in under a second of processor time', () => {
    const many = mkdtempSync(join(tmpdir(), 'rightsize-many-'));
    const log = lines(records('many'));
    for (let i = 0; i < 1000; i++) {
      mkdirSync(join(many, `run-${i}`));
      writeFileSync(join(many, `run-${i}`, 'log.jsonl'), log);
      writeFileSync(join(many, `run-${i}`, 'summary.json'), `{\n  "version": 1,\n  "answer": "Number ${i}."\n}\n`);
    }
    const begun = process.cpuUsage();
    const runs = listRuns(many, new Date());
    const { user, system } = process.cpuUsage(begun);
    expect((user + system) / 1e6).toBeLessThan(1);
    expect(runs).toHaveLength(1000);
    expect(runs.find(({ name }) => name === 'run-7')).toEqual({
      name: 'run-7',
      suites: ['desk'],
      models: 2,
      state: 'done',
      answer: 'Number 7.',
    });
  });

  test('says in one sentence that a port is taken, or that there is no folder', async () => {
    const taken = await rightsizeHere(['view', folder, '--port', String(port)]);
    expect(taken.code).toBe(2);
    expect(taken.stderr).toContain(`--port ${port}: expected a free port`);
    expect((await rightsizeHere(['view', join(folder, 'none'), '--port', '0'])).code).toBe(2);
  });

  test('ends with Ctrl-C', async () => {
    child.kill('SIGINT');
    expect((await finished).code).toBe(0);
  });
});

afterAll(() => {
  child.kill();
});
