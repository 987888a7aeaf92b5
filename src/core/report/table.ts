/**
 * Every reporter by name: the table is the type. Each turns the document, or the analysis behind it, into files, and writes
 * none. A reporter's code is loaded when it is used, so that a command can list the reporters at no cost.
 */
import type { Analysis } from '../analyse/analysis.js';
import type { RunCapacity } from '../capacity/plan/answer.js';
import type { LoadTest } from '../load/load-test.js';
import type { Recommendation } from '../recommend/recommendation.js';
import type { VersionComparison } from '../regress/comparison.js';
import type { Artifact, Promised } from './artifact.js';
import type { Document } from './document.js';
import type { PageAssets } from './html/page.js';
import type { CsvBeginning } from './samples.js';

export interface ReportInput {
  readonly analysis: Analysis;
  readonly recommendation: Recommendation;
  /** What changed from one run to another, where two are side by side. */
  readonly comparisons?: readonly VersionComparison[] | undefined;
  /** What the load test found, if the run is one. */
  readonly load?: LoadTest | undefined;
  /** Which devices hold the load that was asked for, if anyone asked. */
  readonly capacity?: RunCapacity | undefined;
  /** The browser's part of report.html; without it there is no page. */
  readonly page?: PageAssets;
  /** How samples.csv begins. */
  readonly csv?: CsvBeginning | undefined;
  /** Draws an SVG as PNG; without it there are no PNG files. */
  readonly drawPng?: (svg: string) => Promise<Uint8Array>;
}

export interface Reporter {
  /** One line for `rightsize report --help`: the first file, and what the reports are for. */
  readonly summary: string;
  render(input: ReportInput & { readonly document: Document }): Promise<(Artifact | Promised)[]>;
}

export const REPORTERS = {
  markdown: {
    summary: 'report.md, for a pull request or a wiki',
    render: async ({ document }) => (await import('./markdown.js')).markdownReport(document),
  },
  summary: {
    summary: 'summary.json, for programs, and the thresholds of recommended cascades',
    render: async ({ analysis, recommendation, load, capacity }) =>
      (await import('./summary.js')).summaryReport(analysis, recommendation, { load, capacity }),
  },
  charts: {
    summary: 'charts/, as Vega-Lite specifications, SVG and PNG',
    render: async ({ document, drawPng }) => (await import('./charts/files.js')).chartsReport(document.charts, drawPng),
  },
  html: {
    summary: 'report.html, one page for people who decide together',
    render: async ({ document, analysis, page }) => {
      if (page === undefined) return [];
      const [{ htmlReport }, { pageData }] = await Promise.all([
        import('./html/page.js'),
        import('./document/samples.js'),
      ]);
      return htmlReport(document, { assets: page, samples: pageData(analysis) });
    },
  },
  // The largest comes last: nothing has to hold it while the others are made.
  samples: {
    summary: 'samples.csv, one row for each sample and model',
    render: async ({ analysis, csv, load }) =>
      load === undefined ? (await import('./samples.js')).samplesReport(analysis, csv) : [],
  },
} as const satisfies Record<string, Reporter>;

export type ReporterName = keyof typeof REPORTERS;

export const REPORTER_NAMES = Object.keys(REPORTERS) as readonly ReporterName[];

/** All artifacts of these reporters, one reporter after the other: pictures number their parts as they are drawn. */
export async function renderReports(
  input: ReportInput,
  names: readonly ReporterName[] = REPORTER_NAMES,
): Promise<Artifact[]> {
  const whole = await documented(input);
  const artifacts: (Artifact | Promised)[] = [];
  for (const name of names) artifacts.push(...(await (REPORTERS[name] as Reporter).render(whole)));
  return Promise.all(artifacts.map(async ({ path, content }) => ({ path, content: await content })));
}

async function documented({
  load,
  comparisons,
  ...input
}: ReportInput): Promise<ReportInput & { readonly document: Document }> {
  const { analysis, recommendation, capacity } = input;
  if (load === undefined) {
    const { documentOf } = await import('./document/build.js');
    return { ...input, document: documentOf(analysis, recommendation, { comparisons, capacity }) };
  }
  const { loadDocumentOf, withoutTrials } = await import('./document/load-test.js');
  return {
    ...input,
    load,
    document: loadDocumentOf(analysis, load, capacity),
    analysis: withoutTrials(analysis),
    recommendation: { ...recommendation, suites: [] },
  };
}
