/**
 * report.html: one page, whole in itself. The answer first, the evidence below, every sample at the end. It holds everything
 * without its script, except the samples; the script makes the charts answer to the pointer and the samples searchable.
 *
 * Whatever models, data files and servers wrote is text here, never markup, and the Content-Security-Policy lets nothing run or
 * load but this page's own script and style.
 */
import type { Analysis, SuiteAnalysis } from '../../analyse/analysis.js';
import type { Recommendation, SuiteRecommendation } from '../../recommend/recommendation.js';
import type { Artifact } from '../artifact.js';
import { bare, type Chart, coloursOf, type NoChart } from '../charts/chart.js';
import { renderSvg } from '../charts/render.js';
import { buildCharts } from '../charts/table.js';
import { plain } from '../text.js';
import { describeSuite } from '../words.js';
import { criteriaSection } from './criteria.js';
import { pageData } from './data.js';
import { evidenceSection } from './evidence.js';
import { html, type Markup, NOTHING, trusted } from './markup.js';
import { modelsSection } from './models.js';
import { dataElement } from './pack.js';
import { tasksSection } from './tasks.js';

/** The browser's part, bundled when rightsize is built (src/page). */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
  /** Of exactly these texts, as in a Content-Security-Policy: `sha256-…`. */
  readonly scriptHash: string;
  readonly styleHash: string;
}

export async function htmlReport(
  analysis: Analysis,
  recommendation: Recommendation,
  assets: PageAssets,
): Promise<Artifact[]> {
  const built = buildCharts(analysis, recommendation);
  const suites: Markup[] = [];
  for (const [i, { charts }] of built.entries()) {
    suites.push(
      suiteSection(analysis.suites[i]!, recommendation.suites[i]!, {
        number: i,
        charts: await drawAll(charts),
        analysis,
      }),
    );
  }
  const charts = built.flatMap((suite) => suite.charts);
  const specs = Object.fromEntries(
    charts.flatMap((chart) => ('spec' in chart ? [[chart.name, bare(chart.spec)]] : [])),
  );
  const body = html`
    <a class="skip" href="#samples">Skip to the samples</a>
    <header class="top">
      <p class="brand">rightsize</p>
      <nav aria-label="Sections">
        <a href="#answer">Answer</a> <a href="#charts">Charts</a> <a href="#models">Models</a> <a href="#samples">Samples</a> <a href="#evidence">Evidence</a>
      </nav>
    </header>
    <main>
      ${suites}
      ${modelsSection(analysis)}
      <section id="samples" aria-labelledby="samples-title">
        <h2 id="samples-title">Samples</h2>
        <div id="samples-app"><p>The samples are shown by this page's script; they are in samples.csv as well.</p></div>
      </section>
      ${evidenceSection(analysis)}
    </main>`;
  return [{ path: 'report.html', content: documentOf(titleOf(recommendation), body, { assets, analysis, specs }) }];
}

function titleOf({ suites }: Recommendation): string {
  return suites.length === 1 ? `${suites[0]!.suite}: ${describeSuite(suites[0]!)}` : 'rightsize report';
}

function suiteSection(
  suite: SuiteAnalysis,
  recommended: SuiteRecommendation,
  { number, charts, analysis }: { readonly number: number; readonly charts: Markup; readonly analysis: Analysis },
): Markup {
  const suffix = number === 0 ? '' : `-${number + 1}`;
  return html`
    <section class="suite" id="answer${suffix}" aria-labelledby="answer-title${suffix}">
      <p class="eyebrow">${plain(suite.title)}</p>
      <h1 id="answer-title${suffix}" class="verdict ${recommended.verdict.kind}">${plain(describeSuite(recommended))}</h1>
      ${suite.description === null ? NOTHING : html`<p>${plain(suite.description)}</p>`}
      ${tasksSection(suite, recommended)}
    </section>
    <section id="charts${suffix}" aria-labelledby="charts-title${suffix}">
      <h2 id="charts-title${suffix}">Charts</h2>
      ${legend(analysis)}
      ${charts}
    </section>
    ${criteriaSection(analysis, suite, recommended)}`;
}

async function drawAll(charts: readonly (Chart | NoChart)[]): Promise<Markup> {
  const drawn = charts.filter((chart) => 'spec' in chart);
  const absent = charts.filter((chart) => 'missing' in chart);
  const figures: Markup[] = [];
  // One after another: pictures number their clip paths in the order they are drawn.
  for (const chart of drawn) figures.push(await figureOf(chart));
  return html`<div class="charts">${figures}</div>${
    absent.length === 0
      ? NOTHING
      : html`<ul class="absent">${absent.map((chart) => html`<li>${plain(chart.title)}: not shown, because ${plain(chart.missing)}.</li>`)}</ul>`
  }`;
}

async function figureOf(chart: Chart): Promise<Markup> {
  const picture = trusted(uniqueIds(await renderSvg(bare(chart.spec)), chart.name));
  return html`
    <figure>
      <figcaption>${plain(chart.title)}</figcaption>
      <div class="chart" data-chart="${chart.name}" role="img" aria-label="${plain(chart.alt)}" tabindex="0"><div aria-hidden="true">${picture}</div></div>
      <details><summary>In words</summary><p>${plain(chart.alt)}</p></details>
    </figure>`;
}

/** One legend for all charts of the page. */
function legend(analysis: Analysis): Markup {
  const colours = coloursOf(analysis.models);
  return html`<ul class="legend" aria-label="Colours of the models">${analysis.models.map(
    ({ id, class: kind }) =>
      html`<li><svg viewBox="0 0 10 10" aria-hidden="true"><circle cx="5" cy="5" r="5" fill="${colours.get(id)!}"/></svg>${plain(id)} <small>${kind ?? 'class unknown'}</small></li>`,
  )}</ul>`;
}

/** Clip paths of several pictures in one page must not share an id. */
function uniqueIds(svg: string, name: string): string {
  return svg.replace(
    /(id="|url\(#)(clip|gradient)(\d+)/g,
    (_, before, kind, number) => `${before}${name}-${kind}${number}`,
  );
}

function documentOf(
  title: string,
  body: Markup,
  parts: { readonly assets: PageAssets; readonly analysis: Analysis; readonly specs: object },
): string {
  const { script, style, scriptHash, styleHash } = parts.assets;
  const policy = `default-src 'none'; script-src '${scriptHash}'; style-src '${styleHash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${plain(title)}</title>
<style>${trusted(style)}</style>
</head>
<body>${body}
${dataElement('page-data', pageData(parts.analysis))}
${dataElement('page-charts', parts.specs)}
<script>${trusted(script)}</script>
</body>
</html>
`;
  return page.markup;
}
