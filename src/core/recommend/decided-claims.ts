/** All claims of a suite decided together, at any margin. Of several runs in one report each is decided from itself alone. */
import type { Analysis, SuiteAnalysis } from '../analyse/analysis.js';
import { type Decisions, decideClaims, type PValues } from './claims.js';
import { decideByLooks, lookAgain } from './looks.js';
import { partOf } from './references.js';
import { type ComparedModels, pValuesAt, type SuiteTests, testSuite } from './suite-tests.js';

export interface DecidedClaims {
  readonly tests: SuiteTests;
  readonly decisions: Decisions;
  /** The decisions if the suite had another margin. */
  at(margin: number): Decisions;
}

export function decidedClaimsOf(analysis: Analysis, suite: SuiteAnalysis, models: ComparedModels): DecidedClaims {
  const tests = testSuite(analysis, suite, models);
  const { untilSure } = analysis.run.settings;
  const { alpha } = suite.requirement;
  const looks = untilSure === undefined ? null : lookAgain(analysis, suite, models, untilSure.firstRound);
  const known = new Map<number, Decisions>();
  const at = (margin: number): Decisions => {
    const before = known.get(margin);
    if (before !== undefined) return before;
    const decisions =
      looks === null ? decideByRun(analysis, pValuesAt(tests, margin), alpha) : decideByLooks(looks, { margin, alpha });
    known.set(margin, decisions);
    return decisions;
  };
  return { tests, decisions: at(suite.requirement.margin), at };
}

function decideByRun(analysis: Analysis, pValues: PValues, alpha: number): Decisions {
  const runs = new Set(pValues.pairs.map(({ candidate }) => partOf(analysis, candidate)));
  if (runs.size < 2) return decideClaims(pValues, alpha);
  const decided = [...runs].map((run) =>
    decideClaims(
      {
        pairs: pValues.pairs.filter(({ candidate }) => partOf(analysis, candidate) === run),
        large: pValues.large.filter(({ model }) => partOf(analysis, model) === run),
      },
      alpha,
    ),
  );
  const others = decideClaims(
    { pairs: [], large: pValues.large.filter(({ model }) => !runs.has(partOf(analysis, model))) },
    alpha,
  );
  const all = [...decided, others];
  const tasks = new Set(pValues.pairs.map(({ task }) => task));
  return {
    family: Math.max(...all.map(({ family }) => family)),
    noneFits: new Map([...tasks].map((task) => [task, decided.every(({ noneFits }) => noneFits.get(task) !== false)])),
    pairs: pValues.pairs.map(
      (pair) =>
        all
          .flatMap(({ pairs }) => pairs)
          .find(({ task, candidate }) => task === pair.task && candidate === pair.candidate)!,
    ),
    large: pValues.large.map(
      (one) => all.flatMap(({ large }) => large).find(({ task, model }) => task === one.task && model === one.model)!,
    ),
  };
}
