/** The table of cascades that were tried, and why others were not. */
import type { SuiteRecommendation } from '../../recommend/recommendation.js';
import { CASCADE_COLUMNS, cascadeRows, needlessCascades, untriedReasons } from '../cascades.js';
import { plain } from '../text.js';
import { html, type Markup, NOTHING } from './markup.js';

export function cascadesSection(recommended: SuiteRecommendation): Markup {
  const rows = cascadeRows(recommended);
  const notes = [
    ...needlessCascades(recommended),
    ...untriedReasons(recommended).map((reason) => `Not tried: ${reason}.`),
  ];
  if (rows.length === 0 && notes.length === 0) return NOTHING;
  const table = html`
    <div class="scroll" tabindex="0" role="region" aria-label="Cascades"><table>
      <thead><tr><th scope="col">Task</th><th scope="col">Cascade</th><th scope="col">Verdict</th>
        ${CASCADE_COLUMNS.map(({ title, read }) => html`<th scope="col" class="number" title="${read}">${title}</th>`)}</tr></thead>
      <tbody>${rows.map(
        ({
          task,
          pair,
          verdict,
          numbers,
        }) => html`<tr><th scope="row">${plain(task)}</th><td>${plain(pair)}</td><td>${verdict}</td>
        ${numbers.map((text) => html`<td class="number">${text}</td>`)}</tr>`,
      )}</tbody></table></div>
    <p class="note">Shares passed on, quality and cost are out of fold: judged on samples that did not choose the threshold. AUDC, APGR, CPT
      and AUROC describe the chosen signal on all samples; a dash is where the LLM is no better, so that there is no gap to recover.</p>`;
  return html`
    <h2>Cascades</h2>
    ${rows.length === 0 ? NOTHING : table}
    ${notes.length === 0 ? NOTHING : html`<ul>${notes.map((note) => html`<li>${plain(note)}</li>`)}</ul>`}`;
}
