/** How often a scenario's verdicts are wrong, and how often they are right. */
import type { CascadeEvaluation } from '../src/core/recommend/cascade/cascade.js';
import { recommend } from '../src/core/recommend/recommend.js';
import { createRandom } from '../src/core/stats/basics/random.js';
import type { Scenario, Truth } from './scenarios.js';
import { analysisOf } from './suite.js';

/** Counts, so that those of other suites of the scenario can be added. */
export interface Counts {
  readonly suites: number;
  /** Suites with at least one wrong verdict of the kind. */
  readonly falseFits: number;
  readonly falseNeeded: number;
  /** Tasks, those that have a true verdict at all, and those that got it. At the margin there is none. */
  readonly tasks: number;
  readonly decidable: number;
  readonly right: number;
}

export const NOTHING_SEEN: Counts = { suites: 0, falseFits: 0, falseNeeded: 0, tasks: 0, decidable: 0, right: 0 };

export function addCounts(first: Counts, second: Counts): Counts {
  return {
    suites: first.suites + second.suites,
    falseFits: first.falseFits + second.falseFits,
    falseNeeded: first.falseNeeded + second.falseNeeded,
    tasks: first.tasks + second.tasks,
    decidable: first.decidable + second.decidable,
    right: first.right + second.right,
  };
}

/** Each batch draws suites of its own, so that a row can be continued where it stopped. */
export const BATCH = 100;

/** @param suites in whole batches, but for the last one. */
export function observe(
  scenario: Scenario,
  { suites, seed, from = 0 }: { readonly suites: number; readonly seed: number; readonly from?: number },
): Counts {
  let counts = NOTHING_SEEN;
  for (let done = from; done < from + suites; done += BATCH) {
    const random = createRandom(seed, scenario.name, `${done / BATCH}`);
    for (let i = done; i < Math.min(done + BATCH, from + suites); i++)
      counts = addCounts(counts, judge(scenario, recommend(analysisOf(scenario.draw(random)))));
  }
  return counts;
}

function judge(scenario: Scenario, { suites: [suite] }: ReturnType<typeof recommend>): Counts {
  const { tasks } = suite!;
  const verdicts = tasks.map(({ task, verdict }) => ({
    truth: truthOf(scenario, task),
    kind: verdict.kind,
    verdict,
  }));
  const isWrongFit = ({ truth, kind, verdict }: (typeof verdicts)[number]) =>
    (kind === 'slm-fits' && truth !== 'fits') || (verdict.kind === 'cascade' && isWrong(scenario, verdict.evaluation));
  const { unfit = [] } = scenario;
  const isUnfit = tasks.some(({ comparisons }) =>
    comparisons.some(({ candidate, fits }) => fits && unfit.includes(candidate)),
  );
  return {
    suites: 1,
    falseFits: Number(isUnfit || verdicts.some(isWrongFit)),
    falseNeeded: Number(verdicts.some(({ truth, kind }) => kind === 'llm-needed' && truth !== 'needed')),
    tasks: verdicts.length,
    decidable: verdicts.filter(({ truth }) => truth !== 'at the margin').length,
    right: verdicts.filter(({ truth, kind }) => isRight(scenario, truth, kind)).length,
  };
}

function isWrong({ cascade }: Scenario, evaluation: CascadeEvaluation): boolean {
  return typeof cascade === 'function' ? cascade(evaluation.chosen) === 'wrong' : cascade === 'wrong';
}

function truthOf({ truth }: Scenario, task: string): Truth {
  return typeof truth === 'function' ? truth(task) : truth;
}

function isRight({ cascade }: Scenario, truth: Truth, kind: string): boolean {
  if (cascade === 'right') return kind === 'cascade';
  return (truth === 'fits' && kind === 'slm-fits') || (truth === 'needed' && kind === 'llm-needed');
}
