/**
 * Where a run measured too little to be called a success, though it came to its end: what failed on our side (a server that
 * broke down, a rate limit, a network that was gone) says nothing about the model, and a pipeline must not go green on it.
 */
import type { Analysis, Cell } from './analysis.js';

/** More unscored trials of a cell than this, and there is no verdict on it. */
const MOST_UNSCORED = 0.05;

/** The worst cell in words; null where every cell was measured. */
export function unansweredOf(analysis: Analysis): string | null {
  const cells = analysis.suites.flatMap(({ tasks }) => tasks).flatMap(({ cells }) => cells);
  const worst = cells.filter(isUnanswered).toSorted((a, b) => shareOf(b) - shareOf(a))[0];
  if (worst === undefined) return null;
  const { failedByHarness, recorded } = worst.trials;
  const why = worst.failures.find(({ by }) => by === 'harness')?.example ?? 'no reason was recorded';
  return `${failedByHarness} of ${recorded} trials of ${worst.model} on ${worst.task} failed on our side and are not scored: ${why}`;
}

function isUnanswered(cell: Cell): boolean {
  return cell.trials.recorded > 0 && shareOf(cell) > MOST_UNSCORED;
}

function shareOf({ trials }: Cell): number {
  return trials.recorded === 0 ? 0 : trials.failedByHarness / trials.recorded;
}
