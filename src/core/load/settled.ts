/**
 * Has a step settled? Its window must be long enough for queues to forget how they began, and its latencies must not drift.
 *
 * Five times the p99 of e2e is the relaxation of MLCommons endpoints ("T_relaxation"). The trend is Mann and Kendall's with the correction
 * of Hamed and Rao, on medians of blocks, and counts only where the whole change is at least 5% (TREND_REL_DRIFT_MIN of the same
 * source). A fixed ten minutes, as in MLPerf, would leave no room for a search.
 */
import { isMissing } from '../quantity.js';
import { median, percentile } from '../stats/estimate/percentiles.js';
import { testSerialTrend } from '../stats/estimate/serial-trend.js';
import { isUnknown, LOAD_METRICS, type LoadMetric } from './objective.js';
import type { Window } from './window.js';

export type Settled =
  | { readonly state: 'steady' }
  | { readonly state: 'drifting'; readonly reason: string; readonly direction: 'rises' | 'falls' }
  | {
      readonly state: 'too short';
      readonly reason: string;
      /** Requests. */
      readonly more: number;
      /** Whether it is long enough for queues to forget how they began. It then lacks requests only. */
      readonly relaxed: boolean;
    };

/** Five blocks of eight: fewer requests show no drift. */
const LEAST_REQUESTS = 40;
const BLOCKS = 20;
const LEAST_BLOCK = 5;
/** One-sided. A search has a dozen steps, and each has two series. */
const LEVEL = 0.001;
/** The least change over the window, as a share of the median. */
const LEAST_CHANGE = 0.05;
const RELAXATION = 5;

export function settledOf({ from, to, requests }: Window): Settled {
  const lives = requests.flatMap(({ outcome, due, end }) => (outcome === 'completed' ? [end - due] : []));
  const seconds = to - from;
  const needed = lives.length === 0 ? Number.POSITIVE_INFINITY : RELAXATION * percentile(lives, 0.99);
  const relaxed = seconds >= needed;
  const tooFew = LEAST_REQUESTS - lives.length;
  const tooSoon = relaxed || lives.length === 0 ? 0 : Math.ceil((requests.length / seconds) * (needed - seconds));
  if (tooFew > 0 && tooFew >= tooSoon) {
    const reason = `its window has ${lives.length} answers, and a trend shows from ${LEAST_REQUESTS} up`;
    return { state: 'too short', reason, more: tooFew, relaxed };
  }
  const drift = tooFew > 0 ? null : (driftOf(requests, 'ttft') ?? driftOf(requests, 'tpot'));
  if (drift !== null) return drift;
  if (relaxed) return { state: 'steady' };
  return {
    state: 'too short',
    reason: `its window of ${Number(seconds.toPrecision(3))} s is shorter than ${RELAXATION} times the p99 of e2e, ${Number(needed.toPrecision(3))} s`,
    more: tooSoon,
    relaxed,
  };
}

/** How a latency drifts; null if it does not. */
function driftOf(requests: Window['requests'], metric: LoadMetric): Settled | null {
  const { seen, short } = LOAD_METRICS[metric];
  const values = requests.flatMap((request) => {
    const one = seen(request);
    return one !== 'never' && one !== 'none' && !isUnknown(one) && 'seconds' in one ? [one.seconds] : [];
  });
  const size = Math.max(LEAST_BLOCK, Math.ceil(values.length / BLOCKS));
  const blocks = Array.from({ length: Math.floor(values.length / size) }, (_, i) =>
    median(values.slice(i * size, (i + 1) * size)),
  );
  const trend = testSerialTrend(blocks);
  if (isMissing(trend)) return null;
  const change = (trend.slope * (blocks.length - 1)) / median(blocks);
  if (Math.abs(change) < LEAST_CHANGE) return null;
  const direction = trend.risesP < LEVEL ? 'rises' : trend.fallsP < LEVEL ? 'falls' : null;
  if (direction === null) return null;
  const reason = `${short} ${direction} by ${Math.round(Math.abs(change) * 100)}% over its window`;
  return { state: 'drifting', reason, direction };
}
