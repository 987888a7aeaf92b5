/** A wrong flag of `rightsize capacity` gives one sentence, before anything is predicted. */
import { CommanderError } from '@commander-js/extra-typings';
import { expect, test } from 'vitest';
import { capacity as command } from '../../src/cli/capacity.js';
import { capacity } from '../../src/run/capacity.js';
import { parsed } from '../support/cli.js';

test.each([
  [['--users', '0'], /--users .*expected a whole number from 1 up/],
  [['--users', '2.5'], /--users .*expected a whole number from 1 up, found "2.5"/],
  [['--rate', 'fast'], /--rate .*expected a number above 0 with at most six decimals, such as 0.5, found "fast"/],
  [['--rate', '1e9'], /--rate .*expected a number below 1000000, found "1e9"/],
  [['--rate', '0'], /--rate .*expected a number above 0/],
  [['--rate', '5', '--users', '3'], /'--rate <r>' cannot be used with option '--users <n>'/],
  [['--users', '5', '--find', 'rate'], /'--users <n>' cannot be used with option '--find <what>'/],
  [['--find', 'money'], /--find .*expected one of users, concurrency, rate, found "money"/],
  [['--prompt', 'long'], /--prompt .*expected tokens such as 4096, uniform:100,500/],
  [['--output', 'uniform:9'], /--output .*expected tokens such as 4096, uniform:100,500/],
  [['--context', 'long'], /--context .*expected a whole number/],
  [['--slots', '0'], /--slots .*expected a whole number from 1 up/],
  [['--headroom', '120%'], /--headroom .*expected a share from 0 to 1/],
  [['--think', 'long'], /--think .*expected a think time/],
  [
    ['--api-price', '5'],
    /--api-price .*expected dollars for a million tokens of prompts and of answers, as in "0.15,0.60"/,
  ],
  [['--api-price', '-1,2'], /--api-price .*found "-1,2"/],
  [['--engine', 'ollama'], /--engine .*expected one of llama.cpp-cpu/],
])('%j', (flags, sentence) => {
  expect(() => parsed(command, flags)).toThrow(CommanderError);
  expect(() => parsed(command, flags)).toThrow(sentence);
});

test('a run is named before the flags, and a price has two parts', () => {
  const [run, options] = parsed(command, [
    'reports/RUN',
    '--users',
    '200',
    '--api-price',
    '0.15,0.60',
    '--context',
    '8k',
  ]);
  expect(run).toBe('reports/RUN');
  expect(options).toMatchObject({ users: 200, apiPrice: { input: 0.15, output: 0.6 }, headroom: 0.2, context: 8192 });
});

test('a device that keeps everything free serves nobody', async () => {
  const load = { kind: { kind: 'concurrency' }, wanted: 3, headroom: 1 } as const;
  const asked = capacity({ models: ['qwen3-4b'], devices: ['l4'], prompt: 10, output: 10, load });
  await expect(asked).rejects.toThrow('--headroom: expected less than 100%, found 100%');
});
