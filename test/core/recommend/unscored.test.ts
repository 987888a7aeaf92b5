import { expect, test } from 'vitest';
import type { Cell } from '../../../src/core/analyse/analysis.js';
import { describeLost } from '../../../src/core/recommend/unscored.js';

/** A cell of ten trials. */
function cell(unscored: number, example: string): Cell {
  const result = { score: 1, unscored: 0, repetitions: 1 };
  return {
    model: 'm',
    results: Array.from({ length: 10 }, (_, i) => (i < unscored ? { ...result, score: null } : result)),
    failures: [{ by: 'harness', example }],
  } as unknown as Cell;
}

test('a reason that stays the same is said once', () => {
  const tasks = [cell(10, 'no connection'), cell(9, 'no connection'), cell(1, 'slow down'), cell(0, 'x')].map(
    (one, i) => ({ name: `t${i}`, cells: [one] }),
  );
  expect(describeLost([{ name: 's', tasks }])).toBe(
    'no verdict where more than 5% of the trials have no score: 10 of 10 trials of m on s/t0 (no connection); ' +
      '9 of 10 trials of m on s/t1; 1 of 10 trials of m on s/t2 (slow down)',
  );
});

test('nothing is said where few have no score', () => {
  expect(describeLost([{ name: 's', tasks: [{ name: 't', cells: [cell(0, 'x')] }] }])).toBeNull();
});
