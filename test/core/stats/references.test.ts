/** Edges where implementations differ: one value, no event, every event, ties. The values are of statsmodels. */
import { describe, expect, it } from 'vitest';
import { holm, hommel } from '../../../src/core/stats/compare/multiple.js';
import { clopperPearsonInterval, wilsonInterval } from '../../../src/core/stats/estimate/binomial.js';

function expectAll(found: readonly number[], wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i]!, 10);
  });
}

describe('intervals of a proportion, by statsmodels', () => {
  it.each([
    [0, 1, 0.95, [0, 0.7934506856227627], [0, 0.975]],
    [1, 1, 0.95, [0.2065493143772374, 1], [0.025, 1]],
    [1, 2, 0.999, [0.0406292951, 0.9593707049], [0.00025003125781, 0.99974996874219]],
    [0, 400, 0.999, [0, 0.02635550060962761], [0, 0.018822851441391668]],
    [399, 400, 0.99, [0.979058570496, 0.9997064182612], [0.9815732645015, 0.9999874687239]],
  ])('%d of %d at %d', (x, n, confidence, wilson, exact) => {
    for (const [interval, wanted] of [
      [wilsonInterval(x, n, confidence), wilson],
      [clopperPearsonInterval(x, n, confidence), exact],
    ] as const) {
      expectAll([interval.low, interval.high], wanted);
    }
  });
});

describe('tests at the edges', () => {
  it('adjust p-values of 0 and 1 and tied ones as statsmodels does', () => {
    const p = [0, 1, 0.05, 0.01, 0.01, 0.05, 1];
    expectAll(holm(p), [0, 1, 0.2, 0.06, 0.06, 0.2, 1]);
    expectAll(hommel(p), [0, 1, 0.15, 0.05, 0.05, 0.15, 1]);
  });
});
