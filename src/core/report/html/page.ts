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
import { bare, type Chart, type Look, looksOf } from '../charts/chart.js';
import { renderSvg } from '../charts/render.js';
import { buildCharts, type ChartGroup } from '../charts/table.js';
import { plural } from '../format.js';
import { allWarnings } from '../tables.js';
import { plain } from '../text.js';
import { describeRun, describeSuite } from '../words.js';
import { criteriaSection } from './criteria.js';
import { pageData } from './data.js';
import { evidenceSection } from './evidence.js';
import { html, type Markup, NOTHING, trusted } from './markup.js';
import { modelsSection } from './models.js';
import { dataElement } from './pack.js';
import { reasons, verdictTable } from './tasks.js';

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
  for (const [i, { groups }] of built.entries()) {
    suites.push(
      suiteSection(analysis.suites[i]!, recommendation.suites[i]!, {
        number: i,
        charts: await drawAll(groups),
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
    </main>
    <footer class="bottom">Made by rightsize ${plain(analysis.run.environment.rightsize)} from run ${plain(analysis.run.id)}</footer>`;
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
      <p class="eyebrow"><strong>${plain(suite.title)}</strong> ${plain(describeScope(analysis, suite))}</p>
      <h1 id="answer-title${suffix}" class="verdict ${recommended.verdict.kind}">${plain(describeSuite(recommended))}</h1>
      ${suite.description === null ? NOTHING : html`<p class="about">${plain(suite.description)}</p>`}
      ${verdictTable(recommended)}
      ${soundness(analysis)}
      ${reasons(suite, recommended)}
    </section>
    <section id="charts${suffix}" aria-labelledby="charts-title${suffix}">
      <h2 id="charts-title${suffix}">Charts</h2>
      ${legend(analysis)}
      ${charts}
    </section>
    ${criteriaSection(analysis, suite, recommended)}`;
}

/** What the answer rests on, in half a line. */
function describeScope({ run, models }: Analysis, { tasks }: SuiteAnalysis): string {
  const samples = tasks.reduce((sum, task) => sum + task.samples.length, 0);
  const { cpu, gpu } = run.environment;
  const machine = `${cpu.model}, ${plural(cpu.cores, 'core')}${'missing' in gpu ? '' : `, ${gpu.value}`}`;
  const where = run.parts === undefined ? machine : plural(run.parts.length, 'run');
  return [
    plural(tasks.length, 'task'),
    plural(samples, 'sample'),
    plural(models.length, 'model'),
    where,
    run.started.slice(0, 10),
  ].join(' · ');
}

/** Whether the run is whole, and how much is to be borne in mind; the whole of it is under Evidence. */
function soundness(analysis: Analysis): Markup {
  const warnings = allWarnings(analysis).length;
  const { complete } = analysis.run.ended;
  return html`<p class="note${complete ? NOTHING : html` alarm`}">${plain(describeRun(analysis))} ${
    warnings === 0 ? NOTHING : html`<a href="#evidence">${plural(warnings, 'thing')} to bear in mind</a>.`
  }</p>`;
}

async function drawAll(groups: readonly ChartGroup[]): Promise<Markup> {
  const sections: Markup[] = [];
  for (const { title, charts } of groups) {
    const figures: Markup[] = [];
    // One after another: pictures number their clip paths in the order they are drawn.
    for (const chart of charts) if ('spec' in chart) figures.push(await figureOf(chart));
    if (figures.length > 0) sections.push(html`<h3>${title}</h3><div class="charts">${figures}</div>`);
  }
  const absent = groups.flatMap(({ charts }) => charts).flatMap((chart) => ('missing' in chart ? [chart] : []));
  return html`${sections}${
    absent.length === 0
      ? NOTHING
      : html`<ul class="absent">${absent.map((chart) => html`<li>${plain(chart.title)}: not shown, because ${plain(chart.missing)}.</li>`)}</ul>`
  }`;
}

async function figureOf(chart: Chart): Promise<Markup> {
  const picture = trusted(uniqueIds(await renderSvg(bare(chart.spec)), chart.name));
  return html`
    <figure>
      <figcaption>${plain(chart.title)} <small>${plain(chart.note)}</small></figcaption>
      <div class="chart" data-chart="${chart.name}" role="img" aria-label="${plain(chart.alt)}" tabindex="0"><div aria-hidden="true">${picture}</div></div>
      <details><summary>In words</summary><p>${plain(chart.alt)}</p></details>
    </figure>`;
}

/** One legend for all charts of the page. */
function legend(analysis: Analysis): Markup {
  const looks = looksOf(analysis.models);
  return html`<ul class="legend" aria-label="How the models are drawn">${analysis.models.map(
    ({ id, class: kind }) =>
      html`<li>${swatch(looks.get(id)!)}${plain(id)} <small>${kind === null ? 'class unknown' : kind.toUpperCase()}</small></li>`,
  )}</ul>`;
}

const SHAPES: Readonly<Record<Look['shape'], Markup>> = {
  circle: html`<circle cx="13" cy="5" r="4"/>`,
  square: html`<path d="M9.4 1.4h7.2v7.2h-7.2z"/>`,
  'triangle-up': html`<path d="M13 .6l4.4 8h-8.8z"/>`,
};

function swatch({ colour, shape, dash }: Look): Markup {
  return html`<svg viewBox="0 0 26 10" aria-hidden="true" fill="${colour}" stroke="${colour}"><path d="M0 5h26" stroke-width="1.5" stroke-dasharray="${dash.join(' ')}"/>${SHAPES[shape]}</svg>`;
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
