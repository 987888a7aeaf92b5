/** The times of tokens that come from a batch belong to their own answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTokenQueue } from '../../src/backends/token-queue.js';

const now = () => performance.now() / 1000;

test('a token has the time at which it was sampled, however late it is read', async () => {
  const queue = createTokenQueue();
  const before = now();
  queue.put({ token: 1, logprob: -1 });
  await sleep(20);
  const between = now();
  queue.put({ token: 2, logprob: -1 });
  await sleep(20);
  const [first, second] = [await queue.take(), await queue.take()];
  expect(first.time).toBeGreaterThanOrEqual(before);
  expect(first.time).toBeLessThan(before + 0.01);
  expect(second.time).toBeGreaterThanOrEqual(between);
  expect(second.time).toBeLessThan(between + 0.01);
});
