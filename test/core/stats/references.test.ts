/**
 * What other programs compute, on edges and on small data: statsmodels 0.15.0, scipy 1.17.1 and R 4.2.2, which a user may have at hand.
 * Each block names the call that gave its values; those of R are in references.R.
 */
import { describe, expect, it } from 'vitest';
import { isMissing } from '../../../src/core/quantity.js';
import { gammaUpperTail, normalQuantile, tCdf } from '../../../src/core/stats/basics/distributions.js';
import { exactTail } from '../../../src/core/stats/compare/exact-tail.js';
import { likeliestMoments } from '../../../src/core/stats/compare/likeliest-variance.js';
import { holm, hommel } from '../../../src/core/stats/compare/multiple.js';
import { scoreTest } from '../../../src/core/stats/compare/score-test.js';
import { clopperPearsonInterval, wilsonInterval } from '../../../src/core/stats/estimate/binomial.js';
import { clusteredStandardError } from '../../../src/core/stats/estimate/clusters.js';
import { estimateMean } from '../../../src/core/stats/estimate/estimators.js';
import { percentile } from '../../../src/core/stats/estimate/percentiles.js';
import { quantileTest } from '../../../src/core/stats/estimate/quantile-test.js';
import { estimateRatio } from '../../../src/core/stats/estimate/ratio.js';
import { estimateLine } from '../../../src/core/stats/estimate/regression.js';
import { testTrend } from '../../../src/core/stats/estimate/trend.js';

function expectAll(found: readonly number[], wanted: readonly number[], digits = 10): void {
  expect(found).toHaveLength(wanted.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i]!, digits);
  });
}

const VALUES = [3.1, 1.2, 4.5, 0.7, 2.8, 9.9, 5, 2.2, 7.3, 6.1, 1.9, 3.3, 8.4, 4.1, 2.6, 5.5, 0.9, 3.8, 6.6, 4.9];
const FOURS = VALUES.map((_, i) => Math.floor(i / 4));

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

describe('what R computes', () => {
  it('adjusts p-values alike: p.adjust', () => {
    const p = [0.01, 0.02, 0.022, 0.09, 0.5, 0.3, 0.07, 0.02];
    expectAll(hommel(p), [0.06, 0.1, 0.11, 0.27, 0.5, 0.5, 0.21, 0.1]);
    expectAll(holm(p), [0.08, 0.14, 0.14, 0.28, 0.6, 0.6, 0.28, 0.14]);
  });

  it('estimates a mean and percentiles alike: t.test, quantile of type 7', () => {
    const estimate = estimateMean(VALUES, { confidence: 0.9 });
    if (isMissing(estimate)) throw new Error(estimate.missing);
    expectAll([estimate.low, estimate.high], [3.26779314955288, 5.21220685044712]);
    expectAll(
      [0.5, 0.9, 0.95].map((q) => percentile(VALUES, q)),
      [3.95, 7.41, 8.475],
    );
  });

  it('finds the likeliest distribution alike: the weights of empirical likelihood, by uniroot', () => {
    const differences = [0.3, -0.2, 0.1, 0.5, -0.4, 0, 0.25, -0.1, 0.6, -0.3, 0.2, 0.1];
    const seen = differences.map((value) => ({ distance: value + 0.15, share: 1 / differences.length }));
    const { variance, third } = likeliestMoments(seen, -0.26);
    expectAll([variance, third], [0.0773978906306166, 0.0211479637062987]);
  });
});

describe('tests of values', () => {
  const ascending = Float64Array.from(VALUES).sort();

  // scipy.stats.quantile_test(VALUES, q=limit, p=q, alternative='less' and 'greater')
  it.each([
    [0.5, 4, 0.5880985260009766, 0.5880985260009766],
    [0.9, 8, 0.6769268051894661, 0.6082530018748321],
    [0.95, 12, 0.3584859224085419, 1],
  ])('of the quantile %d at %d are those of scipy', (q, limit, atMost, above) => {
    const test = quantileTest({ ascending, q });
    expectAll([test.atMostP(limit), test.aboveP(limit)], [atMost, above]);
  });

  it('of a median that is one of the values are those of scipy', () => {
    const test = quantileTest({ ascending, q: 0.5 });
    expectAll([test.belowP(3.1), test.aboveP(3.1)], [0.9423408508300781, 0.2517223358154297]);
  });

  it('of a trend have the slope of scipy.stats.theilslopes', () => {
    const trend = testTrend(VALUES);
    if (isMissing(trend)) throw new Error(trend.missing);
    expect(trend.slope).toBeCloseTo(0.08903508771929824, 10);
  });

  it('of a ratio have the interval of scipy.stats.ttest_1samp on logarithms', () => {
    const ratios = [2, 2.2, 1.9, 2.1, 2.05, 1.95, 2.3, 1.85, 2.15, 2];
    const ratio = estimateRatio(
      ratios.map(() => 1),
      ratios,
    );
    if (isMissing(ratio)) throw new Error(ratio.missing);
    expectAll([ratio.low, ratio.high], [1.9492708054666743, 2.1470602646297925]);
  });
});

