/**
 * Many tests share one error rate. Adjusted p-values come back in the order of the p-values; compare each with alpha. Holm and
 * Hommel keep the chance of any wrong claim at alpha (the family-wise error rate).
 */
import { expectProbability } from '../basics/expect.js';

/** Holm 1979, Scand. J. Statistics 6:65: p_(i) (m - i + 1), running maximum. It is valid under any dependence. */
export function holm(pValues: readonly number[]): number[] {
  const m = pValues.length;
  const order = ascending(pValues);
  const adjusted = new Array<number>(m);
  let highest = 0;
  order.forEach((index, rank) => {
    highest = Math.max(highest, Math.min(1, pValues[index]! * (m - rank)));
    adjusted[index] = highest;
  });
  return adjusted;
}

/**
 * Hommel 1988, Biometrika 75:383, by the algorithm of Wright 1992, Biometrics 48:1005. They are never larger
 * than Holm's, and valid only for independent or positively dependent tests.
 */
export function hommel(pValues: readonly number[]): number[] {
  const m = pValues.length;
  const order = ascending(pValues);
  const p = order.map((index) => pValues[index]!);
  // The Simes p-value of all m together bounds every adjusted p from below.
  const all = Math.min(1, ...p.map((value, i) => (m * value) / (i + 1)));
  const adjusted = p.map((value) => Math.max(value, all));
  for (let size = m - 1; size >= 2; size--) {
    const smaller = m - size + 1;
    let simes = Number.POSITIVE_INFINITY;
    for (let i = smaller; i < m; i++) simes = Math.min(simes, (size * p[i]!) / (i - smaller + 2));
    for (let i = 0; i < m; i++)
      adjusted[i] = Math.max(adjusted[i]!, Math.min(size * p[Math.min(i, smaller - 1)]!, simes));
  }
  const result = new Array<number>(m);
  order.forEach((index, rank) => {
    result[index] = Math.min(1, adjusted[rank]!);
  });
  return result;
}

/**
 * By hypothesis, the share of alpha that is the largest p-value with which Hommel's procedure would reject it beside the p-values of
 * the others: 1/m at least, 1 at most. The procedure is the closure of Simes' tests. Of all sets of one size that hold the hypothesis,
 * the one with the largest other p-values is the hardest to reject, so each size bounds the share, and the least bound counts.
 */
export function hommelShares(pValues: readonly number[], alpha: number): number[] {
  const order = ascending(pValues);
  const p = order.map((index) => pValues[index]!);
  const shares = new Array<number>(pValues.length);
  order.forEach((index, rank) => {
    const others = p.toSpliced(rank, 1);
    let least = 1;
    // A set of fewer hypotheses allows 1/size at least.
    for (let size = pValues.length; size > 1 && 1 / size < least; size--)
      least = Math.min(least, shareIn({ others, size }, alpha));
    shares[index] = least;
  });
  return shares;
}

/** A hypothesis and those of the others that have the largest p-values, `size` in all. */
interface HardestSet {
  /** The other p-values, from the smallest to the largest. */
  readonly others: readonly number[];
  readonly size: number;
}

/** Simes rejects a set if its k-th smallest p-value is at most k alpha / size, for any k. */
function shareIn({ others, size }: HardestSet, alpha: number): number {
  const first = others.length - size;
  let most = 1;
  for (let k = 1; k < size; k++) {
    const p = others[first + k]!;
    if (size * p <= k * alpha) return 1;
    if (size * p <= (k + 1) * alpha) most = k + 1;
  }
  return most / size;
}

/** Indices from the smallest p-value to the largest. */
function ascending(pValues: readonly number[]): number[] {
  pValues.forEach((p, i) => {
    expectProbability(`pValues[${i}]`, p);
  });
  return pValues.map((_, i) => i).sort((a, b) => pValues[a]! - pValues[b]!);
}
