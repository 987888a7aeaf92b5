/**
 * Late requests come together: while a queue is long, all who arrive are late. The number of late requests then varies more than a
 * binomial one, by the inflation 1 + 2 (rho_1 + rho_2 + ...).
 *
 * One step has too few late requests to tell. So each step keeps the sums of products of neighbours, and a search adds up those of all
 * steps. The sum over lags is Geyer's initial monotone sequence (1992, Statistical Science 7:473), as in ../stats/estimate/serial.ts;
 * but no test for autocorrelation comes first, because a queue has some, and to miss it would promise too much.
 *
 * Where few requests are late, the sequence ends too early and the inflation comes out too low; that of the slowest quarter is well
 * known, and mostly too high. The geometric mean of the two is near the truth (docs/load.md has the figures).
 */
import { percentileOfSorted } from '../stats/estimate/percentiles.js';

export interface Together {
  /** Sums of products of neighbours, by lag from 0: of late requests, and of the slowest quarter. */
  readonly late: readonly number[];
  readonly slowest: readonly number[];
}

const SLOWEST = 0.75;

/** @param requests In the order in which they were due. */
export function togetherOf({
  late,
  durations,
}: {
  readonly late: readonly boolean[];
  readonly durations: readonly number[];
}): Together {
  const limit = percentileOfSorted(Float64Array.from(durations).sort(), SLOWEST);
  return { late: laggedProducts(late), slowest: laggedProducts(durations.map((duration) => duration > limit)) };
}

/** The inflation over all steps, 1 or more. */
export function inflationOf(steps: readonly Together[]): number {
  const late = initialMonotoneSequence(steps.map((step) => step.late));
  const slowest = initialMonotoneSequence(steps.map((step) => step.slowest));
  return Math.max(late, Math.sqrt(late * slowest));
}

/** Lags beyond these count as 0: a queue near its limit forgets within as many requests as are under way. */
const LAGS = 100;
/** Longer lags than this share of a step have too few pairs. */
const SHARE = 0.2;

function laggedProducts(events: readonly boolean[]): number[] {
  const n = events.length;
  const share = events.filter(Boolean).length / Math.max(1, n);
  const deviations = events.map((event) => Number(event) - share);
  const products = Array.from({ length: Math.min(LAGS, Math.ceil(SHARE * n)) }, (_, lag) => {
    let total = 0;
    for (let i = lag; i < n; i++) total += deviations[i]! * deviations[i - lag]!;
    return total;
  });
  // Deviations from their own mean correlate by -1 / (n - 1) on average.
  const variance = (products[0] ?? 0) / Math.max(1, n - 1);
  return products.map((product, lag) => (lag === 0 ? product : product + (variance * (n - lag)) / n));
}

function initialMonotoneSequence(steps: readonly (readonly number[])[]): number {
  const longest = Math.max(0, ...steps.map(({ length }) => length));
  const correlations = Array.from({ length: longest }, (_, lag) => {
    const reaching = steps.filter(({ length }) => length > lag);
    const all = reaching.reduce((total, products) => total + products[0]!, 0);
    return all === 0 ? 0 : reaching.reduce((total, products) => total + products[lag]!, 0) / all;
  });
  if (correlations.length < 2 || correlations[0] === 0) return 1;
  let [total, least] = [0, Number.POSITIVE_INFINITY];
  for (let lag = 0; lag + 1 < correlations.length; lag += 2) {
    least = Math.min(least, correlations[lag]! + correlations[lag + 1]!);
    if (least <= 0) break;
    total += least;
  }
  return Math.max(1, 2 * total - 1);
}
