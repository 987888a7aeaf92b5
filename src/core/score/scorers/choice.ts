/**
 * Reads the letter of a choice from the answer. (multiple-choice.ts ranks choices by log-likelihood, which is another metric.) The
 * way in which a letter is read decides many points, so each way has a name:
 *
 *     strict     the output is the letter, bare or as (B), B., **B** or "B) its text"
 *     flexible   also in a JSON document, as "the answer is B" or \boxed{B} (the last, or the first with `take`), at the head,
 *                as the only letter that stands alone, or as the text of one choice: see stated-choice.ts
 *     mmlu-pro   the three patterns of the MMLU-Pro paper's script, in their order, A to J
 *     labels     the output is a label of any kind, or several as in "A;C", which share the credit (ARC leaderboard)
 */
import { z } from 'zod';
import { leadingLetter, statedChoice } from '../read/stated-choice.js';
import { SampleError, type Score, type Scorer, scored } from '../score.js';
import { strip, targetsOf } from '../text/text.js';

const options = z.strictObject({
  extract: z.enum(['strict', 'flexible', 'mmlu-pro', 'labels']).default('flexible'),
  take: z
    .enum(['first', 'last'])
    .default('last')
    .describe(
      'Which of several statements of an answer counts. Take the first if a base model goes on with a next question.',
    ),
  choices: z.int().min(2).max(26).default(4).describe('The number of choices, if the row does not list them.'),
  choicesField: z.string().default('choices').describe('The field of the row that lists the texts of the choices.'),
});

export const choice: Scorer<z.infer<typeof options>> = {
  summary: 'the letter of the choice in the answer is the right one',
  reference: 'MMLU-Pro compute_accuracy.py; lm-evaluation-harness multi_choice_regex; allenai/aristo-leaderboard',
  options,
  score({ output, target, fields }, settings) {
    if (settings.extract === 'labels') return sharedCredit(output, target);
    const texts = choiceTexts(fields[settings.choicesField]);
    const letters = ALPHABET.slice(0, texts?.length ?? settings.choices);
    const answer = {
      strict: () => leadingLetter(output, letters),
      flexible: () => statedChoice(output, { letters, texts, take: settings.take }),
      'mmlu-pro': () => mmluPro(output),
    }[settings.extract]();
    const right = (Array.isArray(target) ? target : [target]).map((one) => targetLetter(one, letters, texts));
    return scored(answer !== null && right.includes(answer) ? 1 : 0, answer);
  },
};

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

function sharedCredit(output: string, target: unknown): Score {
  const given = output.split(/[;,\s]+/).filter((label) => label !== '');
  const right = targetsOf(target).some((label) => given.includes(label));
  return scored(right ? 1 / given.length : 0, given.length === 0 ? null : given.join(';'));
}

function choiceTexts(field: unknown): readonly string[] | null {
  // ARC and others keep the texts in { text: [...], label: [...] }.
  const list = typeof field === 'object' && field !== null && 'text' in field ? field.text : field;
  return Array.isArray(list) && list.length > 0 && list.length <= ALPHABET.length ? list.map(String) : null;
}

/** A target is a letter, the index of a choice counted from 0, or the text of one. */
function targetLetter(target: unknown, letters: string, texts: readonly string[] | null): string {
  if (typeof target === 'number') {
    const letter = letters[target];
    if (letter !== undefined) return letter;
  } else {
    const [text] = targetsOf(target).map(strip) as [string];
    const bare = text.replace(/^\(?([A-Za-z])[).]?$/, '$1').toUpperCase();
    if (bare.length === 1 && letters.includes(bare)) return bare;
    const index = texts?.indexOf(text) ?? -1;
    if (index >= 0) return letters[index]!;
    if (/^\d$/.test(text) && letters[Number(text)] !== undefined) return letters[Number(text)]!;
  }
  throw new SampleError(`expected one of the letters ${letters} as target, found ${JSON.stringify(target)}`);
}

/**
 * TIGER-AI-Lab/MMLU-Pro, compute_accuracy.py at 453c1d9: extract_answer, extract_again, extract_final, with the letters, digits and
 * blanks of Python's patterns. Its first version had no word boundaries in the last of them.
 */
function mmluPro(output: string): string | null {
  const first = /answer is \(?([A-J])\)?/.exec(output)?.[1];
  if (first !== undefined) return first;
  // `.*[aA]nswer:\s*([A-J])`: of the first line that has any, the last.
  let again: RegExpExecArray | undefined;
  for (const match of output.matchAll(AGAIN)) {
    if (again !== undefined && output.slice(again.index, match.index).includes('\n')) break;
    again = match;
  }
  if (again !== undefined) return again[1]!;
  return Array.from(output.matchAll(ALONE)).at(-1)?.[0] ?? null;
}

/** `\s` of Python. */
const SPACE = String.raw`[^\S\ufeff]|[\x1c-\x1f\x85]`;
const AGAIN = new RegExp(`[aA]nswer:(?:${SPACE})*(?=([A-J]))`, 'g');
const ALONE = /(?<![\p{L}\p{N}_])[A-J](?![\p{L}\p{N}_])/gu;
