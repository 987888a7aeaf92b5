import { describe, expect, it } from 'vitest';
import { normalCdf } from '../../../src/core/stats/basics/distributions.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import { scoreTest } from '../../../src/core/stats/compare/score-test.js';

/** Groups of equal size: the group of each item. */
function groupsOf(count: number, size: number): number[] {
  return Array.from({ length: count * size }, (_, i) => Math.floor(i / size));
}

function table(wins: number, losses: number, n: number): number[] {
  return Array.from({ length: n }, (_, i) => (i < wins ? 1 : i < wins + losses ? -1 : 0));
}

/** Tango 1998, Statistics in Medicine 17:891, in closed form: the p-value that the difference is above `delta`. */
function tangoP(wins: number, losses: number, n: number, delta: number): number {
  const linear = -wins - losses + (2 * n - wins + losses) * delta;
  const q = (Math.sqrt(Math.max(0, linear ** 2 + 8 * n * losses * delta * (1 - delta))) - linear) / (4 * n);
  return normalCdf(-(wins - losses - n * delta) / Math.sqrt(n * (2 * q + delta * (1 - delta))));
}

interface Rates {
  readonly win: number;
  readonly loss: number;
  /** The share of groups whose items all share one fate. */
  readonly together: number;
}

function drawDifferences(random: () => number, clusters: readonly number[], { win, loss, together }: Rates): number[] {
  const fates = new Map<number, number | null>();
  return clusters.map((cluster) => {
    if (!fates.has(cluster)) fates.set(cluster, random() < together ? random() : null);
    const draw = fates.get(cluster) ?? random();
    return draw < loss ? -1 : draw < loss + win ? 1 : 0;
  });
}

describe('the score test of items that stand by themselves', () => {
  it.each([
    [0, 0, 30],
    [1, 0, 50],
    [5, 9, 100],
    [0, 4, 100],
    [20, 3, 60],
    [0, 12, 12],
  ])('is near Tango’s for scores of 0 or 1, and exact where it decides (%i won, %i lost of %i)', (wins, losses, n) => {
    const test = scoreTest(table(wins, losses, n));
    for (const bound of [-0.9, -0.3, -0.1, -0.03, 0.1, 0.5]) {
      const tango = tangoP(wins, losses, n, bound);
      for (const [p, near] of [
        [test.greaterP(bound), tango],
        [test.lessP(bound), 1 - tango],
      ] as const) {
        // Above a quarter nothing is decided, and the correction for skewness makes a claim harder, and never easier.
        if (p > 0.25) expect(p).toBeGreaterThan(near - 1e-8);
        else expect(Math.abs(p - near)).toBeLessThan(0.03);
      }
    }
  });

  it('does not depend on whether one of a hundred scores is whole', () => {
    const [whole, wavering] = [table(1, 3, 100), table(1, 3, 100)];
    wavering[50] = 0.01;
    const [exact, near] = [whole, wavering].map((differences) => scoreTest(differences).greaterP(-0.1));
    expect(near! / exact!).toBeGreaterThan(0.8);
    expect(near! / exact!).toBeLessThan(2);
  });

  it.each([
    [5, 1, 40, -0.1],
    [2, 11, 122, -0.25],
    [0, 9, 105, -0.2],
    [1, 9, 195, -0.1],
  ])(
    'finds the likeliest variance where its search begins at a pole (%i won, %i lost of %i, %d)',
    (wins, losses, n, bound) => {
      expect(scoreTest(table(wins, losses, n)).greaterP(bound)).toBeLessThan(1.5 * tangoP(wins, losses, n, bound));
    },
  );

  it('has bounds at which it just rejects', () => {
    const test = scoreTest(table(5, 9, 100));
    for (const level of [0.05, 0.01]) {
      expect(test.greaterP(test.low(level))).toBeCloseTo(level, 6);
      expect(test.lessP(test.high(level))).toBeCloseTo(level, 6);
    }
  });

  it('allows for losses that graded scores have not shown', () => {
    // A hundred differences of a hundredth at most: Student's t would be sure of everything.
    const random = createRandom(1).uniform;
    const differences = Array.from({ length: 100 }, () => (random() - 0.5) / 50);
    expect(scoreTest(differences).greaterP(-0.03)).toBeGreaterThan(0.03);
    expect(scoreTest(differences).greaterP(-0.1)).toBeLessThan(0.001);
  });

  it('is the same from the other side', () => {
    const differences = [0.5, -0.25, 0, 0.75, -1, 0.1];
    const mirrored = differences.map((value) => -value);
    expect(scoreTest(differences).greaterP(0.2)).toBeCloseTo(scoreTest(mirrored).lessP(-0.2), 12);
  });
});