describe('clusters', () => {
  // statsmodels OLS(VALUES, 1).fit(cov_type='cluster', groups=FOURS, use_correction=False), times sqrt(5/4)
  it('give a mean the standard error of statsmodels', () => {
    expect(clusteredStandardError(VALUES, FOURS)).toBeCloseTo(0.5025310935653633, 10);
  });

  // statsmodels OLS(VALUES, [1, i]).fit(cov_type='cluster', groups=FOURS, use_t=False)
  it('give a line the slope of statsmodels', () => {
    const line = estimateLine(
      VALUES.map((_, i) => i),
      VALUES,
      { clusters: FOURS },
    );
    if (isMissing(line)) throw new Error(line.missing);
    expectAll([line.intercept.value, line.slope.value], [3.5928571428571399, 0.06812030075187968]);
    expectAll([line.intercept.standardError!, line.slope.standardError!], [1.1393658273805005, 0.08379408724338373]);
  });
});

describe('the parts of the score test', () => {
  const differences = [0.3, -0.2, 0.1, 0.5, -0.4, 0, 0.25, -0.1, 0.6, -0.3, 0.2, 0.1];

  // statsmodels.emplike DescStat(differences).test_mean(mean, return_weights=True); where no unseen value has weight
  it.each([
    [-0.05, 0.08414295805372607, 0.012635952164961991],
    [0.02, 0.08526330089883428, 0.00654110457225065],
    [-0.15, 0.07739789063061665, 0.02114796370629866],
  ])(
    'have the likeliest distribution of statsmodels’ empirical likelihood with the mean %d',
    (mean, variance, third) => {
      const seen = differences.map((value) => ({ distance: value - mean, share: 1 / differences.length }));
      const found = likeliestMoments(seen, -0.41 - mean);
      expectAll([found.variance, found.third], [variance, third], 7);
    },
  );

  // The ICC by analysis of variance and 1 + (sum m^2 / n - 1) ICC, in numpy; scipy.stats.t.sf(0.0939394 / sqrt(0.16 deff / 330), 44.375)
  it('lets a large group stray as the others do, where it was not lost itself', () => {
    const clusters = [30, ...Array<number>(60).fill(5)].flatMap((size, group) => Array<number>(size).fill(group));
    const values = clusters.map((group) => (group >= 1 && group <= 7 ? -1 : 0));
    // By the totals that were seen the design effect is 5.34, and the p-value .0358.
    expect(scoreTest(values, { clusters }).greaterP(-0.2)).toBeCloseTo(0.06038022040054171, 9);
  });

  // references.R: exact()
  it.each([
    [0, 1, 50, -0.1, 0.0337858596924326],
    [1, 2, 50, -0.1, 0.0464099728050436],
    [3, 3, 50, -0.1, 0.0383739783985439],
    [9, 2, 60, 0, 0.0201291754843036],
    [2, 1, 40, -0.05, 0.0778492084071606],
    [12, 4, 30, 0.05, 0.0549328223937886],
  ])('have the exact tail of R with %d won and %d lost of %d at %d', (wins, losses, n, bound, tail) => {
    expect(exactTail({ wins, losses, n }, { bound, canWin: true, canLose: true })).toBeCloseTo(tail, 8);
  });

  // R: binom.test(x, n, p, alternative)$p.value
  it('have the exact binomial tail of R where an item cannot be won, or lost', () => {
    const lost = exactTail({ wins: 0, losses: 2, n: 40 }, { bound: -0.1, canWin: false, canLose: true });
    const won = exactTail({ wins: 17, losses: 0, n: 20 }, { bound: 0.7, canWin: true, canLose: false });
    expectAll([lost, won], [0.222808124339403, 0.107086804503731]);
  });

  it('have the distributions of scipy', () => {
    // scipy.special.gammaincc(3.5, 4.2), scipy.stats.t.cdf(-2.1, 21.4), scipy.stats.norm.ppf(0.0083)
    expectAll(
      [gammaUpperTail(4.2, 3.5), tCdf(-2.1, 21.4), normalQuantile(0.0083)],
      [0.29864634297052595, 0.02387681646783278, -2.395449516829614],
    );
  });

  // statsmodels.stats.contingency_tables.mcnemar([[0, wins], [losses, 0]]), asymptotic and exact, two-sided
  // The exact test of McNemar takes the number of pairs that differ for given, and so is the more cautious.
  it.each([
    [20, 3, 0.00039299302641488125, 0.00048828125],
    [12, 9, 0.5126907602619235, 0.6636238098144531],
    [14, 5, 0.03894745574202525, 0.063568115234375],
  ])('have a p-value near those of McNemar’s at a bound of 0 (%d won, %d lost)', (wins, losses, asymptotic, exact) => {
    const differences = Array.from({ length: 100 }, (_, i) => (i < wins ? 1 : i < wins + losses ? -1 : 0));
    const p = 2 * scoreTest(differences).greaterP(0);
    expect(p).toBeGreaterThan(asymptotic / 2);
    expect(p).toBeLessThan(exact);
  });
});
