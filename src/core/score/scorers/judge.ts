/**
 * A model judges the answer, by a rubric or against a reference answer. A judge is a model like any other: the shell asks
 * it, its words are kept as evidence, and they are read here. Judges prefer what they see first, so a pairwise comparison
 * is asked twice with the places swapped, and counts only as far as both agree. Where the row has a person's verdict, a cell
 * reports how far the judge agrees with it (Cohen's kappa), without which a judge's scores mean little.
 */
import { z } from 'zod';
import type { Chat } from '../../message.js';
import { known, missing } from '../../quantity.js';
import { cohenKappa } from '../../stats/estimate/agreement.js';
import { type Aggregate, type ScoreInput, type Scorer, scored, unscored } from '../score.js';
import { strip, targetsOf } from '../text/text.js';

const options = z.strictObject({
  mode: z.enum(['rubric', 'pairwise']).default('rubric'),
  rubric: z.string().min(1).describe('What makes an answer good, in words for the judge.'),
  question: z.string().default('question').describe('The field of the row that holds what was asked.'),
  scale: z.int().min(2).max(10).default(5).describe('The best mark; the worst is 1.'),
  pass: z
    .int()
    .min(1)
    .max(10)
    .default(4)
    .describe('From this mark on a person would call the answer good (for kappa).'),
  gold: z
    .string()
    .default('human')
    .describe('The field of the row with a verdict of a person: true, false, or 0 to 1.'),
});

type JudgeOptions = z.infer<typeof options>;

export const judge: Scorer<JudgeOptions> = {
  summary: 'another model judges the answer, by a rubric or against the target',
  reference: 'MT-Bench (Zheng et al. 2023): marks in [[ ]], positions swapped',
  options,
  needs: 'judge',
  request: (input, settings) => ({ effect: 'judge', prompts: promptsOf(input, settings) }),
  score(input, settings) {
    if (strip(input.output) === '') return scored(0, null, detailsOf(input, settings, { good: false, value: 0 }));
    if (input.evidence?.effect !== 'judge') return unscored('no judge was asked; --judge names one');
    const { answers } = input.evidence;
    const value = settings.mode === 'rubric' ? rubricValue(answers, settings.scale) : pairwiseValue(answers);
    if (value === null) return unscored(`the judge gave no verdict: "${strip(answers.join(' / ')).slice(-80)}"`);
    const good = settings.mode === 'rubric' ? markOf(value, settings.scale) >= settings.pass : value > 0.5;
    return scored(value, input.output, detailsOf(input, settings, { good, value }));
  },
  aggregate: () => agreement(),
};

function promptsOf({ output, target, fields }: ScoreInput, settings: JudgeOptions): readonly Chat[] {
  const question = String(fields[settings.question] ?? '');
  if (settings.mode === 'rubric') {
    const reference = target === null || target === undefined ? '' : `\n\nReference answer:\n${targetsOf(target)[0]}`;
    return [
      ask(
        `${settings.rubric}\n\nGive a mark from 1 (worst) to ${settings.scale} (best). Explain in one sentence, then end with the mark in double square brackets, like [[3]].`,
        `Question:\n${question}${reference}\n\nAnswer to be judged:\n${output}`,
      ),
    ];
  }
  const [reference] = targetsOf(target) as [string];
  const compare = (a: string, b: string) =>
    ask(
      `${settings.rubric}\n\nCompare two answers. Explain in one sentence, then end with [[A]] if A is better, [[B]] if B is better, or [[C]] if they are equally good.`,
      `Question:\n${question}\n\nAnswer A:\n${a}\n\nAnswer B:\n${b}`,
    );
  return [compare(output, reference), compare(reference, output)];
}

function ask(system: string, user: string): Chat {
  return {
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: user },
    ],
  };
}

/** The last verdict in double brackets: an answer that quotes such brackets is quoted before the judge decides. */
function lastVerdict(answer: string): string | null {
  const verdict = /\[\[([A-Ca-c]|\d{1,2}(?:\.\d)?)\]\]/y;
  for (let at = answer.lastIndexOf('[['); at >= 0; at = at === 0 ? -1 : answer.lastIndexOf('[[', at - 1)) {
    verdict.lastIndex = at;
    const found = verdict.exec(answer)?.[1];
    if (found !== undefined) return found.toUpperCase();
  }
  return null;
}

function rubricValue(answers: readonly string[], scale: number): number | null {
  const mark = Number(lastVerdict(answers[0] ?? '') ?? Number.NaN);
  return mark >= 1 && mark <= scale ? (mark - 1) / (scale - 1) : null;
}

function markOf(value: number, scale: number): number {
  return 1 + value * (scale - 1);
}

/** 1 for better, 0 for worse than the target, 0.5 for a tie or for a judge who changes sides with the places. */
function pairwiseValue(answers: readonly string[]): number | null {
  const [first, second] = [lastVerdict(answers[0] ?? ''), lastVerdict(answers[1] ?? '')];
  const OURS_FIRST: Readonly<Record<string, number>> = { A: 1, B: 0, C: 0.5 };
  const OURS_SECOND: Readonly<Record<string, number>> = { A: 0, B: 1, C: 0.5 };
  const [one, two] = [OURS_FIRST[first ?? ''], OURS_SECOND[second ?? '']];
  if (one === undefined || two === undefined) return null;
  return one === two ? one : 0.5;
}

/** `gold` is the verdict of a person. `mark` counts from 1 up, where marks are given. */
function detailsOf(
  { fields }: ScoreInput,
  { gold, mode, scale }: JudgeOptions,
  { good, value }: { readonly good: boolean; readonly value: number },
): Readonly<Record<string, number | boolean>> {
  const details: Record<string, number | boolean> = { good };
  const human = fields[gold];
  if (typeof human === 'boolean') details.gold = human;
  else if (typeof human === 'number') details.gold = human >= 0.5;
  if (mode === 'rubric') details.mark = markOf(value, scale);
  return details;
}

/** The mean mark, and the agreement of the judge with people, over the answers that carry a person's verdict. */
function agreement(): Aggregate {
  const counts = { n: 0, same: 0, judgeGood: 0, goldGood: 0 };
  const marks = { n: 0, sum: 0 };
  return {
    add({ score }) {
      if (score.state !== 'scored') return;
      const { good, gold, mark } = score.details ?? {};
      if (typeof mark === 'number') {
        marks.n++;
        marks.sum += mark;
      }
      if (typeof gold !== 'boolean') return;
      counts.n++;
      counts.same += good === gold ? 1 : 0;
      counts.judgeGood += good === true ? 1 : 0;
      counts.goldGood += gold ? 1 : 0;
    },
    metrics() {
      const { n, same, judgeGood, goldGood } = counts;
      const none = missing('no answer carries a verdict of a person');
      const meanMark = marks.n === 0 ? missing('no mark was given') : known(marks.sum / marks.n);
      if (n === 0) return { meanMark, agreement: none, kappa: none };
      const expected = (judgeGood / n) * (goldGood / n) + (1 - judgeGood / n) * (1 - goldGood / n);
      return { meanMark, agreement: known(same / n), kappa: cohenKappa({ observed: same / n, expected }) };
    },
  };
}
