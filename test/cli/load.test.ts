/** `rightsize load` as a user runs it: steps, their log, resume, interruption, and a sentence for every wrong flag. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogRecord, MeasurementRecord, StepRecord } from '../../src/core/log/log.js';
import { readLog } from '../../src/files/log.js';
import { type NullServer, startNullServer } from '../../src/load/null-server.js';
import { folderWith, ROOT, rightsizeHere, start } from '../support/cli.js';
import {
  chunk,
  DONE as DONE_EVENT,
  finish,
  json,
  type ScriptedServer,
  script,
  startScripted,
  stream,
  usage,
} from '../support/openai-server.js';

const SUITE = {
  name: 'sums',
  tasks: ['add', 'double'].map((name) => ({
    name,
    prompt: { user: '{{ q }}' },
    samples: ['2+2', '1+3', '0+4'].map((q) => ({ q: `${name} ${q}`, target: '4' })),
    scorer: 'exact',
  })),
};
/** A machine that is busy with other tests spoils a step, and 3 says so. */
const DONE = [0, 3];
/** Charts take a second or two of each test. */
const LOAD = ['load', '--suite', 'sums.yaml', '--no-self-test', '--reports', 'summary'];
const TRACE =
  'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,x,1,1,2,a\n5.1,x,1,1,2,a\n5.3,x,1,1,2,a\n';

let server: NullServer;
let model: string;

beforeAll(async () => {
  server = await startNullServer({ ttft: 0.01, gap: 0.001, chunks: 4 });
  model = `${server.endpoint}#null`;
});
afterAll(() => server.close());

const folder = () => folderWith({ 'sums.yaml': JSON.stringify(SUITE), 'calls.csv': TRACE });

interface Tested {
  readonly steps: readonly StepRecord[];
  readonly measurements: readonly MeasurementRecord[];
  readonly records: readonly LogRecord[];
  readonly folder: string;
}

async function testedIn(cwd: string): Promise<Tested> {
  const [run] = readdirSync(join(cwd, 'reports'));
  const folder = join(cwd, 'reports', run!);
  const records: LogRecord[] = [];
  for await (const record of readLog(join(folder, 'log.jsonl'))) records.push(record);
  const of = <Type extends LogRecord['type']>(type: Type) =>
    records.filter((record): record is Extract<LogRecord, { type: Type }> => record.type === type);
  return { steps: of('step'), measurements: of('measurement'), records, folder };
}

const load = (cwd: string, ...flags: string[]) => rightsizeHere([...LOAD, '--model', model, ...flags], { cwd });

