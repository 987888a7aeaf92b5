/**
 * What a reasoning model thinks before it answers, between marks in its text (`<think>…</think>`), is no part of its answer.
 * Servers that know the marks send thoughts apart; for the others, and for engines in this process, the model entry names them.
 */
import type { Outcome } from '../core/measure/measurement.js';

export interface ReasoningMarks {
  readonly begin: string;
  readonly end: string;
}

/**
 * The text without its thoughts. Many templates write the first mark into the prompt, so that a text may begin inside a thought; a
 * thought that never ends leaves no answer.
 */
export function cutReasoning(text: string, { begin, end }: ReasoningMarks): string {
  const firstEnd = text.indexOf(end);
  const firstBegin = text.indexOf(begin);
  const startsInside = firstEnd >= 0 && (firstBegin < 0 || firstEnd < firstBegin);
  let rest = startsInside ? text.slice(firstEnd + end.length) : text;
  let answer = '';
  for (;;) {
    const start = rest.indexOf(begin);
    if (start < 0) return (answer + rest).trim();
    answer += rest.slice(0, start);
    const stop = rest.indexOf(end, start + begin.length);
    if (stop < 0) return answer.trim();
    rest = rest.slice(stop + end.length);
  }
}

/** The outcome of a trial with the thoughts cut out of its output; its times stay those of all that was said. */
export function withoutReasoning(outcome: Outcome, marks: ReasoningMarks | undefined): Outcome {
  if (marks === undefined || outcome.state !== 'completed') return outcome;
  return { ...outcome, output: cutReasoning(outcome.output, marks) };
}
