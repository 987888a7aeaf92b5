/** Which LLM each SLM is held against. It is settled before anything is compared. */
import { type Analysis, cellOf, type SuiteAnalysis } from '../analyse/analysis.js';
import { UserError } from '../errors.js';
import { isMissing } from '../quantity.js';
import { tasksOfQuality } from '../score/safety.js';
import { mean } from '../stats/basics/moments.js';
import type { Reference } from './comparison.js';

/**
 * The LLM with the highest mean quality over the tasks that all LLMs did. Where that LLM was run on several engines or in several
 * quantisations, the one of the SLM's own variant (`big:q4` for `small:q4`), unless it scores less. The best of several looks a
 * little better than it is, which makes the comparison stricter, never laxer. Of several runs in one report each run has its own.
 *
 * @param given The model that every other one is held against, whatever its class.
 * @throws UserError if no model has this id.
 */
export function chooseReferences(analysis: Analysis, suite: SuiteAnalysis, given?: string | undefined): Reference[] {
  if (given !== undefined) return againstOne(analysis, suite, given);
  const small = modelsOf(analysis, suite, 'slm');
  const large = modelsOf(analysis, suite, 'llm');
  return small.flatMap((candidate): Reference[] => {
    const ofRun = large.filter((model) => partOf(analysis, model) === partOf(analysis, candidate));
    const reference = chooseAmong(candidate, ofRun.length > 0 ? ofRun : large, suite);
    return reference === null ? [] : [reference];
  });
}

function againstOne(analysis: Analysis, suite: SuiteAnalysis, given: string): Reference[] {
  if (analysis.models.every(({ id }) => id !== given)) {
    const known = analysis.models.map(({ id }) => id).join(', ');
    throw new UserError(`--reference: expected a model of the run (${known}), found ${given}`);
  }
  return analysis.models
    .filter(({ id }) => id !== given && wasRun(suite, id) && wasRun(suite, given))
    .map(({ id }) => ({ candidate: id, reference: given, why: 'the reference that was given' }));
}

/** The models of a class that have a score on some task. */
export function modelsOf(analysis: Analysis, suite: SuiteAnalysis, wanted: 'slm' | 'llm'): string[] {
  return analysis.models.filter((model) => model.class === wanted && wasRun(suite, model.id)).map(({ id }) => id);
}

function wasRun(suite: SuiteAnalysis, model: string): boolean {
  return suite.tasks.some((task) => !isMissing(cellOf(task, model).quality));
}

/** The place of a model's run among the runs of a report. */
export function partOf({ run }: Pick<Analysis, 'run'>, model: string): number {
  return run.parts?.findIndex(({ models }) => models.includes(model)) ?? 0;
}

function chooseAmong(candidate: string, large: readonly string[], suite: SuiteAnalysis): Reference | null {
  const quality = qualityAmong(large, suite);
  const [best] = [...large].sort((a, b) => quality(b) - quality(a) || (a < b ? -1 : 1));
  if (best === undefined) return null;
  const same = large.find(
    (id) => entryOf(id) === entryOf(best) && variantOf(id) === variantOf(candidate) && variantOf(id) !== null,
  );
  if (same !== undefined && large.length > 1 && quality(same) >= quality(best))
    return { candidate, reference: same, why: 'the same variant' };
  const why = large.length === 1 ? 'the only LLM of the run' : 'the best LLM of the run';
  return { candidate, reference: best, why };
}

function entryOf(id: string): string {
  return id.split(/[:@]/)[0]!;
}

function variantOf(id: string): string | null {
  return /:([^@]*)/.exec(id)?.[1] ?? null;
}

/** Computes the quality over the tasks that all of the models did: a model must not win because it skipped a hard task. */
function qualityAmong(models: readonly string[], suite: SuiteAnalysis): (model: string) => number {
  const tasks = tasksOfQuality(suite.tasks).filter((task) =>
    models.every((model) => !isMissing(cellOf(task, model).quality)),
  );
  return (model) => {
    if (tasks.length === 0) return 0;
    return mean(
      tasks.map((task) => {
        const { quality } = cellOf(task, model);
        return isMissing(quality) ? 0 : quality.value;
      }),
    );
  };
}
