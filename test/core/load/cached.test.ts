import { expect, test } from 'vitest';
import { cachedShareOf } from '../../../src/core/load/cached.js';
import type { StepRequest } from '../../../src/core/load/request.js';
import { known, missing } from '../../../src/core/quantity.js';
import { mean } from '../../../src/core/stats/basics/moments.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';

const request = (sample: number, promptTokens: number, cachedTokens: number | undefined) =>
  ({ task: 'suite/task', sample: String(sample), promptTokens: known(promptTokens), cachedTokens }) as StepRequest;

test('long prompts count more', () => {
  const found = cachedShareOf([request(1, 100, 90), request(2, 900, 0), request(3, 50, undefined)]);
  expect(found).toMatchObject({ value: 0.09, n: 2, low: 0 });
});

test('it is missing where no server tells, and where one prompt tells it alone', () => {
  expect(cachedShareOf([request(1, 100, undefined)])).toEqual(missing('the server does not tell'));
  expect(cachedShareOf([request(1, 100, 50)])).toMatchObject({ missing: expect.stringContaining('one value') });
  expect(cachedShareOf([request(1, 100, 50), request(1, 100, 100)])).toHaveProperty('missing');
});

test('equal shares of unequal prompts are equal', () => {
  const found = cachedShareOf([7, 11, 13, 17, 19].map((tokens, i) => request(i, tokens * 10, tokens)));
  expect(found).toMatchObject({ value: 0.1, n: 5, low: expect.any(Number), high: expect.any(Number) });
});

test('its interval holds the true share in 95 of 100 steps, where each sample is asked several times', () => {
  const random = createRandom(3);
  let held = 0;
  const [steps, samples, times] = [400, 60, 4];
  // Half of the samples have a prefix of 100 tokens that is cached; their prompts are longer.
  const truth = (0.5 * 100) / mean([0.5 * 300, 0.5 * 200].map((part) => 2 * part));
  for (let step = 0; step < steps; step++) {
    const requests = Array.from({ length: samples }, (_, i) => {
      const isCached = random.uniform() < 0.5;
      const prompt = (isCached ? 250 : 150) + Math.floor(100 * random.uniform());
      return Array.from({ length: times }, () => request(i, prompt, isCached ? 100 : 0));
    }).flat();
    const found = cachedShareOf(requests);
    if ('missing' in found) throw new Error(found.missing);
    if (found.low <= truth && truth <= found.high) held++;
  }
  expect(held / steps).toBeGreaterThan(0.92);
  expect(held / steps).toBeLessThan(0.98);
});
