import { describe, expect, it } from 'vitest';
import { narrowRoot } from '../../../src/core/stats/basics/root.js';
import { exactTail, type Outcome } from '../../../src/core/stats/compare/exact-tail.js';
import { scoreTest } from '../../../src/core/stats/compare/score-test.js';

const EITHER = { canWin: true, canLose: true };

const LOG_FACTORIALS = [0];
for (let k = 1; k <= 200; k++) LOG_FACTORIALS.push(LOG_FACTORIALS[k - 1]! + Math.log(k));

function probabilityOf({ wins, losses, n }: Outcome, win: number, loss: number): number {
  const term = (count: number, rate: number) => (count === 0 ? 0 : count * Math.log(rate)) - LOG_FACTORIALS[count]!;
  return Math.exp(LOG_FACTORIALS[n]! + term(wins, win) + term(losses, loss) + term(n - wins - losses, 1 - win - loss));
}

function outcomes(n: number): Outcome[] {
  return Array.from({ length: n + 1 }, (_, wins) =>
    Array.from({ length: n + 1 - wins }, (_, losses) => ({ wins, losses, n })),
  ).flat();
}

function pairs({ wins, losses, n }: Outcome): number[] {
  return Array.from({ length: n }, (_, i) => (i < wins ? 1 : i < wins + losses ? -1 : 0));
}

/** Whether each outcome shows that the mean is above -margin, at 5%. */
function claims(n: number, margin: number): Outcome[] {
  return outcomes(n).filter((outcome) => {
    const { wins, losses } = outcome;
    return wins - losses > -margin * n && scoreTest(pairs(outcome)).greaterP(-margin) <= 0.05;
  });
}

function chanceOf(found: readonly Outcome[], win: number, loss: number): number {
  return found.reduce((sum, outcome) => sum + probabilityOf(outcome, win, loss), 0);
}

describe('the exact p-value of wins and losses', () => {
  it('is that of a binomial where an item cannot be won, or lost', () => {
    const [never, once] = [0.9 ** 30, 30 * 0.1 * 0.9 ** 29];
    const lost = exactTail({ wins: 0, losses: 1, n: 30 }, { bound: -0.1, canWin: false, canLose: true });
    const won = exactTail({ wins: 29, losses: 0, n: 30 }, { bound: 0.9, canWin: true, canLose: false });
    expect(lost).toBeCloseTo(never + once, 12);
    expect(won).toBeCloseTo(never + once, 12);
  });

  it('is 1 where no item differs, at a bound of 0', () => {
    expect(exactTail({ wins: 0, losses: 0, n: 10 }, { bound: 0, ...EITHER })).toBeCloseTo(1, 12);
  });

  it('never grows when an item turns from lost to equal, or from equal to won', () => {
    const n = 40;
    for (const bound of [-0.2, -0.05, 0.1]) {
      const p = new Map(outcomes(n).map((one) => [`${one.wins} ${one.losses}`, exactTail(one, { bound, ...EITHER })]));
      for (const { wins, losses } of outcomes(n)) {
        if (wins - losses <= bound * n) continue;
        const own = p.get(`${wins} ${losses}`)!;
        if (losses > 0) expect(p.get(`${wins} ${losses - 1}`)!).toBeLessThanOrEqual(own + 1e-9);
        if (wins + losses < n) expect(p.get(`${wins + 1} ${losses}`)!).toBeLessThanOrEqual(own + 1e-9);
      }
    }
  });

  it.each([
    [30, 0.1],
    [50, 0.1],
    [50, 0.05],
    [100, 0.1],
  ])('is small at most 5.1%% of the time, whatever the rates (%d items, margin %d)', (n, margin) => {
    const found = claims(n, margin);
    for (let win = 0; win <= (1 - margin) / 2; win += 0.01)
      expect(chanceOf(found, win || 1e-300, win + margin)).toBeLessThan(0.051);
  });

  // Weights of the rates of wins under the margin, from scipy.optimize.linprog (1.17.1). For weights y the power of any test whose
  // error is at most 5% at these rates is at most 5% of their sum, and the sum over outcomes of max(0, P - sum y P_y) more.
  it.each([
    [50, 0.02, [[0.01, 2.1534]]],
    [
      50,
      0.05,
      [
        [0.0275, 2.3485],
        [0.03, 1.0931],
      ],
    ],
    [
      100,
      0.05,
      [
        [0.0225, 0.1446],
        [0.025, 1.4683],
        [1e-300, 0.0086],
      ],
    ],
  ] as const)('finds at least 97%% of what any test can (%d items, win and loss rate %d)', (n, rate, weights) => {
    const margin = 0.1;
    const most = outcomes(n).reduce(
      (sum, outcome) => {
        const least = weights.reduce((total, [win, y]) => total + y * probabilityOf(outcome, win, win + margin), 0);
        return sum + Math.max(0, probabilityOf(outcome, rate, rate) - least);
      },
      weights.reduce((sum, [, y]) => sum + 0.05 * y, 0),
    );
    const power = chanceOf(claims(n, margin), rate, rate);
    expect(power).toBeLessThanOrEqual(most);
    expect(power).toBeGreaterThan(0.97 * most);
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
