/**
 * The number at the end of an answer must be the target. Five conventions are in use. They disagree on real outputs, so each has a
 * name:
 *
 *     numeric          numbers are compared as numbers: 18.0, $18 and 1.8e1 are 18; 1,000 is 1000, however its digits, its
 *                      sign and the blanks between its thousands are set
 *     gsm8k            OpenAI grade-school-math: the text after `####`, commas dropped, compared as *text*: 18.0 is not 18
 *     gsm8k-strict     lm-evaluation-harness `strict-match`: the same, but a last full stop is dropped: 18. is 18
 *     gsm8k-flexible   lm-evaluation-harness `flexible-extract`: the last number-like text, compared as text
 *     zero-shot-cot    Kojima et al. 2022: commas dropped first, the first number, a last full stop dropped, as text; the target
 *                      keeps its commas
 */
import { z } from 'zod';
import { answerText } from '../read/documents.js';
import { asciiNumbers } from '../read/unicode-numbers.js';
import { SampleError, type Scorer, scored } from '../score.js';
import { strip, targetsOf } from '../text/text.js';

const CONVENTIONS = ['numeric', 'gsm8k', 'gsm8k-strict', 'gsm8k-flexible', 'zero-shot-cot'] as const;
type Convention = (typeof CONVENTIONS)[number];

const options = z.strictObject({
  convention: z.enum(CONVENTIONS).default('numeric'),
  marker: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The text that must stand right before the answer. It is `####` in gsm8k and gsm8k-strict, and none in the others.',
    ),
  take: z
    .enum(['first', 'last'])
    .optional()
    .describe(
      'Which of several numbers is the answer. The default is the last; in gsm8k, gsm8k-strict and zero-shot-cot it is the first.',
    ),
  tolerance: z.number().nonnegative().default(0).describe('How far a number may be from the target, in its own unit.'),
  relativeTolerance: z
    .number()
    .nonnegative()
    .default(0)
    .describe('How far a number may be from the target, as a share of the target.'),
});

export type NumberOptions = z.infer<typeof options>;

export const number: Scorer<NumberOptions> = {
  summary: 'the number in the answer equals the target',
  reference: 'openai/grade-school-math, lm-evaluation-harness gsm8k, Kojima et al. 2022, or numeric equality',
  options,
  score({ output, target }, settings) {
    const { convention } = settings;
    const marker = settings.marker ?? DEFAULT_MARKER[convention];
    const text = convention === 'numeric' ? answerText(output) : output;
    const found = marker === undefined ? numbersIn(text, convention) : numbersAfter(marker, text, convention);
    const answer = (settings.take ?? DEFAULT_TAKE[convention]) === 'first' ? found[0] : found.at(-1);
    if (answer === undefined) return scored(0, null);
    const right = targetsOf(target).some((one) => isEqual(answer, targetNumber(one, settings), settings));
    return scored(right ? 1 : 0, answer);
  },
};

const DEFAULT_MARKER: Readonly<Partial<Record<Convention, string>>> = { gsm8k: '####', 'gsm8k-strict': '####' };

const DEFAULT_TAKE: Readonly<Record<Convention, 'first' | 'last'>> = {
  numeric: 'last',
  gsm8k: 'first',
  'gsm8k-strict': 'first',
  'gsm8k-flexible': 'last',
  'zero-shot-cot': 'first',
};

/**
 * What each convention takes for a number. None can backtrack far. In `numeric`, a hyphen after a digit or a letter joins ("3-5") and
 * is no sign.
 */
const PATTERNS: Readonly<Record<Convention, RegExp>> = {
  numeric: /(?:(?<![A-Za-z0-9.])[-+][$€£]?)?(?:\d[\d,]*(?:\.\d+)?|(?<![\w.])\.\d+)(?:[eE][-+]?\d+)?/g,
  gsm8k: /-?[0-9.,]+/g,
  'gsm8k-strict': /-?[0-9.,]+/g,
  'gsm8k-flexible': /-?[$0-9.,]{2,}|-?[0-9]+/g,
  'zero-shot-cot': /-?\p{Nd}+\.?\p{Nd}*/gu,
};

