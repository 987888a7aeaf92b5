import { expect, test } from 'vitest';
import { afterAnswers, afterDeath, FIRST_BATCH, sizeOfNext } from '../../src/worker/batching.js';
import { verdictOn } from '../../src/worker/blame.js';
import { LONGEST_BATCH } from '../../src/worker/protocol.js';

test('the first message requests one trial, for nothing is known about their length', () => {
  expect(sizeOfNext(FIRST_BATCH)).toBe(1);
});

test.each([
  [0, 64],
  [LONGEST_BATCH / 1000, 64],
  [LONGEST_BATCH / 8, 8],
  [LONGEST_BATCH, 1],
  [100 * LONGEST_BATCH, 1],
])('a trial of %d s is followed by a message for %d', (seconds, size) => {
  expect(sizeOfNext(afterAnswers(FIRST_BATCH, { answered: 1, seconds }))).toBe(size);
});

test('after a death the trials of its batch go alone, and then together again', () => {
  let batching = afterDeath(afterAnswers(FIRST_BATCH, { answered: 1, seconds: LONGEST_BATCH / 4 }), 4);
  const sizes = [];
  for (let i = 0; i < 5; i++) {
    sizes.push(sizeOfNext(batching));
    batching = afterAnswers(batching, { answered: sizes[i]!, seconds: (sizes[i]! * LONGEST_BATCH) / 4 });
  }
  expect(sizes).toEqual([1, 1, 1, 1, 4]);
});

test.each([
  ['a first death', { deaths: 1, phase: 'recorded', opened: true, blamedInARow: 2 }, 'try again'],
  ['a first death in the warm-up', { deaths: 1, phase: 'warm-up', opened: true, blamedInARow: 0 }, 'try again'],
  ['a second death', { deaths: 2, phase: 'recorded', opened: true, blamedInARow: 0 }, 'blame the trial'],
  ['a second death in the warm-up', { deaths: 2, phase: 'warm-up', opened: true, blamedInARow: 0 }, 'give up'],
  ['a second death before opening', { deaths: 2, phase: 'recorded', opened: false, blamedInARow: 0 }, 'give up'],
  ['the third trial in a row', { deaths: 2, phase: 'recorded', opened: true, blamedInARow: 2 }, 'give up'],
] as const)('%s: the verdict', (_, death, verdict) => {
  expect(verdictOn(death)).toBe(verdict);
});
