/**
 * Did the client send what its arrival process says? The gaps between sends have the mean and the coefficient of variation (CV) of the
 * process, but for luck and for how unevenly late the sends were. Gaps that repeat in a row keep both, and neighbours are then alike.
 *
 * The standard error of the CV c of n gaps, by the delta method, is c sqrt((1 + c^2) / 2n) where gaps are of a gamma distribution (the
 * exponential has c = 1). By the triangle inequality, sends whose lateness has a standard deviation s change the standard deviation of
 * the gaps by at most 2 s.
 *
 * The correlation of neighbours among n independent gaps is 0, with the standard error 1 / sqrt(n). By the inequality of Cauchy and
 * Schwarz, uneven lateness changes it by at most 4 (r + r^2), where r is s over the standard deviation of the gaps.
 */
import { type Arrivals, type Condition, isSteadyRate } from '../definition/condition.js';
import { mean, standardDeviation, sum } from '../stats/basics/moments.js';
import type { StepRequest } from './request.js';

export interface SentGaps {
  /** The number of gaps. */
  readonly n: number;
  readonly mean: Checked;
  /** The coefficient of variation: the standard deviation over the mean. */
  readonly cv: Checked;
  /** How gaps correlate with the next ones. Null where all are asked to be equal, or are. */
  readonly neighbours: Checked | null;
}

interface Checked {
  readonly value: number;
  readonly asked: number;
  /** The standard error of what an honest client sends. */
  readonly standardError: number;
  /** Within four standard errors, and the lateness of the sends. Null for fewer gaps than tell (40), or where a ceiling held requests back. */
  readonly asAsked: boolean | null;
}

/** In standard errors. Gaps are skewed: of 1,000 to 5,000 honest steps each, Poisson and gamma up to a CV of 4, at most 3 in 1,000 were called odd. */
const ERRORS = 4;
const LEAST_GAPS = 40;
/** A log has whole microseconds. */
const GRAIN = 1e-6;

/** @param requests All requests of a step. @returns Null for any condition but a steady rate, and for fewer than two gaps. */
export function sentGapsOf(requests: readonly StepRequest[], condition: Condition): SentGaps | null {
  if (!isSteadyRate(condition)) return null;
  const sent = requests.filter(({ outcome }) => outcome !== 'unsent').sort((a, b) => a.sent - b.sent);
  const gaps = sent.slice(1).map((request, i) => request.sent - sent[i]!.sent);
  const n = gaps.length;
  if (n < 2) return null;
  const wanted = { mean: 1 / condition.rate.last, cv: variationOf(condition.arrivals) };
  const lateness = sent.map(({ due, sent: at }) => at - due);
  const spread = standardDeviation(lateness);
  const isJudged = n >= LEAST_GAPS && sent.every(({ released }) => released === undefined);
  const checked = (
    value: number,
    asked: number,
    errors: { readonly standardError: number; readonly slack: number },
  ) => ({
    value,
    asked,
    standardError: errors.standardError,
    asAsked: isJudged ? Math.abs(value - asked) <= ERRORS * errors.standardError + errors.slack : null,
  });
  const found = mean(gaps);
  const deviation = standardDeviation(gaps);
  const uneven = spread / deviation;
  return {
    n,
    mean: checked(found, wanted.mean, {
      standardError: (wanted.cv * wanted.mean) / Math.sqrt(n),
      slack: Math.abs(lateness.at(-1)! - lateness[0]!) / n + GRAIN,
    }),
    cv: checked(found === 0 ? 0 : deviation / found, wanted.cv, {
      standardError: wanted.cv * Math.sqrt((1 + wanted.cv ** 2) / (2 * n)),
      slack: (2 * spread + GRAIN) / wanted.mean,
    }),
    neighbours:
      wanted.cv === 0 || deviation <= GRAIN
        ? null
        : checked(correlationOfNeighbours(gaps), 0, {
            standardError: 1 / Math.sqrt(n),
            slack: 4 * (uneven + uneven ** 2),
          }),
  };
}

function correlationOfNeighbours(gaps: readonly number[]): number {
  const centre = mean(gaps);
  const deviations = gaps.map((gap) => gap - centre);
  const products = deviations.slice(1).map((deviation, i) => deviation * deviations[i]!);
  return sum(products) / sum(deviations.map((deviation) => deviation ** 2));
}

function variationOf(arrivals: Arrivals): number {
  switch (arrivals.kind) {
    case 'constant':
      return 0;
    case 'poisson':
      return 1;
    case 'gamma':
      return arrivals.cv;
  }
}
