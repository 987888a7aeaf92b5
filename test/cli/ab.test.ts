/** `rightsize ab` as a user runs it: its flags, two endpoints, and two servers that it starts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from '@commander-js/extra-typings';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ab } from '../../src/cli/ab.js';
import { startInterleaved } from '../../src/core/regress/interleaved.js';
import { readLog } from '../../src/files/log.js';
import { folderWith, parsed, ROOT, rightsize, rightsizeHere, silentTerminal } from '../support/cli.js';
import { type ScriptedServer, startScripted, stream } from '../support/openai-server.js';

const SUITE = {
  name: 'served',
  gate: { quality: { by: '10 points' } },
  tasks: [
    {
      name: 'ask',
      prompt: { user: '{{ q }}' },
      samples: Array.from({ length: 24 }, (_, i) => ({ q: `question ${i}`, target: 'well' })),
      scorer: 'exact',
    },
  ],
};

let servers: ScriptedServer[];
beforeAll(async () => {
  servers = [await startScripted(() => stream('well')), await startScripted(() => stream('badly'))];
});
afterAll(async () => {
  for (const server of servers) await server.close();
});

const AB = ['ab', '-s', 'suite.yaml', '--models', 'mine.json', '--blocks', '1', '--warmup', '0', '-q'];
const entry = (id: string, more: object) => ({ id, class: 'slm', backend: 'openai', source: 'tiny', ...more });
const started = (id: string, behaviour: string) =>
  entry(id, {
    endpoint: 'http://127.0.0.1:8080/v1',
    server: {
      environment: { BEHAVIOUR: behaviour },
      command: ['node', join(ROOT, 'test/support/small-server.mjs'), '{port}'],
    },
  });

function folderOf(models: readonly object[]): string {
  return folderWith({ 'suite.yaml': SUITE, 'mine.json': { models } });
}

test.each([
  [['--blocks', '0'], /--blocks .*expected a whole number from 1 up/],
  [['--limit', 'all'], /--limit .*expected a whole number/],
  [['--warmup', '-1'], /--warmup .*expected a whole number/],
  [['--seed', 'x'], /--seed .*expected a whole number/],
  [['--by', 'quality'], /--by .*expected a metric with a size/],
  [['--gate-verdict', 'good'], /--gate-verdict .*expected one of/],
  [['--gates'], /unknown option '--gates'/],
])('%j', (flags, sentence) => {
  const parse = () => parsed(ab, flags);
  expect(parse).toThrow(CommanderError);
  expect(parse).toThrow(sentence);
});

test.each([
  [['--base', 'old'], /^ab: expected two versions, found fewer/],
  [['--base', 'old', '--candidate', 'new', '--by', 'quality=3 points'], /expected --gate or --gate-strict beside it/],
  [['--base', 'old', '--candidate', 'new', '--require-power'], /^--require-power: expected --gate/],
  [['--base', 'old', '--candidate', 'new', '--gate', '--pilot', 'x'], /^--pilot: expected --require-power beside it/],
])('%j is refused before anything runs', async (flags, sentence) => {
  await expect(ab(silentTerminal()).exitOverride().parseAsync(flags, { from: 'user' })).rejects.toThrow(sentence);
});

test('two endpoints are asked in turns, and a loss is red after a second look', async () => {
  const [old, other] = servers;
  const cwd = folderOf([entry('old', { endpoint: old!.endpoint }), entry('new', { endpoint: other!.endpoint })]);
  const found = await rightsize([...AB, '--base', 'old', '--candidate', 'new', '--gate', '--name', 'mine', '--json'], {
    cwd,
  });
  expect(found.code, found.stderr).toBe(1);
  const [{ comparison, gates }] = JSON.parse(found.stdout).comparisons;
  expect(comparison.base).toMatchObject({ model: 'old', name: 'mine' });
  expect(gates.results).toMatchObject([{ metric: 'quality', state: 'red', n: 24, change: { value: -1 } }]);
  const [run] = readdirSync(join(cwd, 'reports'));
  const log = readFileSync(join(cwd, 'reports', run!, 'log.jsonl'), 'utf8');
  expect(log.match(/"type":"measurement"/g)).toHaveLength(24 * 8);
  expect(readdirSync(join(cwd, 'reports', run!))).toEqual(expect.arrayContaining(['junit.xml', 'comment.md']));
}, 120_000);

test('two servers are started side by side and ended, also for the second look', async () => {
  const cwd = folderOf([started('old', 'well'), started('new', 'badly')]);
  const found = await rightsizeHere([...AB, '--base', 'old', '--candidate', 'new', '--gate', '--limit', '12'], { cwd });
  expect(found.code, found.stderr).toBe(1);
  expect(found.stdout).toContain('The gate is red: quality');
}, 180_000);

test('power is asked for before anything is measured', async () => {
  const cwd = folderOf([started('old', 'well'), started('new', 'badly')]);
  const flags = ['--base', 'old', '--candidate', 'new', '--gate', '--by', 'decodeRate=5%', '--require-power'];
  const found = await rightsizeHere([...AB, ...flags], { cwd });
  expect(found.code, found.stdout).toBe(1);
  expect(found.stderr).toMatch(/--require-power: nothing was measured, .*tok\/s/);
  expect(readdirSync(cwd)).not.toContain('reports');
}, 60_000);

test('the base is asked in the words of its own suite, and samples pair by row and target', async () => {
  const server = servers[0]!;
  const prompts: string[] = [];
  server.answer = ({ body }) => {
    const [{ content }] = (body as { messages: [{ content: string }] }).messages;
    prompts.push(content);
    return stream(content.startsWith('Please') ? 'well' : 'badly');
  };
  const { gate, tasks, ...rest } = SUITE;
  const other = { ...rest, gate, tasks: [{ ...tasks[0]!, prompt: { user: 'Please: {{ q }}' } }] };
  const cwd = folderWith({
    'suite.yaml': SUITE,
    'old.yaml': other,
    'mine.json': { models: ['old', 'new'].map((id) => entry(id, { endpoint: server.endpoint })) },
  });
  const flags = [...AB, '--base', 'old', '--candidate', 'new', '--base-suite', 'old.yaml', '--gate', '--json'];
  const found = await rightsizeHere(flags, { cwd });
  expect(found.code, found.stderr).toBe(1);
  const [{ comparison, gates }] = JSON.parse(found.stdout).comparisons;
  expect(comparison.prompts).toMatchObject({ paired: 24, changed: 24 });
  expect(gates.results).toMatchObject([{ metric: 'quality', state: 'red', n: 24, change: { value: -1 } }]);
  const asked = (words: RegExp) => prompts.filter((prompt) => words.test(prompt)).length;
  expect([asked(/^Please: question/), asked(/^question/)]).toEqual([24 * 4, 24 * 4]);

  // The run tells it again, without the definition, and so do its times.
  const [run] = readdirSync(join(cwd, 'reports'));
  const blocks = startInterleaved({ base: 'old', candidate: 'new' });
  for await (const record of readLog(join(cwd, 'reports', run!, 'log.jsonl'))) blocks.add(record);
  const [block, ...others] = blocks.finish();
  expect(others).toEqual([]);
  // The first request after opening does not count.
  expect(block!.length).toBeGreaterThan(20);
  for (const sample of block!) expect([sample.base.length, sample.candidate.length]).toEqual([4, 4]);
  const again = await rightsizeHere(['compare', join('reports', run!), '--gate', '--json'], { cwd });
  expect(JSON.parse(again.stdout).comparisons[0].gates.results).toEqual(gates.results);

  const fewer = { ...other, tasks: [{ ...other.tasks[0]!, samples: SUITE.tasks[0]!.samples.slice(1) }] };
  const lacking = folderWith({
    'suite.yaml': SUITE,
    'old.yaml': fewer,
    'mine.json': readFileSync(join(cwd, 'mine.json'), 'utf8'),
  });
  const refused = await rightsizeHere(flags, { cwd: lacking });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/--base-suite: expected the samples of served in served-base, found no partner there/);
  const two = await rightsizeHere([...flags, '--base-suite', 'suite.yaml'], { cwd });
  expect(two.stderr).toMatch(/--base-suite: expected as many suites as --suite names \(1\), found 2/);
}, 120_000);
