/** The clock of a client: absolute times, in order, never early. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createClock } from '../../src/load/clock.js';

test('calls come in the order of their times, whenever they were made, and never early', async () => {
  const clock = createClock();
  const begin = clock.now();
  const offsets = [0.03, 0.0015, 0.02, 0.0015, 0.011, 0.0304, 0.0007, 0.02];
  const called: { readonly i: number; readonly late: number }[] = [];
  for (const [i, offset] of offsets.entries()) {
    clock.at(begin + offset, () => called.push({ i, late: clock.now() - begin - offset }));
  }
  while (called.length < offsets.length) await sleep(1);
  expect(called.map(({ i }) => i)).toEqual([6, 1, 3, 4, 2, 7, 0, 5]);
  expect(Math.min(...called.map(({ late }) => late))).toBeGreaterThanOrEqual(0);
});

test('a call that is made by a call comes in its turn', async () => {
  const clock = createClock();
  const begin = clock.now();
  const called: string[] = [];
  clock.at(begin + 0.002, () => {
    called.push('first');
    clock.at(begin + 0.004, () => called.push('inner'));
  });
  clock.at(begin + 0.008, () => called.push('last'));
  while (called.length < 3) await sleep(1);
  expect(called).toEqual(['first', 'inner', 'last']);
});

test('a clock that is stopped calls nothing more', async () => {
  const clock = createClock();
  clock.at(clock.now() + 0.005, () => expect.fail('it was stopped'));
  clock.stop();
  await sleep(20);
});
