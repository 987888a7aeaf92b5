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

const firstOf = (task: string): Record<'system' | 'user' | 'target', string> =>
  JSON.parse(readFileSync(join(ROOT, `suites/data/support-desk/${task}.jsonl`), 'utf8').split('\n')[0]!);

const answer = (file: string, { system, user }: ReturnType<typeof firstOf>, ...more: string[]): string =>
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
    const sample = firstOf('route');
    expect(answer(file, sample)).toBe(sample.target);
  });

  test('the adapter lets llama-cli answer with the new queues', () => {
    const sample = firstOf('route-new-queues');
    const lora = seenByServer(join(ROOT, 'models/reference-slm/lora-queues.gguf'));
    expect(answer(FILES[0]!, sample, '--lora', lora)).toBe(sample.target);
  });
});
