/** What log-probabilities cost a request to a server, timed in pairs. */
import { describe, expect, test } from 'vitest';
import { type AnswerRequest, MOST_PAIRS, timeLogprobs } from '../../src/worker/logprobs-cost.js';
import { trialOf } from '../support/scripted-worker.js';

/** A server whose first request of a prompt is slow, and that takes a fifth longer for log-probabilities. */
function server({ fails = () => false }: { fails?: (request: AnswerRequest) => boolean } = {}) {
  const seen: string[] = [];
  let clock = 0;
  return {
    seen,
    elapsed: () => clock,
    async secondsOf(request: AnswerRequest) {
      const { text } = request.prompt as { text: string };
      const isNew = !seen.some((one) => one.startsWith(text));
      seen.push(`${text} ${request.generation.logprobs ? 'with' : 'without'}`);
      const seconds = (isNew ? 5 : 1) * (request.generation.logprobs ? 1.2 : 1);
      clock += seconds;
      return fails(request) ? null : seconds;
    },
  };
}

const requests = (count: number) =>
  Array.from({ length: count }, (_, i) => trialOf(`p${String(i).padStart(2, '0')}`) as AnswerRequest);

describe('pairs of requests', () => {
  test('come in turns, each after one that fills the cache of prompts', async () => {
    const world = server();
    expect(await timeLogprobs(requests(2), world)).toEqual([
      { with: 1.2, without: 1 },
      { with: 1.2, without: 1 },
    ]);
    expect(world.seen).toEqual(['p00 with', 'p00 with', 'p00 without', 'p01 without', 'p01 without', 'p01 with']);
  });

  test('are few and spread over all prompts, and none begins after a minute', async () => {
    const world = server();
    await timeLogprobs(requests(80), world);
    expect(new Set(world.seen.map((one) => one.slice(0, 3))).size).toBe(MOST_PAIRS);
    expect(world.seen.at(-1)).toMatch(/^p70/);
    const slow = { ...world, elapsed: () => world.elapsed() * 10 };
    expect((await timeLogprobs(requests(80), slow)).length).toBeLessThan(MOST_PAIRS);
  });

  test('of which one fails are left out', async () => {
    const world = server({ fails: ({ generation }) => generation.logprobs === true });
    expect(await timeLogprobs(requests(3), world)).toEqual([]);
  });
});
