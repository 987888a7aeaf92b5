/** The first screen's table: a row for each task, and below it the sentence that carries each verdict. */
import type { SuiteAnalysis } from '../../analyse/analysis.js';
import { estimateAt } from '../../analyse/distribution.js';
import { METRICS, type MetricName } from '../../analyse/metrics.js';
import { isMissing, type Missing } from '../../measure/quantity.js';
import type { SuiteRecommendation, TaskRecommendation } from '../../recommend/recommendation.js';
import { ABSENT, formatEstimate, formatPoints, formatRatio, formatScore } from '../format.js';
import { decisiveComparison, differenceOf, inverse } from '../tables.js';
import { plain, shorten } from '../text.js';
import { describeCheck, describeSharing, describeTask, VERDICT_NAMES, whatWouldChange } from '../words.js';
import { html, type Markup, NOTHING } from './markup.js';

export function tasksSection(suite: SuiteAnalysis, recommended: SuiteRecommendation): Markup {
  const { margin, alpha, prefer } = recommended.requirement;
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Verdict by task">
      <table class="tasks">
        <thead>
          <tr><th scope="col">Task</th><th scope="col">Verdict</th><th scope="col">SLM against LLM</th><th scope="col" class="number">Quality, points</th>
          <th scope="col" class="number">Speed</th><th scope="col" class="number">Memory</th><th scope="col" class="number">Cost</th></tr>
        </thead>
        <tbody>${recommended.tasks.map(taskRow)}</tbody>
      </table>
    </div>
    <p class="note">Quality is SLM less LLM, with its interval; the margin is ${formatPoints(margin).replace('+', '')} points, fixed beforehand. Speed, memory and cost
      are factors of the SLM over the LLM. Each kind of verdict is wrong at most ${formatScore(alpha)} of the time, ${describeSharing(recommended)}; of the models that pass, the ${prefer} is taken.</p>
    <h2>Why, and what would change it</h2>
    <dl class="reasons">${recommended.tasks.map(reasonOf)}</dl>
    <details class="cells"><summary>Every model on every task</summary>
      ${suite.tasks.map((task, i) => cellTable(task, recommended.tasks[i]!))}
    </details>`;
}

function taskRow(task: TaskRecommendation): Markup {
  const comparison = decisiveComparison(task);
  const factors = comparison?.factors;
  const pair = comparison === null ? ABSENT : `${plain(comparison.candidate)} / ${plain(comparison.reference)}`;
  return html`<tr><th scope="row">${plain(task.task)}</th><td><span class="badge ${task.verdict.kind}">${VERDICT_NAMES[task.verdict.kind]}</span></td><td class="pair">${pair}</td>
    <td class="number">${comparison === null ? ABSENT : differenceOf(comparison)}</td><td class="number">${ratio(factors && inverse(factors.e2e))}</td>
    <td class="number">${ratio(factors?.memory)}</td><td class="number">${ratio(factors?.cost)}</td></tr>`;
}

function ratio(factor: { readonly value: number } | Missing | undefined): string {
  return factor === undefined || isMissing(factor) ? ABSENT : formatRatio(factor.value);
}

function reasonOf(task: TaskRecommendation): Markup {
  const change = whatWouldChange(task);
  return html`<dt>${plain(task.task)}</dt><dd>${plain(describeTask(task))}
    ${change.length === 0 ? NOTHING : html`<span class="change">What would change it: ${plain(change.join(' '))}</span>`}</dd>`;
}

const COLUMNS = [
  'ttft',
  'itl',
  'e2e',
  'prefillRate',
  'decodeRate',
  'promptTokens',
  'outputTokens',
  'cost',
] as const satisfies readonly MetricName[];

function cellTable({ name, cells }: SuiteAnalysis['tasks'][number], recommended: TaskRecommendation): Markup {
  const columns = COLUMNS.filter((metric) => cells.some((cell) => !isMissing(cell.metrics[metric])));
  const notes = [
    ...recommended.checks.flatMap(({ model, checks }) =>
      checks.map((check) => `${model}: ${check.state === 'met' ? 'meets' : check.state}: ${describeCheck(check)}`),
    ),
    ...cells.flatMap(({ model, failures }) =>
      failures.map(
        ({ by, kind, count, example }) =>
          `${model}: ${count} × ${kind}, ${by === 'model' ? 'scored 0' : 'not scored'}: ${shorten(plain(example), 300)}`,
      ),
    ),
    ...cells.flatMap(({ model, quality }) => (isMissing(quality) ? [`${model}: no quality: ${quality.missing}`] : [])),
    ...cells.flatMap(({ model, aggregates }) =>
      Object.entries(aggregates).map(
        ([metric, quantity]) =>
          `${model}: ${metric} ${isMissing(quantity) ? `not known: ${quantity.missing}` : quantity.value.toPrecision(4)}`,
      ),
    ),
  ];
  return html`<h3>${plain(name)}</h3>
    <div class="scroll" tabindex="0" role="region" aria-label="Models on ${plain(name)}"><table>
      <thead><tr><th scope="col">Model</th><th scope="col" class="number">n</th><th scope="col" class="number">Quality</th>
        ${columns.map((metric) => html`<th scope="col" class="number" title="${METRICS[metric].read}">${METRICS[metric].title}</th>`)}</tr></thead>
      <tbody>${cells.map(
        (
          cell,
        ) => html`<tr><th scope="row">${plain(cell.model)}</th><td class="number">${cell.trials.recorded}</td><td class="number">${formatEstimate(cell.quality, 'score')}</td>
        ${columns.map((metric) => html`<td class="number">${formatEstimate(estimateAt(cell.metrics[metric], 'median'), METRICS[metric].unit)}</td>`)}</tr>`,
      )}</tbody>
    </table></div>
    ${notes.length === 0 ? NOTHING : html`<ul>${notes.map((note) => html`<li>${plain(note)}</li>`)}</ul>`}`;
}
