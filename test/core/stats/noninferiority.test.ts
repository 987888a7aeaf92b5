import { describe, expect, it } from 'vitest';
import { isMissing, type Missing } from '../../../src/core/quantity.js';
import { createRandom, type Random } from '../../../src/core/stats/basics/random.js';
import { hommel } from '../../../src/core/stats/compare/multiple.js';
import { type NonInferiority, testNonInferiority } from '../../../src/core/stats/compare/noninferiority.js';
import { tangoSampleSize } from '../../../src/core/stats/compare/sample-size.js';

function present<T extends object>(result: T | Missing): T {
  if (isMissing(result)) throw new Error(`missing: ${result.missing}`);
  return result;
}

interface Truth {
  readonly n: number;
  readonly onlyCandidate: number;
  readonly onlyReference: number;
}

/** Answers of two models whose true difference is onlyCandidate - onlyReference. */
function draw(truth: Truth, random: Random): { candidate: number[]; reference: number[] } {
  const candidate: number[] = [];
  const reference: number[] = [];
  for (let i = 0; i < truth.n; i++) {
    const u = random.uniform();
    if (u < truth.onlyCandidate) {
      candidate.push(1);
      reference.push(0);
    } else if (u < truth.onlyCandidate + truth.onlyReference) {
      candidate.push(0);
      reference.push(1);
    } else {
      const both = random.below(2);
      candidate.push(both);
      reference.push(both);
    }
  }
  return { candidate, reference };
}

const twice = <T>(items: readonly T[]): T[] => items.flatMap((item) => [item, item]);

/** Every answer twice: the clusters must keep the copies from counting as evidence. */
function testCopies(candidate: readonly number[], reference: readonly number[], margin: number): NonInferiority {
  const clusters = twice(candidate.map((_, i) => i));
  return present(testNonInferiority(twice(candidate), twice(reference), { margin, clusters }));
}

const judged = new Map<string, NonInferiority>();

/** Only the number that differ each way counts, as a test below shows, and the tests are dear: they judge each number once. */
function judgeAnswers(
  { candidate, reference }: ReturnType<typeof draw>,
  margin: number,
  kind: 'single' | 'copied' = 'single',
) {
  const differ = (way: 1 | -1) => candidate.filter((score, i) => score - reference[i]! === way).length;
  const key = [kind, candidate.length, differ(1), differ(-1), margin].join(' ');
  const known =
    judged.get(key) ??
    (kind === 'copied'
      ? testCopies(candidate, reference, margin)
      : present(testNonInferiority(candidate, reference, { margin })));
  judged.set(key, known);
  return known;
}

function judge(truth: Truth, margin: number, random: Random): NonInferiority {
  return judgeAnswers(draw(truth, random), margin);
}

const suites = 2_000;

