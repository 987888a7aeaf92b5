import { describe, expect, it } from 'vitest';
import { narrowRoot } from '../../../src/core/stats/basics/root.js';
import { sumTail } from '../../../src/core/stats/compare/exact-tail.js';

/** P(wins - losses >= sum), by adding one item after the other. */
function addedUp(sum: number, n: number, { win, loss }: { win: number; loss: number }): number {
  let chances = new Map([[0, 1]]);
  for (let i = 0; i < n; i++) {
    const next = new Map<number, number>();
    for (const [total, chance] of chances) {
      for (const [step, rate] of [
        [1, win],
        [-1, loss],
        [0, 1 - win - loss],
      ] as const)
        next.set(total + step, (next.get(total + step) ?? 0) + chance * rate);
    }
    chances = next;
  }
  return [...chances].reduce((tail, [total, chance]) => tail + (total >= sum ? chance : 0), 0);
}

describe('the tail of a sum of wins and losses', () => {
  it.each([
    [1, 0.05, 0.15],
    [30, 0, 0.1],
    [60, 0.3, 0],
    [60, 0.5, 0.5],
    [100, 0.05, 0.15],
  ])('is exact for %d items', (n, win, loss) => {
    for (const sum of [-n, -Math.round(n / 3), -3, -1, 0, 1, 2, Math.round(n / 4), n])
      expect(sumTail(sum, n, { win, loss })).toBeCloseTo(addedUp(sum, n, { win, loss }), 12);
  });

  it('is that of nothing but equal pairs where no item differs', () => {
    expect(sumTail(0, 10, { win: 0, loss: 0 })).toBe(1);
    expect(sumTail(1, 10, { win: 0, loss: 0 })).toBe(0);
  });
});

describe('a root', () => {
  it.each([
    ['of a curve', (x: number) => x ** 3 - 2, 2 ** (1 / 3)],
    ['of a step', (x: number) => (x < 0.3 ? -1 : 5), 0.3],
    ['of a line', (x: number) => x - 0.7, 0.7],
  ])('%s lies within a narrow interval', (_, rising, root) => {
    let calls = 0;
    const counted = (x: number) => {
      calls++;
      return rising(x);
    };
    const { low, high } = narrowRoot(counted, { low: -1, high: 2 }, 1e-9);
    expect(high - low).toBeLessThanOrEqual(1e-9);
    expect(low).toBeLessThanOrEqual(root);
    expect(high).toBeGreaterThanOrEqual(root);
    // Bisection takes 32 steps.
    expect(calls).toBeLessThanOrEqual(36);
  });
});
