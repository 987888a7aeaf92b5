/** The variance under the likeliest distribution whose mean is 0, over points that were seen and one that was not. */

export interface Point {
  /** From the mean that the hypothesis has. */
  readonly distance: number;
  readonly share: number;
}

const STEPS = 60;

/**
 * Weights `share / (1 + t distance)` maximise the likelihood under a mean distance of 0; `t` is found by Newton's method, kept
 * within bounds by bisection. It cannot exceed `-1 / unseen`: there the unseen point begins to have weight, all that the others
 * leave.
 *
 * @param seen with a mean distance above 0. @param unseen a distance below 0, or 0 where there is no worse value.
 */
export function likeliestVariance(seen: readonly Point[], unseen: number): number {
  if (unseen >= 0) return 0;
  const least = seen.reduce((lowest, { distance }) => Math.min(lowest, distance), 0);
  const mostForUnseen = -1 / unseen;
  const mostForSeen = least < 0 ? -1 / least : Number.POSITIVE_INFINITY;
  if (mostForUnseen < mostForSeen) {
    const { mean, variance, weight } = momentsAt(seen, mostForUnseen);
    if (mean > 0) return variance + Math.max(0, 1 - weight) * unseen ** 2;
  }
  let [low, high] = [0, Math.min(mostForUnseen, mostForSeen)];
  let t = 0;
  for (let step = 0; step < STEPS; step++) {
    const { mean, slope } = momentsAt(seen, t);
    if (mean > 0) low = t;
    else high = t;
    const next = t + mean / slope;
    if (Math.abs(next - t) <= 1e-14 * high) break;
    t = next >= low && next <= high ? next : (low + high) / 2;
  }
  return momentsAt(seen, t).variance;
}

function momentsAt(seen: readonly Point[], t: number) {
  let [mean, variance, weight, slope] = [0, 0, 0, 0];
  for (const { distance, share } of seen) {
    const w = share / (1 + t * distance);
    weight += w;
    mean += w * distance;
    variance += w * distance * distance;
    slope += (w * distance * distance) / (1 + t * distance);
  }
  return { mean, variance, weight, slope };
}
