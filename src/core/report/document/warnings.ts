/** Every warning with what it is about. Equal warnings of several cells are one. */
import type { Analysis } from '../../analyse/analysis.js';
import type { Warning } from '../../log/log.js';
import type { WarningText } from '../document.js';
import { formatCount } from '../format.js';
import { capital } from '../text.js';

/**
 * What a warning puts in doubt, by its words: those of an engine come from a log and have nothing else. Lost answers come first, then answers to
 * another prompt than the one that was meant, then answers that are not whole. What no pattern names concerns times.
 */
const CONSEQUENCES: readonly RegExp[] = [
  /planned trials were run|failed on our side|could not be scored|process ended/,
  /has cut the prompts|may have cut them|beginning was cut|chat template|system (message|role)|pre-?tokenizer|quality will be|longer than the .* was trained|control-looking token|its own (temperature|top_p)|clock stands/i,
  /answers were (cut|refused)/,
  /^only (one sample|\d+ samples)/,
];
const TIMES = CONSEQUENCES.length;

function consequenceOf({ what }: Warning): number {
  const found = CONSEQUENCES.findIndex((pattern) => pattern.test(what));
  return found < 0 ? TIMES : found;
}

/**
 * What may make every figure wrong comes first, then what concerns answers, the worst first in all tasks, then times, and last the
 * circumstances of the machine, which make times less exact.
 */
export function warningsOf({ warnings, models, suites, circumstances }: Analysis): WarningText[] {
  const groups = new Map<string, { readonly warning: Warning; readonly rank: number; readonly places: string[] }>();
  const add = (place: string | null, warning: Warning, rank = consequenceOf(warning)) => {
    const key = JSON.stringify([warning.what, warning.remedy]);
    const group = groups.get(key) ?? { warning, rank, places: [] };
    if (place !== null) group.places.push(place);
    groups.set(key, group);
  };
  for (const warning of warnings) add(null, warning, -1);
  for (const cell of suites.flatMap(({ tasks }) => tasks).flatMap(({ cells }) => cells))
    for (const warning of cell.warnings) add(`${cell.task} on ${cell.model}`, warning);
  for (const model of models) for (const warning of model.warnings) add(model.id, warning);
  for (const warning of circumstances) add(null, warning, TIMES + 1);
  const sorted = [...groups.values()].sort((a, b) => a.rank - b.rank);
  return sorted.map(({ warning, places }) => {
    const what = withCounts(warning.what);
    return {
      what: `${places.length === 0 ? capital(what) : `${placesOf(places)}: ${what}`}.`,
      remedy: `${capital(warning.remedy)}.`,
    };
  });
}

/** Warnings, also those of old logs, hold bare counts: `750 of 1440`. */
function withCounts(text: string): string {
  return text.replace(/(?<![\d.,])\d+ of (?:the )?\d+(?![\d.])/g, (counts) =>
    counts.replace(/\d+/g, (count) => formatCount(Number(count))),
  );
}

const MOST_PLACES = 3;

function placesOf(places: readonly string[]): string {
  const more = places.length - MOST_PLACES;
  return more > 0 ? `${places.slice(0, MOST_PLACES).join(', ')} and ${more} more` : places.join(', ');
}
