/**
 * Answers as Minerva (Lewkowycz et al. 2022) has them, as `minerva_math/utils.py` of lm-evaluation-harness: the answer stands
 * between two phrases, is normalised letter for letter as there, and equals the target when both are spelt alike or are one
 * expression. The reference asks sympy whether the difference simplifies to 0; here it is evaluated at several points, as
 * everywhere in `math`, which has no time limit to run into.
 */

import { strip } from '../text/text.js';
import { ANSWER_LIMIT } from './math-answer.js';
import { agree, type Parsed, parseExpression } from './math-expression.js';

const BEFORE = 'Final Answer: The final answer is';
const AFTER = ' I hope it is correct';

/**
 * `get_unnormalized_answer`: within one line, between the phrases and less the one character before the second (a full stop).
 * The reference puts the second phrase at the end of an output, where it serves one that breaks off after ". ".
 */
export function minervaAnswer(output: string): string | null {
  const text = `${output}I hope it is correct.`;
  for (let at = text.indexOf(BEFORE); at >= 0; ) {
    const start = at + BEFORE.length;
    const lineBreak = text.indexOf('\n', start);
    const line = text.slice(start, lineBreak < 0 ? text.length : lineBreak);
    for (let end = line.indexOf(AFTER); end >= 0; end = line.indexOf(AFTER, end + 1)) {
      const answer = line.slice(0, end).replace(/[\s\S]$/u, '');
      if (end > 0 && end + AFTER.length < line.length) return strip(answer);
    }
    at = text.indexOf(BEFORE, start + line.length);
  }
  return null;
}

const SUBSTITUTIONS = [
  ['an ', ''],
  ['a ', ''],
  ['.$', '$'],
  ['\\$', ''],
  ['\\ ', ''],
  [' ', ''],
  ['mbox', 'text'],
  [',\\text{and}', ','],
  ['\\text{and}', ','],
  ['\\text{m}', '\\text{}'],
] as const;

/** The removed texts in the order of the reference, because some arise when others are gone. */
const REMOVED = [
  ...'square ways integers dollars mph inches ft hours km units'.split(' '),
  '\\ldots',
  ...'sue points feet minutes digits cents degrees cm gm pounds meters meals edges students childrentickets multiples'.split(
    ' ',
  ),
  ...['\\text{s}', '\\text{.}', '\\text{\ns}', '\\text{}^2', '\\text{}^3', '\\text{\n}', '\\text{}', '\\mathrm{th}'],
  ...['^\\circ', '^{\\circ}', '\\;', ',\\!', '{,}', '"', '\\dots'],
].map((text) => ({
  text,
  /** A unit, as a word of its own. */
  word: /^[a-z]+$/.test(text) ? new RegExp(`(?<![\\\\\\p{L}\\p{N}_])${text}(?![\\p{L}\\p{N}_])`, 'gu') : null,
}));

/** `normalize_final_answer`. */
export function normaliseMinerva(answer: string): string {
  if (answer.length > ANSWER_LIMIT) return answer;
  let text = answer.split('=').at(-1)!;
  for (const { word } of REMOVED) if (word !== null) text = text.replace(word, '');
  for (const [before, after] of SUBSTITUTIONS) text = text.replaceAll(before, after);
  for (const removed of REMOVED)
    text = removed.word === null ? text.replaceAll(removed.text, '') : without(removed.text, text);
  text = text
    .replace(/[^\n]*?\$([^\n]*?)\$[^\n]*/g, (_, inside: string) => `$${inside}$`)
    .replace(/\\text\{([^\n]*?)\}/g, '$1')
    .replace(/\\textbf\{([^\n]*?)\}/g, '$1')
    .replace(/\\overline\{([^\n]*?)\}/g, '$1')
    .replace(/\\boxed\{([^\n]*)\}/g, '$1')
    .replace(/frac([^{])([^\n])/gu, 'frac{$1}{$2}')
    .replace(/sqrt(\[[^\]]*\])([\p{L}\p{N}_])/gu, 'sqrt$1{$2}')
    .replace(/sqrt(?!\[)([^{])/gu, 'sqrt{$1}')
    .replaceAll('$', '');
  return /^-?\p{Nd}{1,3}(?:,\p{Nd}{3})+$/u.test(text) ? text.replaceAll(',', '') : text;
}

/** A unit glued to what stands beside it, but not out of a LaTeX command: \left keeps its ft. */
function without(unit: string, text: string): string {
  return text
    .split(/(\\[a-zA-Z]+)/)
    .map((part, index) => (index % 2 === 0 ? part.replaceAll(unit, '') : part))
    .join('');
}

/** Both sides normalised. */
export function isMinervaEquivalent(answer: string, target: string): boolean {
  if (answer !== '' && answer === target) return true;
  if (Math.max(answer.length, target.length) > ANSWER_LIMIT) return false;
  const [given, wanted] = [parseLatex(answer), parseLatex(target)];
  if (given === null || wanted === null) return false;
  // Of two numbers sympy leaves no difference at 53 bits; here roots may have cost the last of them.
  const tolerance = given.letters.size + wanted.letters.size === 0 ? 4e-15 : 1e-12;
  return agree(given, wanted, (a, b) => Number.isFinite(a) && Math.abs(a - b) <= tolerance * Math.abs(a || 1));
}

/** What the lexer of `parse_latex` skips, and its other names of \frac. */
const SKIPPED =
  /\\(?:(?:left|right|q?quad|(?:neg)?(?:thin|med|thick)space|vspace|vskip|vbox|hfil)(?![A-Za-z])|[,:;!*./"=-])/g;

/** Where `parse_latex` finds this it does not stop as at other things that continue nothing: it raises, or reads a relation. */
const REFUSED = /^(?:[^!-~]|[%&~@?;"$#<>=\\]$|\\(?:[lg](?:e|t)|[lg]eq|[lg]eqq|[lg]eqslant|neq?)$)/;

/** Half a number: ".5", "-.5" and "2." are none there. */
const HALF_NUMBER = /(?:^|[-+*/^{(])\.|(?:^|[^.\d])\d+\.(?!\d)/;

/**
 * As sympy's `parse_latex` reads it, for the answers that models give: the beginning that is an expression. Relations are none
 * (a difference of two has no value), nor are matrices, points and sets.
 */
function parseLatex(text: string): Parsed | null {
  const plain = text
    .replace(SKIPPED, '')
    .replace(/\\[dt]frac(?![A-Za-z])/g, '\\frac')
    .replace(/(\d),(\d{3})/g, '$1$2');
  if (HALF_NUMBER.test(plain)) return null;
  const parsed = parseExpression(plain, { extent: 'beginning', constants: 'letters', words: 'letters' });
  return parsed?.unread !== undefined && REFUSED.test(parsed.unread) ? null : parsed;
}
