/**
 * ROUGE (Lin 2004): words, pairs of words, or the longest common subsequence that an answer shares with a reference text.
 * It follows rouge_score, the Python version of ROUGE-1.5.5: letters become small, all characters but a-z and 0-9 separate words, and
 * words of more than three letters may be stemmed. `rougeLsum` takes each line for a sentence.
 */
import { z } from 'zod';
import { known, missing } from '../../quantity.js';
import { type Aggregate, type Scorer, scored } from '../score.js';
import { porterStem } from '../text/porter.js';
import { referencesOf, splitWords } from '../text/text.js';

const VARIANTS = ['rouge1', 'rouge2', 'rougeL', 'rougeLsum'] as const;
type Variant = (typeof VARIANTS)[number];

const options = z.strictObject({
  value: z.enum(VARIANTS).default('rougeL').describe('The variant whose F1 is the score.'),
  stem: z
    .boolean()
    .default(false)
    .describe("Whether words of more than three letters are stemmed by NLTK's Porter stemmer."),
  tokenizer: z.enum(['rouge', 'whitespace']).default('rouge').describe('How words are told apart.'),
});

type RougeOptions = z.infer<typeof options>;

export const rouge: Scorer<RougeOptions> = {
  summary: 'words and word order shared with a reference text: ROUGE-1, 2, L, Lsum',
  reference: 'google-research rouge_score',
  options,
  score({ output, target }, settings) {
    const answer = readText(output, settings);
    const references = referencesOf(target).map((reference) => readText(reference, settings));
    const details: Record<string, number> = {};
    for (const variant of VARIANTS) {
      const scores = references.map((reference) => MEASURES[variant](reference, answer));
      // The reference with the best F1 counts; among equal ones, the first.
      const best = scores.reduce((winner, one) => (one.f1 > winner.f1 ? one : winner));
      details[variant] = best.f1;
      details[`${variant} precision`] = best.precision;
      details[`${variant} recall`] = best.recall;
    }
    return scored(details[settings.value]!, output, details);
  },
  aggregate: () => means(),
};

