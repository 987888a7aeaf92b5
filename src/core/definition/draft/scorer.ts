/** The scorer that fits the targets of a file, and why. */
import { UserError } from '../../errors.js';
import type { ScorerName } from '../../score/table.js';
import { type Labels, readLabels } from './labels.js';
import type { Survey, TargetKind } from './survey.js';

export interface ScorerGuess {
  readonly scorer: ScorerName;
  /** Completes "because …". */
  readonly reason: string;
  /** What the model is told to answer. */
  readonly instruction: string;
  /** Null where the scorer knows no labels. */
  readonly labels: Labels | null;
}

/** More labels than this are listed in no prompt. */
const MOST_LABELS = 200;
const LONGEST_LABEL = 60;
/** Answers of more words than this are no facts but texts, which have several measures. */
const MOST_WORDS = 8;

const INSTRUCTIONS = {
  number: 'Answer with the number alone.',
  choice: 'Answer with the letter of the right choice alone.',
  includes: 'Answer in as few words as possible.',
  squad: 'Answer in as few words as possible.',
} as const satisfies Partial<Record<ScorerName, string>>;

/** @throws UserError naming the flag where the targets do not tell. */
export function guessScorer(survey: Survey, named: ScorerName | undefined): ScorerGuess {
  const guess = named === undefined ? fromTargets(survey) : { scorer: named, reason: '--scorer names it' };
  const labels = guess.scorer === 'classification' && survey.values !== null ? readLabels(survey.values) : null;
  return { ...guess, labels, instruction: instructionOf(guess.scorer, survey, labels) };
}

function fromTargets(survey: Survey): Pick<ScorerGuess, 'scorer' | 'reason'> {
  const { values, otherThan, usable, longestTarget, meanWords } = survey;
  if (values?.length === 1)
    throw new UserError(
      `--target: expected a column with different values, found ${JSON.stringify(values[0]!.text.slice(0, 60))} in ${usable === 1 ? 'the only row' : `all ${usable} rows`}; a model that always answers so would be right`,
    );
  const different = values === null ? 'more than a thousand' : String(values.length);
  const areNearlyAll = (kind: TargetKind) => otherThan[kind].count <= 0.1 * usable;
  if (areNearlyAll('document')) return documents(survey);
  if (areNearlyAll('list'))
    return { scorer: 'includes', reason: 'the targets are lists of texts, and one of them suffices' };
  if (areNearlyAll('letter')) return { scorer: 'choice', reason: 'the targets are letters of choices' };
  if (areNearlyAll('number')) return { scorer: 'number', reason: 'the targets are numbers' };
  if (values !== null && values.length <= MOST_LABELS && longestTarget <= LONGEST_LABEL && 2 * values.length <= usable)
    return {
      scorer: 'classification',
      reason: `${usable} rows have ${readLabels(values).labels.length} different targets, as labels do`,
    };
  if (meanWords <= MOST_WORDS)
    return { scorer: 'squad', reason: `the targets are short texts, ${different} different ones in ${usable} rows` };
  throw new UserError(
    `--scorer: expected the name of a scorer, found none, and targets of ${Math.round(meanWords)} words on average do not tell it; name rouge for summaries, chrf for translations, or similarity for free answers`,
  );
}

/** One text among documents would end every run at its row. */
function documents({ otherThan }: Survey): Pick<ScorerGuess, 'scorer' | 'reason'> {
  const { count, row } = otherThan.document;
  if (count === 0) return { scorer: 'json', reason: 'the targets are JSON documents' };
  throw new UserError(
    `--target: expected JSON in every row, as nearly all have it, found other text in ${count}, first in row ${row}; correct it, or compare the targets as texts with --scorer exact`,
  );
}

function instructionOf(scorer: ScorerName, { fieldsOfFirst }: Survey, labels: Labels | null): string {
  if (labels !== null) return `Answer with one of these labels, and nothing else: ${labels.labels.join('; ')}`;
  if (scorer === 'json')
    return `Answer with JSON alone${fieldsOfFirst.length > 0 ? `, with the fields ${fieldsOfFirst.join(', ')}` : ''}.`;
  return Object.hasOwn(INSTRUCTIONS, scorer)
    ? INSTRUCTIONS[scorer as keyof typeof INSTRUCTIONS]
    : 'Answer with nothing but the answer.';
}
