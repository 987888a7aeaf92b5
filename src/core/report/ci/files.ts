/** The files of a comparison for CI. */
import type { VersionComparison } from '../../regress/comparison.js';
import type { GateReport } from '../../regress/gate-report.js';
import type { Artifact } from '../artifact.js';
import type { ComparisonDocument } from '../comparison.js';
import { markdownBlocks } from '../markdown.js';
import { pullRequestComment } from './comment.js';
import { junitXml } from './junit.js';
import { actionBenchmarks, bencherMetrics } from './trackers.js';

export interface ReportedComparison {
  readonly comparison: VersionComparison;
  readonly gates: GateReport | null;
  readonly document: ComparisonDocument;
}

export function comparisonFiles(reported: readonly ReportedComparison[]): readonly Artifact[] {
  const comparisons = reported.map(({ comparison }) => comparison);
  const gated = reported.flatMap(({ comparison, gates }) =>
    gates === null ? [] : [{ candidate: comparison.candidate, gates }],
  );
  return [
    {
      path: 'comparison.md',
      content: reported.map(({ document }) => markdownBlocks(document.title, document.blocks)).join('\n'),
    },
    { path: 'comment.md', content: pullRequestComment(reported.map(({ document }) => document)) },
    {
      path: 'comparison.json',
      content: `${JSON.stringify(
        reported.map(({ comparison, gates }) => ({ comparison, gates })),
        null,
        2,
      )}\n`,
    },
    { path: 'junit.xml', content: junitXml(gated) },
    { path: 'bencher.json', content: bencherMetrics(comparisons) },
    { path: 'benchmark-bigger-is-better.json', content: actionBenchmarks(comparisons, 'higher') },
    { path: 'benchmark-smaller-is-better.json', content: actionBenchmarks(comparisons, 'lower') },
  ];
}
