/**
 * Filters stand between an output and its scorer: they take the answer out of what a model wrote around it. They run in
 * the order in which a task lists them, over the outputs of all repetitions of one sample, as in lm-evaluation-harness.
 * Some change a text, whatever the others are; the rest choose among repetitions, by their order or by what most of them say.
 * So the two kinds can be applied apart: texts as they come, the choice when all are there.
 */

import { z } from 'zod';
import { UserError } from '../errors.js';
import { jsonPathSchema, valueAtPath } from './read/json-path.js';
import { withoutReasoning } from './read/reasoning.js';
import { type Match, pattern, patternSchema } from './text/pattern.js';
import { strip } from './text/text.js';

/** What lm-evaluation-harness puts in place of an answer that a pattern did not find. */
export const INVALID = '[invalid]';

export const filterSchema = z.discriminatedUnion('filter', [
  z.strictObject({ filter: z.literal('strip') }).describe('Blank space at both ends.'),
  z.strictObject({ filter: z.literal('lowercase') }),
  z
    .strictObject({
      filter: z.literal('think'),
      open: z.string().min(1).default('<think>'),
      close: z.string().min(1).default('</think>'),
    })
    .describe(
      'Marks of reasoning that are not among those which are always cut; thinking that never ended leaves no answer.',
    ),
  z
    .strictObject({
      filter: z.literal('json'),
      path: jsonPathSchema,
      fallback: z.string().default(INVALID).describe('The answer where there is no document, or nothing at the path.'),
    })
    .describe('What stands at a path of the first JSON document: `answer`, `result.items[0].name`, `items[-1]`.'),
  z.strictObject({
    filter: z.literal('regex'),
    pattern: patternSchema.min(1),
    select: z.int().default(0).describe('Which match: 0 the first, -1 the last.'),
    fallback: z.string().default(INVALID).describe('The answer where nothing matches.'),
  }),
  z
    .strictObject({
      filter: z.literal('after'),
      marker: z.string().min(1),
      drop: z.string().default('').describe('One of these characters is removed from the end.'),
    })
    .describe('What follows the last marker, up to the end; the whole output where there is none.'),
  z
    .strictObject({ filter: z.literal('until'), stop: z.array(z.string().min(1)).min(1) })
    .describe('What stands before the first stop text.'),
  z.strictObject({ filter: z.literal('take-first') }),
  z.strictObject({ filter: z.literal('take-last') }),
  z.strictObject({ filter: z.literal('take-first-k'), k: z.int().positive() }),
  z
    .strictObject({ filter: z.literal('majority') })
    .describe('The answer most repetitions gave; of equals the one given first.'),
]);

export type Filter = z.infer<typeof filterSchema>;

type ChoosingFilter = Extract<Filter, { filter: 'take-first' | 'take-last' | 'take-first-k' | 'majority' }>;
type TextFilter = Exclude<Filter, ChoosingFilter>;

/** @param outputs What the repetitions of one sample gave, in order. */
export function applyFilters(filters: readonly Filter[], outputs: readonly string[]): readonly string[] {
  return choose(filters, outputs, (output) => ballotOf(filters, output)).map((output) => filterText(filters, output));
}

/**
 * The text that is scored: what the filters that change texts make of an output. Reasoning is no part of it: servers cut it from
 * what they send, so it is cut here from what every other engine gives.
 */
export function filterText(filters: readonly Filter[], output: string): string {
  return filters.filter(changesText).reduce((text, filter) => changed(filter, text), withoutReasoning(output));
}

/** What an output says when votes are counted; null where they are not. */
export function ballotOf(filters: readonly Filter[], output: string): string | null {
  const vote = filters.findIndex(({ filter }) => filter === 'majority');
  return vote < 0 ? null : filterText(filters.slice(0, vote), output);
}

/** Whether fewer than all repetitions of a sample are scored. */
export function chooses(filters: readonly Filter[]): boolean {
  return !filters.every(changesText);
}

