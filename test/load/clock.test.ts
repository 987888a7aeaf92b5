/** The clock of a client: absolute times, in order, never early. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep, setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
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

test('a process that is awake anyway calls what is due, whether or not a timer has rung', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const clock = createClock();
    const due = clock.now() + 0.003;
    let called: number | undefined;
    clock.at(due, () => {
      called = clock.now();
    });
    while (called === undefined && clock.now() < due + 1) await turnOfTheLoop();
    expect(called).toBeGreaterThanOrEqual(due);
  } finally {
    vi.useRealTimers();
  }
});

test('waiting takes no processor time', async () => {
  const clock = createClock();
  clock.at(clock.now() + 10, () => expect.fail('it was stopped'));
  const before = performance.eventLoopUtilization();
  await sleep(200);
  expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
  clock.stop();
});
