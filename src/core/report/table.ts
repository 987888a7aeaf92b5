/**
 * Every reporter by name: the table is the type. Each turns an analysis and a recommendation into files, and writes none. Its code
 * is loaded when it renders, so that help can name all reporters without them.
 */
import type { Analysis } from '../analyse/analysis.js';
import type { Recommendation } from '../recommend/recommendation.js';
import type { Artifact, Promised } from './artifact.js';
import type { PageAssets } from './html/page.js';

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
  render(input: ReportInput): Promise<(Artifact | Promised)[]>;
}

export const REPORTERS = {
  markdown: {
    summary: 'report.md, for a pull request or a wiki',
    render: async ({ analysis, recommendation }) =>
      (await import('./markdown.js')).markdownReport(analysis, recommendation),
  },
  summary: {
    summary: 'summary.json, for programs, and the thresholds of recommended cascades',
    render: async ({ analysis, recommendation }) =>
      (await import('./summary.js')).summaryReport(analysis, recommendation),
  },
  charts: {
    summary: 'charts/, as Vega-Lite specifications, SVG and PNG',
    render: async ({ analysis, recommendation, drawPng }) =>
      (await import('./charts/files.js')).chartsReport(analysis, recommendation, drawPng),
  },
  html: {
    summary: 'report.html, the page that is passed around',
    render: async ({ analysis, recommendation, page }) =>
      page ? (await import('./html/page.js')).htmlReport(analysis, recommendation, page) : [],
  },
  // The largest comes last: it need not be held while the others are made.
  samples: {
    summary: 'samples.csv, one row for each sample and model',
    render: async ({ analysis }) => (await import('./samples.js')).samplesReport(analysis),
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
