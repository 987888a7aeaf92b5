/** All claims of a suite decided together, at any margin. Of several runs in one report each is decided from itself alone. */
import type { Analysis, SuiteAnalysis } from '../analyse/analysis.js';
import { type Decisions, decideClaims, type Evidence } from './claims.js';
import { type ComparedModels, evidenceAt, gatherEvidence, type SuiteEvidence } from './evidence.js';
import { decideByLooks, lookAgain } from './looks.js';
import { partOf } from './references.js';

export interface Judge {
  readonly evidence: SuiteEvidence;
  readonly decisions: Decisions;
  /** The decisions if the suite had another margin. */
  at(margin: number): Decisions;
}

export function judgeSuite(analysis: Analysis, suite: SuiteAnalysis, models: ComparedModels): Judge {
  const evidence = gatherEvidence(analysis, suite, models);
  const { untilSure } = analysis.run.settings;
  const { alpha } = suite.requirement;
  const looks = untilSure === undefined ? null : lookAgain(analysis, suite, models, untilSure.firstRound);
  const known = new Map<number, Decisions>();
  const at = (margin: number): Decisions => {
    const before = known.get(margin);
    if (before !== undefined) return before;
    const decisions =
      looks === null
        ? decideByRun(analysis, evidenceAt(evidence, margin), alpha)
        : decideByLooks(looks, { margin, alpha });
    known.set(margin, decisions);
    return decisions;
  };
  return { evidence, decisions: at(suite.requirement.margin), at };
}

function decideByRun(analysis: Analysis, evidence: Evidence, alpha: number): Decisions {
  const runs = new Set(evidence.pairs.map(({ candidate }) => partOf(analysis, candidate)));
  if (runs.size < 2) return decideClaims(evidence, alpha);
  const decided = [...runs].map((run) =>
    decideClaims(
      {
        pairs: evidence.pairs.filter(({ candidate }) => partOf(analysis, candidate) === run),
        large: evidence.large.filter(({ model }) => partOf(analysis, model) === run),
      },
      alpha,
    ),
  );
  const others = decideClaims(
    { pairs: [], large: evidence.large.filter(({ model }) => !runs.has(partOf(analysis, model))) },
    alpha,
  );
  const all = [...decided, others];
  const tasks = new Set(evidence.pairs.map(({ task }) => task));
  return {
    family: Math.max(...all.map(({ family }) => family)),
    noneFits: new Map([...tasks].map((task) => [task, decided.every(({ noneFits }) => noneFits.get(task) !== false)])),
    pairs: evidence.pairs.map(
      (pair) =>
        all
          .flatMap(({ pairs }) => pairs)
          .find(({ task, candidate }) => task === pair.task && candidate === pair.candidate)!,
    ),
    large: evidence.large.map(
      (one) => all.flatMap(({ large }) => large).find(({ task, model }) => task === one.task && model === one.model)!,
    ),
  };
}
