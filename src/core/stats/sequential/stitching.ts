/**
 * Closed-form bounds that hold at all times at once, growing like the law of the iterated logarithm: time is cut into epochs
 * that grow by a factor `eta`, and each gets a share of alpha by a convergent series. Looser than a mixture near the time it
 * is tuned for, tighter in the very long run.
 */
import { zeta } from '../basics/distributions.js';
import { expectBetween0And1, expectCount, expectPositive } from '../basics/expect.js';

/** Growth of the epochs, and the exponent of the series: the paper's choice. */
const ETA = 2;
const SERIES = 1.4;
const K1 = (ETA ** 0.25 + ETA ** -0.25) / Math.SQRT2;
const K2 = (Math.sqrt(ETA) + 1) / 2;
/** Spacing of the grid of quantiles. */
const DELTA = 0.5;

/**
 * Of a sum with accumulated variance v, from `least` on; `c` is the scale of its tail, 0 for sub-Gaussian values (Howard,
 * Ramdas, McAuliffe, Sekhon 2021, Annals of Statistics 49:1055, theorem 1).
 */
export function stitchedBound(
  v: number,
  options: { readonly alpha?: number; readonly least: number; readonly c?: number },
): number {
  const { alpha = 0.05, least, c = 0 } = options;
  expectBetween0And1('alpha', alpha);
  expectPositive('v', v);
  expectPositive('least', least);
  const held = Math.max(v, least);
  const ell =
    SERIES * Math.log(Math.log((ETA * held) / least)) + Math.log(zeta(SERIES) / (alpha * Math.log(ETA) ** SERIES));
  const tail = K2 * c * ell;
  return Math.sqrt(K1 ** 2 * held * ell + tail ** 2) + tail;
}

/**
 * Of how many of t values may lie below the p-quantile beyond p t, for all t and all p at once; tightest from `tunedForN`
 * values on (Howard and Ramdas 2022, Bernoulli 28:1704, theorem 2: double stitching over time and quantiles).
 */
export function quantileStitchedBound(
  p: number,
  t: number,
  options: { readonly alpha?: number; readonly tunedForN: number },
): number {
  const { alpha = 0.05, tunedForN } = options;
  expectBetween0And1('alpha', alpha);
  expectBetween0And1('p', p);
  expectCount('t', t, 1);
  expectPositive('tunedForN', tunedForN);
  const held = Math.max(t, tunedForN);
  const logit = Math.log(p / (1 - p));
  const shifted = 1 / (1 + Math.exp(-logit - 2 * DELTA * Math.sqrt((tunedForN * ETA) / held)));
  const r = p >= 0.5 ? p : Math.min(0.5, shifted);
  const variance = r * (1 - r);
  const level = (Math.sqrt(held / tunedForN) * Math.abs(logit)) / (2 * DELTA) + 1;
  const ell =
    SERIES * Math.log(Math.log((ETA * held) / tunedForN)) +
    SERIES * Math.log(level) +
    Math.log((2 * zeta(SERIES) * (2 * zeta(SERIES) + 1)) / (alpha * Math.log(ETA) ** SERIES));
  const tail = (K2 * (1 - 2 * p) * ell) / 3;
  return (
    DELTA * Math.sqrt((ETA * held * variance) / tunedForN) +
    Math.sqrt(K1 ** 2 * variance * held * ell + tail ** 2) +
    tail
  );
}

/**
 * How far the empirical distribution of t values lies from the true one, anywhere, for all t from `least` on:
 * `A sqrt((ln(1 + ln(t / least)) + C) / t)`, C from alpha (Howard and Ramdas 2022, theorem 3). The always-valid form of the
 * Dvoretzky-Kiefer-Wolfowitz band. Missing values before `least`: the band is then everything, 1.
 */
export function distributionBand(
  t: number,
  options: { readonly alpha?: number; readonly least: number; readonly a?: number },
): number {
  const { alpha = 0.05, least, a = 0.85 } = options;
  expectBetween0And1('alpha', alpha);
  expectPositive('least', least);
  if (!(a > Math.SQRT1_2)) throw new RangeError(`Expected \`a\` to be above sqrt(1/2), got ${a}`);
  if (t < least) return 1;
  // The error falls as C grows: the least C that keeps it at alpha, by bisection.
  let [low, high] = [0.01, 1];
  while (bandError(high, a) > alpha) [low, high] = [high, 2 * high];
  while (high - low > 1e-10) {
    const middle = (low + high) / 2;
    if (bandError(middle, a) > alpha) low = middle;
    else high = middle;
  }
  return a * Math.sqrt((Math.log1p(Math.log(t / least)) + high) / t);
}

/** `4 exp(-g C) (1 + 1 / ((g - 1) ln eta))`, `g = 2/eta (A - sqrt(2 (eta - 1) / C))^2`, at the best eta. */
function bandError(c: number, a: number): number {
  const errorAt = (eta: number): number => {
    const room = a - Math.sqrt((2 * (eta - 1)) / c);
    const g = room > 0 ? (2 / eta) * room ** 2 : 0;
    return g > 1 ? 4 * Math.exp(-g * c) * (1 + 1 / ((g - 1) * Math.log(eta))) : Number.POSITIVE_INFINITY;
  };
  // One valley between 1 and the eta at which g falls to 1: narrow it by golden section.
  let [left, right] = [1, 2 * a ** 2];
  const golden = (Math.sqrt(5) - 1) / 2;
  while (right - left > 1e-10) {
    const [x, y] = [right - golden * (right - left), left + golden * (right - left)];
    // Beyond the valley both are infinite: the valley is to the left.
    if (errorAt(x) <= errorAt(y)) right = y;
    else left = x;
  }
  return errorAt((left + right) / 2);
}
