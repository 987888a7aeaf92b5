/**
 * A scorer of the user: a module, a command, or a file of scores. Its code is not ours, so it runs in a process of its own after all
 * trials. The log keeps its score and its words as evidence, so judging again needs neither the code nor a permission. If the scorer
 * fails, nobody knows whose fault it is, so the answer is unscored.
 */
import { z } from 'zod';
import { type OwnSource, type Scorer, scored, unscored } from '../score.js';

const timeout = z.number().positive().max(3600).default(30).describe('The seconds that it may take for one answer.');
const settings = z
  .record(z.string(), z.unknown())
  .default({})
  .describe('Settings that the scorer gets with each answer.');

export const ownOptions = z.union([
  z.strictObject({
    module: z.string().min(1).describe('A module whose default export is the scorer.'),
    settings,
    timeout,
  }),
  z.strictObject({
    command: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .describe('A program that reads JSON lines and writes a score for each.'),
    settings,
    timeout,
  }),
  z.strictObject({ scores: z.string().min(1).describe('A file of scores by the id of the sample.') }),
]);

export type OwnScorerOptions = z.infer<typeof ownOptions>;

export const own: Scorer<OwnScorerOptions> = {
  summary: 'a module, a command or a file of scores of your own',
  reference: 'your own; docs/scorers.md says how to write one',
  options: ownOptions,
  needs: 'own',
  request: ({ output, target, fields }, source) => ({ effect: 'own', source, output, target, fields }),
  score({ output, evidence }, source) {
    if (evidence?.effect !== 'own') return unscored(unasked(source));
    const { verdict } = evidence;
    if ('failed' in verdict) return unscored(`${nameOfOwn(source)}: ${verdict.failed}`);
    const { value, answer = output, said } = verdict;
    return scored(value, answer, said === undefined ? undefined : { said });
  },
};

function unasked(source: OwnSource): string {
  const name = nameOfOwn(source);
  return 'scores' in source
    ? `${name} has no score for this sample`
    : `${name} was not asked; --allow-scorer ${JSON.stringify(name)} allows it`;
}

/** The name that it has in a suite and after --allow-scorer. */
export function nameOfOwn(source: OwnSource): string {
  if ('module' in source) return source.module;
  if ('scores' in source) return source.scores;
  return [source.command].flat().join(' ');
}
