/** What people weigh, the devices each model fits, what a machine of one's own would save, and how far variants agree. */
import type { Analysis, SuiteAnalysis } from '../../analyse/analysis.js';
import type { ModelFit } from '../../capacity/fit.js';
import { isMissing } from '../../quantity.js';
import type { SuiteRecommendation } from '../../recommend/recommendation.js';
import { criteriaOf } from '../criteria.js';
import { formatBytes, formatCount, formatDollars, formatScore } from '../format.js';
import { plain } from '../text.js';
import { cascadesSection } from './cascades.js';
import { html, type Markup, NOTHING } from './markup.js';

export function criteriaSection(analysis: Analysis, suite: SuiteAnalysis, recommended: SuiteRecommendation): Markup {
  return html`
    <section class="criteria">
      <h2>What people weigh</h2>
      ${scrolling(
        'What people weigh',
        html`<table class="wrapping">
        <thead><tr><td></td>${analysis.models.map(({ id }) => html`<th scope="col">${plain(id)}</th>`)}</tr></thead>
        <tbody>${criteriaOf(analysis, suite, recommended).map(
          ({ name, evidence }) =>
            html`<tr><th scope="row">${name}</th>${joined(evidence).map(
              ({ text, span }) =>
                html`<td${span === 1 ? NOTHING : html` colspan="${span}" class="joined"`}>${plain(text)}</td>`,
            )}</tr>`,
        )}</tbody></table>`,
      )}
      ${cascadesSection(recommended)}
      ${recommended.fits.length === 0 ? NOTHING : devices(recommended.fits)}
      ${recommended.breakEvens.length === 0 ? NOTHING : breakEven(recommended)}
      ${suite.parity.length === 0 ? NOTHING : parity(suite)}
    </section>`;
}

/** What is said of neighbours alike is said once. */
function joined(evidence: readonly string[]): { readonly text: string; readonly span: number }[] {
  const cells: { text: string; span: number }[] = [];
  for (const text of evidence) {
    const last = cells.at(-1);
    if (last?.text === text) last.span++;
    else cells.push({ text, span: 1 });
  }
  return cells;
}

function devices(fits: readonly ModelFit[]): Markup {
  const names = fits[0]!.devices.map(({ device }) => device);
  return html`
    <h2>Devices</h2>
    ${scrolling(
      'Devices',
      html`<table>
      <thead><tr><th scope="col">Model</th><th scope="col" class="number">Estimate</th><th scope="col" class="number">Measured</th><th scope="col" class="number">Error</th>
        ${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${fits.map(fitRow)}</tbody></table>`,
    )}
    <p class="note">The estimate is weights, KV cache at the longest request of the suite, and runtime; a device is judged by the larger of estimate and
      measurement, as the share of its usable memory. The rate is what its bandwidth allows at the very most, one request at a time: no measurement of it.</p>`;
}

function fitRow({ model, estimate, measured, error, devices: own }: ModelFit): Markup {
  const reason = isMissing(estimate) ? estimate.missing : estimate.assumed.join('; ');
  return html`<tr><th scope="row">${plain(model)}</th>
    <td class="number">${isMissing(estimate) ? html`<abbr title="${plain(reason)}">–</abbr>` : html`<span title="${plain(reason)}">${formatBytes(estimate.total)}</span>`}</td>
    <td class="number">${isMissing(measured) ? html`<abbr title="${plain(measured.missing)}">–</abbr>` : formatBytes(measured.value)}</td>
    <td class="number">${isMissing(error) ? '–' : formatError(error.value)}</td>
    ${own.map(
      ({
        state,
        share,
        ceiling,
      }) => html`<td class="${state === 'fits' ? 'fits' : 'unfit'}">${state === 'unknown' ? 'not known' : state}${isMissing(share) ? '' : `, ${formatShare(share.value)}`}
      ${isMissing(ceiling) || state !== 'fits' ? NOTHING : html`<br><small>≤ ${formatCount(Math.round(ceiling.value))} tok/s</small>`}</td>`,
    )}</tr>`;
}

function formatError(error: number): string {
  return `${error > 0 ? '+' : ''}${formatScore(error)}`;
}

function formatShare(share: number): string {
  return share < 0.01 ? 'under 1%' : `${formatCount(Math.round(share * 100))}%`;
}

function breakEven({ breakEvens }: SuiteRecommendation): Markup {
  const prices = new Map(breakEvens.map(({ device, price }) => [device, price]));
  return html`
    <h2>When a machine of one's own pays</h2>
    ${scrolling(
      'Break-even',
      html`<table>
      <thead><tr><th scope="col">Model</th><th scope="col">On</th><th scope="col">Instead of</th><th scope="col" class="number">From</th></tr></thead>
      <tbody>${breakEvens.map(
        ({
          model,
          device,
          instead,
          requests,
          price,
          feasible,
        }) => html`<tr><th scope="row">${plain(model)}</th><td>${device}</td><td>${plain(instead)}</td>
        <td class="number">${formatCount(Math.ceil(requests))} requests ${price.per === 'hour' ? 'an hour' : 'in all'}${feasible === false ? ', more than it can answer one at a time' : ''}</td></tr>`,
      )}</tbody></table>`,
    )}
    <p class="note">Without energy, people and idle hours. Prices: ${[...prices]
      .map(
        ([name, { dollars, per, source, date }]) =>
          `${name} ${formatDollars(dollars)}${per === 'hour' ? ' an hour' : ''} (${source}, ${date})`,
      )
      .join('; ')}.</p>`;
}

function parity({ parity: rows }: SuiteAnalysis): Markup {
  return html`
    <h2>Do variants of one model agree?</h2>
    ${scrolling(
      'Agreement of variants',
      html`<table>
      <thead><tr><th scope="col">Variants</th><th scope="col" class="number">Samples</th><th scope="col" class="number">Same answer</th><th scope="col" class="number">Same score</th></tr></thead>
      <tbody>${rows.map(
        ({
          first,
          second,
          n,
          sameOutput,
          sameScore,
        }) => html`<tr><th scope="row">${plain(first)} and ${plain(second)}</th><td class="number">${formatCount(n)}</td>
        <td class="number">${formatScore(sameOutput / n)}</td><td class="number">${formatScore(sameScore / n)}</td></tr>`,
      )}</tbody></table>`,
    )}`;
}

function scrolling(label: string, table: Markup): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${table}</div>`;
}
