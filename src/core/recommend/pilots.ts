/** What a run says about a larger one: how often two models agree, and how alike the samples of one group are. */
import type { Analysis, TaskAnalysis } from '../analyse/analysis.js';
import { clusterOf } from '../analyse/cells.js';
import { type Missing, missing } from '../quantity.js';
import { mean } from '../stats/basics/moments.js';
import { pairedDifferences } from '../stats/compare/paired.js';
import { clusterIndices, intraclassCorrelation } from '../stats/estimate/clusters.js';
import { scoresOfBoth } from './compare.js';
import { chooseReferences } from './references.js';

export interface Pilot {
  readonly suite: string;
  readonly task: string;
  readonly candidate: string;
  readonly reference: string;
  readonly margin: number;
  /** The error rate of the suite, which its comparisons share. */
  readonly alpha: number;
  readonly comparisons: number;
  readonly observed: Observed | Missing;
}

export interface Observed {
  /** Samples that both models were scored on. */
  readonly samples: number;
  /** Mean squared difference of the scores; of scores of 0 and 1 the share on which the two models disagree. */
  readonly discordance: number;
  /** Samples of one group on average, rounded. */
  readonly clusterSize: number;
  /** How alike the differences of one group are, from 0 to 1. */
  readonly intraclassCorrelation: number;
}

/** A pilot for each task and each pair that a report compares. */
export function pilotsOf(analysis: Analysis): readonly Pilot[] {
  return analysis.suites.flatMap((suite) => {
    const references = chooseReferences(analysis, suite);
    const { margin, alpha } = suite.requirement;
    const comparisons = Math.max(1, suite.tasks.length * references.length);
    return suite.tasks.flatMap((task) =>
      references.map(({ candidate, reference }) => ({
        suite: suite.name,
        task: task.name,
        candidate,
        reference,
        margin,
        alpha,
        comparisons,
        observed: observe(task, candidate, reference),
      })),
    );
  });
}

function observe(task: TaskAnalysis, candidate: string, reference: string): Observed | Missing {
  const pairs = scoresOfBoth(task, candidate, reference);
  const samples = pairs.samples.length;
  if (samples < 2) return missing('fewer than two samples were scored on both');
  const differences = pairedDifferences(pairs.candidate, pairs.reference);
  const discordance = mean(differences.map((difference) => difference ** 2));
  if (discordance === 0)
    return missing(`the two had equal scores on all ${samples} samples; --agreement says it by hand`);
  const clusters = pairs.samples.map(clusterOf);
  const groups = clusterIndices(clusters).length;
  return {
    samples,
    discordance,
    clusterSize: Math.max(1, Math.round(samples / groups)),
    intraclassCorrelation: intraclassCorrelation(differences, clusters),
  };
}