/** The repetitions that are left, in order. After a vote there is one left, so that only the first vote decides anything. */
export function choose<T>(
  filters: readonly Filter[],
  repetitions: readonly T[],
  ballot: (repetition: T) => string | number | null,
): readonly T[] {
  return filters
    .filter((filter) => !changesText(filter))
    .reduce((left, filter) => chosen(filter as ChoosingFilter, left, ballot), repetitions);
}

function changesText(filter: Filter): filter is TextFilter {
  return !['take-first', 'take-last', 'take-first-k', 'majority'].includes(filter.filter);
}

function changed(filter: TextFilter, output: string): string {
  switch (filter.filter) {
    case 'strip':
      return strip(output);
    case 'lowercase':
      return output.toLowerCase();
    case 'think':
      return withoutThinking(output, filter);
    case 'json':
      return valueAtPath(output, filter.path) ?? filter.fallback;
    case 'regex':
      return selectMatch(output, filter);
    case 'after':
      return afterLast(output, filter);
    case 'until':
      return beforeFirst(output, filter.stop);
  }
}

function chosen<T>(
  filter: ChoosingFilter,
  repetitions: readonly T[],
  ballot: (repetition: T) => string | number | null,
): readonly T[] {
  switch (filter.filter) {
    case 'take-first':
      return repetitions.slice(0, 1);
    case 'take-last':
      return repetitions.slice(-1);
    case 'take-first-k':
      return repetitions.slice(0, filter.k);
    case 'majority':
      return majority(repetitions, ballot);
  }
}

function withoutThinking(output: string, { open, close }: { open: string; close: string }): string {
  // Chat templates often open the thinking themselves, so an output may hold the close alone.
  const end = output.lastIndexOf(close);
  if (end >= 0) return strip(output.slice(end + close.length));
  const start = output.indexOf(open);
  return start < 0 ? output : strip(output.slice(0, start));
}

/** RegexFilter of lm-evaluation-harness: of the groups of the selected match the first that is not empty, stripped. */
function selectMatch(
  output: string,
  { pattern: source, select, fallback }: { pattern: string; select: number; fallback: string },
): string {
  const match = matchesIn(source, output).at(select);
  if (match === undefined) return fallback;
  // As `findall` gives it to the reference: one group is the answer, and may be empty; of several, the first that is not.
  const [first = match.text, ...others] = match.groups;
  if (others.length === 0) return strip(first ?? '');
  return strip(match.groups.find((group) => group !== null && group !== '') ?? fallback);
}

/** A pattern that may run over a short text alone finds nothing in a longer one. */
function matchesIn(source: string, output: string): readonly Match[] {
  try {
    return Array.from(pattern(source).matches(output));
  } catch (error) {
    if (error instanceof RangeError || error instanceof UserError) return [];
    throw error;
  }
}

function afterLast(output: string, { marker, drop }: { marker: string; drop: string }): string {
  const at = output.lastIndexOf(marker);
  const rest = strip(at < 0 ? output : output.slice(at + marker.length));
  return rest !== '' && drop.includes(rest.at(-1)!) ? rest.slice(0, -1) : rest;
}

function beforeFirst(output: string, stops: readonly string[]): string {
  const places = stops.map((stop) => output.indexOf(stop)).filter((place) => place >= 0);
  return places.length === 0 ? output : output.slice(0, Math.min(...places));
}

/** The first repetition that says what most of them say. */
function majority<T>(repetitions: readonly T[], ballot: (repetition: T) => string | number | null): readonly T[] {
  const votes = new Map<string | number | null, { readonly first: T; count: number }>();
  for (const repetition of repetitions) {
    const said = ballot(repetition);
    const known = votes.get(said);
    if (known === undefined) votes.set(said, { first: repetition, count: 1 });
    else known.count++;
  }
  let winner: { readonly first: T; readonly count: number } | undefined;
  for (const candidate of votes.values())
    if (winner === undefined || candidate.count > winner.count) winner = candidate;
  return winner === undefined ? [] : [winner.first];
}
