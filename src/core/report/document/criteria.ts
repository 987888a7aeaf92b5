/**
 * What people weigh when they choose a model, each criterion with its evidence from this run or the reason why it was not
 * measured. Claims of a model's maker have no place here.
 */
import type { Analysis, ModelAnalysis, Overall, SuiteAnalysis, TaskAnalysis } from '../../analyse/analysis.js';
import { estimateAt } from '../../analyse/distribution.js';
import { notOurs } from '../../analyse/ownership.js';
import type { MachineCost } from '../../capacity/machine-cost.js';
import type { Metric } from '../../measure/metric.js';
import { METRICS } from '../../measure/metrics.js';
import { isMissing, type Missing, missing } from '../../quantity.js';
import type { SuiteRecommendation } from '../../recommend/recommendation.js';
import { judgesSafety } from '../../score/safety.js';
import { shownQuality } from '../deciding.js';
import { devicesOf } from '../devices-of.js';
import { estimateCell, missingCell, type Section, type Table, type TableCell, textCell } from '../document.js';
import { formatBytes, formatCell, formatCount, formatDollars, list } from '../format.js';
import { metricCell, shownIn } from './shown.js';
import { reasonsOfMatrix, withoutEmptyRows } from './tables.js';

interface Subject {
  readonly analysis: Analysis;
  readonly model: ModelAnalysis;
  readonly overall: Overall;
  readonly suite: SuiteAnalysis;
  readonly recommended: SuiteRecommendation;
}

interface Criterion {
  readonly name: string;
  readonly evidence: (subject: Subject) => TableCell;
}

const CRITERIA: readonly Criterion[] = [
  ...shownIn('criteria')
    .filter((metric) => metric !== 'cost')
    .map(
      (metric): Criterion => ({
        name: titleOf(METRICS[metric]),
        evidence: ({ overall, model }) => metricCell(metric, overall, model),
      }),
    ),
  { name: 'Smallest device it fits', evidence: smallestDevice },
  { name: 'Offline and privacy', evidence: networkOf },
  { name: METRICS.cost.title, evidence: thousandRequestsOf },
  { name: 'Cost of a million output tokens', evidence: millionTokensOf },
  { name: 'Energy', evidence: energyOf },
  { name: 'Fine-tuning', evidence: adaptationOf },
  { name: 'Safety and bias', evidence: safetyOf },
  { name: 'Licence', evidence: ({ model }) => textCell(model.entry.licence ?? 'models.json does not say') },
];

/** The level of a distribution is a part of the title. */
function titleOf({ title, summary }: Metric): string {
  return summary.kind === 'distribution' ? `${title} (${summary.level})` : title;
}

/** More columns than this are read by nobody: the table of a run with many models is folded. */
const MOST_COLUMNS = 12;

export function criteriaSection(
  analysis: Analysis,
  suite: SuiteAnalysis,
  recommended: SuiteRecommendation,
  name: string,
): Section {
  const table = criteriaTable(analysis, suite, recommended);
  return {
    kind: 'section',
    name,
    heading: 'Side by side',
    ...(analysis.models.length > MOST_COLUMNS && { folded: true }),
    body: [withoutEmptyRows(table), ...reasonsOfMatrix(table)],
  };
}

/** Rows are criteria, columns are models in the order of the run. */
export function criteriaTable(analysis: Analysis, suite: SuiteAnalysis, recommended: SuiteRecommendation): Table {
  const subjects = analysis.models.map((model, i) => ({
    analysis,
    model,
    overall: suite.overall[i]!,
    suite,
    recommended,
  }));
  return {
    kind: 'table',
    name: 'criteria',
    label: 'Models side by side',
    columns: [
      { title: '', holds: 'names' },
      ...subjects.map(({ model }) => ({ title: model.id, holds: 'sentences' as const })),
    ],
    rows: CRITERIA.map(({ name, evidence }) => [textCell(name), ...subjects.map(evidence)]),
    shape: 'matrix',
  };
}

/** The table of devices goes from small to large. */
function smallestDevice({ analysis, model, recommended }: Subject): TableCell {
  const found = devicesOf(analysis, recommended).models.find((candidate) => candidate.model === model.id);
  if (found === undefined) return missingCell('the server is not ours');
  const first = found.devices.find(({ state }) => state === 'fits');
  if (first !== undefined) return textCell(first.device);
  const open = found.devices.find(({ state }) => state === 'may fit');
  if (open !== undefined) return textCell(`${open.device}, perhaps`);
  const isUnknown = found.devices.every(({ state }) => state === 'unknown');
  return isUnknown
    ? missingCell('its memory was neither estimated nor measured')
    : textCell('none of the listed devices');
}

