/**
 * chrF (Popović 2015) and chrF++ as sacreBLEU computes them: F-beta over runs of 1 to 6 characters, and for chrF++ over one
 * and two words. The metric of a cell sums the counts of the best reference of each output.
 */
import { z } from 'zod';
import { known, missing } from '../../quantity.js';
import { type Aggregate, type Scorer, scored } from '../score.js';
import { PUNCTUATION, referencesOf, splitWords } from '../text/text.js';

const options = z.strictObject({
  characterOrder: z.int().min(1).max(10).default(6),
  wordOrder: z.int().min(0).max(4).default(0).describe('The longest word n-gram. 2 is chrF++.'),
  beta: z.number().positive().default(2).describe('How many times as much recall counts as precision.'),
  lowercase: z.boolean().default(false),
  whitespace: z.boolean().default(false).describe('Whether blanks count as characters.'),
  epsilonSmoothing: z
    .boolean()
    .default(false)
    .describe('Whether smoothing is that of chrF++.py, NLTK and Moses, in place of effective order.'),
});

export type ChrfOptions = z.infer<typeof options>;

export const chrf: Scorer<ChrfOptions> = {
  summary: 'runs of characters shared with reference translations: chrF, chrF++',
  reference: 'sacreBLEU 2 (signature in the details)',
  options,
  score({ output, target }, settings) {
    const fold = (text: string) => (settings.lowercase ? text.toLowerCase() : text);
    const references = referencesOf(target);
    const candidates = references.map((reference) => countMatches(fold(output), fold(reference), settings));
    const best = candidates.reduce((winner, one) => (chrfOf(one, settings) > chrfOf(winner, settings) ? one : winner));
    const details = { signature: signatureOf(settings, references.length), counts: best.flat().join(' ') };
    return scored(chrfOf(best, settings) / 100, output, details);
  },
  aggregate: (settings) => corpusChrf(settings),
};

function signatureOf(settings: ChrfOptions, references: number): string {
  return [
    `nrefs:${references}`,
    `case:${settings.lowercase ? 'lc' : 'mixed'}`,
    `eff:${settings.epsilonSmoothing ? 'no' : 'yes'}`,
    `nc:${settings.characterOrder}`,
    `nw:${settings.wordOrder}`,
    `space:${settings.whitespace ? 'yes' : 'no'}`,
    'version:2.6.0',
  ].join('|');
}

/** N-grams of the output, of the reference, and those shared: for each order of characters, then of words. */
export type ChrfCounts = readonly (readonly [output: number, reference: number, shared: number])[];

function countMatches(output: string, reference: string, settings: ChrfOptions): ChrfCounts {
  const characters = (text: string) => Array.from(settings.whitespace ? text : splitWords(text).join(''));
  const orders = (n: number) => Array.from({ length: n }, (_, index) => index + 1);
  const [outputCharacters, referenceCharacters] = [characters(output), characters(reference)];
  const [outputWords, referenceWords] = [splitPunctuation(output), splitPunctuation(reference)];
  return [
    ...orders(settings.characterOrder).map((n) => countShared(outputCharacters, referenceCharacters, n)),
    ...orders(settings.wordOrder).map((n) => countShared(outputWords, referenceWords, n)),
  ];
}

function countShared(
  output: readonly string[],
  reference: readonly string[],
  n: number,
): readonly [number, number, number] {
  const left = new Map<string, number>();
  for (const gram of ngrams(reference, n)) left.set(gram, (left.get(gram) ?? 0) + 1);
  const inReference = Math.max(reference.length - n + 1, 0);
  // If the reference has no n-grams, those of the output do not count as wrong.
  if (inReference === 0) return [0, 0, 0];
  let shared = 0;
  for (const gram of ngrams(output, n)) {
    const count = left.get(gram) ?? 0;
    if (count === 0) continue;
    left.set(gram, count - 1);
    shared++;
  }
  return [Math.max(output.length - n + 1, 0), inReference, shared];
}

function* ngrams(units: readonly string[], n: number): Generator<string> {
  for (let at = 0; at + n <= units.length; at++) yield units.slice(at, at + n).join('\u0000');
}

/** One mark of punctuation is set apart from the end of a word, or else from its beginning. */
function splitPunctuation(text: string): readonly string[] {
  return splitWords(text).flatMap((word) => {
    if (word.length === 1) return [word];
    if (PUNCTUATION.includes(word.at(-1)!)) return [word.slice(0, -1), word.at(-1)!];
    return PUNCTUATION.includes(word[0]!) ? [word[0]!, word.slice(1)] : [word];
  });
}

/** @returns 0 to 100, the scale on which chrF is printed. */
export function chrfOf(counts: ChrfCounts, { beta, epsilonSmoothing }: ChrfOptions): number {
  const factor = beta ** 2;
  const f = (precision: number, recall: number) => ((1 + factor) * precision * recall) / (factor * precision + recall);
  if (epsilonSmoothing) {
    const EPSILON = 1e-16;
    const scores = counts.map(([output, reference, shared]) => {
      const precision = output > 0 ? shared / output : EPSILON;
      const recall = reference > 0 ? shared / reference : EPSILON;
      return factor * precision + recall > 0 ? f(precision, recall) : EPSILON;
    });
    return (100 * scores.reduce((sum, score) => sum + score, 0)) / counts.length;
  }
  const effective = counts.filter(([output, reference]) => output > 0 && reference > 0);
  if (effective.length === 0) return 0;
  const mean = (ratio: (one: ChrfCounts[number]) => number) =>
    effective.reduce((sum, one) => sum + ratio(one), 0) / effective.length;
  const precision = mean(([output, , shared]) => shared / output);
  const recall = mean(([, reference, shared]) => shared / reference);
  return precision + recall === 0 ? 0 : 100 * f(precision, recall);
}

function corpusChrf(settings: ChrfOptions): Aggregate {
  const sums: number[] = Array(3 * (settings.characterOrder + settings.wordOrder)).fill(0);
  let n = 0;
  return {
    add({ score }) {
      if (score.state !== 'scored') return;
      n++;
      for (const [index, count] of String(score.details?.counts).split(' ').entries()) sums[index]! += Number(count);
    },
    metrics() {
      if (n === 0) return { chrf: missing('no output was scored') };
      const counts = Array.from({ length: sums.length / 3 }, (_, index) => sums.slice(3 * index, 3 * index + 3));
      return { chrf: known(chrfOf(counts as unknown as ChrfCounts, settings)) };
    },
  };
}
