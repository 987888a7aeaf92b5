/** What a sceptic asks for: warnings with their remedies, the machine, versions, seeds, hashes, and how to do it again. */
import type { Analysis } from '../../analyse/analysis.js';
import type { Environment } from '../../measure/log.js';
import { METRICS } from '../../measure/metrics.js';
import { isMissing } from '../../quantity.js';
import { formatBytes, formatCount, plural } from '../format.js';
import { allWarnings } from '../tables.js';
import { plain, shellCommand } from '../text.js';
import { capital, describeRun } from '../words.js';
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
          : html`<ul class="warnings">${warnings.map(({ what, remedy }) => html`<li><strong>${capital(plain(what))}.</strong> ${capital(plain(remedy))}.</li>`)}</ul>`
      }
      <h3>How it was measured</h3>
      <dl class="facts">${factsOf(analysis).map(([name, value]) => html`<dt>${plain(name)}</dt><dd>${plain(value)}</dd>`)}</dl>
      <h3>Do it again</h3>
      <p>With rightsize ${plain(analysis.run.environment.rightsize)} and files of these hashes, the first command asks the same questions in the same order; the second makes this page and all files beside it from log.jsonl, byte for byte.</p>
      <pre tabindex="0">${commandsOf(analysis.run).map(plain).join('\n')}</pre>
      <details id="metrics"><summary>What the metrics mean</summary>
      <p class="note">The formulas with their reasons, cases at the edge and sources are in <code>docs/metrics.md</code> of the package, under the names in brackets; intervals in <code>docs/statistics.md</code>.</p>
      <dl class="metrics">${Object.entries(METRICS).map(
        ([name, metric]) =>
          html`<dt id="metric-${name}">${metric.title} <small>(${name})</small></dt><dd>${metric.read} <code>${metric.formula}</code> <small>${metric.source}</small></dd>`,
      )}</dl></details>
    </section>`;
}

function commandsOf({ id, command, parts }: Analysis['run']): string[] {
  return parts === undefined
    ? [shellCommand(command), shellCommand(['rightsize', 'report', id])]
    : [...parts.map((part) => shellCommand(part.command)), shellCommand(command)];
}

type Fact = [name: string, value: string];

function factsOf(analysis: Analysis): Fact[] {
  const { run, models, suites } = analysis;
  const { environment, settings } = run;
  return [
    ['Run', run.id],
    ...(run.parts === undefined ? [['Started', run.started] satisfies Fact] : []),
    ['Trials', describeRun(analysis)],
    ...run.resumptions.map(({ started, command }): Fact => ['Resumed', `${started}: ${shellCommand(command)}`]),
    [
      'Settings',
      `seed ${settings.seed}, ${plural(settings.repetitions, 'repetition')}, ${plural(settings.warmup, 'warm-up request')}, ${settings.limit === null ? 'all samples' : `at most ${plural(settings.limit, 'sample')} a task`}`,
    ],
    ...(run.parts === undefined
      ? machineOf(environment)
      : run.parts.flatMap(({ label, started, environment: own }) =>
          ([['Started', started], ...machineOf(own)] satisfies Fact[]).map(
            ([name, value]): Fact => [`${label}: ${name}`, value],
          ),
        )),
    ...models.flatMap(({ id, facts }): Fact[] =>
      facts?.weights === undefined
        ? []
        : [[`Weights of ${id}`, `${formatBytes(facts.weights.bytes)}, ${facts.weights.hash}`]],
    ),
    ...suites.flatMap(({ name, tasks }) =>
      tasks.map(
        ({ name: task, samples, data }): Fact => [
          `Samples of ${name}/${task}`,
          `${formatCount(samples.length)} from ${data.source}, ${data.hash}`,
        ],
      ),
    ),
  ];
}

function machineOf({ cpu, memory, gpu, load, os, rightsize, node, engines }: Environment): Fact[] {
  const versions = Object.entries(engines).map(([name, version]) => `${name} ${version}`);
  const governor = isMissing(cpu.governor)
    ? `clock governor not known: ${cpu.governor.missing}`
    : `clock governor ${cpu.governor.value}`;
  return [
    ['Processor', `${cpu.model}, ${plural(cpu.cores, 'core')}, ${governor}`],
    ['Memory', `${formatBytes(memory.total)}, ${formatBytes(memory.free)} free at the start`],
    ['GPU', 'missing' in gpu ? gpu.missing : gpu.value],
    ['Load at the start', isMissing(load) ? load.missing : load.value.toFixed(2)],
    ['System', os],
    ['Versions', [`rightsize ${rightsize}`, `Node ${node}`, ...versions].join(', ')],
  ];
}
