/** Every reporter by name: the table is the type. Each turns an analysis and a recommendation into files, and writes none. */
import type { Analysis } from '../analyse/analysis.js';
import type { Recommendation } from '../recommend/recommendation.js';
import type { Artifact, Promised } from './artifact.js';
import { chartsReport } from './charts/files.js';
import { htmlReport, type PageAssets } from './html/page.js';
import { markdownReport } from './markdown.js';
import { samplesReport } from './samples.js';
import { summaryReport } from './summary.js';

export interface ReportInput {
  readonly analysis: Analysis;
  readonly recommendation: Recommendation;
  /** The browser's part of report.html; without it there is no page. */
  readonly page?: PageAssets;
  /** Draws an SVG as PNG; without it there are no PNG files. */
  readonly drawPng?: (svg: string) => Promise<Uint8Array>;
}

export interface Reporter {
  /** One line for `rightsize report --help`. */
  readonly summary: string;
  render(input: ReportInput): Promise<(Artifact | Promised)[]> | Artifact[];
}

export const REPORTERS = {
  markdown: {
    summary: 'report.md, for a pull request or a wiki',
    render: ({ analysis, recommendation }) => markdownReport(analysis, recommendation),
  },
  summary: {
    summary: 'summary.json, for programs, and the thresholds of recommended cascades',
    render: ({ analysis, recommendation }) => summaryReport(analysis, recommendation),
  },
  charts: {
    summary: 'charts/, as Vega-Lite specifications, SVG and PNG',
    render: ({ analysis, recommendation, drawPng }) => chartsReport(analysis, recommendation, drawPng),
  },
  html: {
    summary: 'report.html, the page that is passed around',
    render: ({ analysis, recommendation, page }) => (page ? htmlReport(analysis, recommendation, page) : []),
  },
  // The largest comes last: it need not be held while the others are made.
  samples: {
    summary: 'samples.csv, one row for each sample and model',
    render: ({ analysis }) => samplesReport(analysis),
  },
} as const satisfies Record<string, Reporter>;

export type ReporterName = keyof typeof REPORTERS;

export const REPORTER_NAMES = Object.keys(REPORTERS) as readonly ReporterName[];

/** All artifacts of these reporters, one reporter after the other: pictures number their parts as they are drawn. */
export async function renderReports(
  input: ReportInput,
  names: readonly ReporterName[] = REPORTER_NAMES,
): Promise<Artifact[]> {
  const artifacts: (Artifact | Promised)[] = [];
  for (const name of names) artifacts.push(...(await (REPORTERS[name] as Reporter).render(input)));
  return Promise.all(artifacts.map(async ({ path, content }) => ({ path, content: await content })));
}
