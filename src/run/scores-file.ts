/**
 * A file of scores that were made elsewhere, by people or another program: rows of `{"sample": "r-1", "score": 1}`, with `model` and
 * `repetition` where the score is that of one answer alone.
 */
import { UserError } from '../core/errors.js';
import type { OwnVerdict } from '../core/score/score.js';
import { readRows } from '../files/rows.js';

import { readVerdict } from './own-scorer.js';

export interface ScoredAnswer {
  readonly sample: string;
  readonly model: string;
  readonly repetition: number;
}

export type ScoresFile = (answer: ScoredAnswer) => OwnVerdict | null;

/** @throws UserError at a row without the id of a sample or without a score. */
export async function readScores(file: string): Promise<ScoresFile> {
  const found = new Map<string, OwnVerdict>();
  for await (const { row, number } of readRows(file)) {
    const place = `${file}:${number}`;
    const { sample, model = '', repetition = '', score, ...rest } = row;
    if (typeof sample !== 'string' && typeof sample !== 'number')
      throw new UserError(`${place}: expected the id of a sample in "sample", found none; see docs/scorers.md`);
    // A table of text writes its numbers as text.
    const verdict = readVerdict({
      ...rest,
      score: typeof score === 'string' && score.trim() !== '' ? Number(score) : score,
    });
    if ('failed' in verdict) throw new UserError(`${place}: score: ${verdict.failed}; see docs/scorers.md`);
    const key = keyOf(String(sample), String(model), String(repetition));
    if (found.has(key))
      throw new UserError(`${place}: expected one score for an answer, found another for "${sample}"`);
    found.set(key, verdict);
  }
  return ({ sample, model, repetition }) =>
    found.get(keyOf(sample, model, String(repetition))) ??
    found.get(keyOf(sample, model, '')) ??
    found.get(keyOf(sample, '', '')) ??
    null;
}

function keyOf(sample: string, model: string, repetition: string): string {
  return JSON.stringify([sample, model, repetition]);
}