describe('non-inferiority', () => {
  it('agrees with the worked example: 60 against 50 of 1,000 at a margin of five points', () => {
    const candidate = Array.from({ length: 1_000 }, (_, i) => (i < 60 || i >= 110 ? 1 : 0));
    const reference = Array.from({ length: 1_000 }, (_, i) => (i >= 60 ? 1 : 0));
    const result = present(testNonInferiority(candidate, reference, { margin: 0.05 }));
    // Tango's, to the four digits that the exact distribution leaves.
    expect(result.difference.low).toBeCloseTo(-0.00733, 4);
    expect(result.difference.high).toBeCloseTo(0.02749, 4);
    expect(result.nonInferiorP).toBeCloseTo(5.62e-8, 10);
    expect(result.decision).toBe('non-inferior');
  });

  it('has p-values that cross alpha exactly where the interval crosses the margin', () => {
    const random = createRandom('p and interval agree');
    for (let i = 0; i < 300; i++) {
      const truth = { n: 20 + random.below(100), onlyCandidate: 0.1, onlyReference: 0.15 };
      const { candidate, reference } = draw(truth, random);
      for (const clusters of [undefined, candidate.map((_, item) => item % 11)]) {
        const result = present(
          testNonInferiority(candidate, reference, { margin: 0.04, ...(clusters && { clusters }) }),
        );
        expect(result.nonInferiorP < 0.05).toBe(result.decision === 'non-inferior');
        expect(result.inferiorP < 0.05).toBe(result.decision === 'inferior');
      }
    }
  });

  it('of samples without groups, and of copies of these, counts only how many differ each way', () => {
    const answers = draw({ n: 150, onlyCandidate: 0.1, onlyReference: 0.15 }, createRandom('order'));
    const order = answers.candidate.map((_, i) => (i * 67) % 150);
    const reordered = (scores: readonly number[]) => order.map((i) => scores[i]!);
    const both = (scores: readonly number[], i: number) =>
      answers.candidate[i] === answers.reference[i] ? 1 : scores[i]!;
    const { candidate, reference } = answers;
    const expected = testNonInferiority(candidate, reference, { margin: 0.04 });
    expect(testNonInferiority(reordered(candidate), reordered(reference), { margin: 0.04 })).toEqual(expected);
    const [rightBoth, rightBothToo] = [candidate, reference].map((scores) => scores.map((_, i) => both(scores, i)));
    expect(testNonInferiority(rightBoth!, rightBothToo!, { margin: 0.04 })).toEqual(expected);
    const { decision, nonInferiorP, inferiorP } = testCopies(candidate, reference, 0.04);
    // The order of sums changes their last digits.
    const copied = {
      decision,
      nonInferiorP: expect.closeTo(nonInferiorP, 12),
      inferiorP: expect.closeTo(inferiorP, 12),
    };
    expect(testCopies(reordered(candidate), reordered(reference), 0.04)).toMatchObject(copied);
    expect(testCopies(rightBoth!, rightBothToo!, 0.04)).toMatchObject(copied);
  });

  it('of a model that always agrees needs enough items to say so', () => {
    const scores = (n: number) => Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 0.5 : 1));
    expect(present(testNonInferiority(scores(20), scores(20), { margin: 0.03 })).decision).toBe('inconclusive');
    expect(present(testNonInferiority(scores(100), scores(100), { margin: 0.03 })).decision).toBe('non-inferior');
  });

  it('of a model that is always a little worse asks how many items could be worse still', () => {
    const reference = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 1 : 0.75));
    const worseBy = (loss: number) => reference.map((score) => score - loss);
    expect(present(testNonInferiority(worseBy(1 / 8), reference, { margin: 1 / 4 })).decision).toBe('non-inferior');
    expect(present(testNonInferiority(worseBy(1 / 2), reference, { margin: 1 / 4 })).decision).toBe('inferior');
  });

  it('warns where groups of unequal size say as much as few', () => {
    const clusters = [...Array<number>(60).fill(0), ...Array.from({ length: 40 }, (_, i) => i + 1)];
    const scores = clusters.map(() => 1);
    const { difference } = present(testNonInferiority(scores, scores, { margin: 0.1, clusters }));
    expect(difference.clusters).toBe(41);
    expect(difference.warnings[0]).toMatch(/^41 clusters of unequal size, which say as much as 3 equal ones/);
  });

  it('is missing where there is no interval, and refuses a margin in points', () => {
    expect(testNonInferiority([], [], { margin: 0.03 })).toEqual({ missing: 'no values' });
    expect(testNonInferiority([0.5], [1], { margin: 0.03 })).toHaveProperty('missing');
    expect(() => testNonInferiority([1, 0], [1, 0], { margin: 3 })).toThrow(
      'Expected `margin` to lie in [0, 1], got 3',
    );
    expect(() => testNonInferiority([1, 0], [1, 0], { margin: 0.03, alpha: 0.5 })).toThrow('`alpha`');
  });
});

