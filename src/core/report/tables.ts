/** What the tables of every report show: which comparison stands for a task, and which warnings belong to what. */
import type { Analysis } from '../analyse/analysis.js';
import type { Warning } from '../measure/log.js';
import { isMissing, type Missing } from '../quantity.js';
import type { Comparison } from '../recommend/comparison.js';
import type { TaskRecommendation } from '../recommend/recommendation.js';
import { ABSENT, formatPoints } from './format.js';

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
  const p = ({ test }: Comparison) => (isMissing(test) ? 2 : test.nonInferiorP);
  const name = ({ candidate }: Comparison) => candidate;
  return [...comparisons].sort((a, b) => p(a) - p(b) || (name(a) < name(b) ? -1 : 1))[0] ?? null;
}

/** `−2.1 [−4.0, −0.3]` */
export function differenceOf({ test }: Comparison): string {
  if (isMissing(test)) return ABSENT;
  const { value, low, high } = test.difference;
  return `${formatPoints(value)} [${formatPoints(low)}, ${formatPoints(high)}]`;
}

/** A factor of time as a factor of speed. */
export function inverse(factor: { readonly value: number } | Missing): { readonly value: number } | Missing {
  return isMissing(factor) ? factor : { value: 1 / factor.value };
}

/** Every warning, the run's first, with what it is about; equal ones of several cells together. */
export function allWarnings({ warnings, models, suites }: Analysis): Warning[] {
  const about = new Map<string, { readonly warning: Warning; readonly places: string[] }>();
  const add = (place: string | null, warning: Warning) => {
    const key = JSON.stringify([warning.what, warning.remedy]);
    const known = about.get(key) ?? { warning, places: [] };
    if (place !== null) known.places.push(place);
    about.set(key, known);
  };
  for (const warning of warnings) add(null, warning);
  for (const model of models) for (const warning of model.warnings) add(model.id, warning);
  for (const { cells } of suites.flatMap(({ tasks }) => tasks)) {
    for (const { task, model, warnings: own } of cells) for (const warning of own) add(`${task} on ${model}`, warning);
  }
  return [...about.values()].map(({ warning, places }) => ({
    what: places.length === 0 ? warning.what : `${placesOf(places)}: ${warning.what}`,
    remedy: warning.remedy,
  }));
}

const MOST_PLACES = 3;

function placesOf(places: readonly string[]): string {
  const more = places.length - MOST_PLACES;
  return more > 0 ? `${places.slice(0, MOST_PLACES).join(', ')} and ${more} more` : places.join(', ');
}
