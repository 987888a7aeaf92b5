/** What in a file of data makes the result doubtful. Each doubt says where the first such row is, and what to do. */

import type { ScorerName } from '../../score/table.js';
import { points } from '../../shares.js';
import type { ScorerGuess } from './scorer.js';
import { marginFor, samplesNeeded } from './suite.js';
import type { Occurrences, Survey } from './survey.js';

export interface Doubted {
  readonly survey: Survey;
  readonly guess: ScorerGuess;
  readonly margin: number;
  /** Names a row of the file, as `tickets.csv:17`. */
  readonly place: (row: number) => string;
}

export function doubtsOf({ survey, guess, margin, place }: Doubted): readonly string[] {
  const { usable, emptyInputs, emptyTargets, repeated, contradicted, leaks } = survey;
  const doubts: string[] = [];
  const say = (what: string, { count, row, estimated }: Occurrences, rest: string) => {
    if (count > 0)
      doubts.push(
        `${what} in ${estimated ? 'about ' : ''}${count} ${count === 1 ? 'row' : 'rows'}, first at ${place(row!)}; ${rest}`,
      );
  };
  say('the input is empty', emptyInputs, 'the suite leaves such rows out');
  say('the target is empty', emptyTargets, 'the suite leaves such rows out');
  say('an earlier input has another target', contradicted, 'no model can be right on both, so keep one of them');
  say('an earlier input comes again', repeated, 'it adds no evidence, yet counts as a sample, so remove it');
  for (const { found, label } of guess.labels?.typos ?? [])
    say(
      `the target ${JSON.stringify(found.text)} is probably "${label}" mistyped,`,
      { ...found, estimated: false },
      'correct it, or its rows are unscored',
    );
  if (guess.scorer === 'number')
    say('the target is no number', survey.otherThan.number, 'its answer is unscored, so correct it');
  if (2 * leaks.count > usable && !EXTRACTS.has(guess.scorer))
    say('the input contains the target', leaks, 'the prompt may give the answer away, so look at the input column');
  const needed = samplesNeeded(margin);
  if (usable < needed) doubts.push(tooFew(usable, needed, margin));
  return doubts;
}

/** Their targets are words of the input. */
const EXTRACTS: ReadonlySet<ScorerName> = new Set(['squad', 'includes']);

function tooFew(usable: number, needed: number, margin: number): string {
  const possible = marginFor(usable);
  const remedy =
    possible === null || possible <= margin
      ? 'add samples'
      : `add samples, or allow ${points(possible)} with --margin ${possible}`;
  return `${usable} samples are too few to show that an SLM is at most ${points(margin)} worse: about ${needed.toLocaleString('en')} are needed if the two models score alike on 80% of them; ${remedy}`;
}