describe('the error of the score test, by all tables of wins and losses', () => {
  const n = 50;
  const logFactorial = Array.from({ length: n + 1 }, () => 0);
  for (let i = 1; i <= n; i++) logFactorial[i] = logFactorial[i - 1]! + Math.log(i);
  const power = (rate: number, count: number) => (count === 0 ? 0 : count * Math.log(rate));
  const probability = ({ wins, losses }: { wins: number; losses: number }, win: number, loss: number): number => {
    const equal = n - wins - losses;
    const ways = logFactorial[n]! - logFactorial[wins]! - logFactorial[losses]! - logFactorial[equal]!;
    return Math.exp(ways + power(win, wins) + power(loss, losses) + power(1 - win - loss, equal));
  };

  it.each([0.1, 0.2])('is at most 5.5%% in each direction at a margin of %d', (margin) => {
    // At these rates it has no probability that more than 35 of 50 samples differ.
    const tables = Array.from({ length: 36 }, (_, wins) =>
      Array.from({ length: 36 - wins }, (_, losses) => ({ wins, losses })),
    ).flat();
    const tested = tables.map((counts) => {
      const test = scoreTest(table(counts.wins, counts.losses, n));
      return { counts, fits: test.greaterP(-margin) <= 0.05, isOut: test.lessP(-margin) <= 0.05 };
    });
    for (const win of [0, 0.01, 0.02, 0.05, 0.1]) {
      const share = (claim: 'fits' | 'isOut') =>
        tested.reduce((sum, one) => sum + (one[claim] ? probability(one.counts, win, win + margin) : 0), 0);
      expect(share('fits')).toBeLessThanOrEqual(0.055);
      expect(share('isOut')).toBeLessThanOrEqual(0.055);
    }
  });
});

describe('the score test of items in groups', () => {
  const clusters = groupsOf(22, 11);

  it('decides nothing from the absence of losses where groups may fail as one', () => {
    expect(scoreTest(table(0, 0, 242), { clusters }).greaterP(-0.1)).toBeGreaterThan(0.05);
    expect(scoreTest(table(0, 0, 300), { clusters: groupsOf(60, 5) }).greaterP(-0.1)).toBeLessThan(0.01);
  });

  it('takes no claim away when a lost pair turns into an equal one', () => {
    const random = createRandom(7).uniform;
    for (let suite = 0; suite < 40; suite++) {
      const rates = { win: 0.04 * random(), loss: 0.12 * random(), together: random() };
      const differences = drawDifferences(random, clusters, rates);
      const before = scoreTest(differences, { clusters }).greaterP(-0.1);
      for (const [place, value] of differences.entries()) {
        if (value >= 0 || random() < 0.5) continue;
        const after = scoreTest(differences.with(place, 0), { clusters }).greaterP(-0.1);
        expect(before < 0.05 && after >= 0.05, `${before} became ${after}`).toBe(false);
      }
    }
  });

  it('takes no claim away when an equal pair of a new group is added', () => {
    const random = createRandom(8).uniform;
    for (let suite = 0; suite < 100; suite++) {
      const differences = drawDifferences(random, clusters, { win: 0.03, loss: 0.05, together: random() });
      const before = scoreTest(differences, { clusters }).greaterP(-0.1);
      const after = scoreTest([...differences, 0], { clusters: [...clusters, 99] }).greaterP(-0.1);
      expect(before < 0.05 && after >= 0.05, `${before} became ${after}`).toBe(false);
    }
  });

  it.each([
    ['one group of 60 beside 40 items', [60, ...Array<number>(40).fill(1)], { win: 0.1, loss: 0.2, together: 0.9 }],
    ['22 groups that fail as one', Array<number>(22).fill(11), { win: 0.02, loss: 0.12, together: 1 }],
    ['40 groups that partly hang together', Array<number>(40).fill(5), { win: 0.05, loss: 0.15, together: 0.3 }],
    ['100 groups of which few are lost as one', Array<number>(100).fill(11), { win: 0, loss: 0.03, together: 0.3 }],
  ] as const)('is rarely wrong at the margin: %s', (_, sizes, rates) => {
    const random = createRandom(9).uniform;
    const groups = sizes.flatMap((size, cluster) => Array<number>(size).fill(cluster));
    const suites = 400;
    let wrong = 0;
    for (let suite = 0; suite < suites; suite++) {
      const test = scoreTest(drawDifferences(random, groups, rates), { clusters: groups });
      if (test.greaterP(rates.win - rates.loss) < 0.05) wrong++;
    }
    // 5% and two standard errors of 400 suites.
    expect(wrong / suites).toBeLessThanOrEqual(0.072);
  });
});