describe('steps', () => {
  test('are held in the order of the flags, and every request is in the log', async () => {
    const cwd = folder();
    const flags = [
      '--users',
      '2',
      '--think',
      'exp:0.02s',
      '--concurrency',
      '1,3',
      '--rate',
      '50',
      '--arrivals',
      'constant',
    ];
    const { code, stderr } = await load(cwd, ...flags, '--trace', 'calls.csv', '--speed', '2', '--requests', '12');
    expect(DONE, stderr).toContain(code);
    const { steps, measurements } = await testedIn(cwd);
    expect(steps.map(({ condition, ending }) => [condition, ending])).toEqual([
      ['users 2 think exp:0.02s', 'answered'],
      ['closed 1', 'answered'],
      ['closed 3', 'answered'],
      ['open 50 constant', 'answered'],
      ['trace calls speed 2', 'trace ended'],
    ]);
    for (const { step, requests, used, began, ended } of steps.slice(0, 4)) {
      const own = measurements.filter((one) => one.step === step);
      expect(own.length).toBe(used);
      expect(own.filter(({ outcome }) => outcome.state === 'completed').length).toBeGreaterThanOrEqual(requests!);
      expect(own.every(({ due, at }) => due! >= began && due! <= at && at <= ended)).toBe(true);
    }
    const trace = measurements.filter(({ step }) => step === steps[4]!.step).map(({ due }) => due! - steps[4]!.began);
    expect(trace.map((due) => Math.round(due * 1000))).toEqual([0, 50, 150]);
    const trials = measurements.map(({ trial }) => trial);
    expect(new Set(trials).size).toBe(trials.length);
  });

  test('of two clients make one schedule', async () => {
    const cwd = folder();
    const { code, stderr } = await load(cwd, '--rate', '50', '--clients', '2', '--requests', '20');
    expect(DONE, stderr).toContain(code);
    const { steps, measurements } = await testedIn(cwd);
    expect(steps[0]!.client.processes).toBe(2);
    // The server is none of ours, and is found by its port.
    if (process.platform === 'linux') expect(steps[0]!.client.cores!.server).toMatch(/^[\d,-]+$/);
    const alone = folder();
    await load(alone, '--rate', '50', '--requests', '20');
    const one = await testedIn(alone);
    const dues = ({ steps: [step], measurements }: Pick<Tested, 'steps' | 'measurements'>) =>
      measurements
        .map(({ due, sample }) => `${Math.round((due! - step!.began) * 1000)} ${sample}`)
        .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
        .slice(0, 20);
    expect(dues({ steps, measurements })).toEqual(dues(one));
  });

  test('take no more clients than there are users, or places under the ceiling', async () => {
    const cwd = folder();
    const flags = ['--users', '1', '--think', '20ms', '--rate', '50', '--ceiling', '1', '--clients', '2'];
    const { code, stderr } = await load(cwd, ...flags, '--requests', '8');
    expect(DONE, stderr).toContain(code);
    const { steps, measurements } = await testedIn(cwd);
    expect(steps.map(({ client, ending }) => [client.processes, ending])).toEqual([
      [1, 'answered'],
      [1, 'answered'],
    ]);
    expect(measurements.length).toBeLessThan(80);
  });

  test('share the time of the budget, so that each load is held', async () => {
    const cwd = folder();
    const { code, stderr } = await load(cwd, '--concurrency', '1,2,3', '--budget', '4s');
    expect(DONE, stderr).toContain(code);
    expect((await testedIn(cwd)).steps.map(({ condition }) => condition)).toEqual(['closed 1', 'closed 2', 'closed 3']);
  });

  test('that a budget of time ends before they were held are said to lack', async () => {
    const cwd = folder();
    const conditions = ['--condition', 'open 100:5s,100 poisson', '--condition', 'closed 1'];
    const { code, stderr } = await load(cwd, ...conditions, '--budget', '1.5s');
    expect(code).toBe(3);
    expect(stderr).toMatch(/incomplete \(null: 1 of 2 loads were begun, because its budget was spent\)\n/);
    const { steps, measurements } = await testedIn(cwd);
    // What was under way is left out with all that came after it, slow or not.
    const [step] = steps;
    const counted = measurements.filter(({ due }) => due! - step!.began <= step!.until);
    expect(counted.length).toBeGreaterThan(50);
    expect(counted.every(({ outcome }) => outcome.state === 'completed')).toBe(true);
  });

  test('are not overloaded because an answer takes longer than they were planned, as long as the objective allows it', async () => {
    const slow = {
      id: 'slow',
      class: 'slm',
      backend: 'scripted',
      script: { answers: { '*': '4' }, ttft: 0.9, realTime: true },
    };
    const cwd = folderWith({ 'sums.yaml': JSON.stringify(SUITE), 'models.json': JSON.stringify({ models: [slow] }) });
    const find = ['--find', 'users', '--think', '100ms', '--budget', '4s', '--objective', 'e2e p95 <= 10 s'];
    const { stdout } = await rightsizeHere([...LOAD, '--model', 'slow', ...find], { cwd });
    expect(stdout).not.toContain('holds 0 users');
    const { steps } = await testedIn(cwd);
    expect(steps.map(({ ending }) => ending)).not.toContain('overloaded');
  });

  test('of a trace last to its end, and those of a changing rate through its stretches', async () => {
    const rows = Array.from({ length: 220 }, (_, i) => `${(i * 0.01).toFixed(2)},x,1,1,2,a`);
    const cwd = folder();
    writeFileSync(join(cwd, 'long.csv'), `${TRACE.split('\n')[0]}\n${rows.join('\n')}\n`);
    const flags = ['--condition', 'open 150:1.5s,150 constant', '--trace', 'long.csv'];
    const { code, stderr } = await load(cwd, ...flags);
    expect(DONE, stderr).toContain(code);
    const { steps, measurements } = await testedIn(cwd);
    const [changing, trace] = steps;
    expect(changing!.until).toBeGreaterThan(1.5);
    expect(trace!.ending).toBe('trace ended');
    expect(measurements.filter(({ step }) => step === trace!.step)).toHaveLength(220);
  });

  test('have arrivals of their own, also beside those of the next seed', async () => {
    const seedsOf = async (seed: string) => {
      const cwd = folder();
      await load(cwd, '--concurrency', '1,1', '--requests', '3', '--seed', seed);
      return (await testedIn(cwd)).steps.map((step) => step.seed);
    };
    const seeds = [...(await seedsOf('1')), ...(await seedsOf('2'))];
    expect(new Set(seeds).size).toBe(4);
    expect(await seedsOf('1')).toEqual(seeds.slice(0, 2));
  });

  test('of one task ask that task alone, after the client has measured itself', async () => {
    const cwd = folder();
    const flags = ['--model', model, '--task', 'double', '--concurrency', '2', '--requests', '7'];
    const { stderr } = await rightsizeHere(['load', '--suite', 'sums.yaml', ...flags], { cwd });
    expect(stderr).toMatch(/the client (holds \d+ requests per second, \d+ answers at once|cannot hold 50 requests)/);
    const { measurements, records } = await testedIn(cwd);
    expect(new Set(measurements.map(({ task }) => task))).toEqual(new Set(['double']));
    const [selfTest] = records.flatMap((record) => (record.type === 'self-test' ? [record] : []));
    expect(selfTest!.levels[0]).toMatchObject({ rate: 50, lateness: expect.any(Number) });
    // Nothing is tried above the first rate that it does not hold.
    expect(selfTest!.levels.slice(0, -1).every(({ held }) => held)).toBe(true);
  });
});

