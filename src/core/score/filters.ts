/**
 * Filters stand between an output and its scorer: they take the answer out of what a model wrote around it. They run in
 * the order in which a task lists them, over the outputs of all repetitions of one sample, as in lm-evaluation-harness:
 * a filter maps outputs to outputs, and the ones that choose among repetitions leave fewer.
 */
import { z } from 'zod';
import { isPattern, pattern } from './pattern.js';
import { strip } from './text.js';

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
    .describe('What a reasoning model thought before it answered; thinking that never ended leaves no answer.'),
  z.strictObject({
    filter: z.literal('regex'),
    pattern: z.string().min(1).refine(isPattern, { error: 'expected a regular expression' }),
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

/** @param outputs What the repetitions of one sample gave, in order. */
export function applyFilters(filters: readonly Filter[], outputs: readonly string[]): readonly string[] {
  return filters.reduce((current, filter) => applyFilter(filter, current), outputs);
}

function applyFilter(filter: Filter, outputs: readonly string[]): readonly string[] {
  switch (filter.filter) {
    case 'strip':
      return outputs.map(strip);
    case 'lowercase':
      return outputs.map((output) => output.toLowerCase());
    case 'think':
      return outputs.map((output) => withoutThinking(output, filter));
    case 'regex':
      return outputs.map((output) => selectMatch(output, filter));
    case 'after':
      return outputs.map((output) => afterLast(output, filter));
    case 'until':
      return outputs.map((output) => beforeFirst(output, filter.stop));
    case 'take-first':
      return outputs.slice(0, 1);
    case 'take-last':
      return outputs.slice(-1);
    case 'take-first-k':
      return outputs.slice(0, filter.k);
    case 'majority':
      return majority(outputs);
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
  const matches = Array.from(pattern(source).matches(output));
  const match = matches.at(select);
  if (match === undefined) return fallback;
  return strip(
    match.groups.length === 0 ? match.text : (match.groups.find((group) => group !== null && group !== '') ?? fallback),
  );
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

function majority(outputs: readonly string[]): readonly string[] {
  const votes = new Map<string, number>();
  for (const output of outputs) votes.set(output, (votes.get(output) ?? 0) + 1);
  let winner: string | undefined;
  for (const [output, count] of votes) if (winner === undefined || count > votes.get(winner)!) winner = output;
  return winner === undefined ? [] : [winner];
}
