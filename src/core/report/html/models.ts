/** What is known of each model as a whole, with the reason where something is not. */
import type { Analysis, ModelAnalysis, Spread } from '../../analyse/analysis.js';
import { isMissing, type Missing } from '../../quantity.js';
import { formatBytes, formatParameters, formatSeconds } from '../format.js';
import { plain } from '../text.js';
import { html, type Markup } from './markup.js';

export function modelsSection({ models }: Analysis): Markup {
  return html`
    <section id="models" aria-labelledby="models-title">
      <h2 id="models-title">Models</h2>
      <div class="scroll" tabindex="0" role="region" aria-label="Table of models"><table>
        <thead><tr><th scope="col">Model</th><th scope="col">Class</th><th scope="col" class="number">Parameters</th><th scope="col">Stored as</th><th scope="col">Engine</th>
          <th scope="col">Network</th><th scope="col" class="number">Load</th><th scope="col" class="number">First request</th><th scope="col" class="number">Peak memory</th>
          <th scope="col" class="number">of it anonymous</th><th scope="col" class="number">Added by the model</th><th scope="col" class="number">Weights</th><th scope="col">Licence</th></tr></thead>
        <tbody>${models.map(row)}</tbody>
      </table></div>
      <p class="note">A dash is not known: point at it for the reason. Memory is the largest reading of all sessions.</p>
    </section>`;
}

function row(model: ModelAnalysis): Markup {
  const { entry, facts, memory } = model;
  const parameters = entry.parameters ?? facts?.parameters;
  return html`<tr><th scope="row">${plain(model.id)}</th><td>${model.class ?? 'unknown'}</td>
    ${parameters === undefined ? dash('neither models.json nor the engine says') : number(formatParameters(parameters))}
    <td>${plain(entry.quantisation ?? 'not said')}</td><td>${plain(facts?.engine ?? entry.backend)}</td><td>${facts === null ? 'not opened' : NETWORKS[facts.network]}</td>
    ${seconds(model.metrics.load)}${seconds(model.metrics.firstRequest)}${bytes(memory.peak.resident)}${bytes(memory.peak.anonymous)}${bytes(model.metrics.memoryAdded)}
    ${facts?.weights === undefined ? dash('the engine does not say') : number(formatBytes(facts.weights.bytes))}<td>${plain(entry.licence ?? 'not said')}</td></tr>`;
}

const NETWORKS = { none: 'needs none', loopback: 'this machine only', internet: 'needs the internet' } as const;

function seconds(spread: Spread | Missing): Markup {
  return isMissing(spread) ? dash(spread.missing) : number(formatSeconds(spread.median));
}

function bytes(spread: Spread | Missing): Markup {
  return isMissing(spread) ? dash(spread.missing) : number(formatBytes(spread.max));
}

function number(text: string): Markup {
  return html`<td class="number">${text}</td>`;
}

function dash(reason: string): Markup {
  return html`<td class="number"><abbr title="${plain(reason)}">–</abbr></td>`;
}
