/** What a load test found, for people: a sentence for each model, a row for each step, and what spoilt a step. */
import type { Condition, ThinkTime } from '../definition/condition.js';
import type { LoadRange } from '../load/capacity.js';
import type { LoadTest, TestedModel, TestedStep } from '../load/load-test.js';
import { LOAD_METRICS, type LoadMetric, type Objective } from '../load/objective.js';
import { loadOf, type SearchRule } from '../load/search-rule.js';
import type { Percentiles, WindowFigures } from '../load/step.js';
import { VALIDITY } from '../load/validity.js';
import { isMissing, type Missing } from '../quantity.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { ABSENT, formatCount, formatEstimate, formatScore, formatSeconds, formatUnit } from './format.js';

export interface LoadReport {
  readonly model: string;
  readonly sentences: readonly string[];
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What is missing in the table and why, and what to do about it. */
  readonly notes: readonly string[];
}

export function loadReports(test: LoadTest): readonly LoadReport[] {
  return test.models.map((tested) => ({
    model: tested.model,
    sentences: sentencesOf(tested, test),
    head: ['load', 'requests', 'state', 'in time', ...METRICS.map(([, title]) => title), 'in time/s', 'tok/s', 'right'],
    rows: tested.steps.map(rowOf),
    notes: [...new Set(tested.steps.flatMap(notesOf))],
  }));
}

const METRICS: readonly (readonly [LoadMetric, string])[] = [
  ['ttft', 'TTFT p95'],
  ['tpot', 'TPOT p95'],
  ['e2e', 'e2e p95'],
];

function sentencesOf({ model, capacity, steps }: TestedModel, { rule, objectives }: LoadTest): string[] {
  if (rule === null || capacity === null) return [];
  const { load, binding } = capacity;
  const within = objectives.map(objectiveWords).join(' and ');
  if (load === null)
    return [`It is not known how much load ${model} holds with ${within}: no step was valid and settled.`];
  const range = rangeWords(load, rule);
  const bound = binding === null ? '' : ` ${reasonWords(objectives[binding]!, load, rule)}`;
  return [`On this machine ${model} holds ${range}, with ${within}.${bound}`, ...rightWords(load, { rule, steps })];
}

/** `14 users who think 10 s between requests (90% interval 13 to 15)` */
function rangeWords({ value, low, high }: LoadRange, rule: SearchRule): string {
  const unit = unitWords(rule);
  const shown = (load: number) => loadText(load, rule);
  if (high === null) return `at least ${shown(low)} ${unit}; no load that was tried was shown to be too much`;
  const confidence = formatCount(Math.round(100 * (1 - 2 * rule.alpha)));
  return `${shown(value)} ${unit} (${confidence}% interval ${shown(low)} to ${shown(high)})`;
}

function unitWords({ find }: SearchRule): string {
  switch (find.kind) {
    case 'users':
      return `users who think ${thinkWords(find.think)} between requests`;
    case 'concurrency':
      return 'requests under way at once';
    case 'rate':
      return 'requests per second';
  }
}

function thinkWords(think: ThinkTime): string {
  switch (think.kind) {
    case 'constant':
      return formatSeconds(think.seconds);
    case 'exp':
    case 'lognormal':
      return `${formatSeconds(think.mean)} on average`;
  }
}

/** Whole users are the whole part of a load. */
function loadText(load: number, { find }: SearchRule): string {
  return find.kind === 'rate' ? String(Number(load.toPrecision(3))) : formatCount(Math.floor(load));
}

function reasonWords(objective: Objective, load: LoadRange, rule: SearchRule): string {
  const { short } = LOAD_METRICS[objective.metric];
  if (rule.find.kind === 'rate') return `Above that, ${short} is the first to fail.`;
  return `At ${formatCount(Math.floor(load.value) + 1)}, ${short} is the first to fail.`;
}

/** `ttft p95 within 500 ms` */
function objectiveWords({ metric, level, bound }: Objective): string {
  const { short, unit, better } = LOAD_METRICS[metric];
  const amount = formatUnit(bound, unit);
  return better === 'lower' ? `${short} ${level} within ${amount}` : `${short} ${level} of at least ${amount}`;
}

/** The answers given at the greatest load that holds, or the nearest below it. */
function rightWords(
  load: LoadRange,
  { rule, steps }: { readonly rule: SearchRule; readonly steps: readonly TestedStep[] },
): string[] {
  const within = steps
    .filter(({ result }) => loadOf(result.condition) <= load.value)
    .sort((a, b) => loadOf(b.result.condition) - loadOf(a.result.condition));
  for (const { result } of within) {
    if (isMissing(result.window) || isMissing(result.window.right.quality)) continue;
    const { quality } = result.window.right;
    return [
      `Of the answers at ${loadText(loadOf(result.condition), rule)}, ${formatScore(quality.value)} [${formatScore(quality.low)}, ${formatScore(quality.high)}] are right.`,
    ];
  }
  return [];
}

function rowOf({ record, result }: TestedStep): readonly string[] {
  const { window, counts } = result;
  const rest = isMissing(window)
    ? ['too short', ...Array.from({ length: METRICS.length + 4 }, () => ABSENT)]
    : [
        stateOf(result.saturation, window),
        estimateText(window.attainment, 'score'),
        ...METRICS.map(([metric]) => percentileText(window.metrics[metric])),
        estimateText(window.goodput, 'count'),
        isMissing(window.throughput) ? ABSENT : formatCount(window.throughput.value),
        estimateText(window.right.quality, 'score'),
      ];
  return [loadWords(result.condition, record.condition), String(counts.due), ...rest];
}

function loadWords(condition: Condition, text: string): string {
  return condition.kind === 'users' ? `users ${condition.users}` : text;
}

function stateOf(saturation: TestedStep['result']['saturation'], { validity, settled }: WindowFigures): string {
  if (!validity.valid) return 'invalid';
  return settled.state === 'steady' ? saturation : settled.state;
}

function percentileText(percentiles: Percentiles | Missing): string {
  return isMissing(percentiles) ? ABSENT : estimateText(percentiles.p95, 'seconds');
}

function estimateText(estimate: Estimate | Missing, unit: 'score' | 'seconds' | 'count'): string {
  return isMissing(estimate) ? ABSENT : formatEstimate(estimate, unit);
}

function notesOf({ record, result }: TestedStep): string[] {
  const { window } = result;
  if (isMissing(window)) return [`${record.condition}: ${window.missing}`];
  const { validity, settled, metrics } = window;
  if (!validity.valid) {
    return validity.checks
      .filter(({ state }) => state === 'broken' || state === 'unknown')
      .map(({ check, reading, threshold }) => {
        const { title, unit, remedy, better } = VALIDITY[check];
        const shown = (value: number) => formatUnit(value, unit);
        const found = isMissing(reading) ? `unknown (${reading.missing})` : shown(reading.value);
        const rule = `${better === 'lower' ? 'at most' : 'at least'} ${shown(threshold)}`;
        return `${record.condition}: invalid, because ${title} was ${found}, and ${rule} is needed: ${remedy}`;
      });
  }
  if (settled.state !== 'steady') return [`${record.condition}: ${settled.state}: ${settled.reason}`];
  return METRICS.flatMap(([metric, title]) => {
    const found = metrics[metric];
    const p95 = isMissing(found) ? found : found.p95;
    return isMissing(p95) ? [`${record.condition}: no ${title}: ${p95.missing}`] : [];
  });
}
