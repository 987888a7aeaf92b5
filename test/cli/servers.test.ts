/** A run against a server that is not ours: what is measured is the server's, and what is not is missing with its reason. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { folderWith, rightsizeHere } from '../support/cli.js';
import {
  chunk,
  DONE,
  event,
  finish,
  type Script,
  type ScriptedServer,
  type Step,
  script,
  startScripted,
  usage,
} from '../support/openai-server.js';

let server: ScriptedServer;
beforeEach(async () => {
  server = await startScripted();
});
afterEach(() => server.close());

const SAMPLES = Array.from({ length: 12 }, (_, i) => ({ id: `s${i}`, q: `question ${i}`, target: 'yes' }));

function answering(answer: () => Script, samples: readonly object[] = SAMPLES, requirement: object = {}) {
  server.answer = answer;
  const model = { id: 'm', class: 'slm', parameters: '70 B', backend: 'openai', source: 'tiny' };
  const task = { name: 'ask', prompt: { system: 'Answer.', user: '{{ q }}' }, samples, scorer: 'includes' };
  return folderWith({
    'suite.yaml': { name: 'served', requirement, tasks: [task] },
    'models.json': { default: ['m'], models: [{ ...model, endpoint: server.endpoint }] },
  });
}

const words = ['one', ' two', ' three', ' yes'].map((content) => chunk({ content }));
const counted = (details: object) => () =>
  script(...words, finish('stop'), event({ choices: [], usage: details }), DONE);

async function run(cwd: string, ...flags: string[]) {
  const args = ['run', '-s', 'suite.yaml', '-q', '--json', '--reports', 'summary,markdown', ...flags];
  const { code, stdout, stderr } = await rightsizeHere(args, { cwd });
  expect(code, stderr).toBe(0);
  const [folder] = readdirSync(join(cwd, 'reports'));
  const report = readFileSync(join(cwd, 'reports', folder!, 'report.md'), 'utf8');
  const { suites } = JSON.parse(stdout);
  return { report, suite: suites[0], cell: suites[0].tasks[0].models[0] };
}

const warnings = ({ cell }: Awaited<ReturnType<typeof run>>): string =>
  cell.warnings.map(({ what }: { what: string }) => what).join('\n');

test('its memory, its devices, its energy and its privacy are missing, because it is not ours', async () => {
  const cwd = answering(counted({ prompt_tokens: 12, completion_tokens: 5 }), SAMPLES, {
    limits: { memory: { max: '2 GiB' } },
  });
  const { report, suite, cell } = await run(cwd);
  const reason = 'the server is not ours: rightsize did not start it';
  expect(report).toContain(`\n- Load time and Peak memory: ${reason}\n`);
  expect(report).toContain(`\n- Offline and privacy: ${reason}, and where it sends prompts is not known\n`);
  expect(report).not.toMatch(/meets every limit|MiB|MB/);
  expect(suite.fits).toEqual([]);
  expect(cell.quality.value).toBe(1);
});

test('of two servers that are not ours neither is smaller, and no limit on what is theirs is met', async () => {
  const cwd = answering(counted({ prompt_tokens: 12, completion_tokens: 5 }), SAMPLES, {
    limits: { memory: { max: '2 GiB' } },
  });
  const entry = { backend: 'openai', source: 'tiny', endpoint: server.endpoint };
  const models = [
    { ...entry, id: 'big', class: 'llm', parameters: '70 B' },
    { ...entry, id: 'small', class: 'slm', parameters: '1 B' },
  ];
  writeFileSync(join(cwd, 'models.json'), JSON.stringify({ models }));
  const { report, suite } = await run(cwd);
  for (const id of ['big', 'small']) expect(report).toContain(`${id} is not known to meet peak memory`);
  expect(report).not.toMatch(/times the memory|the memory of|1\.0×.*memory|fits: small|MiB/);
  expect(suite.fits).toEqual([]);
  expect(suite.tasks[0].verdict.kind).toBe('inconclusive');
});

test('requests are sent side by side where the run asks for it', async () => {
  let underWay = 0;
  let most = 0;
  const cwd = answering(counted({ prompt_tokens: 12, completion_tokens: 5 }));
  const answer = server.answer;
  server.answer = async (asked) => {
    most = Math.max(most, ++underWay);
    await sleep(100);
    underWay--;
    return answer(asked);
  };
  const { cell } = await run(cwd, '--concurrency', '4', '--warmup', '0');
  expect(most).toBe(4);
  expect(cell.throughput).toMatchObject({ concurrency: 4, n: 12 });
  // The first four came to a session without warm-up.
  expect(cell.metrics.ttft).toMatchObject({ n: 8 });
  expect(cell.metrics.ttft.min).toBeGreaterThan(0.09);
});

test('a prompt that was in its cache is not said to have been read', async () => {
  const details = { prompt_tokens: 2000, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 1990 } };
  const found = await run(answering(counted(details)));
  expect(warnings(found)).toContain('99% of the prompt tokens came from the cache of the server');
  const { prefillRate, ttft } = found.cell.metrics;
  expect(prefillRate.median.value).toBeLessThan(20 / ttft.median.value);
});

test('reasoning that it hides is in no rate', async () => {
  const details = { prompt_tokens: 12, completion_tokens: 404, completion_tokens_details: { reasoning_tokens: 400 } };
  const found = await run(answering(counted(details)));
  expect(warnings(found)).toContain('the server counted output of 12 of 12 trials that it did not send');
  expect(found.cell.metrics.prefillRate).toEqual({
    missing: 'the model produced hidden reasoning before its first token',
  });
  expect(found.cell.metrics.outputTokens.mean.value).toBe(404);
});

test.each<[string, number, readonly string[], string]>([
  ['fewer tokens than words', 64, ['word', 'word '.repeat(100)], 'the server has cut the prompts of 1 of'],
  [
    'Chinese, Thai and JSON, without spaces',
    64,
    ['字', '人工智能正在改变世界。'.repeat(40), 'ปัญญาประดิษฐ์'.repeat(40), '{"key":"value","n":1},'.repeat(60)],
    'the server has cut the prompts of 3 of',
  ],
  [
    'one count for prompts of different length',
    64,
    ['x'.repeat(600), 'x'.repeat(1200), 'x'.repeat(1800)],
    'the server counts the same number of tokens for prompts of different length',
  ],
])('a prompt that it cut is said to be cut: %s', async (_, tokens, prompts, warning) => {
  const samples = prompts.map((q, i) => ({ id: `s${i}`, q, target: 'yes' }));
  const found = await run(answering(() => script(...words, finish('stop'), usage(tokens, 5), DONE), samples));
  expect(warnings(found)).toContain(warning);
});

test('a prompt that it did not cut is not said to be cut', async () => {
  // A token may be a character that is repeated a hundred times, or a phrase of Chinese.
  const samples = ['='.repeat(1000), '人工智能正在改变世界'].map((q, i) => ({ id: `s${i}`, q, target: 'yes' }));
  const found = await run(answering(counted({ prompt_tokens: 12, completion_tokens: 5 }), samples));
  expect(warnings(found)).not.toContain('cut');
});

test('refusals are counted and shown', async () => {
  const found = await run(answering(() => script(chunk({ content: 'I' }), finish('content_filter'), DONE)));
  expect(warnings(found)).toContain('12 of 12 answers were refused, by the model or by a filter of its provider');
});

test.each<[string, Step[], string]>([
  ['a rate limit', [event({ error: { message: 'slow down', code: 429 } })], 'slow down'],
  ['a breakdown', [event({ error: { message: 'worker died' } })], 'worker died'],
  ['a quota', [event({ error: { message: 'pay first', code: 'insufficient_quota' } })], 'no quota left'],
  ['an end that is none', [chunk({ content: 'ye' }), finish('error')], 'ended its answer with "error"'],
  ['a broken stream', [chunk({ content: 'ye' }), { halt: 'cut' }], 'stream'],
])('a run in which it answered nothing for %s is no success, and the last line says why', async (_, steps, said) => {
  const cwd = answering(() => script(...steps, DONE), SAMPLES.slice(0, 2));
  let asked = 0;
  const { answer } = server;
  const good = counted({ prompt_tokens: 12, completion_tokens: 5 });
  server.answer = (request) => (++asked === 1 ? good() : answer(request));
  const args = ['run', '-s', 'suite.yaml', '-q', '--reports', 'summary', '--warmup', '0'];
  const { code, stderr } = await rightsizeHere(args, { cwd });
  expect(code).toBe(3);
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
    new RegExp(`^rightsize: no verdict where .*: 2 of 2 trials of m on \\S+/ask \\(.*${said}`),
  );
});

test('a run that it was too busy to begin is no success either, and the last line says why', async () => {
  const cwd = answering(() => ({
    ...script(event({ error: { message: 'slow down', code: 429, retry_after: 3600 } })),
  }));
  const args = ['run', '-s', 'suite.yaml', '-q', '--reports', 'summary'];
  const { code, stderr } = await rightsizeHere(args, { cwd });
  expect(code).toBe(3);
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
    /^rightsize: the run is incomplete \(m could not be run to its end: .*slow down.*\); finish it with: rightsize run --resume/,
  );
});