const NETWORKS = {
  none: 'runs without a network: weights and prompts stay in one process',
  loopback: 'a server on this machine, started by rightsize: prompts do not leave it',
  internet: 'needs the internet: prompts leave this machine',
} as const;

/** A server on this machine may be a gateway, which sends prompts on to another machine. */
function networkOf({ model: { facts, entry } }: Subject): TableCell {
  if (facts === null) return missingCell('the model was never opened');
  const foreign = notOurs(facts, entry);
  if (foreign === null || facts.network === 'internet') return textCell(NETWORKS[facts.network]);
  return missingCell(`${foreign.missing}, and where it sends prompts is not known`);
}

function machineCostOf({ model, recommended: { machineCosts } }: Subject): MachineCost | Missing {
  if (isMissing(machineCosts)) return machineCosts;
  return (
    machineCosts.find((cost) => cost.model === model.id) ?? missing('it was not timed on a machine with a known price')
  );
}

function thousandRequestsOf(subject: Subject): TableCell {
  const { model, overall } = subject;
  if (model.entry.price !== undefined) return estimateCell(estimateAt(overall.metrics.cost, 'mean'), METRICS.cost.unit);
  const cost = machineCostOf(subject);
  return isMissing(cost)
    ? missingCell(cost.missing)
    : textCell(`${formatDollars(cost.thousandRequests)} on ${cost.device}, one request at a time`);
}

function millionTokensOf(subject: Subject): TableCell {
  const { price } = subject.model.entry;
  if (price !== undefined) return textCell(`${formatDollars(price.output)} (${price.source}, ${price.date})`);
  const cost = machineCostOf(subject);
  if (isMissing(cost)) return missingCell(cost.missing);
  return isMissing(cost.millionTokens)
    ? missingCell(cost.millionTokens.missing)
    : textCell(`${formatDollars(cost.millionTokens.value)} on ${cost.device} at the measured rate`);
}

/** Rated power times measured time: no meter was read. */
function energyOf(subject: Subject): TableCell {
  const cost = machineCostOf(subject);
  const energy = isMissing(cost) ? cost : cost.energy;
  if (isMissing(energy)) return missingCell(energy.missing);
  const { date, source } = subject.recommended.electricity;
  const dollars = energy.dollars > 0 ? `, ${formatDollars(energy.dollars)} (${source}, ${date})` : '';
  return textCell(
    `${formatCount(energy.kilowattHours)} kWh for a thousand requests at the rated ${formatCount(energy.watts)} W${dollars}`,
  );
}

function adaptationOf({ model: { entry, facts } }: Subject): TableCell {
  const adapters = 'lora' in entry ? entry.lora.length : 0;
  if (adapters === 0) return textCell('none');
  const size = facts?.adapterBytes === undefined ? '' : ` of ${formatBytes(facts.adapterBytes)}`;
  return textCell(`${adapters === 1 ? 'a LoRA adapter' : `${adapters} LoRA adapters`}${size}`);
}

/** Each task that judges safety, with its comparison to the LLM. */
function safetyOf({ model, suite, recommended }: Subject): TableCell {
  const judged = suite.tasks.filter(judgesSafety);
  if (judged.length === 0) return missingCell('no task of the suite measures it');
  return textCell(list(judged.map((task) => safetyOn(task, model.id, recommended))));
}

function safetyOn(task: TaskAnalysis, model: string, recommended: SuiteRecommendation): string {
  const { checks, comparisons } = recommended.tasks.find((verdict) => verdict.task === task.name)!;
  const quality = shownQuality(
    task.cells.find((cell) => cell.model === model)!.quality,
    checks.find((one) => one.model === model)?.checks ?? [],
  );
  const comparison = comparisons.find(({ candidate }) => candidate === model);
  const shown = isMissing(quality) ? 'not measured' : formatCell(estimateCell(quality, METRICS.quality.unit));
  return `${task.name} ${shown}${comparison?.decision ? ` (${AGAINST[comparison.decision]} ${comparison.reference})` : ''}`;
}

const AGAINST = {
  'non-inferior': 'not worse than',
  inferior: 'worse than',
  inconclusive: 'inconclusive against',
} as const;
