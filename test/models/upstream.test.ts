/** The GGUF files and the adapter in llama.cpp's own programs: they load there, and answer as they should. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/cli.js';
import { LLAMA_SERVER, seenByServer } from '../support/llama-server.js';
import { describeWith, shared } from '../support/shared.js';

const TOOL = 'tools/llama-cpp';
const FILES = ['slm', 'llm'].flatMap((size) =>
  ['f16', 'q8_0'].map((type) => `models/reference-${size}/reference-${size}-${type}.gguf`),
);

/** What a program prints; its own log goes nowhere. */
const llama = (program: string, ...args: string[]): string =>
  execFileSync(shared(TOOL), [program, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

type Row = Record<'system' | 'user' | 'target', string>;

const firstOf = (task: string, count: number): Row[] =>
  readFileSync(join(ROOT, `suites/data/support-desk/${task}.jsonl`), 'utf8')
    .split('\n', count)
    .map((line) => JSON.parse(line));

const answer = (file: string, { system, user }: Row, ...more: string[]): string =>
  llama(
    'llama-cli',
    ...['-m', seenByServer(join(ROOT, file)), '-sys', system, '-p', user, '-n', '12', '-t', '1', '--temp', '0'],
    ...['-st', '--simple-io', '--no-warmup', ...more],
  )
    .split(`> ${user}\n`)[1]!
    .split('\n')[0]!;

describeWith([TOOL, LLAMA_SERVER], 'the reference pair in llama.cpp', () => {
  test.each(FILES)('%s is measured by llama-bench', (file) => {
    const args = ['-m', seenByServer(join(ROOT, file)), '-p', '16', '-n', '4', '-r', '1', '-t', '1', '-o', 'json'];
    const [prefill, decode] = JSON.parse(llama('llama-bench', ...args));
    expect(prefill).toMatchObject({ n_prompt: 16, n_gen: 0 });
    expect(decode.avg_ts).toBeGreaterThan(0);
    expect(decode.model_type).toMatch(/^llama /);
  });

  test.each(FILES)('%s answers in llama-cli by the chat template inside', (file) => {
    const [sample] = firstOf('route', 1);
    expect(answer(file, sample!)).toBe(sample!.target);
  });

  test('the adapter lets llama-cli answer with the new queues', () => {
    // It is right on 86% of all samples, and the model alone on none.
    const samples = firstOf('route-new-queues', 10);
    const lora = seenByServer(join(ROOT, 'models/reference-slm/lora-queues.gguf'));
    const right = (...more: string[]) =>
      samples.filter((sample) => answer(FILES[0]!, sample, ...more) === sample.target).length;
    expect(right()).toBe(0);
    expect(right('--lora', lora)).toBeGreaterThanOrEqual(7);
  });
});
