/**
 * What would make the verdict of a task another one. A margin is found by deciding the whole suite again at other margins, since
 * all tasks share it; a limit by the bounds that decide. Each is rounded to the side on which it is true.
 */
import { METRICS } from '../measure/metrics.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import type { DecidedClaims } from './decided-claims.js';
import type { LimitCheck } from './limit-check.js';
import type { Change, NewLimit, Rejection, TaskVerdict } from './recommendation.js';
import { summarise } from './suite-tests.js';

export interface ChangeOptions {
  readonly task: string;
  readonly verdict: TaskVerdict;
  readonly decided: DecidedClaims;
  /** The margin of the suite. */
  readonly margin: number;
}

export function changesOf(options: ChangeOptions): Change[] {
  const { verdict } = options;
  switch (verdict.kind) {
    case 'slm-fits': {
      const { candidate } = verdict.comparison;
      const margin = lastMarginWithout(options, candidate);
      return margin === null ? [] : [{ to: 'not shown to fit', model: candidate, margin }];
    }
    case 'llm-needed':
    case 'nothing-passes':
      return changesOfRejected(verdict.rejected, options);
    case 'inconclusive':
      return changesOfDoubt(verdict.because, options);
    case 'cascade':
    case 'one-class':
    case 'not-measured':
      return [];
  }
}

function changesOfRejected(rejected: readonly Rejection[], options: ChangeOptions): Change[] {
  return rejected.flatMap((rejection): Change[] =>
    rejection.by === 'limits'
      ? [{ to: 'passes', model: rejection.model, limits: rejection.checks.map(newLimit) }]
      : byMargin(options, rejection.model),
  );
}

function changesOfDoubt(
  doubt: Extract<TaskVerdict, { kind: 'inconclusive' }>['because'],
  options: ChangeOptions,
): Change[] {
  switch (doubt.of) {
    case 'margin': {
      const { candidate } = doubt.comparison;
      const limits = doubt.limits.map(newLimit);
      return limits.length > 0 ? [{ to: 'passes', model: candidate, limits }] : byMargin(options, candidate);
    }
    case 'limits':
    case 'large':
      return [{ to: 'passes', model: doubt.model, limits: doubt.checks.map(newLimit) }];
    case 'unscored':
    case 'pairs':
      return [];
  }
}

function byMargin(options: ChangeOptions, model: string): Change[] {
  const margin = firstMarginWith(options, model);
  return margin === null ? [] : [{ to: 'fits', model, margin }];
}

/** Margins are said in tenths of a point. */
const STEP = 0.001;
const MOST_STEPS = 999;

function fitsAt({ decided, task }: ChangeOptions, model: string, steps: number): boolean {
  const { pairs } = decided.at(steps * STEP);
  return pairs.some((pair) => pair.task === task && pair.candidate === model && pair.fits);
}

/** The least margin with which the model fits; null where none does, because it does not meet its limits. */
function firstMarginWith(options: ChangeOptions, model: string): number | null {
  const { decided, task } = options;
  const limits = decided.tests.limits.get(task)!.get(model)!;
  if (summarise(limits).metP > 0.5 || !fitsAt(options, model, MOST_STEPS)) return null;
  let [without, withIt] = [Math.floor(options.margin / STEP), MOST_STEPS];
  while (withIt - without > 1) {
    const middle = Math.floor((without + withIt) / 2);
    if (fitsAt(options, model, middle)) withIt = middle;
    else without = middle;
  }
  return withIt * STEP;
}

/** The greatest margin with which the model would not be shown to fit; null where it is better than its LLM. */
function lastMarginWithout(options: ChangeOptions, model: string): number | null {
  if (fitsAt(options, model, 1)) return null;
  let [without, withIt] = [1, Math.ceil(options.margin / STEP)];
  while (withIt - without > 1) {
    const middle = Math.floor((without + withIt) / 2);
    if (fitsAt(options, model, middle)) withIt = middle;
    else without = middle;
  }
  return without * STEP;
}

function newLimit({ limit, level, bound, observed }: LimitCheck): NewLimit {
  return { limit, level, bound, would: boundThatIsMet({ limit, observed }) };
}

function boundThatIsMet({
  limit,
  observed,
}: Pick<LimitCheck, 'limit' | 'observed'>): { readonly value: number } | Missing {
  if (isMissing(observed)) return observed;
  const [low, high] = 'low' in observed ? [observed.low, observed.high] : [observed.min, observed.max];
  const { better } = typeof limit === 'string' ? METRICS[limit] : limit;
  if (better === 'higher') return low > 0 ? { value: roundTo(low, Math.floor) } : missing('no limit would be met');
  return Number.isFinite(high)
    ? { value: roundTo(high, Math.ceil) }
    : missing('there are too few requests for a bound');
}

/** Rounds to three digits, to the side on which the limit is met. */
function roundTo(value: number, round: (value: number) => number): number {
  if (value === 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2);
  return Number((round(Number((value / unit).toPrecision(12))) * unit).toPrecision(3));
}
