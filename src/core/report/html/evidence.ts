/** What a sceptic asks for: warnings with their remedies, the machine, versions, seeds, hashes, and how to do it again. */
import type { Analysis } from '../../analyse/analysis.js';
import { METRICS } from '../../analyse/metrics.js';
import { formatBytes } from '../format.js';
import { allWarnings } from '../tables.js';
import { plain } from '../text.js';
import { describeRun } from '../words.js';
import { html, type Markup } from './markup.js';

export function evidenceSection(analysis: Analysis): Markup {
  const warnings = allWarnings(analysis);
  return html`
    <section id="evidence" aria-labelledby="evidence-title">
      <h2 id="evidence-title">Evidence</h2>
      <h3>What to bear in mind</h3>
      ${
        warnings.length === 0
          ? html`<p>Nothing was found that spoils these numbers.</p>`
          : html`<ul class="warnings">${warnings.map(({ what, remedy }) => html`<li>${plain(what)}. <em>${plain(remedy)}.</em></li>`)}</ul>`
      }
      <h3>How it was measured</h3>
      <dl class="facts">${factsOf(analysis).map(([name, value]) => html`<dt>${name}</dt><dd>${plain(value)}</dd>`)}</dl>
      <h3>Again</h3>
      <pre>${plain(analysis.run.command.join(' '))}</pre>
      <p>This page and all files beside it are made from log.jsonl alone: <code>rightsize report ${plain(analysis.run.id)}</code> makes them again, byte for byte.</p>
      <details><summary>What the metrics mean</summary><dl class="metrics">${Object.values(METRICS).map(
        (metric) =>
          html`<dt>${metric.title}</dt><dd>${metric.read} <code>${metric.formula}</code> <small>${metric.source}</small></dd>`,
      )}</dl></details>
    </section>`;
}

function factsOf(analysis: Analysis): [string, string][] {
  const { run, models, suites } = analysis;
  const { environment, settings } = run;
  const engines = Object.entries(environment.engines).map(([name, version]) => `${name} ${version}`);
  return [
    ['Run', run.id],
    ['Started', run.started],
    ['Trials', describeRun(analysis)],
    ...run.resumptions.map(({ started, command }): [string, string] => ['Resumed', `${started}: ${command.join(' ')}`]),
    ['Repetitions', String(settings.repetitions)],
    ['Warm-up requests', String(settings.warmup)],
    ['Seed', String(settings.seed)],
    ['Processor', `${environment.cpu.model}, ${environment.cpu.cores} cores`],
    ['Memory', `${formatBytes(environment.memory.total)}, ${formatBytes(environment.memory.free)} free at the start`],
    ['GPU', 'missing' in environment.gpu ? environment.gpu.missing : environment.gpu.value],
    ['Load at the start', 'missing' in environment.load ? environment.load.missing : environment.load.value.toFixed(2)],
    ['System', environment.os],
    ['Versions', [`rightsize ${environment.rightsize}`, `Node ${environment.node}`, ...engines].join(', ')],
    ...models.flatMap(({ id, facts }): [string, string][] =>
      facts?.weights === undefined
        ? []
        : [[`Weights of ${id}`, `${formatBytes(facts.weights.bytes)}, ${facts.weights.hash}`]],
    ),
    ...suites.flatMap(({ name, tasks }) =>
      tasks.map((task): [string, string] => [`Samples of ${name}/${task.name}`, `${task.samples.length}`]),
    ),
  ];
}
