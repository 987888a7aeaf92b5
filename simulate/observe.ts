/** How often a scenario's verdicts are wrong, and how often they are right. */
import { recommend } from '../src/core/recommend/recommend.js';
import { createRandom } from '../src/core/stats/basics/random.js';
import type { Scenario, Truth } from './scenarios.js';
import { analysisOf } from './suite.js';

export interface Observed {
  readonly name: string;
  readonly suites: number;
  /** Shares of suites with at least one wrong verdict of the kind. */
  readonly falseFits: number;
  readonly falseNeeded: number;
  /** Share of tasks whose verdict is the true one; null at the margin, where there is none. */
  readonly power: number | null;
}

export function observe(
  scenario: Scenario,
  { suites, seed }: { readonly suites: number; readonly seed: number },
): Observed {
  const random = createRandom(seed, scenario.name);
  let [falseFits, falseNeeded, right, tasks, decidable] = [0, 0, 0, 0, 0];
  for (let i = 0; i < suites; i++) {
    const suite = recommend(analysisOf(scenario.draw(random))).suites[0]!;
    const verdicts = suite.tasks.map(({ task, verdict }) => ({ truth: truthOf(scenario, task), kind: verdict.kind }));
    const isWrongFit = ({ truth, kind }: (typeof verdicts)[number]) =>
      (kind === 'slm-fits' && truth !== 'fits') || (kind === 'cascade' && scenario.cascade === 'wrong');
    const { unfit = [] } = scenario;
    const isUnfit = suite.tasks.some(({ comparisons }) =>
      comparisons.some(({ candidate, fits }) => fits && unfit.includes(candidate)),
    );
    if (isUnfit || verdicts.some(isWrongFit)) falseFits++;
    if (verdicts.some(({ truth, kind }) => kind === 'llm-needed' && truth !== 'needed')) falseNeeded++;
    for (const { truth, kind } of verdicts) {
      tasks++;
      if (truth !== 'at the margin') decidable++;
      if (isRight(scenario, truth, kind)) right++;
    }
  }
  return {
    name: scenario.name,
    suites,
    falseFits: falseFits / suites,
    falseNeeded: falseNeeded / suites,
    power: decidable === 0 ? null : right / tasks,
  };
}

function truthOf({ truth }: Scenario, task: string): Truth {
  return typeof truth === 'function' ? truth(task) : truth;
}

function isRight({ cascade }: Scenario, truth: Truth, kind: string): boolean {
  if (cascade === 'right') return kind === 'cascade';
  return (truth === 'fits' && kind === 'slm-fits') || (truth === 'needed' && kind === 'llm-needed');
}
