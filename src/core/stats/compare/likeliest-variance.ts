/** The likeliest distribution whose mean is 0, over points that were seen and one that was not. */

export interface Point {
  /** The distance from the mean of the hypothesis. */
  readonly distance: number;
  readonly share: number;
}

/** A value that the likeliest distribution has with this probability. */
export interface Weighted {
  readonly distance: number;
  readonly weight: number;
}

/** The second and third moment about the mean. */
export interface Moments {
  readonly variance: number;
  readonly third: number;
}

export interface Likeliest extends Moments {
  weights(): readonly Weighted[];
}

const STEPS = 100;
/** A mean this small, as a share of the unseen distance, is 0. */
const EXACT = 1e-13;

/**
 * Weights `share / (1 + t distance)` maximise the likelihood under a mean distance of 0; `t` is found by Newton's method, kept
 * within bounds by bisection. It cannot exceed `-1 / unseen`: there the unseen point begins to have weight, all that the others
 * leave.
 *
 * @param seen with a mean distance above 0. @param unseen a distance below 0, or 0 where there is no worse value.
 */
export function likeliestMoments(seen: readonly Point[], unseen: number): Likeliest {
  if (unseen >= 0) return { variance: 0, third: 0, weights: () => [] };
  const weightsAt = (t: number) =>
    seen.map(({ distance, share }): Weighted => ({ distance, weight: share / (1 + t * distance) }));
  const least = seen.reduce((lowest, { distance }) => Math.min(lowest, distance), 0);
  const mostForUnseen = -1 / unseen;
  const mostForSeen = least < 0 ? -1 / least : Number.POSITIVE_INFINITY;
  if (mostForUnseen < mostForSeen) {
    const { mean, variance, third, weight } = momentsAt(seen, mostForUnseen);
    const rest = Math.max(0, 1 - weight);
    if (mean > 0)
      return {
        variance: variance + rest * unseen ** 2,
        third: third + rest * unseen ** 3,
        weights: () => [...weightsAt(mostForUnseen), { distance: unseen, weight: rest }],
      };
  }
  let [low, high] = [0, Math.min(mostForUnseen, mostForSeen)];
  let [t, before] = [0, Number.POSITIVE_INFINITY];
  for (let step = 0; step < STEPS; step++) {
    const { mean, slope, variance, third } = momentsAt(seen, t);
    if (Math.abs(mean) <= EXACT * -unseen) return { variance, third, weights: () => weightsAt(t) };
    if (mean > 0) low = t;
    else high = t;
    // Near the end of the range the mean is steep, so that Newton's steps are short far from the root.
    const next = Math.abs(mean) < before / 2 ? t + mean / slope : Number.NaN;
    t = next > low && next < high ? next : (low + high) / 2;
    before = Math.abs(mean);
  }
  const { variance, third } = momentsAt(seen, low);
  return { variance, third, weights: () => weightsAt(low) };
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