describe('a test that was interrupted', () => {
  test('goes on at the step that did not end, and keeps those that did', async () => {
    const cwd = folder();
    const args = [...LOAD, '--model', model, '--concurrency', '1,2', '--requests', '30'];
    const { child, finished } = start(args, { cwd });
    const reports = join(cwd, 'reports');
    const log = () => {
      const run = existsSync(reports) ? readdirSync(reports).find((name) => !name.startsWith('.')) : undefined;
      return run === undefined ? '' : readFileSync(join(reports, run, 'log.jsonl'), 'utf8');
    };
    while (!log().includes('null/2')) await sleep(10);
    child.kill('SIGINT');
    const { code, stderr } = await finished;
    expect(code).toBe(3);
    expect(stderr).toMatch(/the load test is incomplete \(interrupted\); finish it with: rightsize load --resume /);
    const before = await testedIn(cwd);
    expect(before.steps.map(({ step }) => step)).toEqual(['null/1']);
    const resumed = await rightsizeHere(['load', '--no-self-test', '--resume', before.folder], { cwd });
    expect(DONE, resumed.stderr).toContain(resumed.code);
    const { steps } = await testedIn(cwd);
    expect(steps.map(({ step, condition }) => [step, condition])).toEqual([
      ['null/1', 'closed 1'],
      ['null/3', 'closed 2'],
    ]);
  });

  test('is no run that `rightsize run` can resume, nor the other way round', async () => {
    const cwd = folder();
    await load(cwd, '--concurrency', '1', '--requests', '3');
    const { folder: tested } = await testedIn(cwd);
    const { code, stderr } = await rightsizeHere(['run', '--resume', tested], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/expected a run, found a load test; go on with it by `rightsize load --resume`/);
  });
});

