/**
 * A model judges the answer, by a rubric or against a reference answer. The shell asks the judge as it asks any model, and the log keeps
 * its words as evidence. This file reads them. Judges prefer what they see first, so each pair is asked twice, with the places swapped.
 * If the two verdicts differ, it is a tie. If the row has the verdict of a person, a cell reports how far the judge agrees with it (Cohen's
 * kappa). Without that, the scores of a judge mean little.
 */
import { z } from 'zod';
import type { Chat } from '../../message.js';
import { known, missing } from '../../quantity.js';
import { cohenKappa } from '../../stats/estimate/agreement.js';
import { type Aggregate, type ScoreInput, type Scorer, scored, unscored } from '../score.js';
import { strip, targetsOf } from '../text/text.js';

const options = z.strictObject({
  mode: z.enum(['rubric', 'pairwise']).default('rubric'),
  rubric: z.string().min(1).describe('The words that tell the judge what makes an answer good.'),
  question: z.string().default('question').describe('The field of the row with the question.'),
  scale: z.int().min(2).max(10).default(5).describe('The best mark. The worst is 1.'),
  pass: z
    .int()
    .min(1)
    .max(10)
    .default(4)
    .describe('The lowest mark of an answer that a person would call good (for kappa).'),
  gold: z
    .string()
    .default('human')
    .describe('The field of the row with the verdict of a person: true, false, or 0 to 1.'),
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

/** The last verdict in double brackets, because the judge may quote brackets of the answer before it decides. */
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

/** 1 if the answer is better than the target, 0 if it is worse, 0.5 for a tie or if the two verdicts differ. */
function pairwiseValue(answers: readonly string[]): number | null {
  const [first, second] = [lastVerdict(answers[0] ?? ''), lastVerdict(answers[1] ?? '')];
  const OURS_FIRST: Readonly<Record<string, number>> = { A: 1, B: 0, C: 0.5 };
  const OURS_SECOND: Readonly<Record<string, number>> = { A: 0, B: 1, C: 0.5 };
  const [one, two] = [OURS_FIRST[first ?? ''], OURS_SECOND[second ?? '']];
  if (one === undefined || two === undefined) return null;
  return one === two ? one : 0.5;
}

/** `gold` is the verdict of a person. `mark` is at least 1. */
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

/** The mean mark, and how far the judge agrees with people on the answers that have the verdict of a person. */
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
