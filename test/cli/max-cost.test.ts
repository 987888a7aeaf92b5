/** `run --max-cost`: nothing is asked that may cost too much, and a run that has spent it ends and can be finished. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { folderWith, rightsizeHere } from '../support/cli.js';
import {
  chunk,
  DONE,
  finish,
  type ScriptedServer,
  script,
  startScripted,
  stream,
  usage,
} from '../support/openai-server.js';

let server: ScriptedServer;
beforeAll(async () => {
  server = await startScripted();
});
beforeEach(() => {
  server.answer = () => stream('yes');
  server.asked.length = 0;
});
afterAll(() => server.close());

const PRICE = { input: 1000, output: 1000, date: '2026-11-01', source: 'a test' };
/** Ten questions: with an answer of 16 tokens each costs at most three cents. */
const SUITE = {
  name: 'desk',
  tasks: [
    {
      name: 'route',
      prompt: { user: '{{ q }}' },
      samples: Array.from({ length: 10 }, (_, i) => ({ id: `s${i}`, q: `is ${i}?`, target: 'yes' })),
      generation: { maxTokens: 16 },
      scorer: 'exact',
    },
  ],
};

function folder(more: object = { price: PRICE }): string {
  const models = [{ id: 'm', class: 'llm', backend: 'openai', source: 'tiny', endpoint: server.endpoint, ...more }];
  return folderWith({ 's.yaml': SUITE, 'models.json': { default: ['m'], models } });
}

const run = (cwd: string, ...more: readonly string[]) =>
  rightsizeHere(['run', '-s', 's.yaml', '-q', '--reports', 'summary', '--warmup', '0', ...more], { cwd });

test('a run within it is made', async () => {
  const { code, stderr } = await run(folder(), '--max-cost', '$0.40');
  expect(code, stderr).toBe(0);
});

test.each([
  [
    'a run that may cost more',
    { price: PRICE },
    '0.10',
    /^rightsize: --max-cost: expected a run that costs at most \$0\.100, found one that may cost \$0\.2\d+ if every answer/,
  ],
  [
    'a server without a price',
    {},
    '5',
    /^rightsize: --max-cost: expected a price of every server, found none for "m"; add "price"/,
  ],
  [
    'what is no sum of money',
    { price: PRICE },
    'five',
    /--max-cost.*expected US dollars such as 5 or 0\.50, found "five"/,
  ],
])('%s is refused before its first request', async (_, more, sum, sentence) => {
  const { code, stderr } = await run(folder(more), '--max-cost', sum);
  expect(stderr).toMatch(sentence);
  expect(code).toBe(2);
  expect(server.asked).toEqual([]);
});

test('a run whose answers cost more than was foreseen ends with 3, keeps what it has, and can be finished', async () => {
  server.answer = () =>
    script(chunk({ role: 'assistant', content: '' }), chunk({ content: 'yes' }), finish('stop'), usage(9, 90), DONE);
  const cwd = folder();
  const { code, stderr } = await run(cwd, '--max-cost', '0.40');
  expect(stderr).toMatch(/the run is incomplete \(--max-cost: \$0\.\d+ of \$0\.400 are spent/);
  expect(code).toBe(3);
  const [folderOfRun] = readdirSync(join(cwd, 'reports'));
  const measured = () =>
    readFileSync(join(cwd, 'reports', folderOfRun!, 'log.jsonl'), 'utf8').match(/"type":"measurement"/g)!.length;
  // Ten cents each, and the last is asked because it should cost two at most.
  expect(measured()).toBe(4);
  const finished = await rightsizeHere(
    ['run', '--resume', join('reports', folderOfRun!), '-q', '--reports', 'summary'],
    {
      cwd,
    },
  );
  expect(finished.code, finished.stderr).toBe(0);
  expect(measured()).toBe(10);
});

test('an engine in process costs nothing', async () => {
  const cwd = folderWith({
    's.yaml': SUITE,
    'models.json': { models: [{ id: 'm', class: 'slm', backend: 'scripted', script: { answers: { '*': 'yes' } } }] },
  });
  expect((await run(cwd, '--max-cost', '0')).code).toBe(0);
});
