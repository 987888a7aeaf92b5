/**
 * BLEU (Papineni et al. 2002) as sacreBLEU computes it. The score of one output is sentence BLEU, with effective order. The metric
 * of a cell is corpus BLEU. It is computed from the summed counts, and is not the mean of the sentences.
 */
import { z } from 'zod';
import { known, missing } from '../../quantity.js';
import { type Aggregate, type Scorer, scored } from '../score.js';
import { referencesOf } from '../text/text.js';
import { TOKENIZERS, tokenize } from '../text/translation-tokens.js';

const ORDER = 4;
const SMOOTHING = { exp: null, floor: 0.1, 'add-k': 1, none: null } as const;

const options = z.strictObject({
  tokenize: z.enum(TOKENIZERS).default('13a'),
  smooth: z.enum(Object.keys(SMOOTHING) as [keyof typeof SMOOTHING]).default('exp'),
  smoothValue: z
    .number()
    .positive()
    .optional()
    .describe('The value that `floor` (default 0.1) or `add-k` (default 1) adds.'),
  lowercase: z.boolean().default(false),
  effectiveOrder: z
    .boolean()
    .default(false)
    .describe('Whether corpus BLEU has effective order. Sentence BLEU always has it.'),
});

export type BleuOptions = z.infer<typeof options>;

export const bleu: Scorer<BleuOptions> = {
  summary: 'word sequences shared with reference translations: BLEU',
  reference: 'sacreBLEU 2 (signature in the details)',
  options,
  score({ output, target }, settings) {
    const references = referencesOf(target);
    const counts = countMatches(output, references, settings);
    const details = { signature: signatureOf(settings, references.length), ...named(counts) };
    return scored(bleuOf(counts, { ...settings, effectiveOrder: true }) / 100, output, details);
  },
  aggregate: (settings) => corpusBleu(settings),
};

/** What two runs must have in common for their BLEU to be compared. */
function signatureOf(
  { lowercase, effectiveOrder, tokenize: name, smooth, smoothValue }: BleuOptions,
  references: number,
): string {
  const value = smoothValue ?? SMOOTHING[smooth];
  return [
    `nrefs:${references}`,
    `case:${lowercase ? 'lc' : 'mixed'}`,
    `eff:${effectiveOrder ? 'yes' : 'no'}`,
    `tok:${name}`,
    `smooth:${smooth}${value === null || value === undefined ? '' : `[${value.toFixed(2)}]`}`,
    'version:2.6.0',
  ].join('|');
}

export interface BleuCounts {
  /** Matches and n-grams of the output, by order from 1. */
  readonly correct: number[];
  readonly total: number[];
  outputLength: number;
  referenceLength: number;
}

function countMatches(output: string, references: readonly string[], settings: BleuOptions): BleuCounts {
  const fold = (text: string) => (settings.lowercase ? text.toLowerCase() : text);
  const tokens = tokenize(fold(output), settings.tokenize);
  const golds = references.map((reference) => tokenize(fold(reference), settings.tokenize));
  const counts: BleuCounts = {
    correct: Array(ORDER).fill(0),
    total: Array(ORDER).fill(0),
    outputLength: tokens.length,
    referenceLength: closestLength(
      tokens.length,
      golds.map((gold) => gold.length),
    ),
  };
  for (let n = 1; n <= ORDER; n++) {
    // An n-gram matches as often as it occurs in the reference that has it most often.
    const left = new Map<string, number>();
    for (const gold of golds) {
      const own = new Map<string, number>();
      for (const gram of ngrams(gold, n)) own.set(gram, (own.get(gram) ?? 0) + 1);
      for (const [gram, count] of own) left.set(gram, Math.max(left.get(gram) ?? 0, count));
    }
    for (const gram of ngrams(tokens, n)) {
      counts.total[n - 1]!++;
      const count = left.get(gram) ?? 0;
      if (count === 0) continue;
      left.set(gram, count - 1);
      counts.correct[n - 1]!++;
    }
  }
  return counts;
}

function* ngrams(tokens: readonly string[], n: number): Generator<string> {
  for (let at = 0; at + n <= tokens.length; at++) yield tokens.slice(at, at + n).join(' ');
}

function closestLength(length: number, lengths: readonly number[]): number {
  return lengths.reduce((best, one) => {
    const difference = Math.abs(one - length) - Math.abs(best - length);
    return difference < 0 || (difference === 0 && one < best) ? one : best;
  });
}

/** @returns 0 to 100, the scale on which BLEU is printed. */
export function bleuOf(
  counts: BleuCounts,
  settings: Pick<BleuOptions, 'smooth' | 'smoothValue' | 'effectiveOrder'>,
): number {
  if (counts.correct.every((count) => count === 0)) return 0;
  const value = settings.smoothValue ?? SMOOTHING[settings.smooth] ?? 0;
  let halving = 1;
  let order = ORDER;
  const precisions: number[] = Array(ORDER).fill(0);
  for (let n = 0; n < ORDER; n++) {
    const added = settings.smooth === 'add-k' && n > 0 ? value : 0;
    const correct = counts.correct[n]! + added;
    const total = counts.total[n]! + added;
    if (total === 0) break;
    if (settings.effectiveOrder) order = n + 1;
    if (correct > 0) precisions[n] = (100 * correct) / total;
    else if (settings.smooth === 'exp') {
      halving *= 2;
      precisions[n] = 100 / (halving * total);
    } else if (settings.smooth === 'floor') precisions[n] = (100 * value) / total;
  }
  const logs = precisions.slice(0, order).map((precision) => (precision === 0 ? -9_999_999_999 : Math.log(precision)));
  const { outputLength, referenceLength } = counts;
  const brevity = outputLength < referenceLength ? Math.exp(1 - referenceLength / outputLength) : 1;
  return brevity * Math.exp(logs.reduce((sum, log) => sum + log, 0) / order);
}

/** The counts as details of a score, from which corpus BLEU is summed. */
function named(counts: BleuCounts): Record<string, number> {
  const orders = counts.total.flatMap((total, index) => [
    [`correct ${index + 1}`, counts.correct[index]!] as const,
    [`total ${index + 1}`, total] as const,
  ]);
  return { ...Object.fromEntries(orders), outputLength: counts.outputLength, referenceLength: counts.referenceLength };
}

function corpusBleu(settings: BleuOptions): Aggregate {
  const sum: BleuCounts = {
    correct: Array(ORDER).fill(0),
    total: Array(ORDER).fill(0),
    outputLength: 0,
    referenceLength: 0,
  };
  let n = 0;
  return {
    add({ score }) {
      if (score.state !== 'scored') return;
      n++;
      const details = score.details ?? {};
      for (let order = 0; order < ORDER; order++) {
        sum.correct[order]! += Number(details[`correct ${order + 1}`]);
        sum.total[order]! += Number(details[`total ${order + 1}`]);
      }
      sum.outputLength += Number(details.outputLength);
      sum.referenceLength += Number(details.referenceLength);
    },
    metrics: () => ({ bleu: n === 0 ? missing('no output was scored') : known(bleuOf(sum, settings)) }),
  };
}