describe('a server that is not well', () => {
  let sick: ScriptedServer;
  beforeAll(async () => {
    sick = await startScripted();
  });
  afterAll(() => sick.close());

  // A client tells of up to 64 requests at once. With 54 the last request that is wanted comes with the first that is refused.
  test.each([8, 54])(
    'that answers 429 after %i ends the test of its model, and its failures keep what it said',
    async (good) => {
      const cwd = folder();
      let asked = 0;
      sick.answer = () => (asked++ < good ? stream('4') : json(429, { error: { message: 'not so fast' } }));
      const { code, stderr } = await rightsizeHere(
        [...LOAD, '--model', `${sick.endpoint}#tiny`, '--concurrency', '2,4', '--requests', '50'],
        { cwd },
      );
      expect(code).toBe(3);
      expect(stderr).toMatch(/1 of 2 loads were begun, because its server limits the rate of requests\)\n$/);
      const { steps, measurements } = await testedIn(cwd);
      expect(steps.map(({ ending }) => ending)).toEqual(['rate-limit']);
      const failed = measurements.flatMap(({ outcome }) => (outcome.state === 'failed' ? [outcome] : []));
      expect(failed[0]).toMatchObject({
        kind: 'rate-limit',
        reason: expect.stringMatching(/429 and said "not so fast"/),
      });
    },
  );

  test('that fails too often ends its step', async () => {
    const cwd = folder();
    let asked = 0;
    sick.answer = () => (asked++ < 4 || asked % 3 > 0 ? stream('4') : json(500, { error: { message: 'broken' } }));
    const flags = ['--concurrency', '2', '--requests', '200', '--stop-errors', '20%'];
    await rightsizeHere([...LOAD, '--model', `${sick.endpoint}#tiny`, ...flags], { cwd });
    const { steps } = await testedIn(cwd);
    expect(steps.map(({ ending }) => ending)).toEqual(['errors']);
  });
});

test('a budget in dollars holds, with what is under way and what no server counted', async () => {
  const cwd = folder();
  const price = { input: 0, output: 1_000_000 / 32, date: '2026-11-30', source: 'this test' };
  const suite = { ...SUITE, tasks: SUITE.tasks.map((task) => ({ ...task, generation: { maxTokens: 32 } })) };
  const entry = { id: 'dear', class: 'llm', backend: 'openai', source: 'null', endpoint: server.endpoint, price };
  writeFileSync(join(cwd, 'sums.yaml'), JSON.stringify(suite));
  writeFileSync(join(cwd, 'models.json'), JSON.stringify({ models: [entry] }));
  const flags = ['--model', 'dear', '-c', '4', '--requests', '5000', '--max-cost', '100'];
  const { stderr } = await rightsizeHere([...LOAD, ...flags], { cwd });
  expect(stderr).toMatch(/^dear: about 5000 requests, \$100(\.00)? for these at most, to a server that is not ours$/m);
  const { steps, measurements } = await testedIn(cwd);
  expect(steps.map(({ ending }) => ending)).toEqual(['budget']);
  const tokens = measurements.map(({ outcome }) =>
    outcome.state === 'completed' && 'value' in outcome.outputTokens ? outcome.outputTokens.value : 32,
  );
  const dollars = tokens.reduce((sum, one) => sum + one, 0) / 32;
  expect(dollars).toBeGreaterThan(50);
  expect(dollars).toBeLessThanOrEqual(100 + 32);
});