interface Overlap {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

const MEASURES: Readonly<Record<Variant, (reference: Text, answer: Text) => Overlap>> = {
  rouge1: (reference, answer) => ngramOverlap(reference.words, answer.words, 1),
  rouge2: (reference, answer) => ngramOverlap(reference.words, answer.words, 2),
  rougeL: (reference, answer) => {
    const [expected, found] = [reference.words.slice(0, LONGEST), answer.words.slice(0, LONGEST)];
    return overlap(lcsLength(expected, found), expected.length, found.length);
  },
  rougeLsum: (reference, answer) =>
    reference.lines.length === 1 && answer.lines.length === 1
      ? MEASURES.rougeL(reference, answer)
      : summaryOverlap(beginningOf(reference.lines), beginningOf(answer.lines)),
};

/** The most words of a text that are compared in their order. The time grows with the product of both lengths. */
const LONGEST = 5_000;

/** The lines up to that many words. */
function beginningOf(lines: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const beginning: (readonly string[])[] = [];
  let left = LONGEST;
  for (const line of lines) {
    if (left <= 0) break;
    beginning.push(line.slice(0, left));
    left -= line.length;
  }
  return beginning;
}

interface Text {
  readonly words: readonly string[];
  /** The words of each line that is not empty. */
  readonly lines: readonly (readonly string[])[];
}

function readText(text: string, settings: RougeOptions): Text {
  const lines = text.split('\n').flatMap((line) => (line === '' ? [] : [wordsOf(line, settings)]));
  return { lines, words: lines.length === 1 ? lines[0]! : lines.flat() };
}

function wordsOf(text: string, { stem, tokenizer }: RougeOptions): readonly string[] {
  if (tokenizer === 'whitespace') return splitWords(text);
  const found = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return stem ? found.map((word) => (word.length > 3 ? stemOnce(word) : word)) : found;
}

const stems = new Map<string, string>();

/** Texts repeat their words, so known stems are kept. */
function stemOnce(word: string): string {
  let found = stems.get(word);
  if (found === undefined) {
    found = porterStem(word);
    if (stems.size > 50_000) stems.clear();
    if (word.length < 40) stems.set(word, found);
  }
  return found;
}

function overlap(hits: number, expected: number, found: number): Overlap {
  const precision = hits / Math.max(found, 1);
  const recall = hits / Math.max(expected, 1);
  return { precision, recall, f1: hits === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}

function ngramOverlap(reference: readonly string[], answer: readonly string[], n: number): Overlap {
  const left = new Map<string, number>();
  for (const gram of ngrams(reference, n)) left.set(gram, (left.get(gram) ?? 0) + 1);
  let hits = 0;
  for (const gram of ngrams(answer, n)) {
    const count = left.get(gram) ?? 0;
    if (count === 0) continue;
    left.set(gram, count - 1);
    hits++;
  }
  return overlap(hits, Math.max(reference.length - n + 1, 0), Math.max(answer.length - n + 1, 0));
}

function* ngrams(tokens: readonly string[], n: number): Generator<string> {
  for (let at = 0; at + n <= tokens.length; at++) yield n === 1 ? tokens[at]! : tokens.slice(at, at + n).join(' ');
}

/** The length alone needs only two rows of the table. */
export function lcsLength(reference: readonly string[], answer: readonly string[]): number {
  let above = new Uint32Array(reference.length + 1);
  let row = new Uint32Array(reference.length + 1);
  for (const word of answer) {
    for (let at = 1; at <= reference.length; at++) {
      row[at] = word === reference[at - 1] ? above[at - 1]! + 1 : Math.max(above[at]!, row[at - 1]!);
    }
    [above, row] = [row, above];
  }
  return above[reference.length]!;
}

/** The union of the subsequences that a reference sentence shares with the sentences of the answer. No word counts twice. */
function summaryOverlap(reference: readonly (readonly string[])[], answer: readonly (readonly string[])[]): Overlap {
  const expected = countWords(reference);
  const found = countWords(answer);
  let hits = 0;
  for (const sentence of reference) {
    const union = new Set<number>();
    for (const candidate of answer) for (const index of lcsIndices(sentence, candidate)) union.add(index);
    for (const index of [...union].sort((a, b) => a - b)) {
      const word = sentence[index]!;
      if ((expected.get(word) ?? 0) === 0 || (found.get(word) ?? 0) === 0) continue;
      expected.set(word, expected.get(word)! - 1);
      found.set(word, found.get(word)! - 1);
      hits++;
    }
  }
  const total = (sentences: readonly (readonly string[])[]) => sentences.reduce((sum, one) => sum + one.length, 0);
  return overlap(hits, total(reference), total(answer));
}

function countWords(sentences: readonly (readonly string[])[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const sentence of sentences) for (const word of sentence) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** The places of a longest common subsequence in the reference. If there are several, it is the one that rouge_score finds. */
function lcsIndices(reference: readonly string[], answer: readonly string[]): readonly number[] {
  const width = answer.length + 1;
  const table = new Uint32Array((reference.length + 1) * width);
  for (let i = 1; i <= reference.length; i++) {
    for (let j = 1; j <= answer.length; j++) {
      table[i * width + j] =
        reference[i - 1] === answer[j - 1]
          ? table[(i - 1) * width + j - 1]! + 1
          : Math.max(table[(i - 1) * width + j]!, table[i * width + j - 1]!);
    }
  }
  const indices: number[] = [];
  for (let i = reference.length, j = answer.length; i > 0 && j > 0; ) {
    if (reference[i - 1] === answer[j - 1]) {
      indices.push(i - 1);
      i--;
      j--;
    } else if (table[i * width + j - 1]! > table[(i - 1) * width + j]!) j--;
    else i--;
  }
  return indices;
}

function means(): Aggregate {
  const sums = new Map<string, number>();
  let n = 0;
  return {
    add({ score }) {
      if (score.state !== 'scored') return;
      n++;
      for (const [name, value] of Object.entries(score.details ?? {}))
        sums.set(name, (sums.get(name) ?? 0) + Number(value));
    },
    metrics: () =>
      n === 0
        ? Object.fromEntries(VARIANTS.map((variant) => [variant, missing('no output was scored')]))
        : Object.fromEntries(Array.from(sums, ([name, sum]) => [name, known(sum / n)])),
  };
}
