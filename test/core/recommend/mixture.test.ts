import { expect, test } from 'vitest';
import { mixtureOf } from '../../../src/core/recommend/mixture.js';
import type { SuiteRecommendation, TaskVerdict } from '../../../src/core/recommend/recommendation.js';

type Parts = Parameters<typeof mixtureOf>;

const analysed = (...samples: number[]) =>
  ({ tasks: samples.map((n) => ({ samples: Array(n).fill({}) })) }) as unknown as Parts[0];

const recommended = (kind: SuiteRecommendation['verdict']['kind'], ...verdicts: unknown[]) =>
  ({
    verdict: { kind },
    tasks: verdicts.map((verdict, i) => ({ task: `t${i}`, verdict: verdict as TaskVerdict })),
  }) as unknown as Parts[1];

const fits = { kind: 'slm-fits', comparison: { candidate: 'small' } };
const cascade = { kind: 'cascade', small: 'small', large: 'large', evaluation: { deferred: 0.25 } };
const needed = { kind: 'llm-needed', model: 'large' };

test('a cascade sends every request to the small model, and those that it passes on to the large one', () => {
  // 200 requests fit, 100 begin a cascade, and 100 need the large model.
  const found = mixtureOf(analysed(200, 100, 100), recommended('cascade', fits, cascade, needed));
  expect(found).toEqual([
    { model: 'small', share: 0.75 },
    { model: 'large', share: 0.25 * 0.25 + 0.25 },
  ]);
});

test('a suite without a cascade, or with a task that is open, has no mixture', () => {
  expect(mixtureOf(analysed(10), recommended('slm-fits', fits))).toEqual({ missing: 'no cascade is recommended' });
  expect(mixtureOf(analysed(10, 10), recommended('by-task', fits, { kind: 'inconclusive' }))).toEqual({
    missing: 'it is not decided which model answers t1',
  });
});
