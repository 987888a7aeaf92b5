/** Every warning with what it is about. Equal warnings of several cells are one. */
import type { Analysis } from '../../analyse/analysis.js';
import type { Warning } from '../../log/log.js';
import type { WarningText } from '../document.js';
import { capital } from '../text.js';

/**
 * What may make every figure wrong comes first, then what concerns answers, then engines, and last the circumstances of the machine,
 * which make times less exact.
 */
export function warningsOf({ warnings, models, suites, circumstances }: Analysis): WarningText[] {
  const groups = new Map<string, { readonly warning: Warning; readonly places: string[] }>();
  const add = (place: string | null, warning: Warning) => {
    const key = JSON.stringify([warning.what, warning.remedy]);
    const group = groups.get(key) ?? { warning, places: [] };
    if (place !== null) group.places.push(place);
    groups.set(key, group);
  };
  for (const warning of warnings) add(null, warning);
  for (const cell of suites.flatMap(({ tasks }) => tasks).flatMap(({ cells }) => cells))
    for (const warning of cell.warnings) add(`${cell.task} on ${cell.model}`, warning);
  for (const model of models) for (const warning of model.warnings) add(model.id, warning);
  for (const warning of circumstances) add(null, warning);
  return [...groups.values()].map(({ warning, places }) => ({
    what: `${places.length === 0 ? capital(warning.what) : `${placesOf(places)}: ${warning.what}`}.`,
    remedy: `${capital(warning.remedy)}.`,
  }));
}

const MOST_PLACES = 3;

function placesOf(places: readonly string[]): string {
  const more = places.length - MOST_PLACES;
  return more > 0 ? `${places.slice(0, MOST_PLACES).join(', ')} and ${more} more` : places.join(', ');
}
