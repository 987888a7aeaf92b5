/** A wrong flag of `rightsize load` gives one sentence, before anything runs. */
import { gzipSync } from 'node:zlib';
import { CommanderError } from '@commander-js/extra-typings';
import { describe, expect, test } from 'vitest';
import { load } from '../../src/cli/load.js';
import { parseThinkTime } from '../../src/core/definition/condition.js';
import type { SuiteDraft } from '../../src/core/definition/draft/suite.js';
import { type LoadDefinition, loadTestDefinitions } from '../../src/run/load-definition.js';
import { worldOf } from '../../src/run/world.js';
import { folderWith, parsed, silentTerminal } from '../support/cli.js';

test.each([
  [['--users', '0'], /--users .*expected a whole number from 1 up, found "0"/],
  [['--users', '1,x'], /--users .*expected a whole number from 1 up, found "x"/],
  [['--users', '1,,2'], /--users .*expected a whole number from 1 up, found ""/],
  [['--think', 'long'], /--think .*expected a think time such as 10s, exp:10s or lognormal:10s,1, found "long"/],
  [['--concurrency', 'many'], /--concurrency .*expected a whole number/],
  [['--rate', '0'], /--rate .*expected a number above 0/],
  [['--rate', '1e9'], /--rate .*expected a number below 1000000, found "1e9"/],
  [['--rate', '1..2..4'], /--rate .*expected requests per second above 0, .*found "1..2..4"/],
  [['--rate', '0.0000001'], /--rate .*expected a number above 0 with at most six decimals/],
  [['--rate', '4..1'], /--rate .*expected requests per second above 0, as in "0.5,1,2" or "0.5..16", found "4..1"/],
  [['--arrivals', 'gamma:-1'], /--arrivals .*expected poisson, constant or gamma:CV/],
  [['--ceiling', '0'], /--ceiling .*expected a whole number from 1 up/],
  [['--speed', 'fast'], /--speed .*expected a number above 0/],
  [['--max-cost', 'little'], /--max-cost .*expected US dollars such as 5 or 0.50, found "little"/],
  [['--find', 'happiness'], /--find .*expected one of users, concurrency, rate, found "happiness"/],
  [['--requests', '0'], /--requests .*expected a whole number from 1 up/],
  [['--budget', 'soon'], /--budget .*expected a time such as "10 min"/],
  [['--stop-errors', '200%'], /--stop-errors .*expected a share from 0 to 1/],
  [['--least', 'happiness=3'], /--least .*expected users, concurrency or rate with a number/],
  [['--least', 'users=0'], /--least .*expected users, concurrency or rate with a number/],
  [['--prompt', 'long'], /--prompt .*expected tokens such as 4096, uniform:100,500, .*found "long"/],
  [['--output', 'uniform:9,3'], /--output .*expected tokens such as 4096/],
  [['--prefix', '-1'], /--prefix .*expected a whole number from 0 up/],
  [['--clients', '0'], /--clients .*expected a whole number from 1 up/],
])('%j', (flags, sentence) => {
  const parse = () => parsed(load, flags);
  expect(parse).toThrow(CommanderError);
  expect(parse).toThrow(sentence);
});

test('a range of rates is doubled through', () => {
  const seen: unknown[] = [];
  const command = load(silentTerminal()).action(({ rate }) => void seen.push(rate));
  command.parse(['--rate', '0.5..4,7,1..3'], { from: 'user' });
  expect(seen).toEqual([[0.5, 1, 2, 4, 7, 1, 2, 3]]);
});

test.each([
  ['--least', 'users=3', '--least users'],
  ['--gate-model', 'x', '--gate-model'],
])('%s is no gate without --gate', async (flag, value, named) => {
  const parsing = load(silentTerminal()).exitOverride().parseAsync([flag, value, '--model', 'x'], { from: 'user' });
  await expect(parsing).rejects.toThrow(`${named}: expected --gate or --gate-strict beside it`);
});

test('a load and a search are not asked for together', async () => {
  const command = load(silentTerminal()).exitOverride();
  const parsing = command.parseAsync(['--users', '2', '--find', 'rate', '--model', 'x'], { from: 'user' });
  await expect(parsing).rejects.toThrow(
    /^--find: expected no load beside it, because it searches one, found users 2 think exp:10s/,
  );
});

