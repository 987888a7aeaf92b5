/**
 * The final answer of a mathematical solution must equal the target, in any notation: 1/2, \frac12 and 0.5 are the same answer. The
 * field has several conventions. On real outputs they disagree about where the answer stands, and which answers are equal:
 *
 *     harness          math-evaluation-harness: numbers agree to 1e-4, 50, 0.5 and 5000 count as one percentage, and of a
 *                      text that is not wholly an expression the beginning counts (1 passes for "1,-2"), because sympy's
 *                      parse_latex reads no further; it also takes pi for a letter
 *     tora             ToRA's released grader: numbers and percentages as harness has them, expressions agree to 1e-3, and
 *                      no units, words, matrices or equations; a program's output is an answer
 *     exact            numbers agree to 1e-9, percentages are not guessed, the whole text counts, and pi is a number
 *     hendrycks-math   lm-evaluation-harness `hendrycks_math`: what stands between dollar signs, spelt alike
 *     minerva-math     lm-evaluation-harness `minerva_math`: what follows "Final Answer: The final answer is", spelt alike
 *                      or one expression (its `exact_match`)
 */
import { z } from 'zod';
import { ANSWER_LIMIT, extractAnswer, normaliseAnswer } from '../read/math-answer.js';
import { agree, parseExpression, type Rules } from '../read/math-expression.js';
import { boxedTarget, hendrycksAnswer, isHendrycksEquivalent } from '../read/math-hendrycks.js';
import { isMinervaEquivalent, minervaAnswer, normaliseMinerva } from '../read/math-minerva.js';
import { normaliseTora, toraAnswer } from '../read/math-tora.js';
import { type Scorer, scored } from '../score.js';
import { targetsOf } from '../text/text.js';

const CONVENTIONS = ['harness', 'tora', 'exact', 'hendrycks-math', 'minerva-math'] as const;
type ConventionName = (typeof CONVENTIONS)[number];

const options = z.strictObject({
  extract: z
    .enum(['answer', 'whole'])
    .default('answer')
    .describe(
      'The answer where the convention finds it (of the first three in the last \\boxed{}, after "answer is", or the last number); or the whole output.',
    ),
  convention: z
    .enum(CONVENTIONS)
    .default('harness')
    .describe('Where the answer stands, and which answers are equal; see the table.'),
});

export const math: Scorer<z.infer<typeof options>> = {
  summary: 'the final answer is mathematically the target',
  reference: 'math-evaluation-harness grader.py, lm-evaluation-harness hendrycks_math and minerva_math',
  options,
  score({ output, target }, { extract, convention }) {
    const { answerIn, targetIn, normalise, isSame } = conventionOf(convention);
    const targets = targetsOf(target).map(targetIn);
    const found = extract === 'whole' ? output : answerIn(output);
    if (found === null) return scored(0, null);
    const answer = normalise(found);
    return scored(targets.some((one) => isSame(answer, normalise(one))) ? 1 : 0, answer);
  },
};

interface Convention {
  answerIn(output: string): string | null;
  /** Reads a target: an answer, or a solution that boxes it or ends in it. */
  targetIn(target: string): string;
  normalise(answer: string): string;
  /** Whether two normalised answers are equal. */
  isSame(answer: string, target: string): boolean;
}

function conventionOf(name: ConventionName): Convention {
  switch (name) {
    case 'tora':
      return {
        answerIn: toraAnswer,
        targetIn: (target) => (target.includes('boxed') ? toraAnswer(target) : afterHashes(target)),
        normalise: normaliseTora,
        isSame: (answer, target) => isEquivalent(answer, target, 'tora'),
      };
    case 'harness':
    case 'exact':
      return {
        // The reference strips the answer when it extracts it, and again when it compares it.
        answerIn: (output) => {
          const found = extractAnswer(output);
          return found === null ? null : normaliseAnswer(found);
        },
        targetIn: (target) => (target.includes('\\boxed') ? (extractAnswer(target) ?? target) : afterHashes(target)),
        normalise: normaliseAnswer,
        isSame: (answer, target) => isEquivalent(answer, target, name),
      };
    case 'hendrycks-math':
      return {
        answerIn: hendrycksAnswer,
        targetIn: boxedTarget,
        normalise: (answer) => answer,
        isSame: isHendrycksEquivalent,
      };
    case 'minerva-math':
      return {
        answerIn: minervaAnswer,
        targetIn: boxedTarget,
        normalise: normaliseMinerva,
        isSame: isMinervaEquivalent,
      };
  }
}

/** A solution of GSM8K ends in its answer: `… #### 5`. */
function afterHashes(target: string): string {
  const marker = target.lastIndexOf('####');
  return marker < 0 ? target : target.slice(marker + '####'.length);
}

type Equality = 'harness' | 'tora' | 'exact';

