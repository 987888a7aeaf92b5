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
    const simes = Math.min(...p.slice(smaller).map((value, i) => (size * value) / (i + 2)));
    const capped = p.slice(0, smaller).map((value) => Math.min(size * value, simes));
    adjusted.forEach((value, i) => {
      adjusted[i] = Math.max(value, capped[Math.min(i, smaller - 1)]!);
    });
  }
  const result = new Array<number>(m);
  order.forEach((index, rank) => {
    result[index] = Math.min(1, adjusted[rank]!);
  });
  return result;
}

/** Indices from the smallest p-value to the largest. */
function ascending(pValues: readonly number[]): number[] {
  pValues.forEach((p, i) => {
    expectProbability(`pValues[${i}]`, p);
  });
  return pValues.map((_, i) => i).sort((a, b) => pValues[a]! - pValues[b]!);
}
