/** Scores outputs as a run does: options through the scorer's schema, and what cannot be judged stops the check. */
import type { Filter } from '../src/core/score/filters.js';
import { applyFilters } from '../src/core/score/filters.js';
import type { Scored, ScoreInput, Scorer } from '../src/core/score/score.js';

export interface Judge {
  (input: Partial<ScoreInput> & { output: string }): Scored;
  /** The metrics of everything judged so far. */
  metric(name: string): number;
}

export function judgeWith<Options>(
  scorer: Scorer<Options>,
  options: object = {},
  filters: readonly Filter[] = [],
): Judge {
  const settings = scorer.options.parse(options);
  const aggregate = scorer.aggregate?.(settings);
  const judge = (partial: Partial<ScoreInput> & { output: string }): Scored => {
    const [output = ''] = applyFilters(filters, [partial.output]);
    const input: ScoreInput = { target: null, fields: {}, ...partial, output };
    const score = scorer.score(input, settings);
    if (score.state === 'unscored') throw new Error(score.reason);
    aggregate?.add({ input, score });
    return score;
  };
  const metric = (name: string): number => {
    const quantity = aggregate?.metrics()[name];
    if (quantity === undefined || 'missing' in quantity)
      throw new Error(`${name}: ${quantity?.missing ?? 'no such metric'}`);
    return quantity.value;
  };
  return Object.assign(judge, { metric });
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