describe('the coin-flip experiment', () => {
  it('calls neither of two equal models the worse by three points more than 5% of the time', () => {
    const random = createRandom('equal models');
    let wrong = 0;
    for (let suite = 0; suite < suites; suite++) {
      if (judge({ n: 120, onlyCandidate: 0.25, onlyReference: 0.25 }, 0.03, random).decision === 'inferior') wrong++;
    }
    expect(wrong / suites).toBeLessThanOrEqual(0.05);
  });

  it('at a margin of 0, where equal models are the boundary of both claims, makes each claim about 5% of the time', () => {
    const random = createRandom('coin flips');
    let [better, worse] = [0, 0];
    for (let suite = 0; suite < suites; suite++) {
      const { decision } = judge({ n: 200, onlyCandidate: 0.25, onlyReference: 0.25 }, 0, random);
      if (decision === 'non-inferior') better++;
      if (decision === 'inferior') worse++;
    }
    for (const claims of [better, worse]) {
      expect(claims / suites).toBeLessThanOrEqual(0.05 + 2 * Math.sqrt((0.05 * 0.95) / suites));
      expect(claims / suites).toBeGreaterThan(0.03);
    }
  });

  it('with a true difference exactly at the margin makes each claim about 5% of the time, clustered or not', () => {
    const random = createRandom('at the margin');
    let [fits, needed, clusteredFits, clusteredNeeded] = [0, 0, 0, 0];
    for (let suite = 0; suite < suites; suite++) {
      const answers = draw({ n: 200, onlyCandidate: 0.1, onlyReference: 0.13 }, random);
      const plain = judgeAnswers(answers, 0.03);
      if (plain.decision === 'non-inferior') fits++;
      if (plain.decision === 'inferior') needed++;
      const copied = judgeAnswers(answers, 0.03, 'copied');
      if (copied.decision === 'non-inferior') clusteredFits++;
      if (copied.decision === 'inferior') clusteredNeeded++;
    }
    for (const claims of [fits, needed, clusteredFits, clusteredNeeded]) {
      expect(claims / suites).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / suites));
      expect(claims / suites).toBeGreaterThan(0.02);
    }
  });

  it.each([
    { clusters: 21, size: 11, together: 0.3, loss: 0.03 },
    { clusters: 21, size: 5, together: 0, loss: 0.03 },
    { clusters: 21, size: 5, together: 1, loss: 0.1 },
    { clusters: 50, size: 5, together: 0.6, loss: 0.03 },
  ])(
    'in clusters whose items fail together holds its level where losses are rare: $clusters of $size, ICC $together, $loss',
    ({ clusters, size, together, loss }) => {
      const random = createRandom('rare losses in clusters', clusters, size, `${together}`);
      let fits = 0;
      const few = 600;
      const names = Array.from({ length: clusters * size }, (_, i) => Math.floor(i / size));
      const reference = names.map(() => 1);
      for (let suite = 0; suite < few; suite++) {
        // A mixture: whole clusters that fail, and items that fail by themselves; the ICC is `together`.
        const failing = Array.from({ length: clusters }, () => random.uniform() < loss);
        const candidate = names.map((cluster) => {
          const whole = random.uniform() < Math.sqrt(together);
          return (whole ? failing[cluster]! : random.uniform() < loss) ? 0 : 1;
        });
        const { decision } = present(testNonInferiority(candidate, reference, { margin: loss, clusters: names }));
        if (decision === 'non-inferior') fits++;
      }
      // By `mean - t se` 22, 13 and 15% in all but the third.
      expect(fits / few).toBeLessThanOrEqual(0.08);
    },
  );

  it('over suites of five tasks makes one wrong claim or more in at most 5% of the suites', () => {
    const random = createRandom('suites of tasks');
    let [fits, needed] = [0, 0];
    for (let suite = 0; suite < suites; suite++) {
      const tests = Array.from({ length: 5 }, () =>
        judge({ n: 100, onlyCandidate: 0.1, onlyReference: 0.15 }, 0.05, random),
      );
      if (hommel(tests.map(({ nonInferiorP }) => nonInferiorP)).some((p) => p <= 0.05)) fits++;
      if (hommel(tests.map(({ inferiorP }) => inferiorP)).some((p) => p <= 0.05)) needed++;
    }
    const noise = 2 * Math.sqrt((0.05 * 0.95) / suites);
    expect(fits / suites).toBeLessThanOrEqual(0.05 + noise);
    expect(needed / suites).toBeLessThanOrEqual(0.05 + noise);
    expect(fits + needed).toBeGreaterThan(40);
  });

  it('finds equal models non-inferior as often as was planned, to within two points', () => {
    const random = createRandom('power');
    for (const [discordance, margin, power] of [
      [0.2, 0.1, 0.8],
      [0.11, 0.05, 0.8],
      [0.2, 0.1, 0.9],
    ] as const) {
      const n = Math.ceil(tangoSampleSize({ discordance, margin }, power));
      let found = 0;
      const trials = 4_000;
      for (let suite = 0; suite < trials; suite++) {
        const truth = { n, onlyCandidate: discordance / 2, onlyReference: discordance / 2 };
        if (judge(truth, margin, random).decision === 'non-inferior') found++;
      }
      expect(Math.abs(found / trials - power)).toBeLessThan(0.02);
    }
  });
});
