/** `rightsize check`: what it vouches for, it has tried. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CliOptions, folderWith, rightsizeHere } from '../support/cli.js';
import { json, type ScriptedServer, startScripted, stream } from '../support/openai-server.js';

const scripted = (more: object = {}) => ({
  default: ['m'],
  models: [
    { id: 'm', class: 'slm', backend: 'scripted', script: { answers: { '*': 'yes' }, ttft: 0.5, itl: 0.1 }, ...more },
  ],
});
const suiteOf = (task: object) => ({
  name: 'desk',
  tasks: [{ name: 'route', prompt: { user: '{{ q }}' }, generation: { maxTokens: 4 }, scorer: 'exact', ...task }],
});
const rows = (n: number, target: (i: number) => unknown) =>
  Array.from({ length: n }, (_, i) => ({ id: `s${i}`, q: `question ${i}`, target: target(i) }));

async function check(
  files: Readonly<Record<string, string | object>>,
  args: readonly string[] = [],
  options: CliOptions = {},
) {
  const cwd = folderWith({ 'models.json': scripted(), ...files });
  return rightsizeHere(['check', '--suite', 's.yaml', ...args], { ...options, cwd });
}

describe('what the data holds', () => {
  test.each([
    ['labels with their counts', rows(6, (i) => (i < 4 ? 'yes' : 'no')), 'route: targets yes 4, no 2'],
    [
      'one target for all',
      rows(3, () => 'yes'),
      '! route: all 3 targets are "yes": a model that always says it is always right',
    ],
    [
      'targets that are missing',
      rows(4, (i) => (i === 0 ? undefined : `t${i}`)),
      '! route: 1 of 4 samples have no target',
    ],
    ['targets that are empty', rows(4, (i) => (i === 0 ? ' ' : `t${i}`)), '! route: 1 of 4 targets are empty texts'],
    [
      'samples that the scorer cannot judge by',
      rows(3, (i) => (i === 2 ? { queue: 'x' } : 'yes')),
      '! route: 1 of 3 samples cannot be scored: expected a text, a number or a list of them as target, found {"queue":"x"} (sample s2)',
    ],
  ])('%s', async (_, samples, sentence) => {
    const { code, stdout } = await check({ 's.yaml': suiteOf({ samples }) });
    expect(stdout.replace(/\n +/g, ' ')).toContain(sentence);
    expect(code).toBe(0);
  });

  test('rows that are left out are counted', async () => {
    const { stdout } = await check({
      'rows.jsonl': rows(9, (i) => `t${i}`)
        .map((row) => JSON.stringify(row))
        .join('\n'),
      's.yaml': suiteOf({ samples: { file: 'rows.jsonl', where: '{{ target != "t1" }}' } }),
    });
    expect(stdout).toContain('route (8)');
    expect(stdout).toContain('route: `where` left out 1 row');
  });

  test('what came from data and servers stays within 80 columns, and steers no terminal', async () => {
    const label = `\u001b[31m${'ä'.repeat(200)}`;
    const { stdout } = await check({ 's.yaml': suiteOf({ samples: rows(4, () => label) }) });
    for (const line of stdout.split('\n')) expect([...line].length).toBeLessThanOrEqual(80);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('all 4 targets are');
  });
});

describe('a model', () => {
  test('is asked the first prompt of each task, and the run is estimated from that', async () => {
    const { code, stdout } = await check({ 's.yaml': suiteOf({ samples: rows(10, (i) => `t${i}`) }) }, ['--json']);
    expect(code).toBe(0);
    const { models, run } = JSON.parse(stdout);
    expect(models[0].tried).toMatchObject({
      state: 'tried',
      prompts: [{ suite: 'desk', task: 'route', promptTokens: { value: 2 }, seconds: { value: 0.5 }, problem: null }],
    });
    expect(run).toMatchObject({ models: 1, trials: 10, cost: { value: 0 } });
    expect(run.time.value).toBeCloseTo(5, 2);
  });

  test('whose context has no room for the longest prompt is warned of', async () => {
    const samples = [...rows(2, (i) => `t${i}`), { id: 'long', q: 'word '.repeat(500), target: 'x' }];
    const { stdout } = await check({ 's.yaml': suiteOf({ samples }), 'models.json': scripted({ context: 100 }) });
    expect(stdout.replace(/\n +/g, ' ')).toMatch(
      /the longest prompt has about \d+ tokens, and the context has 100; set `context`/,
    );
  });

  test.each([
    [
      'is not there',
      { backend: 'llama-cpp', source: 'gone.gguf', script: undefined },
      /m \(slm, llama-cpp\): cannot run: .*gone\.gguf/,
    ],
    ['fails at the first prompt', { script: { failOn: 'question 0' } }, /the first prompt has no answer: .*fails here/],
    ['dies of it', { script: { crashOn: 'question 0' } }, /cannot run: the worker process was ended by SIGABRT/],
  ])('that %s ends the check with 2', async (_, more, sentence) => {
    const files = { 's.yaml': suiteOf({ samples: rows(2, (i) => `t${i}`) }), 'models.json': scripted(more) };
    const { code, stdout } = await check(files);
    expect(stdout.replace(/\n +/g, ' ')).toMatch(sentence);
    expect(code).toBe(2);
  });
});

describe('a server', () => {
  let server: ScriptedServer;
  beforeAll(async () => {
    server = await startScripted();
  });
  beforeEach(() => {
    server.answer = () => stream('yes', ' it', ' is');
    server.asked.length = 0;
  });
  afterAll(() => server.close());

  const models = (more: object = {}) => ({
    default: ['m'],
    models: [{ id: 'm', class: 'llm', backend: 'openai', source: 'tiny', endpoint: server.endpoint, ...more }],
  });
  const suite = suiteOf({
    prompt: { system: 'Be brief.', user: '{{ q }}' },
    samples: rows(3, (i) => `t${i}`),
    generation: { maxTokens: 400, stop: ['\n'] },
  });

  test('is asked in the shape of the suite, for a few tokens', async () => {
    const price = { input: 1, output: 2, date: '2026-11-01', source: 'a test' };
    const { code, stdout } = await check({ 's.yaml': suite, 'models.json': models({ price }) }, ['--json']);
    expect(code, stdout).toBe(0);
    const { body } = server.asked.at(-1)!;
    expect(body.messages.map(({ role }: { role: string }) => role)).toEqual(['system', 'user']);
    expect(body).toMatchObject({ stop: ['\n'], max_tokens: 16, model: 'tiny' });
    const { run } = JSON.parse(stdout);
    // Three prompts of 23 tokens at most, and three answers of 400.
    expect(run.cost.value).toBeCloseTo((3 * 23 + 2 * 3 * 400) / 1e6, 5);
  });

  test.each([
    ['a wrong key', () => json(401, { error: { message: 'Incorrect API key provided' } }), /401/],
    [
      'a deployment that is not there',
      () => json(404, { error: { code: 'DeploymentNotFound', message: 'no such deployment' } }),
      /404/,
    ],
    [
      'a task that it refuses',
      (first: boolean) => (first ? stream('ok') : json(400, { error: { message: 'no such thing' } })),
      /first prompt has no answer/,
    ],
  ])('with %s ends the check with 2', async (_, answer, sentence) => {
    server.answer = ({ body }) => answer(body.messages.at(-1).content.startsWith('Count'));
    const { code, stdout } = await check({ 's.yaml': suite, 'models.json': models() });
    expect(stdout.replace(/\n +/g, ' ')).toMatch(sentence);
    expect(code).toBe(2);
  });
});
