/**
 * A grade on a scale: stars, severities, marks. A grade that is off by one is less wrong than one that is off by three. The score
 * of one answer is 1 - |error| / range, or with `exact` 1 for the right grade and else 0. A cell adds the mean absolute error, quadratic
 * kappa and Spearman's correlation. An answer without a grade is off by as much as the scale allows.
 */
import { z } from 'zod';
import { known, missing, type Quantity } from '../../quantity.js';
import { answerText } from '../read/documents.js';
import { labelOf, normaliseLabel } from '../read/labels.js';
import { asciiNumbers } from '../read/unicode-numbers.js';
import { type Aggregate, SampleError, type Scorer, scored } from '../score.js';
import { targetsOf } from '../text/text.js';

const options = z
  .strictObject({
    grades: z.array(z.string().min(1)).min(2).optional().describe('The names of the grades, the lowest first.'),
    min: z.int().default(1).describe('The lowest grade, if grades are numbers.'),
    max: z.int().default(5).describe('The highest grade, if grades are numbers.'),
    value: z.enum(['closeness', 'exact']).default('closeness').describe('Which of the two is the score.'),
  })
  .refine(({ min, max }) => min < max, { error: 'expected min to be less than max' });

type OrdinalOptions = z.infer<typeof options>;

export const ordinal: Scorer<OrdinalOptions> = {
  summary: 'the grade is near the right one; a cell adds MAE, quadratic kappa and Spearman',
  reference: 'scikit-learn mean_absolute_error, cohen_kappa_score (quadratic); scipy spearmanr',
  options,
  score({ output, target }, settings) {
    const [wanted] = targetsOf(target).map((one) => gradeIn(one, settings));
    if (wanted === undefined || wanted === null)
      throw new SampleError(`expected a grade as target, found ${JSON.stringify(target)}`);
    const given = gradeIn(answerText(output), settings);
    const range = rangeOf(settings);
    const error = given === null ? Math.max(wanted, range - wanted) : Math.abs(given - wanted);
    const value = { closeness: given === null ? 0 : 1 - error / range, exact: error === 0 ? 1 : 0 }[settings.value];
    return scored(value, given === null ? null : nameOf(given, settings), {
      error,
      wanted,
      ...(given !== null && { given }),
    });
  },
  aggregate: agreement,
};

function rangeOf({ grades, min, max }: OrdinalOptions): number {
  return grades === undefined ? max - min : grades.length - 1;
}

function nameOf(grade: number, { grades, min }: OrdinalOptions): string {
  return grades === undefined ? String(grade + min) : grades[grade]!;
}

/** The number of grades below this one; null if it is no grade of the scale. */
function gradeIn(text: string, { grades, min, max }: OrdinalOptions): number | null {
  if (grades !== undefined) {
    const names = grades.map(normaliseLabel);
    const index = names.indexOf(labelOf(text, names));
    return index < 0 ? null : index;
  }
  // "4", "4/5", "4 out of 5", "4 stars", "Rating: 4": one number, and perhaps the end of the scale.
  // The lookbehind keeps the time linear: without it, a search would begin at every blank of a long run of blanks.
  const plain = asciiNumbers(text)
    .replace(
      new RegExp(
        `(?:scale|range|skala|escala|échelle)[a-z\\s]{0,9}${min}\\s*(?:to|bis|à|a|-|–)\\s*${max}(?!\\d)`,
        'gi',
      ),
      '',
    )
    .replace(new RegExp(`(?<!\\s)\\s*(?:/|out of|of|von|sur|de|su)\\s*${max}(?!\\d)`, 'g'), '');
  const numbers = new Set(plain.match(NUMBER) ?? []);
  const [grade] = numbers.size === 1 ? Array.from(numbers, Number) : [statedGrade(plain)];
  return Number.isInteger(grade) && grade! >= min && grade! <= max ? grade! - min : null;
}

