/** What the tables of every report show: which comparison stands for a task, and which warnings belong to what. */
import type { Comparison, TaskRecommendation } from '../recommend/recommendation.js';

/**
 * The comparison that a task's row shows: the one its verdict rests on, else the one of the SLM that came closest to fitting.
 */
export function decisiveComparison({ verdict, comparisons }: TaskRecommendation): Comparison | null {
  if (verdict.kind === 'slm-fits') return verdict.comparison;
  if (verdict.kind === 'inconclusive' && verdict.because.of === 'margin') return verdict.because.comparison;
  if (verdict.kind === 'cascade') {
    const own = comparisons.find(
      ({ candidate, reference }) => candidate === verdict.small && reference === verdict.large,
    );
    if (own !== undefined) return own;
  }
  const p = ({ adjusted }: Comparison) => adjusted?.nonInferiorP ?? 2;
  const name = ({ candidate }: Comparison) => candidate;
  return [...comparisons].sort((a, b) => p(a) - p(b) || (name(a) < name(b) ? -1 : 1))[0] ?? null;
}