test.each([
  [['--speed', '2', '-c', '1'], /^--speed: expected --trace beside it, found none; add it, or leave out --speed 2/],
  [['--think', '5s', '-c', '1'], /^--think: expected --users beside it, which it says more of, found none/],
  [['--arrivals', 'constant', '--users', '1'], /^--arrivals: expected --rate beside it/],
  [['--ceiling', '4', '--find', 'users'], /^--ceiling: expected --rate beside it/],
])('%j says nothing of any load, and is refused', async (flags, sentence) => {
  const command = load(silentTerminal()).exitOverride();
  await expect(command.parseAsync([...flags, '--model', 'x'], { from: 'user' })).rejects.toThrow(sentence);
});

const SUITE = {
  name: 'sums',
  tasks: [
    { name: 'add', prompt: { user: '{{ q }}' }, samples: [{ q: '2+2', target: '4' }], scorer: 'exact' },
    {
      name: 'pick',
      ask: 'choices',
      prompt: { text: '{{ q }}' },
      choices: ['4', '5'],
      samples: [{ q: '2+2', target: '4' }],
      scorer: 'choice',
    },
  ],
};
const SERVER = {
  id: 'hosted',
  class: 'llm',
  backend: 'openai',
  source: 'x',
  endpoint: 'http://127.0.0.1:9/v1',
} as const;
const PRICE = { input: 100, output: 1000, date: '2026-11-01', source: 'a test' };
const MODEL = { id: 'slow', class: 'slm', backend: 'scripted', script: { realTime: true } } as const;
const AZURE = 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.1,1,2\n2023-11-16 18:15:46.6,1,2\n';
const cwd = folderWith({
  'sums.json': SUITE,
  'odd.csv': 'a,b\n1,2\n',
  'empty.jsonl': '',
  'packed.csv.gz': gzipSync(AZURE),
  'unnamed.csv': gzipSync(AZURE),
  'torn.csv.gz': gzipSync(AZURE).subarray(0, 30),
  'other.csv.zst': Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3]),
});
const FIND = { least: 'closed 1', most: 8, alpha: 0.05 };
const CLOSED = { conditions: ['closed 1'] };

test.each([
  [{ conditions: ['open fast'] }, /^expected a condition such as closed 4, .*found "open fast"$/],
  [{ conditions: ['trace other speed 1'] }, /expected the trace other among those that were read/],
  [{ traces: [{ file: 'nowhere.csv', speed: 1 }] }, /nowhere.csv: there is no such file$/],
  [{ traces: [{ file: '.', speed: 1 }] }, /this is a folder, not a file$/],
  [{ traces: [{ file: 'odd.csv', speed: 1 }] }, /odd.csv, line 1: expected a trace of Mooncake .*found "a,b"$/],
  [{ traces: [{ file: 'empty.jsonl', speed: 1 }] }, /empty.jsonl: expected at least one request, found none$/],
  [
    { ...CLOSED, objectives: ['soon'] },
    /^--objective: expected an objective such as "ttft p95 <= 500 ms", found "soon"/,
  ],
  [
    { find: FIND },
    /^--objective: expected a limit that must hold under load, .*found none, and the suite has no limit on a latency or a rate/,
  ],
  [{ traces: [{ file: 'torn.csv.gz', speed: 1 }] }, /^--trace torn.csv.gz: the file cannot be read \(Z_BUF_ERROR\)$/],
  [
    { traces: [{ file: 'unnamed.csv', speed: 1 }] },
    /^--trace unnamed.csv: expected text, found a file that is packed with gzip; give it a name that ends in .gz$/,
  ],
  [
    { traces: [{ file: 'other.csv.zst', speed: 1 }] },
    /^--trace other.csv.zst: expected text, found a file that is packed with zstd; unpack it first, or pack it with gzip$/,
  ],
  [
    { ...CLOSED, models: [SERVER], budget: { dollars: 1 } },
    /^--max-cost: expected a price of every server, found none for "hosted"/,
  ],
  [
    { ...CLOSED, models: [{ ...SERVER, price: PRICE }], budget: { dollars: 0 } },
    /^--max-cost: expected \$0\.\d+ or more, which one request to model "hosted" may cost, found \$0; allow more/,
  ],
  [{ ...CLOSED, tasks: ['subtract'] }, /^--task: expected one of sums\/add, sums\/pick, found "subtract"$/],
  [
    { ...CLOSED, tasks: ['pick'] },
    /^--task: expected a task that a model answers in words .*found sums\/pick \(ask: choices\)/,
  ],
  [{ ...CLOSED, models: [{ ...MODEL, script: {} }] }, /^model "slow": script.realTime: expected true in a load test/],
])('%j', async (definition, sentence) => {
  const loading = loadTestDefinitions({ suites: ['./sums.json'], models: [MODEL], ...definition }, worldOf({ cwd }));
  await expect(loading).rejects.toThrow(sentence);
});