/** Normalises both sides, then compares them. */
export function isEquivalent(answer: string, target: string, equality: Equality): boolean {
  if (answer === target) return true;
  if (answer === '' || Math.max(answer.length, target.length) > ANSWER_LIMIT) return false;
  const [given, wanted] = [plainNumber(answer), plainNumber(target)];
  if (given !== null && wanted !== null) return isSameNumber(given, wanted, equality);
  return (
    isSameText(answer, target, equality) ||
    isSameList(answer, target, equality) ||
    isSameExpression(answer, target, equality)
  );
}

function plainNumber(text: string): number | null {
  const digits = text.replaceAll(',', '');
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(digits) ? Number(digits) : null;
}

function isSameNumber(given: number, wanted: number, equality: Equality): boolean {
  switch (equality) {
    case 'exact':
      return isClose(given, wanted, 1e-9, 0);
    case 'harness':
    case 'tora':
      return [wanted / 100, wanted, wanted * 100].some((one) => isClose(given, one, 1e-4, 0));
  }
}

function isClose(a: number, b: number, relative: number, absolute: number): boolean {
  if (a === b) return true;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false;
  return Math.abs(a - b) <= Math.max(relative * Math.max(Math.abs(a), Math.abs(b)), absolute);
}

/** The answers without their brackets, if these differ or only one answer has them. */
function isSameText(answer: string, target: string, equality: Equality): boolean {
  const bare = (text: string) => text.replace(/^[[\]()]+|[[\]()]+$/g, '');
  const unwraps =
    (isWrapped(answer, '[', ']') && !target.startsWith('(')) ||
    (isWrapped(answer, '(', ')') && !target.startsWith('['));
  const [a, b] = unwraps ? [bare(answer), bare(target)] : [answer, target];
  const plain = (text: string) => text.replace(/[{}()]/g, '');
  if (equality === 'tora') return plain(a) === plain(b);
  return plain(a).toLowerCase() === plain(b).toLowerCase();
}

function isWrapped(text: string, open: string, close: string): boolean {
  return text.length > 1 && text.startsWith(open) && text.endsWith(close);
}

/** Compares points, intervals and matrices entry by entry. */
function isSameList(answer: string, target: string, equality: Equality): boolean {
  const [a, b] = equality === 'tora' ? [null, null] : [matrixEntries(answer), matrixEntries(target)];
  if (a !== null && b !== null) return isSameEntries(a, b, equality);
  for (const [open, close] of ['[]', '()'] as const) {
    if (isWrapped(answer, open!, close!) && isWrapped(target, open!, close!)) {
      const [given, wanted] = [answer.slice(1, -1).split(','), target.slice(1, -1).split(',')];
      if (given.length > 1 || equality !== 'exact') return isSameEntries(given, wanted, equality);
    }
  }
  return false;
}

function isSameEntries(given: readonly string[], wanted: readonly string[], equality: Equality): boolean {
  return given.length === wanted.length && given.every((one, index) => isEquivalent(one, wanted[index]!, equality));
}

/** The entries of a pmatrix. The first one is its shape. */
function matrixEntries(text: string): readonly string[] | null {
  const body = /^\(?\\begin\{pmatrix\}(.*?)(?:\\\\)?\\end\{pmatrix\}\)?$/.exec(text)?.[1];
  if (body === undefined) return null;
  const rows = body.split('\\\\').map((row) => row.split('&'));
  return [rows.map((row) => row.length).join('x'), ...rows.flat()];
}

const RULES: Readonly<Record<Equality, Rules>> = {
  harness: { extent: 'beginning', constants: 'letters', words: 'names' },
  tora: { extent: 'beginning', constants: 'letters', words: 'names' },
  exact: { extent: 'whole', constants: 'numbers', words: 'names' },
};

/** Compares answers as functions of their letters. Of an equation it takes the difference of the sides, up to its sign. */
function isSameExpression(answer: string, target: string, equality: Equality): boolean {
  const [a, b] = [asDifference(answer), asDifference(target)];
  if (a === null || b === null || a.equation !== b.equation || (a.equation && equality === 'tora')) return false;
  const [x, y] = [parseExpression(a.text, RULES[equality]), parseExpression(b.text, RULES[equality])];
  if (x === null || y === null) return false;
  const isNumber = x.letters.size === 0 && y.letters.size === 0;
  const same = (given: number, wanted: number) =>
    isClose(given, wanted, 1e-9, 1e-12) || (isNumber && equality !== 'exact' && isNear(given, wanted, equality));
  return agree(x, y, same) || (a.equation && agree(x, y, (given, wanted) => same(-given, wanted)));
}

function isNear(given: number, wanted: number, equality: 'harness' | 'tora'): boolean {
  return isClose(given, wanted, { harness: 1e-4, tora: 1e-3 }[equality], 0);
}

function asDifference(text: string): { text: string; equation: boolean } | null {
  const sides = text.split('=');
  if (sides.length > 2) return null;
  return sides.length === 2 ? { text: `(${sides[0]})-(${sides[1]})`, equation: true } : { text, equation: false };
}
