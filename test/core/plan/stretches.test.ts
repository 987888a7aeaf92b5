import { expect, test } from 'vitest';
import { countTrials, plan } from '../../../src/core/plan/plan.js';
import { stretches } from '../../../src/core/plan/stretches.js';

test('a plan in pieces has every trial once, and no piece has trials of two cells', () => {
  const samples = Array.from({ length: 250 }, (_, i) => `s${i}`);
  const blocks = plan(
    [
      { suite: 's', task: 'a', samples },
      { suite: 's', task: 'b', samples: samples.slice(0, 7) },
    ],
    ['m', 'n'],
    {
      repetitions: 2,
      seed: 0,
    },
  );
  const pieces = [...stretches(blocks)];
  const ids = pieces.flatMap(({ trials }) => trials.map(({ id }) => id));
  expect(ids).toHaveLength(countTrials(blocks));
  expect(new Set(ids).size).toBe(ids.length);
  expect(Math.max(...pieces.map(({ trials }) => trials.length))).toBe(100);
  for (const { model, task, trials } of pieces)
    expect(trials.every((trial) => trial.model === model && trial.task === task)).toBe(true);
});