/**
 * The figure of a target. A target is a number, or a worked solution that ends in one. Kojima's code takes the text after the last
 * `#### ` as it stands, and removes commas only from answers, so 14 of the 1,319 targets of GSM8K are never right there.
 */
function targetNumber(target: string, { convention, marker }: NumberOptions): string {
  if (convention === 'zero-shot-cot' && /\p{Nd}/u.test(target)) return strip(target.split('#### ').at(-1)!);
  for (const one of [marker, '####']) {
    const marked = one === undefined ? undefined : numbersAfter(one, target, convention).at(-1);
    if (marked !== undefined) return marked;
  }
  const last = numbersIn(target, convention).at(-1);
  if (last === undefined) throw new SampleError(`expected a number as target, found "${target.slice(0, 80)}"`);
  return last;
}

function numbersIn(text: string, convention: Convention): string[] {
  return (prepare(text, convention).match(PATTERNS[convention]) ?? []).flatMap((found) => normalise(found, convention));
}

function prepare(text: string, convention: Convention): string {
  switch (convention) {
    case 'numeric':
      return asciiNumbers(text);
    case 'zero-shot-cot':
      return text.replaceAll(',', '');
    case 'gsm8k':
    case 'gsm8k-strict':
    case 'gsm8k-flexible':
      return text;
  }
}

/** OpenAI's `####` is followed by exactly one space. Between another marker and its number there may be blanks and signs. */
function numbersAfter(marker: string, whole: string, convention: Convention): string[] {
  const text = prepare(whole, convention);
  const found: string[] = [];
  const sticky = new RegExp(PATTERNS[convention].source, 'y');
  for (let at = text.indexOf(marker); at >= 0; at = text.indexOf(marker, at + 1)) {
    sticky.lastIndex = at + marker.length;
    if (marker === '####') {
      if (text[sticky.lastIndex] !== ' ') continue;
      sticky.lastIndex++;
    } else while (BETWEEN.has(text[sticky.lastIndex] ?? '')) sticky.lastIndex++;
    const match = sticky.exec(text);
    if (match !== null) found.push(normalise(match[0], convention)[0]!);
  }
  return found;
}

const BETWEEN = new Set([' ', '\t', '\n', ':', '$', '€', '£', '*']);

/** A match as the convention compares it. For `numeric`, a list without spaces ("1,2,3") is several numbers. */
function normalise(text: string, convention: Convention): readonly string[] {
  switch (convention) {
    case 'numeric': {
      const plain = text.replace(/[$€£+]/, '').replace(/,+$/, '');
      const grouped = /^-?\d{1,3}(?:,\d{3})+(?!,|\d)/.test(plain) || !plain.includes(',');
      return grouped ? [plain.replaceAll(',', '')] : plain.split(',').filter((part) => part !== '');
    }
    case 'gsm8k':
      return [text.replaceAll(',', '')];
    case 'gsm8k-strict':
      return [text.replaceAll(',', '').replace(/\.$/, '')];
    case 'gsm8k-flexible':
      return [text.replaceAll(',', '').replaceAll('$', '').replace(/\.$/, '')];
    case 'zero-shot-cot':
      return [text.replace(/\.$/, '')];
  }
}

function isEqual(answer: string, target: string, settings: NumberOptions): boolean {
  if (answer === target) return true;
  if (settings.convention !== 'numeric') return false;
  // Above 2^53, neighbouring integers are the same double.
  if (/^-?\d{16,}$/.test(answer) && /^-?\d{16,}$/.test(target)) return false;
  const [found, expected] = [Number(answer), Number(target)];
  const allowed = Math.max(settings.tolerance, settings.relativeTolerance * Math.abs(expected));
  return found === expected || Math.abs(found - expected) <= allowed;
}