test('a model that cannot be tested so takes nothing from those that were', async () => {
  const cwd = folder();
  const entry = { id: 'one', class: 'slm', backend: 'openai', source: 'null', endpoint: server.endpoint };
  const slow = { id: 'slow', class: 'slm', backend: 'scripted', script: { realTime: true } };
  writeFileSync(join(cwd, 'models.json'), JSON.stringify({ models: [entry, slow] }));
  const flags = ['--model', 'one', '--model', 'slow', '-c', '1', '--clients', '2', '--requests', '5'];
  const { code, stdout, stderr } = await rightsizeHere([...LOAD, ...flags], { cwd });
  expect(code).toBe(3);
  expect(stderr).toContain('slow: warning: --clients: expected 1 for model "slow"');
  expect(stdout).toMatch(/^Load: one\n/);
});

test('a load test leaves reports in its folder, which come again from its log alone', async () => {
  const cwd = folder();
  const flags = ['--reports', 'markdown,html,summary', '--model', model, '--concurrency', '1,2', '--requests', '12'];
  const { code, stdout, stderr } = await rightsizeHere([...LOAD, ...flags], { cwd });
  expect(DONE, stderr).toContain(code);
  expect(stdout).not.toContain('in fine print');
  expect(stdout).toMatch(/^Load: null\n.*closed 1 .*Everything behind it: reports\/.*\/report\.html\n$/s);
  const { folder: tested } = await testedIn(cwd);
  const NAMES = ['report.html', 'report.md', 'summary.json'];
  const contents = () => NAMES.map((name) => readFileSync(join(tested, name), 'utf8'));
  const written = contents();
  for (const name of NAMES) rmSync(join(tested, name));
  const again = await rightsizeHere(['report', tested], { cwd });
  expect(again).toMatchObject({ code: 0, stdout });
  expect(contents()).toEqual(written);
  expect(existsSync(join(tested, 'samples.csv'))).toBe(false);

  const run = join(cwd, 'other');
  cpSync(tested, run, { recursive: true });
  const together = await rightsizeHere(['report', tested, run, '--reports', 'markdown,summary'], { cwd });
  expect(together.code, together.stderr).toBe(0);
  const page = readFileSync(join(cwd, 'reports', `${basename(tested)}+other`, 'report.md'), 'utf8');
  const [, table] = page.split('## Models side by side');
  expect(table).toMatch(/closed 1 *\| null@\S+.*\n\| closed 1 *\| null@\S*other.*\n\| closed 2 .*\n\| closed 2 /);
});

test('load tests that do not tell the same are not reported side by side', async () => {
  const [cwd, flags] = [folder(), ['-c', '1', '--requests', '3']];
  await load(cwd, ...flags);
  await load(cwd, ...flags, '--objective', 'ttft p95 <= 1 s');
  const [first, second] = readdirSync(join(cwd, 'reports')).map((name) => join('reports', name));
  const { code, stderr } = await rightsizeHere(['report', first!, second!], { cwd });
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /expected a load test with the same objectives as .*, found \["ttft p95 <= 1 s"\] in place of \[\]; report them one at a time/,
  );
});

