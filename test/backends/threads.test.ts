/** How many threads a small model takes: the fastest number at the moment it is opened. */
import { describe, expect, test, vi } from 'vitest';
import { physicalCores } from '../../src/backends/cores.js';
import { defaultThreads, fastestThreads } from '../../src/backends/llama-cpp/threads.js';

/** Races whose seconds are known. Notes who was raced, and the limit. */
function races(seconds: Readonly<Record<number, number>>) {
  const raced: (readonly [threads: number, limit: number])[] = [];
  const close = vi.fn();
  const start = (threads: number) => ({
    race(limit: number) {
      raced.push([threads, limit]);
      return seconds[threads]! > limit ? null : seconds[threads]!;
    },
    close,
  });
  return { start, raced, close };
}

describe('the fastest number of threads', () => {
  test('is all cores where they are free, and one where another program has them', () => {
    expect(fastestThreads([1, 2, 4], races({ 1: 0.08, 2: 0.05, 4: 0.03 }).start)).toBe(4);
    expect(fastestThreads([1, 2, 4], races({ 1: 0.08, 2: 0.9, 4: 3 }).start)).toBe(1);
    expect(fastestThreads([1, 2, 4], races({ 1: 0.08, 2: 0.05, 4: 0.06 }).start)).toBe(2);
  });

  test('ends a race that cannot win, and tries none beyond it', () => {
    const { start, raced, close } = races({ 1: 0.08, 2: 0.9, 4: 0.01 });
    expect(fastestThreads([1, 2, 4], start)).toBe(1);
    expect(raced.slice(1)).toEqual([
      [1, Number.POSITIVE_INFINITY],
      [2, 0.08],
    ]);
    expect(close).toHaveBeenCalledTimes(2);
  });

  test('counts the second race of the first number: the weights come from the disk in its first', () => {
    let first = true;
    const start = (threads: number) => ({
      race(limit: number) {
        const seconds = threads === 1 && first ? 5 : { 1: 0.08, 2: 0.09 }[threads]!;
        first = false;
        return seconds > limit ? null : seconds;
      },
      close() {},
    });
    expect(fastestThreads([1, 2], start)).toBe(1);
  });

  test('is not tried where only one is allowed', () => {
    const { start, raced } = races({ 3: 1 });
    expect(fastestThreads([3], start)).toBe(3);
    expect(raced).toEqual([]);
  });
});

test('large weights take a thread for each core, and small ones are tried on one thread up to that', () => {
  const cores = physicalCores();
  expect(defaultThreads(1e9)).toEqual([cores]);
  const tried = defaultThreads(5e6);
  expect([tried[0], tried.at(-1)]).toEqual([1, cores]);
  expect(new Set(tried).size).toBe(tried.length);
});
