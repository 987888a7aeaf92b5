/** The likeliest distribution whose mean is 0, over points that were seen and one that was not. */

export interface Point {
  /** From the mean that the hypothesis has. */
  readonly distance: number;
  readonly share: number;
}

/** Its second and third moment. */
export interface Moments {
  readonly variance: number;
  readonly third: number;
}

const STEPS = 60;

/**
 * Weights `share / (1 + t distance)` maximise the likelihood under a mean distance of 0; `t` is found by Newton's method, kept
 * within bounds by bisection. It cannot exceed `-1 / unseen`: there the unseen point begins to have weight, all that the others
 * leave.
 *
 * @param seen with a mean distance above 0. @param unseen a distance below 0, or 0 where there is no worse value.
 */
export function likeliestMoments(seen: readonly Point[], unseen: number): Moments {
  if (unseen >= 0) return { variance: 0, third: 0 };
  const least = seen.reduce((lowest, { distance }) => Math.min(lowest, distance), 0);
  const mostForUnseen = -1 / unseen;
  const mostForSeen = least < 0 ? -1 / least : Number.POSITIVE_INFINITY;
  if (mostForUnseen < mostForSeen) {
    const { mean, variance, third, weight } = momentsAt(seen, mostForUnseen);
    const rest = Math.max(0, 1 - weight);
    if (mean > 0) return { variance: variance + rest * unseen ** 2, third: third + rest * unseen ** 3 };
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
  const { variance, third } = momentsAt(seen, t);
  return { variance, third };
}

function momentsAt(seen: readonly Point[], t: number) {
  let [mean, variance, third, weight, slope] = [0, 0, 0, 0, 0];
  for (const { distance, share } of seen) {
    const w = share / (1 + t * distance);
    weight += w;
    mean += w * distance;
    variance += w * distance * distance;
    third += w * distance * distance * distance;
    slope += (w * distance * distance) / (1 + t * distance);
  }
  return { mean, variance, third, weight, slope };
}
