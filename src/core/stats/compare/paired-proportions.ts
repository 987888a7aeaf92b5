/**
 * How much more often one model is right than another on the same items: intervals for the difference of two paired
 * proportions, p(first) - p(second) = (b - c) / N.
 *
 * They are Tango's score intervals. Their coverage is near nominal down to small N, and they have width where the models never
 * disagree, where a Wald interval has none (Fagerland, Lydersen, Laake 2014, Statistics in Medicine 33:2850).
 */

import { normalCdf, tCdf, twoSidedT, twoSidedZ } from '../basics/distributions.js';
import type { Interval } from '../basics/interval.js';
import { expectTable, type PairedTable, tableSize } from './paired-table.js';

const _differences: Interval = { low: -1, high: 1 };

/** (b - c) / N. */
export function pairedProportionDifference(table: PairedTable): number {
  expectTable(table);
  return (table.onlyFirst - table.onlySecond) / tableSize(table);
}

/** `sqrt(b + c - (b - c)^2 / N) / N`. */
export function pairedProportionStandardError(table: PairedTable): number {
  expectTable(table);
  const { onlyFirst: b, onlySecond: c } = table;
  const n = tableSize(table);
  return Math.sqrt(b + c - (b - c) ** 2 / n) / n;
}

/**
 * Tango 1998, Statistics in Medicine 17:891: the score statistic for a true difference `delta`, standard normal under it.
 * `T = (b - c - N delta) / sqrt(N (2 q + delta (1 - delta)))`, where q is the probability of "only second" that is likeliest
 * under delta.
 */
export function tangoStatistic(table: PairedTable, delta: number): number {
  expectTable(table);
  if (!(delta >= -1 && delta <= 1)) throw new RangeError(`Expected \`delta\` to lie in [-1, 1], got ${delta}`);
  return scoreStatistic(table.onlyFirst, table.onlySecond, { n: tableSize(table), delta });
}

function scoreStatistic(b: number, c: number, { n, delta }: { readonly n: number; readonly delta: number }): number {
  const distance = b - c - n * delta;
  if (distance === 0) return 0;
  const spread = n * scoreVariance({ onlyFirst: b / n, onlySecond: c / n, delta });
  return spread > 0 ? distance / Math.sqrt(spread) : Math.sign(distance) * Number.POSITIVE_INFINITY;
}

/**
 * The variance of one item's difference if the true difference is `delta`: `2 q + delta (1 - delta)`, where q is the likeliest
 * share of "only second" under delta. It takes shares, not counts.
 */
export function scoreVariance(shares: {
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly delta: number;
}): number {
  const { onlyFirst: b, onlySecond: c, delta } = shares;
  const linear = -b - c + (2 - b + c) * delta;
  const constant = -c * delta * (1 - delta);
  const root = Math.sqrt(Math.max(0, linear ** 2 - 8 * constant));
  // The root of the quadratic has two forms. The form that adds numbers of the same sign keeps its digits.
  const q = linear <= 0 ? (root - linear) / 4 : (-2 * constant) / (root + linear);
  return Math.max(0, 2 * q + delta * (1 - delta));
}

/** The differences that Tango's test does not reject: `{ delta : |T(delta)| <= z }`, by bisection to 1e-12. */
export function tangoInterval(table: PairedTable, confidence = 0.95): Interval {
  expectTable(table);
  return scoreInterval(table, twoSidedZ(confidence));
}

function scoreInterval({ onlyFirst: b, onlySecond: c, ...rest }: PairedTable, critical: number): Interval {
  const n = tableSize({ onlyFirst: b, onlySecond: c, ...rest });
  const difference = (b - c) / n;
  const holds = (delta: number) => Math.abs(scoreStatistic(b, c, { n, delta })) <= critical;
  const boundary = (outside: number): number => {
    let [inside, out] = [difference, outside];
    if (holds(out)) return out;
    while (Math.abs(out - inside) > 1e-12) {
      const middle = (inside + out) / 2;
      if (holds(middle)) inside = middle;
      else out = middle;
    }
    return (inside + out) / 2;
  };
  return { low: boundary(-1), high: boundary(1) };
}

/** One-sided p-values of Tango's test against a true difference of `delta`. */
export function tangoTest(
  table: PairedTable,
  delta: number,
): { readonly statistic: number; readonly greaterP: number; readonly lessP: number } {
  const statistic = tangoStatistic(table, delta);
  return { statistic, greaterP: normalCdf(-statistic), lessP: normalCdf(statistic) };
}

/** Pairs in clusters: their table, its design effect, and how many clusters its variance was estimated from. */
export interface ClusteredTable {
  readonly table: PairedTable;
  readonly designEffect: number;
  readonly clusters: number;
}

/**
 * Tango's interval on counts that are divided by their design effect (Rao and Scott 1992, Biometrics 48:577), with the t of
 * C - 1 degrees of freedom in place of z. A clustered t interval is far too narrow where the models seldom disagree: at a
 * difference of -3 points that is one model's losses alone, on 21 clusters of 11, it is wrong on one side 8 to 22% of the time.
 */
export function clusteredTangoInterval(of: ClusteredTable, confidence = 0.95): Interval {
  return scoreInterval(effectiveTable(of), twoSidedT(confidence, of.clusters - 1));
}

/** One-sided p-values that agree with `clusteredTangoInterval`. */
export function clusteredTangoTest(
  of: ClusteredTable,
  delta: number,
): { readonly statistic: number; readonly greaterP: number; readonly lessP: number } {
  const table = effectiveTable(of);
  const statistic = scoreStatistic(table.onlyFirst, table.onlySecond, { n: tableSize(table), delta });
  return { statistic, greaterP: tCdf(-statistic, of.clusters - 1), lessP: tCdf(statistic, of.clusters - 1) };
}

function effectiveTable({ table, designEffect }: ClusteredTable): PairedTable {
  expectTable(table);
  const { both, onlyFirst, onlySecond, neither } = table;
  return {
    both: both / designEffect,
    onlyFirst: onlyFirst / designEffect,
    onlySecond: onlySecond / designEffect,
    neither: neither / designEffect,
  };
}