test.each([
  ['an engine in process', MODEL],
  ['a server without a price', { ...SERVER, price: { ...PRICE, input: 0, output: 0 } }],
])('%s may be tested for nothing', async (_, model) => {
  const definition = { suites: ['./sums.json'], models: [model], ...CLOSED, budget: { dollars: 0 } };
  const { load } = await loadTestDefinitions(definition, worldOf({ cwd }));
  expect(load.budget).toEqual({ dollars: 0 });
});

test('a trace may be packed with gzip', async () => {
  const definition = { suites: ['./sums.json'], models: [MODEL], traces: [{ file: 'packed.csv.gz', speed: 1 }] };
  const { load, traces } = await loadTestDefinitions(definition, worldOf({ cwd }));
  expect(load.conditions).toEqual(['trace packed speed 1']);
  expect([...traces.get('packed')!.arrivals]).toEqual([0, expect.closeTo(0.5, 6)]);
});

test('tasks that models do not answer in words are left out of the mixture', async () => {
  const { samples, record } = await loadTestDefinitions(
    { suites: ['./sums.json'], models: [MODEL], ...CLOSED },
    worldOf({ cwd }),
  );
  expect(samples.map(({ task }) => task)).toEqual(['add']);
  expect(record.suites[0]!.tasks.map(({ name }) => name)).toEqual(['add']);
});

describe('the load of a suite', () => {
  const withLoad = async (load: object, definition: Partial<LoadDefinition> = {}) => {
    const suite = { ...SUITE, requirement: { limits: { ttft: { max: '1 s' } } }, load } as SuiteDraft;
    return (await loadTestDefinitions({ suites: [suite], models: [MODEL], ...definition }, worldOf({ cwd }))).load;
  };
  const THINK = parseThinkTime('5s')!;

  test('is the default of what no flag names', async () => {
    const load = { users: [2, 4], think: 'exp:20s', objectives: ['tpot p95 <= 50 ms'], requests: 50, stopErrors: '5%' };
    expect(await withLoad({ ...load, budget: { seconds: '2 min' } })).toMatchObject({
      conditions: ['users 2 think exp:20s', 'users 4 think exp:20s'],
      objectives: ['tpot p95 <= 0.05 s'],
      requests: 50,
      budget: { seconds: 120 },
      stopErrors: 0.05,
    });
    expect(await withLoad({ find: 'rate', arrivals: 'gamma:2', ceiling: 9 })).toMatchObject({
      find: { least: 'open 0.125 gamma:2 ceiling 9' },
      objectives: ['ttft p95 <= 1 s'],
      budget: { seconds: 300 },
    });
    expect(await withLoad({ think: 'exp:20s' })).toMatchObject({ find: { least: 'users 1 think exp:20s' } });
  });

  test('gives way to flags, each by itself', async () => {
    const load = { users: [2], think: 'exp:20s', requests: 50, budget: { seconds: 60, dollars: 2 } };
    const priced = { ...MODEL, price: { input: 1, output: 1, date: '2026-11-01', source: 'a test' } };
    const flags = { models: [priced], requests: 7, budget: { requests: 100 } };
    expect(await withLoad(load, { ...flags, loads: { users: [3] } })).toMatchObject({
      conditions: ['users 3 think exp:20s'],
      requests: 7,
      budget: { requests: 100, dollars: 2 },
    });
    expect(await withLoad(load, { ...flags, loads: { think: THINK } })).toMatchObject({
      conditions: ['users 2 think 5s'],
    });
    const searched = await withLoad(load, { ...flags, loads: { find: 'concurrency' } });
    expect(searched.find!.least).toBe('closed 1');
    expect(searched.conditions).toBeUndefined();
  });

  test.each([
    [{ find: 'users', users: [2] }, /load.find: expected find or users, concurrency, rate, conditions, not both/],
    [{ users: [0] }, /load.users\[0\]/],
    [{ think: 'long' }, /load.think: expected a think time such as 10s, exp:10s or lognormal:10s,1/],
    [{ objectives: ['soon'] }, /^load.objectives: expected an objective such as "ttft p95 <= 500 ms", found "soon"/],
    [{ conditions: ['open fast'] }, /load.conditions\[0\]: expected a condition such as closed 4/],
    [{ uesrs: [2] }, /uesrs/],
  ])('%j', async (load, sentence) => {
    await expect(withLoad(load)).rejects.toThrow(sentence);
  });
});
