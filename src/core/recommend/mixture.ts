/**
 * What share of the requests each model answers where a cascade is recommended. Every request of a task goes to the SLM if it fits or begins a
 * cascade; the LLM gets those that are passed on, and all of a task that needs it. Tasks count by their numbers of samples.
 */
import type { SuiteAnalysis } from '../analyse/analysis.js';
import { type Missing, missing } from '../quantity.js';
import type { SuiteRecommendation, TaskVerdict } from './recommendation.js';

export interface MixtureShare {
  readonly model: string;
  readonly share: number;
}

export function mixtureOf(
  { tasks: analysed }: Pick<SuiteAnalysis, 'tasks'>,
  { verdict, tasks }: Pick<SuiteRecommendation, 'verdict' | 'tasks'>,
): readonly MixtureShare[] | Missing {
  if (verdict.kind !== 'cascade' && verdict.kind !== 'by-task') return missing('no cascade is recommended');
  const shares = new Map<string, number>();
  const add = (model: string, weight: number) => shares.set(model, (shares.get(model) ?? 0) + weight);
  const samples = analysed.map(({ samples: one }) => one.length);
  const all = samples.reduce((a, b) => a + b, 0);
  for (const [i, task] of tasks.entries()) {
    const weight = samples[i]! / all;
    const parts = partsOf(task.verdict);
    if (parts === null) return missing(`it is not decided which model answers ${task.task}`);
    for (const { model, share } of parts) add(model, weight * share);
  }
  return [...shares].map(([model, share]) => ({ model, share }));
}

function partsOf(verdict: TaskVerdict): readonly MixtureShare[] | null {
  switch (verdict.kind) {
    case 'slm-fits':
      return [{ model: verdict.comparison.candidate, share: 1 }];
    case 'llm-needed':
      return [{ model: verdict.model, share: 1 }];
    case 'cascade':
      return [
        { model: verdict.small, share: 1 },
        { model: verdict.large, share: verdict.evaluation.deferred },
      ];
    case 'inconclusive':
    case 'one-class':
    case 'nothing-passes':
    case 'not-measured':
      return null;
  }
}
