/** Scores one output as the shell does: options through the scorer's own schema, then `judgeOutput`. */
import type { Quantity } from '../../../src/core/quantity.js';
import { judgeOutput, type Score, type ScoreInput, type Scorer } from '../../../src/core/score/score.js';

type Loose = Partial<ScoreInput> & { output: string };

export function judge<Options>(scorer: Scorer<Options>, input: Loose, options: object = {}): Score {
  const whole: ScoreInput = { target: null, fields: {}, ...input };
  return judgeOutput(scorer, whole, scorer.options.parse(options));
}

/** The value of a score; a test on it fails when the output could not be judged. */
export function scoreOf<Options>(scorer: Scorer<Options>, input: Loose, options: object = {}): number {
  const score = judge(scorer, input, options);
  if (score.state === 'unscored') throw new Error(score.reason);
  return score.value;
}

export function answerOf<Options>(scorer: Scorer<Options>, input: Loose, options: object = {}): string | null {
  const score = judge(scorer, input, options);
  if (score.state === 'unscored') throw new Error(score.reason);
  return score.answer;
}

/** The metrics of a cell of outputs. */
export function metricsOf<Options>(
  scorer: Scorer<Options>,
  inputs: readonly Loose[],
  options: object = {},
): Readonly<Record<string, Quantity>> {
  const settings = scorer.options.parse(options);
  const aggregate = scorer.aggregate!(settings);
  for (const input of inputs) {
    aggregate.add({ input: { target: null, fields: {}, ...input }, score: judge(scorer, input, options) });
  }
  return aggregate.metrics();
}
