/**
 * What one step says about one objective: how many requests were late, out of how many. Requests of the model's or the server's fault
 * are later than every limit. A request that was cut off at its timeout is late where the limit lies before the timeout; else it is
 * undecided, and counts against whichever claim is made.
 */
import { isMissing, type Missing, missing } from '../quantity.js';
import { normalCdf } from '../stats/basics/distributions.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { estimateMean } from '../stats/estimate/estimators.js';
import { binomialAtMost } from '../stats/estimate/quantile-test.js';
import { serialInflation } from '../stats/estimate/serial.js';
import { durationLimit, isUnknown, LOAD_METRICS, type Objective, placeOf } from './objective.js';
import type { StepRequest } from './request.js';
import { inflationOf, type Together, togetherOf } from './together.js';

export type Tally = LateRequests | ExcessOfMean;

/** The tally of an objective on a percentile. */
export interface LateRequests {
  readonly kind: 'late';
  /** The share that may be late: 0.05 for p95. */
  readonly allowed: number;
  readonly n: number;
  readonly late: number;
  readonly undecided: number;
  /** How late requests come together (./together.ts); null for a server that was overloaded, where all are late. */
  readonly together: Together | null;
}

/** The tally of an objective on a mean. */
export interface ExcessOfMean {
  readonly kind: 'mean';
  readonly n: number;
  /** The mean over the limit, less 1. */
  readonly excess: number;
  readonly standardError: number;
}

/** Whether an objective is shown to hold, shown to fail, or neither. */
export type Met = 'met' | 'missed' | 'open';

type Verdict = 'late' | 'in time' | 'undecided';

/** @param requests In the order in which they were due. */
export function tallyOf(requests: readonly StepRequest[], objective: Objective): Tally | Missing {
  const { seconds, lateShare } = durationLimit(objective);
  const { seen } = LOAD_METRICS[objective.metric];
  const judged = requests.map(seen).filter((one) => one !== 'none');
  if (judged.length === 0) return missing('no request of the step shows it');
  const unknown = unknownOf(requests, objective);
  if (unknown !== null) return unknown;
  if (lateShare === null) {
    const mean = meanOf(requests, objective);
    if (isMissing(mean)) return mean;
    const { value, n, standardError = 0 } = mean;
    return { kind: 'mean', n, excess: value / seconds - 1, standardError: standardError / seconds };
  }
  const verdicts = judged.map((one): Verdict => {
    if (one === 'never') return 'late';
    if (isUnknown(one)) return 'undecided';
    if ('seconds' in one) return one.seconds > seconds ? 'late' : 'in time';
    return one.atLeast >= seconds ? 'late' : 'undecided';
  });
  const count = (verdict: Verdict) => verdicts.filter((each) => each === verdict).length;
  return {
    kind: 'late',
    allowed: lateShare,
    n: verdicts.length,
    late: count('late'),
    undecided: count('undecided'),
    together: togetherOf({ late: verdicts.map((verdict) => verdict !== 'in time'), durations: judged.map(placeOf) }),
  };
}

/** The mean duration that an objective limits, in seconds, with an interval that knows of autocorrelation. */
export function meanOf(requests: readonly StepRequest[], { metric }: Objective): Estimate | Missing {
  const judged = requests.map(LOAD_METRICS[metric].seen).filter((one) => one !== 'none');
  if (judged.length === 0) return missing('no request of the step shows it');
  const values = judged.flatMap((one) => (one !== 'never' && !isUnknown(one) && 'seconds' in one ? [one.seconds] : []));
  if (values.length < judged.length) {
    return missing(`${judged.length - values.length} requests were not answered in time, so there is no mean`);
  }
  return estimateMean(values, { inflation: serialInflation([values]) });
}

/**
 * Why an objective cannot be told, whatever its limit is: more answers than may be late do not show its duration. Null if it can; fewer
 * are undecided.
 */
export function unknownOf(requests: readonly StepRequest[], objective: Objective): Missing | null {
  const { seen, short } = LOAD_METRICS[objective.metric];
  const judged = requests.map(seen).filter((one) => one !== 'none');
  const unknown = judged.filter(isUnknown);
  const [first] = unknown;
  if (first === undefined || unknown.length <= (durationLimit(objective).lateShare ?? 0) * judged.length) return null;
  return missing(`${short} of ${unknown.length} of ${judged.length} requests is not known: ${first.missing}`);
}

/**
 * By one-sided tests at `alpha`. For a percentile it is the binomial bound of MLPerf's early stopping at a confidence of 1 - alpha
 * (`minPassingQueries`), with an effective number of requests where late ones come together.
 */
export function metOf(tally: Tally | Missing, alpha: number): Met {
  if (isMissing(tally)) return 'open';
  if (tally.kind === 'mean') {
    const { excess, standardError } = tally;
    if (standardError === 0) return excess <= 0 ? 'met' : 'missed';
    if (normalCdf(excess / standardError) <= alpha) return 'met';
    return normalCdf(-excess / standardError) <= alpha ? 'missed' : 'open';
  }
  const { allowed, n, late, undecided, together } = tally;
  const inflation = together === null ? 1 : inflationOf([together]);
  if (binomialAtMost((late + undecided) / inflation, n / inflation, allowed) <= alpha) return 'met';
  return late > 0 && 1 - binomialAtMost((late - 1) / inflation, n / inflation, allowed) <= alpha ? 'missed' : 'open';
}
