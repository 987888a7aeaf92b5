/**
 * Is a confidence of 0.8 right eight times in ten? Calibration compares confidence with the share that is right.
 *
 * A threshold needs ranking (AUROC), not calibration; expected costs need calibration. ECE depends on its bins: print their
 * number beside it, and the Brier score, which has none.
 */
import { type Missing, missing } from '../../quantity.js';
import { expectBinary, expectCount, expectProbability, expectSameLength } from '../basics/expect.js';
import { mean, sum } from '../basics/moments.js';

export interface CalibrationBin {
  readonly n: number;
  /** Mean confidence of the answers in the bin. */
  readonly confidence: number;
  /** Share of them that are right. */
  readonly accuracy: number;
}

export interface Calibration {
  /** Expected calibration error, `sum_b n_b / n |accuracy_b - confidence_b|` (Naeini, Cooper, Hauskrecht 2015). */
  readonly expectedError: number;
  /** The largest gap of a bin. */
  readonly maximumError: number;
  /** The bins that hold answers, by rising confidence. */
  readonly bins: readonly CalibrationBin[];
  /** How many bins were asked for. */
  readonly binCount: number;
}

/** Bins of equal width, (0, 1/M], (1/M, 2/M], ...; a confidence of 0 goes to the first. */
export function calibrationByWidth(
  confidence: readonly number[],
  right: readonly number[],
  binCount = 10,
): Calibration | Missing {
  expectAnswers(confidence, right);
  expectCount('binCount', binCount, 1);
  if (confidence.length === 0) return missing('no answers with a confidence');
  // 0.6 * 5 is 3 exactly, but 0.55 * 20 is 11.000000000000002: without the allowance it would fall into the next bin.
  const bin = (p: number) => Math.max(0, Math.ceil(p * binCount - 1e-9) - 1);
  const members = Array.from({ length: binCount }, (): number[] => []);
  confidence.forEach((p, i) => {
    members[bin(p)]!.push(i);
  });
  return summarise(members, confidence, right);
}

/** Bins of equally many answers, by rising confidence; the first ones hold one more where they do not divide evenly. */
export function calibrationByCount(
  confidence: readonly number[],
  right: readonly number[],
  binCount = 10,
): Calibration | Missing {
  expectAnswers(confidence, right);
  expectCount('binCount', binCount, 1);
  const n = confidence.length;
  if (n < binCount) return missing(`${n} answers do not fill ${binCount} bins`);
  const order = confidence.map((_, i) => i).sort((a, b) => confidence[a]! - confidence[b]!);
  const members = Array.from({ length: binCount }, (_, bin) => {
    const start = bin * Math.floor(n / binCount) + Math.min(bin, n % binCount);
    return order.slice(start, start + Math.floor(n / binCount) + (bin < n % binCount ? 1 : 0));
  });
  return summarise(members, confidence, right);
}

/** `mean (p - y)^2` (Brier 1950): 0 is perfect, 0.25 is what a constant 0.5 gets. */
export function brierScore(confidence: readonly number[], right: readonly number[]): number {
  expectAnswers(confidence, right);
  return mean(confidence.map((p, i) => (p - right[i]!) ** 2));
}

/**
 * `-mean(y ln p + (1 - y) ln(1 - p))`, in nats. Confidences are held 1e-15 away from 0 and 1, as scikit-learn does: one
 * certain answer that is wrong would make it infinite.
 */
export function logLoss(confidence: readonly number[], right: readonly number[]): number {
  expectAnswers(confidence, right);
  const losses = confidence.map((p, i) => {
    const held = Math.min(1 - 1e-15, Math.max(1e-15, p));
    return -Math.log(right[i] === 1 ? held : 1 - held);
  });
  return mean(losses);
}

function summarise(
  members: readonly (readonly number[])[],
  confidence: readonly number[],
  right: readonly number[],
): Calibration {
  const bins = members
    .filter((bin) => bin.length > 0)
    .map((bin) => ({
      n: bin.length,
      confidence: mean(bin.map((i) => confidence[i]!)),
      accuracy: mean(bin.map((i) => right[i]!)),
    }));
  const gaps = bins.map((bin) => Math.abs(bin.accuracy - bin.confidence));
  const expectedError = sum(gaps.map((gap, i) => (gap * bins[i]!.n) / confidence.length));
  return { expectedError, maximumError: Math.max(...gaps), bins, binCount: members.length };
}

function expectAnswers(confidence: readonly number[], right: readonly number[]): void {
  expectSameLength('right', confidence, right);
  expectBinary('right', right);
  confidence.forEach((p, i) => {
    expectProbability(`confidence[${i}]`, p);
  });
}
