/**
 * report.html: renders the document as one page that needs no other file. Without its script the page shows everything but the
 * samples; the script makes the charts interactive and the samples searchable.
 *
 * Whatever models, data files and servers wrote is text here, never markup.
 */
import type { Artifact } from '../artifact.js';
import { bare } from '../charts/chart.js';
import { renderSvg } from '../charts/render.js';
import type { PageData } from '../document/samples.js';
import type { Chart, Document, LoadPart, SuitePart } from '../document.js';
import { plain } from '../text.js';
import { type Figures, renderBlock, renderLink, renderSection } from './blocks.js';
import { framed, type Inline } from './frame.js';
import { html, type Markup, NOTHING, trusted } from './markup.js';
import { dataElement } from './pack.js';

/** The browser's part, bundled when rightsize is built (src/page). */
export interface PageAssets {
  readonly script: Inline;
  readonly style: Inline;
}

export interface PageParts {
  readonly assets: PageAssets;
  /** What the script shows of the samples. */
  readonly samples: PageData;
}

export async function htmlReport(document: Document, { assets, samples }: PageParts): Promise<Artifact[]> {
  const specs = Object.fromEntries(document.charts.map(({ name, spec }) => [name, bare(spec)]));
  const body = html`${renderBody(document, await drawAll(document.charts))}
${dataElement('page-data', samples)}
${dataElement('page-charts', specs)}`;
  const { script, style } = assets;
  return [{ path: 'report.html', content: framed({ title: document.title, body, style, script }) }];
}

function renderBody({ question, contents, suites, load, sections, footer }: Document, figures: Figures): Markup {
  const skip = contents.some(({ to }) => to === 'samples')
    ? html`<a class="skip" href="#samples">Skip to the samples</a>`
    : NOTHING;
  return html`
    ${skip}
    <header class="top">
      <p class="brand">rightsize</p>
      <nav aria-label="Sections">
        ${contents.map((link) => html`${renderLink(link)} `)}
      </nav>
    </header>
    <main>
      ${suites.map((suite) => renderSuite(suite, figures))}${load === null ? NOTHING : renderLoad(question, load, figures)}
      ${sections.map((section) => renderSection(section, figures))}
    </main>
    <footer class="bottom">${plain(footer)}</footer>`;
}

function renderSuite(suite: SuitePart, figures: Figures): Markup {
  const { name, heading, scope, description, verdict, screen, sections: parts } = suite;
  return html`
    <section class="suite" id="${name}" aria-labelledby="${name}-title">
      <p class="eyebrow"><strong${description === null ? NOTHING : html` title="${plain(description)}"`}>${plain(heading)}</strong> ${plain(scope)}</p>
      <h1 id="${name}-title" class="verdict ${verdict.kind}">${plain(verdict.sentence)}</h1>
      <p class="key">${plain(verdict.key)}</p>
      ${screen.map((block) => renderBlock(block, figures, 2))}
      ${parts.map((section) => renderSection(section, figures))}
    </section>`;
}

function renderLoad(question: string, { name, heading, scope, alarms, sections }: LoadPart, figures: Figures): Markup {
  return html`
    <section class="suite" id="${name}" aria-labelledby="${name}-title">
      <p class="eyebrow"><strong>${plain(heading)}</strong> ${plain(scope)}</p>
      <h1 id="${name}-title" class="verdict">${plain(question)}</h1>
      ${alarms.map((alarm) => renderBlock(alarm, figures, 2))}
      ${sections.map((section) => renderSection(section, figures))}
    </section>`;
}

/** Draws one chart after another: pictures number their clip paths in the order in which they are drawn. */
async function drawAll(charts: readonly Chart[]): Promise<Figures> {
  const figures = new Map<string, Markup>();
  for (const chart of charts) figures.set(chart.name, await figureOf(chart));
  return figures;
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

/** Clip paths of several pictures in one page must not share an id. */
function uniqueIds(svg: string, name: string): string {
  return svg.replace(
    /(id="|url\(#)(clip|gradient)(\d+)/g,
    (_, before, kind, number) => `${before}${name}-${kind}${number}`,
  );
}
