import { expect, test } from 'vitest';
import { divideIntoRuns } from '../../../src/backends/onnxruntime/padded-runs.js';

const unlimited = () => Number.POSITIVE_INFINITY;

test('branches of like length are read together, and a long one apart from short ones', () => {
  expect(divideIntoRuns([5, 5, 6, 5], unlimited)).toEqual([[0, 1, 3, 2]]);
  expect(divideIntoRuns([3, 40, 2, 4], unlimited)).toEqual([[2, 0, 3], [1]]);
});

test('a branch without tokens is in no run', () => {
  expect(divideIntoRuns([0, 1, 0], unlimited)).toEqual([[1]]);
  expect(divideIntoRuns([0, 0], unlimited)).toEqual([]);
});

test('no run has more branches than may be side by side', () => {
  expect(divideIntoRuns([7, 7, 7, 7, 7], () => 2).map(({ length }) => length)).toEqual([2, 2, 1]);
});

test('the division is the cheapest of all', () => {
  const lengths = [1, 3, 9, 14, 15, 22, 40];
  const costOf = (runs: readonly (readonly number[])[]) =>
    runs.reduce((sum, run) => sum + 10 + run.length * Math.max(...run.map((i) => lengths[i]!)), 0);
  const divisions = Array.from({ length: 2 ** (lengths.length - 1) }, (_, cuts) =>
    lengths.reduce<number[][]>(
      (runs, _length, i) => {
        runs.at(-1)!.push(i);
        if (cuts & (1 << i)) runs.push([]);
        return runs;
      },
      [[]],
    ),
  );
  const least = Math.min(...divisions.map((runs) => costOf(runs.filter(({ length }) => length > 0))));
  expect(costOf(divideIntoRuns(lengths, unlimited))).toBe(least);
});