const NUMBER = /-?\d+(?:\.\d+)?/g;
const STATED =
  /(?:answer|rating|score|grade|mark|bewertung|note|puntuación)["'*_`)]{0,4}\s?(?:is|:|=|est|ist|es)["'*_`(\s]{0,9}(-?\d+(?:\.\d+)?)(?![\d.]*\d)/gi;

/** The grade that an answer with several numbers states; NaN if it states none, or several. */
function statedGrade(text: string): number {
  const stated = new Set(Array.from(text.matchAll(STATED), ([, found]) => Number(found)));
  const [grade = Number.NaN] = stated;
  return stated.size === 1 ? grade : Number.NaN;
}

/** A model that failed is as far off as the scale allows. */
function missed(target: unknown, settings: OrdinalOptions): { readonly error: number; readonly wanted: number } {
  const wanted = gradeIn(targetsOf(target)[0]!, settings) ?? 0;
  return { error: Math.max(wanted, rangeOf(settings) - wanted), wanted };
}

/** Counts pairs of grades, because there are only as many as the square of the scale. */
function agreement(settings: OrdinalOptions): Aggregate {
  const range = rangeOf(settings);
  const pairs = new Map<string, { wanted: number; given: number; count: number }>();
  const sums = { n: 0, error: 0, right: 0 };
  return {
    add({ score, input }) {
      if (score.state !== 'scored') return;
      const { error, wanted, given }: Readonly<Record<string, unknown>> =
        score.details ?? missed(input.target, settings);
      sums.n++;
      sums.error += Number(error);
      sums.right += error === 0 ? 1 : 0;
      if (given === undefined) return;
      const key = `${wanted} ${given}`;
      const pair = pairs.get(key) ?? { wanted: Number(wanted), given: Number(given), count: 0 };
      pair.count++;
      pairs.set(key, pair);
    },
    metrics() {
      if (sums.n === 0) return { mae: missing('no output was scored') };
      const counted = [...pairs.values()];
      return {
        mae: known(sums.error / sums.n),
        accuracy: known(sums.right / sums.n),
        graded: known(counted.reduce((sum, { count }) => sum + count, 0) / sums.n),
        quadraticKappa: quadraticKappa(counted, range),
        spearman: spearman(counted),
      };
    },
  };
}

type Pairs = readonly { readonly wanted: number; readonly given: number; readonly count: number }[];

/** 1 - (sum of squared distances) / (the sum expected of the same grades by chance). */
function quadraticKappa(pairs: Pairs, range: number): Quantity {
  const n = total(pairs);
  if (n === 0) return missing('no answer has a grade');
  const shares = (side: 'wanted' | 'given') =>
    Array.from({ length: range + 1 }, (_, grade) => total(pairs.filter((pair) => pair[side] === grade)) / n);
  const [wanted, given] = [shares('wanted'), shares('given')];
  const observed = pairs.reduce((sum, pair) => sum + pair.count * (pair.wanted - pair.given) ** 2, 0) / n;
  const expected = wanted.reduce(
    (sum, w, i) => sum + given.reduce((inner, g, j) => inner + w * g * (i - j) ** 2, 0),
    0,
  );
  return expected === 0 ? missing('only one grade occurs') : known(1 - observed / expected);
}

/** Pearson's correlation of ranks. Equal values have the mean of their ranks. */
function spearman(pairs: Pairs): Quantity {
  const n = total(pairs);
  const wanted = ranksOf(pairs, 'wanted');
  const given = ranksOf(pairs, 'given');
  const mean = (n + 1) / 2;
  let [covariance, spreadOfWanted, spreadOfGiven] = [0, 0, 0];
  for (const pair of pairs) {
    const [a, b] = [wanted.get(pair.wanted)! - mean, given.get(pair.given)! - mean];
    covariance += pair.count * a * b;
    spreadOfWanted += pair.count * a * a;
    spreadOfGiven += pair.count * b * b;
  }
  if (spreadOfWanted === 0 || spreadOfGiven === 0) return missing('all grades of one side are equal');
  return known(Math.max(-1, Math.min(1, covariance / Math.sqrt(spreadOfWanted * spreadOfGiven))));
}

function ranksOf(pairs: Pairs, side: 'wanted' | 'given'): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const pair of pairs) counts.set(pair[side], (counts.get(pair[side]) ?? 0) + pair.count);
  const ranks = new Map<number, number>();
  let below = 0;
  for (const [grade, count] of [...counts].sort(([a], [b]) => a - b)) {
    ranks.set(grade, below + (count + 1) / 2);
    below += count;
  }
  return ranks;
}

function total(pairs: Pairs): number {
  return pairs.reduce((sum, { count }) => sum + count, 0);
}