describe('synthetic prompts', () => {
  const ADDED = 5;
  const contents = (server: ScriptedServer): string[] =>
    server.asked.filter(({ body }) => body?.max_tokens === 3).map(({ body }) => body.messages.at(-1).content);
  let counting: ScriptedServer;
  beforeAll(async () => {
    // Two of the words are more than one token for it.
    counting = await startScripted(({ body }) => {
      if (body === undefined) return json(404, {});
      const words: string[] = body.messages.at(-1).content.split(' ');
      const tokens = ADDED + words.length + words.filter((word) => word === 'state' || word === 'law').length;
      const answer = ['a', 'b', 'c'].slice(0, body.max_tokens).map((content) => chunk({ content }));
      return script(...answer, finish('length'), usage(tokens, answer.length), DONE_EVENT);
    });
  });
  afterAll(() => counting.close());

  test('have the asked length by the count of the server, a common prefix, and a nonce each', async () => {
    counting.models = () => json(200, { data: [{ id: 'tiny', owned_by: 'llamacpp' }] });
    const cwd = folder();
    const flags = ['--prompt', '60', '--output', '3', '--prefix', '20', '--limit', '4', '-c', '2', '--requests', '12'];
    const { code, stderr } = await rightsizeHere(
      ['load', '--no-self-test', '--reports', 'markdown', '--model', `${counting.endpoint}#tiny`, ...flags],
      { cwd },
    );
    expect(DONE, stderr).toContain(code);
    const { measurements, records, folder: tested } = await testedIn(cwd);
    const counts = measurements.flatMap(({ outcome }) => (outcome.state === 'completed' ? [outcome] : []));
    expect(counts.length).toBeGreaterThanOrEqual(12);
    expect(counts.map(({ promptTokens }) => promptTokens)).toEqual(counts.map(() => ({ value: 60, source: 'server' })));
    const [session] = records.flatMap((record) => (record.type === 'session' ? [record] : []));
    expect(session!.synthetic).toEqual({ added: ADDED + 7, words: 62 });
    const asked = contents(counting);
    expect(new Set(asked).size).toBe(asked.length);
    const begin = asked[0]!
      .split(' ')
      .slice(0, 7 + 20)
      .join(' ');
    expect(asked.every((text) => text.startsWith(begin))).toBe(true);
    expect(new Set(asked.map((text) => text.split(' ')[27 + 4])).size).toBeGreaterThan(1);
    expect(counting.asked.findLast(({ body }) => body)!.body.ignore_eos).toBe(true);
    const page = readFileSync(join(tested, 'report.md'), 'utf8');
    expect(page).not.toContain('counted other lengths');
  });

  test('that have no room for their prefix are refused, and so is a suite beside them', async () => {
    const refused = async (...flags: string[]) =>
      (await rightsizeHere(['load', '--model', `${counting.endpoint}#tiny`, '-c', '1', ...flags], { cwd: folder() }))
        .stderr;
    expect(await refused('--prompt', '20', '--prefix', '13')).toMatch(
      /--prompt: expected 21 tokens or more \(13 of --prefix, 8 of each request's own\), found 20/,
    );
    expect(await refused('--prompt', 'lognormal:100,1', '--prefix', '13', '-n', '50')).toMatch(
      /found \d+ in the shortest of 50; ask for longer prompts \(uniform: has a least length\), or for a shorter --prefix$/m,
    );
    expect(await refused('--prompt', '20', '--prefix', '12', '--no-self-test')).toMatch(
      /--prompt: expected 32 tokens or more for model "tiny" \(12 that its server and the first sentence add.* found 20 in the shortest of \d+; ask for longer/,
    );
    expect(await refused('--prompt', '20', '--suite', 'sums.yaml')).toMatch(/--suite: expected none beside --prompt/);
    expect(await refused('--output', '20')).toMatch(/--output: expected --prompt beside it/);
  });
});

test('answers under load are judged by more than their words, when no server is under load any more', async () => {
  const scorer = { module: './half.mjs' };
  const cwd = folderWith({
    'sums.yaml': JSON.stringify({ ...SUITE, tasks: SUITE.tasks.map((task) => ({ ...task, scorer })) }),
    'half.mjs': 'export default () => 0.5;',
  });
  const flags = ['-c', '2', '--requests', '150', '--json'];
  const refused = await load(cwd, ...flags);
  expect(refused.stderr).toMatch(/expected permission to run the scorer ".\/half.mjs"/);
  const { stdout } = await load(cwd, ...flags, '--allow-scorer', './half.mjs');
  const [step] = JSON.parse(stdout).load.models[0].steps;
  const { right, validity } = step.result.window;
  expect(validity.valid ? right.quality.value : 0.5).toBe(0.5);
  const { records } = await testedIn(cwd);
  expect(records.filter(({ type }) => type === 'evidence').length).toBeGreaterThanOrEqual(150);
});

test('a search with too few requests says that nothing is known, and blames no client that did nothing wrong', async () => {
  const flags = ['--find', 'concurrency', '--objective', 'ttft p95 <= 5 s', '--budget', '6'];
  const { code, stdout, stderr } = await load(folder(), ...flags);
  expect(stdout).toMatch(/It is not known how\s+much load/);
  // A machine that is busy with other tests may spoil a step: then, and only then, it says so.
  const isSpoilt = /^users?.*invalid|^closed.*invalid/m.test(stdout);
  expect({ code, blamed: /spoilt/.test(stderr) }).toEqual({ code: isSpoilt ? 3 : 0, blamed: isSpoilt });
});

test('a gate on a load that the test did not hold is blind, and one that is missed is not green', async () => {
  const gated = (...flags: string[]) =>
    load(folder(), '-c', '2', '--requests', '60', '--objective', 'ttft p90 <= 1 ms', '--gate', ...flags);
  const [blind, missed] = [await gated('--least', 'users=5'), await gated('--least', 'concurrency=2')];
  expect(blind.code, blind.stderr).toBe(2);
  expect(blind.stderr).toContain('users: cannot judge, because the test held no step of users');
  expect(missed.code, missed.stderr).not.toBe(0);
});

test('several clients take a server that is there', async () => {
  const cwd = folder();
  const script = { id: 'slow', class: 'slm', backend: 'scripted', script: { realTime: true } };
  writeFileSync(join(cwd, 'models.json'), JSON.stringify({ models: [script] }));
  const flags = ['--model', 'slow', '--concurrency', '1', '--clients', '2'];
  const { code, stderr } = await rightsizeHere([...LOAD, ...flags], { cwd });
  expect(code).toBe(2);
  expect(stderr).toMatch(/--clients: expected 1 for model "slow", which runs in the process of its client, found 2/);
});

test('an engine in process answers several at once, each with the times of its own tokens', async () => {
  const cwd = folder();
  const flags = ['--model', 'reference-slm:llama-cpp', '--concurrency', '3', '--requests', '9', '--json'];
  const { code, stdout, stderr } = await rightsizeHere([...LOAD, ...flags], { cwd });
  expect(DONE, stderr).toContain(code);
  const { measurements, steps } = await testedIn(cwd);
  expect(steps[0]!.client.cpuSeconds).toEqual({ missing: 'the engine computes in the process of the client' });
  const answers = measurements.flatMap(({ outcome }) => (outcome.state === 'completed' ? [outcome.timing] : []));
  expect(answers.length).toBeGreaterThanOrEqual(9);
  for (const { pieces, tokensPerPiece, end } of answers) {
    expect(pieces[0]).toBeGreaterThan(0);
    expect(pieces.at(-1)).toBeLessThanOrEqual(end);
    expect(tokensPerPiece).toBeUndefined();
  }
  const [model] = JSON.parse(stdout).load.models;
  expect(model.steps[0].result.counts).toMatchObject({ due: 9, completed: 9, failed: 0 });
});

test('an engine that answers one at a time says why it is tested under closed 1 alone', async () => {
  const cwd = folder();
  const models = [
    { id: 'one', backend: 'transformers', class: 'slm', source: join(ROOT, 'models/reference-slm'), dtype: 'fp32' },
  ];
  writeFileSync(join(cwd, 'models.json'), JSON.stringify({ models }));
  const refused = await rightsizeHere([...LOAD, '--model', 'one', '--users', '2'], { cwd });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(
    /model "one": expected the condition closed 1, because transformers.js generates one answer at a time, .* found users 2 think exp:10s; serve the model with a server, or test it with --concurrency 1/,
  );
  const alone = await rightsizeHere([...LOAD, '--model', 'one', '--concurrency', '1', '--requests', '3'], { cwd });
  expect(DONE, alone.stderr).toContain(alone.code);
});
