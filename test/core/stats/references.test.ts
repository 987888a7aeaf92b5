/** Edges where implementations differ: one value, no event, every event, ties. The values are of statsmodels, scipy and scikit-learn. */
import { describe, expect, it } from 'vitest';
import { isMissing, type Quantity } from '../../../src/core/quantity.js';
import { auroc, averagePrecision } from '../../../src/core/stats/cascade/ranking.js';
import { mcNemarTest } from '../../../src/core/stats/compare/mcnemar.js';
import { benjaminiHochberg, holm, hommel } from '../../../src/core/stats/compare/multiple.js';
import { signedRankTest } from '../../../src/core/stats/compare/signed-rank.js';
import { welchTest } from '../../../src/core/stats/compare/t-test.js';
import { clopperPearsonInterval, jeffreysInterval, wilsonInterval } from '../../../src/core/stats/estimate/binomial.js';

function present(quantity: Quantity): number {
  if (isMissing(quantity)) throw new Error(quantity.missing);
  return quantity.value;
}

function expectAll(found: readonly number[], wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i]!, 10);
  });
}

describe('intervals of a proportion, by statsmodels', () => {
  it.each([
    [0, 1, 0.95, [0, 0.7934506856227627], [0, 0.975], [0, 0.8532536836904249]],
    [1, 1, 0.95, [0.2065493143772374, 1], [0.025, 1], [0.14674631630957513, 1]],
    [
      1,
      2,
      0.999,
      [0.0406292951, 0.9593707049],
      [0.00025003125781, 0.99974996874219],
      [0.0044306369771, 0.9955693630229],
    ],
    [0, 400, 0.999, [0, 0.02635550060962761], [0, 0.018822851441391668], [0, 0.015021147029571875]],
    [
      399,
      400,
      0.99,
      [0.979058570496, 0.9997064182612],
      [0.9815732645015, 0.9999874687239],
      [0.984070488012, 0.9999102957081],
    ],
  ])('%d of %d at %d', (x, n, confidence, wilson, exact, jeffreys) => {
    for (const [interval, wanted] of [
      [wilsonInterval(x, n, confidence), wilson],
      [clopperPearsonInterval(x, n, confidence), exact],
      [jeffreysInterval(x, n, confidence), jeffreys],
    ] as const) {
      expectAll([interval.low, interval.high], wanted);
    }
  });
});

describe('tests at the edges', () => {
  it('adjust p-values of 0 and 1 and tied ones as statsmodels does', () => {
    const p = [0, 1, 0.05, 0.01, 0.01, 0.05, 1];
    expectAll(holm(p), [0, 1, 0.2, 0.06, 0.06, 0.2, 1]);
    expectAll(benjaminiHochberg(p), [0, 1, 0.07, 0.07 / 3, 0.07 / 3, 0.07, 1]);
    expectAll(hommel(p), [0, 1, 0.15, 0.05, 0.05, 0.15, 1]);
  });

  it.each([
    [1, 0, 0.31731050786291115, 1],
    [0, 7, 0.008150971593502705, 0.015625],
    [3, 3, 1, 1],
    [12, 2, 0.007526315166457882, 0.012939453125],
  ])("McNemar's of %d against %d as statsmodels does", (onlyFirst, onlySecond, p, exactP) => {
    const test = mcNemarTest({ both: 5, onlyFirst, onlySecond, neither: 5 });
    expectAll([test.p, test.exactP], [p, exactP]);
  });

  it('Welch of two and two, and signed ranks of five, as scipy does', () => {
    const welch = welchTest([5, 9], [1, 2]);
    expectAll(
      [welch.t, welch.p, welch.degreesOfFreedom],
      [-2.6678918753996625, 0.20544915073088874, 1.1245136186770428],
    );
    expect(signedRankTest([1.5, -2.5, 3, 4, 5.5]).p).toBeCloseTo(0.1875, 12);
  });

  it('rank ties as scikit-learn does', () => {
    const [right, scores] = [
      [1, 0, 1, 0, 1],
      [0.5, 0.5, 0.5, 0.2, 0.9],
    ];
    expectAll([present(auroc(scores!, right!)), present(averagePrecision(scores!, right!))], [5 / 6, 5 / 6]);
    expectAll(
      [present(auroc([1, 1, 1, 1], [0, 1, 0, 1])), present(averagePrecision([1, 1, 1, 1], [0, 1, 0, 1]))],
      [0.5, 0.5],
    );
  });
});
