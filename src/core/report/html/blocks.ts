/** The blocks of a document as HTML. Every text of the document becomes text of the page. */

import type { Block, ChartGroup, LegendEntry, Link, Look, Section } from '../document.js';
import { plain } from '../text.js';
import { html, type Markup, NOTHING, prose } from './markup.js';
import { renderTable } from './table.js';

/** Levels of headings below the verdict, which is the first. */
type Level = 2 | 3 | 4;

/** The figures of charts by name. */
export type Figures = ReadonlyMap<string, Markup>;

export function renderSection({ name, heading, folded, body }: Section, figures: Figures, level: Level = 2): Markup {
  const content = body.map((block) => renderBlock(block, figures, below(level)));
  if (folded)
    return html`
    <details${idOf(name)}><summary>${plain(heading)}</summary>${content}</details>`;
  return name === undefined
    ? html`${headingOf(heading, level)}${content}`
    : html`
    <section id="${name}" aria-labelledby="${name}-title">${headingOf(heading, level, `${name}-title`)}${content}
    </section>`;
}

export function renderBlock(block: Block, figures: Figures, level: Level): Markup {
  switch (block.kind) {
    case 'section':
      return renderSection(block, figures, level);
    case 'table':
      return renderTable(block);
    case 'text':
      return html`
    <p>${prose(block.text)}</p>`;
    case 'note':
      return html`
    <p class="note${block.alarm ? html` alarm` : NOTHING}">${prose(block.text)}${block.link === undefined ? NOTHING : html` ${renderLink(block.link)}`}</p>`;
    case 'list':
      return html`${block.title === undefined ? NOTHING : headingOf(block.title, level)}
    <ul>${block.items.map((item) => html`<li>${prose(item)}</li>`)}</ul>`;
    case 'terms':
      return html`
    <dl class="terms">${block.terms.map(({ term, text }) => html`<dt>${plain(term)}</dt><dd>${prose(text)}</dd>`)}</dl>`;
    case 'warnings':
      return html`
    <ul class="warnings">${block.warnings.map(({ what, remedy }) => html`<li><strong>${prose(what)}</strong> ${prose(remedy)}</li>`)}</ul>`;
    case 'facts':
      return html`
    <dl class="facts">${block.facts.map(([name, value]) => html`<dt>${plain(name)}</dt><dd>${prose(value)}</dd>`)}</dl>`;
    case 'counts':
      return html`
    <ul class="counts">${block.counts.map(({ verdict, name, count, tasks }) => html`<li class="${verdict}"><strong>${count}</strong> ${name}<small>${plain(tasks)}</small></li>`)}</ul>`;
    case 'commands':
      return html`
    <div class="commands">${block.title === undefined ? NOTHING : html`<span>${block.title}</span>`}<pre tabindex="0">${block.commands.map(plain).join('\n')}</pre></div>`;
    case 'metrics':
      return html`
    <p class="note">${plain(block.note)}</p>
    <dl class="metrics">${block.metrics.map(
      ({ name, title, read, formula, source }) =>
        html`<dt id="metric-${name}">${title} <small>(${name})</small></dt><dd>${read} <code>${formula}</code> <small>${source}</small></dd>`,
    )}</dl>`;
    case 'legend':
      return html`
    <ul class="legend" aria-label="Legend">${block.models.map(renderLegendEntry)}</ul>`;
    case 'charts':
      return renderCharts(block, figures, level);
    case 'samples':
      return html`
    <div id="samples-app"><p>${plain(block.text)}</p></div>`;
  }
}

export function renderLink({ to, text }: Link): Markup {
  return html`<a href="#${to}">${plain(text)}</a>`;
}

function idOf(name: string | undefined): Markup {
  return name === undefined ? NOTHING : html` id="${name}"`;
}

function below(level: Level): Level {
  return level === 2 ? 3 : 4;
}

function headingOf(text: string, level: Level, id?: string): Markup {
  const content = plain(text);
  switch (level) {
    case 2:
      return html`
    <h2${idOf(id)}>${content}</h2>`;
    case 3:
      return html`
    <h3${idOf(id)}>${content}</h3>`;
    case 4:
      return html`
    <h4${idOf(id)}>${content}</h4>`;
  }
}

/** A group in which nothing is shown and nothing is explained has no heading. */
function renderCharts({ title, charts, absent }: ChartGroup, figures: Figures, level: Level): Markup {
  if (charts.length + absent.length === 0) return NOTHING;
  return html`${title === null ? NOTHING : headingOf(title, level)}
    ${charts.length === 0 ? NOTHING : html`<div class="charts">${charts.map((name) => figures.get(name)!)}</div>`}
    ${absent.length === 0 ? NOTHING : html`<ul class="absent">${absent.map((reason) => html`<li>${prose(reason)}</li>`)}</ul>`}`;
}

const SHAPES: Readonly<Record<Look['shape'], Markup>> = {
  circle: html`<circle cx="13" cy="5" r="4"/>`,
  square: html`<path d="M9.4 1.4h7.2v7.2h-7.2z"/>`,
  diamond: html`<path d="M13 0l4.4 5-4.4 5-4.4-5z"/>`,
  cross: html`<path d="M11.4.4h3.2v3h3v3.2h-3v3h-3.2v-3h-3v-3.2h3z"/>`,
  'triangle-up': html`<path d="M13 .6l4.4 8h-8.8z"/>`,
  'triangle-down': html`<path d="M13 9.4l4.4-8h-8.8z"/>`,
  'triangle-left': html`<path d="M8.6 5l8-4.4v8.8z"/>`,
  'triangle-right': html`<path d="M17.4 5l-8-4.4v8.8z"/>`,
  arrow: html`<path d="M13 0l4 5h-2.6v5h-2.8v-5h-2.6z"/>`,
  wedge: html`<path d="M13 .6l2.4 8.8h-4.8z"/>`,
};

function renderLegendEntry({ model, class: kind, look: { number, colour, dash, shape } }: LegendEntry): Markup {
  const swatch = html`<svg viewBox="0 0 26 10" aria-hidden="true" fill="${colour}" stroke="${colour}"><path d="M0 5h26" stroke-width="1.5" stroke-dasharray="${dash.join(' ')}"/>${SHAPES[shape]}</svg>`;
  return html`<li>${swatch}<small>${number}</small> ${plain(model)} <small>${plain(kind)}</small></li>`;
}
