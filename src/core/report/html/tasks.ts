/** The first screen's table: a row for each task, and below it the sentence that carries each verdict. */
import type { SuiteAnalysis } from '../../analyse/analysis.js';
import { estimateAt } from '../../analyse/distribution.js';
import { DISTRIBUTED, isShownIn, METRICS } from '../../measure/metrics.js';
import { isMissing, type Missing } from '../../quantity.js';
import type { Comparison } from '../../recommend/comparison.js';
import type { SuiteRecommendation, TaskRecommendation } from '../../recommend/recommendation.js';
import { ABSENT, formatCount, formatEstimate, formatRatio } from '../format.js';
import { decisiveComparison, differenceOf, inverse } from '../tables.js';
import { plain, shorten } from '../text.js';
import { describeCheck, describeSharing, describeTask, VERDICT_NAMES, whatWouldChange } from '../words.js';
import { html, type Markup, NOTHING } from './markup.js';

export function verdictTable(recommended: SuiteRecommendation): Markup {
  const { margin, alpha, prefer } = recommended.requirement;
  const pairs = new Set(recommended.tasks.flatMap((task) => decisiveComparison(task) ?? []).map(pairOf));
  const [only] = pairs;
  // One pair is named once, and leaves its column to what is said of it.
  const named = pairs.size > 1;
  const limits = [margin * 100, alpha * 100].map((percent) => formatCount(Number(percent.toPrecision(3))));
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Verdict by task">
      <table class="tasks">
        <thead>
          <tr><th scope="col">Task</th><th scope="col">Verdict</th>${named ? html`<th scope="col">SLM against LLM</th>` : NOTHING}<th scope="col" class="number">Quality, points</th><th scope="col" class="number">n</th>
          <th scope="col" class="number">Speed</th><th scope="col" class="number">Memory</th><th scope="col" class="number">Cost</th><th scope="col">What would change it</th></tr>
        </thead>
        <tbody>${recommended.tasks.map((task) => taskRow(task, named))}</tbody>
      </table>
    </div>
    <p class="note">${pairs.size === 1 ? html`Points and factors: <strong>${plain(only!)}</strong>. ` : NOTHING}Quality is SLM less LLM, with its interval; the margin is ${limits[0]!} points, fixed beforehand. Speed, memory and cost
      are factors of the SLM over the LLM. Each kind of verdict is wrong at most ${limits[1]!}% of the time, ${describeSharing(recommended)}; of the models that pass, the ${prefer} is taken.</p>`;
}

export function reasons(suite: SuiteAnalysis, recommended: SuiteRecommendation): Markup {
  return html`
    <h2>Why</h2>
    <dl class="reasons">${recommended.tasks.map((task) => html`<dt>${plain(task.task)}</dt><dd>${plain(describeTask(task))}</dd>`)}</dl>
    <details class="cells"><summary>Every model on every task</summary>
      ${suite.tasks.map((task, i) => cellTable(task, recommended.tasks[i]!))}
    </details>`;
}

function pairOf({ candidate, reference }: Comparison): string {
  return `${candidate} against ${reference}`;
}

/** On a phone a row is a card, whose cells name their columns. */
function taskRow(task: TaskRecommendation, named: boolean): Markup {
  const comparison = decisiveComparison(task);
  const factors = comparison?.factors;
  const { kind } = task.verdict;
  const n = comparison === null || isMissing(comparison.test) ? ABSENT : formatCount(comparison.test.difference.n);
  return html`<tr><th scope="row">${plain(task.task)}</th><td class="verdict-cell"><span class="badge ${kind}">${VERDICT_NAMES[kind]}</span></td>${
    named
      ? html`<td class="pair" data-label="SLM against LLM">${comparison === null ? ABSENT : plain(pairOf(comparison))}</td>`
      : NOTHING
  }
    <td class="number" data-label="Quality, points">${comparison === null ? ABSENT : differenceOf(comparison)}</td><td class="number" data-label="n">${n}</td>
    ${factorCell('Speed', factors && inverse(factors.e2e))}${factorCell('Memory', factors?.memory)}${factorCell('Cost', factors?.cost)}
    <td class="change" data-label="What would change it">${plain(whatWouldChange(task).join(' ')) || ABSENT}</td></tr>`;
}

function factorCell(name: string, factor: { readonly value: number } | Missing | undefined): Markup {
  const missing =
    factor === undefined ? 'an SLM and an LLM are needed for a comparison' : isMissing(factor) ? factor.missing : null;
  const shown = factor === undefined || isMissing(factor) ? ABSENT : formatRatio(factor.value);
  return html`<td class="number" data-label="${name}">${missing === null ? shown : html`<abbr title="${plain(missing)}">${shown}</abbr>`}</td>`;
}

const COLUMNS = DISTRIBUTED.filter((metric) => isShownIn('wide table', metric));

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
        ${columns.map((metric) => html`<th scope="col" class="number"><a class="term" href="#metric-${metric}" title="${METRICS[metric].read}">${METRICS[metric].title}</a></th>`)}</tr></thead>
      <tbody>${cells.map(
        (
          cell,
        ) => html`<tr><th scope="row">${plain(cell.model)}</th><td class="number">${cell.trials.recorded}</td><td class="number">${formatEstimate(cell.quality, 'score')}</td>
        ${columns.map((metric) => html`<td class="number">${formatEstimate(estimateAt(cell.metrics[metric], 'median'), METRICS[metric].unit)}</td>`)}</tr>`,
      )}</tbody>
    </table></div>
    ${notes.length === 0 ? NOTHING : html`<ul>${notes.map((note) => html`<li>${plain(note)}</li>`)}</ul>`}`;
}
