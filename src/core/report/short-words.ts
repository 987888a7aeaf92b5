/**
 * Verdicts in half a line each, for a terminal: what the table beside them does not show. Tasks with the same reason share a
 * line. words.ts has the whole sentences.
 */

import { isMissing } from '../quantity.js';
import type { LimitCheck } from '../recommend/limit-check.js';
import type { Doubt, Rejection, SuiteRecommendation, TaskVerdict } from '../recommend/recommendation.js';
import { formatScore, formatUnit, list } from './format.js';
import { limitedOf } from './limited.js';
import { describeLimits, describeSaving, describeUnscored, points, whatWouldDecide } from './words.js';

/** `route, reply: every SLM is shown to be more than 3.0 points worse` */
export function brieflyByTask({ tasks }: SuiteRecommendation): string[] {
  const tasksByReason = new Map<string, string[]>();
  for (const { task, verdict } of tasks) {
    const reason = brieflyOf(verdict);
    tasksByReason.set(reason, [...(tasksByReason.get(reason) ?? []), task]);
  }
  return [...tasksByReason].map(([reason, names]) => `${someOf(names)}: ${reason}`);
}

/** A line names this many tasks and counts the others. */
const MOST_NAMES = 6;

function someOf(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return more > 1 ? `${names.slice(0, MOST_NAMES).join(', ')} and ${more} more` : names.join(', ');
}

function brieflyOf(verdict: TaskVerdict): string {
  switch (verdict.kind) {
    case 'slm-fits': {
      const { test } = verdict.comparison;
      return `the SLM is shown to be within ${isMissing(test) ? 'the margin' : points(test.margin)} of the LLM`;
    }
    case 'llm-needed':
      return ruledOut(verdict.rejected.length === 1 ? 'the SLM' : 'every SLM', verdict.rejected);
    case 'cascade': {
      const { deferred, cost } = verdict.evaluation;
      return `passing on ${formatScore(deferred)} keeps the LLM's quality and ${describeSaving(cost)}`;
    }
    case 'inconclusive':
      return openBecause(verdict.because);
    case 'one-class':
      return describeLimits(verdict);
    case 'nothing-passes':
      return ruledOut(verdict.rejected.length === 1 ? 'the model' : 'every model', verdict.rejected);
    case 'not-measured':
      return verdict.reason;
  }
}

/** The reason that rules out all of these models, if they share one. */
function ruledOut(who: string, rejected: readonly Rejection[]): string {
  const missed = rejected.map((rejection) => (rejection.by === 'limits' ? rejection.checks.map(nameLimit) : null));
  const common = missed[0]?.find((limit) => missed.every((limits) => limits?.includes(limit)));
  if (common !== undefined) return `${who} misses ${common}`;
  const margins = new Set(rejected.map((rejection) => (rejection.by === 'margin' ? marginOf(rejection) : null)));
  const [margin] = margins;
  if (margins.size === 1 && margin) return `${who} is shown to be more than ${margin} worse`;
  return `${who} is shown to be worse by more than the margin, or misses a limit`;
}

function marginOf({ comparison: { test } }: Extract<Rejection, { by: 'margin' }>): string {
  return isMissing(test) ? 'the margin' : points(test.margin);
}

function openBecause(doubt: Doubt): string {
  switch (doubt.of) {
    case 'margin':
      return whatWouldDecide(doubt.remedies);
    case 'limits':
      return `it is open whether ${doubt.model} meets ${list(doubt.checks.map(nameLimit))}`;
    case 'large':
      return `no SLM fits; whether ${doubt.model} meets ${list(doubt.checks.map(nameLimit))} is open`;
    case 'unscored':
      return doubt.models.map(describeUnscored).join('; ');
    case 'pairs':
      return doubt.reason;
  }
}

/** `quality of at least 80.0%` */
function nameLimit({ limit, level, bound }: LimitCheck): string {
  const { title, unit, better } = limitedOf(limit);
  const suffix = level === null || level === 'mean' ? '' : ` (${level})`;
  return `${title.toLowerCase()}${suffix} of ${better === 'higher' ? 'at least' : 'at most'} ${formatUnit(bound, unit)}`;
}
