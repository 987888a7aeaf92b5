/**
 * What a reasoning model thinks before it answers, between marks in its text (`<think>…</think>`), is no part of its answer.
 * Servers that know the marks send thoughts apart; for the others, and for engines in this process, the model entry names them.
 */
import type { Outcome, Timing } from '../core/measure/measurement.js';

export interface ReasoningMarks {
  readonly begin: string;
  readonly end: string;
}

/**
 * The text without its thoughts. Many templates write the first mark into the prompt, so that a text may begin inside a thought; a
 * thought that never ends leaves no answer.
 */
export function cutReasoning(text: string, marks: ReasoningMarks): string {
  return answersIn(text, marks)
    .map(({ from, to }) => text.slice(from, to))
    .join('')
    .trim();
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The parts of a text that are no thoughts. */
function answersIn(text: string, { begin, end }: ReasoningMarks): Span[] {
  const firstEnd = text.indexOf(end);
  const firstBegin = text.indexOf(begin);
  const startsInside = firstEnd >= 0 && (firstBegin < 0 || firstEnd < firstBegin);
  const spans: Span[] = [];
  let from = startsInside ? firstEnd + end.length : 0;
  for (;;) {
    const start = text.indexOf(begin, from);
    if (start < 0) return [...spans, { from, to: text.length }];
    spans.push({ from, to: start });
    const stop = text.indexOf(end, start + begin.length);
    if (stop < 0) return spans;
    from = stop + end.length;
  }
}

/** The pieces of an answer that has come so far, or whole. */
export interface Said {
  /** The text of each piece; empty where it held only thoughts. */
  readonly text: readonly string[];
  /** When each came. */
  readonly times: readonly number[];
  /** Whether the server sent thoughts apart from the text. */
  readonly thoughtApart: boolean;
  readonly marks: ReasoningMarks | undefined;
  /** Whether the model ended it: what has no mark then had no thought. */
  readonly ended: boolean;
}

/** When the first piece of the answer came, if thoughts came before it; undefined if none did. */
export function firstAnswerOf({ text, times, thoughtApart, marks, ended }: Said): Timing['firstAnswer'] {
  if (!thoughtApart && marks === undefined) return undefined;
  const whole = text.join('');
  const hasMark = marks !== undefined && (whole.includes(marks.begin) || whole.includes(marks.end));
  // A template may have written the first mark into the prompt.
  if (!thoughtApart && !hasMark) return ended || text.length === 0 ? undefined : 'unknown';
  const spans = marks === undefined ? [{ from: 0, to: whole.length }] : answersIn(whole, marks);
  const first = spans.find(({ from, to }) => whole.slice(from, to).trim() !== '');
  if (first === undefined) return 'never';
  const place = first.from + whole.slice(first.from).search(/\S/);
  if (!thoughtApart && whole.slice(0, place).trim() === '') return undefined;
  let [piece, end] = [0, text[0]!.length];
  while (end <= place) end += text[++piece]!.length;
  return times[piece]!;
}

/** The outcome of a trial with the thoughts cut out of its output; its times stay those of all that was said. */
export function withoutReasoning(outcome: Outcome, marks: ReasoningMarks | undefined): Outcome {
  if (marks === undefined || outcome.state !== 'completed') return outcome;
  return { ...outcome, output: cutReasoning(outcome.output, marks) };
}
