/** The answer of `rightsize capacity` as data: tables for the terminal, and a page with charts. */

import type { RunInfo } from '../../analyse/analysis.js';
import { BUFFERS, RESERVES } from '../../capacity/memory-interval.js';
import type {
  CapacityReport,
  DeviceLoad,
  DevicePrediction,
  LoadWanted,
  RunCapacity,
} from '../../capacity/plan/answer.js';
import type { Figure } from '../../capacity/plan/draws.js';
import type { LoadPlan } from '../../capacity/plan/load-plan.js';
import type { Money } from '../../capacity/plan/money.js';
import type { PredictedMemory } from '../../capacity/predict.js';
import type { Objective } from '../../load/objective.js';
import { isMissing, type Missing } from '../../quantity.js';
import {
  basisWords,
  bindingWords,
  groundsWords,
  loadUnit,
  objectivesWords,
  placeWords,
  planSentence,
  requestsWords,
  shareOfGreatest,
} from '../capacity-words.js';
import { capacityCharts } from '../charts/capacity.js';
import { folderOfRun } from '../commands.js';
import {
  type Block,
  type CellUnit,
  type Chart,
  type Document,
  estimateCell,
  type Link,
  missingCell,
  quantityCell,
  type Section,
  type Table,
  type TableCell,
  textCell,
} from '../document.js';
import { formatBytes, formatCount, formatDollars, formatScore, list, NO_BOUND, plural } from '../format.js';
import { shellCommand } from '../text.js';
import { type Filled, listOf, reasonsList, tableOf, withoutEmptyColumns } from './tables.js';

const ONE_STREAM: readonly Filled<DevicePrediction>[] = [
  { title: 'Model, device', holds: 'names', cell: (one) => textCell(placeWords(one)) },
  { title: 'Engine', holds: 'words', cell: ({ engine }) => textCell(engine) },
  { title: 'Memory', holds: 'words', cell: inMemory },
  { title: 'First token', holds: 'numbers', cell: ({ ttft }) => estimateCell(ttft, 'seconds') },
  { title: 'Tokens/s', holds: 'numbers', cell: ({ decodeRate }) => estimateCell(decodeRate, 'count') },
  { title: 'Whole answer', holds: 'numbers', cell: ({ e2e }) => estimateCell(e2e, 'seconds') },
  { title: 'Basis', holds: 'sentences', cell: (one) => textCell(basisWords(one)) },
];

function inMemory({ memory }: Pick<DeviceLoad, 'memory'>): TableCell {
  if (isMissing(memory)) return missingCell(memory.missing);
  const { needed, interval, usable, verdict } = memory;
  const ends = isMissing(interval) ? '' : ` [${formatBytes(interval.low)}, ${formatBytes(interval.high)}]`;
  const used = `${formatBytes(needed)}${ends} of ${formatBytes(usable)}`;
  return textCell(verdict === 'fits' ? used : `${used}: ${verdict}`);
}

interface Loaded {
  readonly prediction: DevicePrediction;
  readonly load: DeviceLoad;
}

const ofPlan =
  <T>(pick: (plan: LoadPlan) => T | Missing, show: (value: T) => TableCell) =>
  ({ load: { plan } }: Loaded): TableCell => {
    const found = isMissing(plan) ? plan : pick(plan);
    return isMissingValue(found) ? missingCell(found.missing) : show(found);
  };

function isMissingValue<T>(value: T | Missing): value is Missing {
  return typeof value === 'object' && value !== null && 'missing' in value;
}

const asFigure =
  (unit: CellUnit) =>
  (figure: Figure): TableCell =>
    estimateCell(figure, unit);

/** The note of a table that has an interval without an upper end. */
function openEnds({ rows }: Table): string {
  const isOpen = rows.some((row) =>
    row.some((cell) => cell.kind === 'estimate' && cell.high === Number.POSITIVE_INFINITY),
  );
  return isOpen
    ? ` An interval with ${NO_BOUND} is open above: in more than a twentieth of the simulations the queue grows without end, or one device holds no load at all.`
    : '';
}

/** Wider than this, an interval says little more than an order of magnitude. */
const WIDE = 10;

/** The note of a table in which a figure that was not measured on the device is not known to a factor of ten. */
function wideIntervals({ rows }: Table, isMeasured: readonly boolean[]): string {
  const isWide = rows.some(
    (row, i) => !isMeasured[i] && row.some((cell) => cell.kind === 'estimate' && cell.high > WIDE * cell.low),
  );
  return isWide
    ? ' An interval that spans more than a factor of ten becomes narrower by a measurement: two minutes of `rightsize load -c 1,2,4` on the device, then `rightsize capacity` of that test.'
    : '';
}

function underLoad(objectives: readonly Objective[], wanted: LoadWanted): readonly Filled<Loaded>[] {
  const served = (pick: (served: Exclude<LoadPlan['served'], Missing>) => Figure, unit: CellUnit) =>
    ofPlan(({ served: found }) => (isMissing(found) ? found : heldOnly(found, pick)), asFigure(unit));
  return [
    { title: 'Model, device', holds: 'names', cell: ({ prediction }) => textCell(placeWords(prediction)) },
    { title: 'Memory', holds: 'words', cell: ({ load }) => inMemory(load) },
    {
      title: 'Slots',
      holds: 'numbers',
      cell: ofPlan(
        ({ slots }) => slots,
        (slots) => textCell(formatCount(slots)),
      ),
    },
    {
      title: `One device: ${loadUnit(wanted)}`,
      holds: 'numbers',
      cell: ofPlan(({ greatest }) => greatest, asFigure('count')),
    },
    {
      title: 'Missed first',
      holds: 'words',
      cell: ofPlan(
        ({ binding }) => binding,
        (binding) => textCell(bindingWords(binding, objectives)),
      ),
    },
    { title: 'Devices', holds: 'numbers', cell: ofPlan(({ devices }) => devices, asFigure('count')) },
    { title: 'TTFT p95', holds: 'numbers', cell: served(({ ttft }) => ttft.p95, 'seconds') },
    { title: 'TPOT p95', holds: 'numbers', cell: served(({ tpot }) => tpot.p95, 'seconds') },
    { title: 'E2E p95', holds: 'numbers', cell: served(({ e2e }) => e2e.p95, 'seconds') },
    { title: 'Tokens/s of all', holds: 'numbers', cell: served(({ tokens }) => tokens, 'count') },
    {
      title: 'At work',
      holds: 'numbers',
      cell: served(({ busy }) => busy, 'score'),
    },
    {
      title: 'Of its greatest load',
      holds: 'numbers',
      cell: ofPlan(shareOfGreatest, asFigure('score')),
    },
    {
      title: 'Basis',
      holds: 'sentences',
      cell: ({ load: { grounds } }) =>
        isMissingValue(grounds) ? missingCell(grounds.missing) : textCell(groundsWords(grounds)),
    },
  ];
}

function heldOnly(
  served: Exclude<LoadPlan['served'], Missing>,
  pick: (served: Exclude<LoadPlan['served'], Missing>) => Figure,
): Figure | Missing {
  return served.overloaded ? { missing: 'one device does not hold this demand' } : pick(served);
}

const ofMoney =
  (pick: (money: Money) => Figure | Missing) =>
  ({ load: { money } }: Loaded): TableCell => {
    const found = isMissing(money) ? money : pick(money);
    return isMissing(found) ? missingCell(found.missing) : asFigure('dollars')(found);
  };

const COST: readonly Filled<Loaded>[] = [
  { title: 'Model, device', holds: 'names', cell: ({ prediction }) => textCell(placeWords(prediction)) },
  { title: 'A month', holds: 'numbers', cell: ofMoney(({ month }) => month) },
  {
    title: 'Its energy',
    read: 'The part of the month that is paid for energy.',
    holds: 'numbers',
    cell: ofMoney(({ energy }) => energy),
  },
  { title: 'Million output tokens', holds: 'numbers', cell: ofMoney(({ millionTokens }) => millionTokens) },
  { title: 'Thousand right answers', holds: 'numbers', cell: ofMoney(({ thousandRight }) => thousandRight) },
  {
    title: 'Cheaper than the API',
    holds: 'words',
    cell: ({ load: { money } }) => {
      const found = isMissing(money) ? money : money.breakEven;
      return isMissing(found) ? missingCell(found.missing) : textCell(breakEvenWords(found));
    },
  },
];

function breakEvenWords({ rate, feasible }: Exclude<Money['breakEven'], Missing>): string {
  const from = `from ${formatCount(rate)} requests/s`;
  if (isMissingValue(feasible)) return from;
  switch (feasible) {
    case 'yes':
      return `${from}, which one device serves`;
    case 'no':
      return `${from}, which is more than one device serves`;
    case 'open':
      return `${from}; it is open whether one device serves that rate`;
  }
}

/** Tables and sentences, without charts. */
export function capacityBlocks(report: CapacityReport): readonly Block[] {
  return [...streamBlocks(report), ...memoryBlocks(report), ...loadBlocks(report), ...costBlocks(report)];
}

function streamBlocks({ predictions }: CapacityReport): readonly Block[] {
  const table = tableOf(
    { name: 'one-stream', label: 'One stream of requests on each device' },
    ONE_STREAM,
    predictions,
  );
  return [
    withoutEmptyColumns(table),
    {
      kind: 'note',
      text: `Times and rates are of one stream, with 90% intervals, for ${lengthsWords(predictions)}. Memory is weights, cache, buffers and what the engine reserves.${memoryBasis(predictions)}${togetherWords(predictions)}${inPlaceWords(predictions)}${wideIntervals(table, predictions.map(isMeasuredStream))}`,
    },
    ...reasonsList(table),
  ];
}

function isMeasuredStream({ tpot }: DevicePrediction): boolean {
  return !isMissing(tpot) && tpot.basis === 'measured';
}

function isMeasuredLoad({ load: { grounds } }: Loaded): boolean {
  return !isMissingValue(grounds) && grounds.some(({ kind }) => kind === 'measured');
}

function togetherWords(predictions: readonly DevicePrediction[]): string {
  const sentences = predictions.flatMap(({ device, together }) =>
    together === undefined
      ? []
      : ` ${device}: ${formatCount(together)} devices that share each layer of the model (tensor parallel). They count as one device here, with the memory, the price and the power of all.`,
  );
  return [...new Set(sentences)].join('');
}

function inPlaceWords(predictions: readonly DevicePrediction[]): string {
  const named = predictions.flatMap(({ model, inPlaceOf }) => (inPlaceOf === undefined ? [] : [{ model, inPlaceOf }]));
  const sentences = named.map(
    ({ model, inPlaceOf }) =>
      ` ${model}: lengths and quality are those that the run measured of ${inPlaceOf}; memory and times are predicted for the weights that you named.`,
  );
  return [...new Set(sentences)].join('');
}

interface InMemory {
  readonly prediction: DevicePrediction;
  readonly memory: PredictedMemory;
}

const ofMemory =
  (pick: (memory: PredictedMemory) => number) =>
  ({ memory }: InMemory): TableCell =>
    quantityCell(pick(memory), 'bytes');

const MEMORY: readonly Filled<InMemory>[] = [
  { title: 'Model, device', holds: 'names', cell: ({ prediction }) => textCell(placeWords(prediction)) },
  { title: 'Weights', holds: 'numbers', cell: ofMemory(({ weights }) => weights) },
  { title: 'Of them embeddings', holds: 'numbers', cell: ofMemory(({ embeddings }) => embeddings) },
  { title: 'Cache', holds: 'numbers', cell: ofMemory(({ cache }) => cache) },
  { title: 'Buffers', holds: 'numbers', cell: ofMemory(({ buffers }) => buffers) },
  { title: 'Reserve', holds: 'numbers', cell: ofMemory(({ reserve }) => reserve) },
  {
    title: 'Size of weights',
    holds: 'words',
    cell: ({ memory }) => textCell(memory.isEstimated ? 'estimated' : 'exact'),
  },
];

/** Memory by kind, for one request at a time. */
function memoryBlocks({ predictions }: CapacityReport): readonly Block[] {
  const rows = predictions.flatMap((prediction): InMemory[] =>
    isMissing(prediction.memory) ? [] : [{ prediction, memory: prediction.memory }],
  );
  if (rows.length === 0) return [];
  const estimated = rows.some(({ memory }) => memory.isEstimated)
    ? ' An estimated size follows from bits of a weight; what quantisation takes from the quality of answers is not known before a run measures it.'
    : '';
  return [
    tableOf({ name: 'memory-by-kind', label: 'Memory by kind' }, MEMORY, rows),
    {
      kind: 'note',
      text: `Memory of one request at a time. Embeddings are the table of token vectors and the output matrix; the reserve is the process, the context of a driver, or what a server keeps.${estimated}`,
    },
  ];
}

/** What the intervals of memory rest on, and the engines that have none. */
function memoryBasis(predictions: readonly DevicePrediction[]): string {
  const known = predictions.flatMap(({ engine, memory }) => (isMissing(memory) ? [] : [{ engine, memory }]));
  const isMeasured = known.some(({ memory: { interval } }) => !isMissing(interval));
  const without = new Set(known.flatMap(({ engine, memory: { interval } }) => (isMissing(interval) ? [engine] : [])));
  return [
    isMeasured
      ? ` Its 90% intervals rest on what llama.cpp logged of ${plural(BUFFERS.models, 'model')} and what ${plural(RESERVES.length, 'process', 'processes')} took; "may fit" means that the interval holds what the device has.`
      : '',
    without.size > 0
      ? ` What ${list([...without])} takes beside weights and cache was not measured, so the memory there has no interval.`
      : '',
  ].join('');
}

/** The lengths of a workload may differ by model: its answers do. */
function lengthsWords(predictions: readonly DevicePrediction[]): string {
  return [...new Set(predictions.flatMap(({ lengths }) => (isMissing(lengths) ? [] : [requestsWords(lengths)])))].join(
    '; ',
  );
}

function loadedOf({ predictions }: CapacityReport): readonly Loaded[] {
  return predictions.flatMap((prediction) =>
    prediction.load === undefined ? [] : [{ prediction, load: prediction.load }],
  );
}

function loadBlocks(report: CapacityReport): readonly Block[] {
  const { objectives, objectivesFrom, wanted } = report;
  if (wanted === undefined) return [];
  const loaded = loadedOf(report);
  const about = { name: 'under-load', label: 'Each device under load' };
  const table = tableOf(about, underLoad(objectives, wanted), loaded);
  const shown = withoutEmptyColumns(table);
  if (shown.columns.length < 2) return reasonsList(table);
  const sentences = report.predictions.flatMap((prediction) => planSentence(prediction, wanted) ?? []);
  const within = withinWords({ objectives, objectivesFrom }, wanted);
  const hasDevices = loaded.some(({ load: { plan } }) => !isMissing(plan) && !isMissing(plan.devices));
  const headroom = hasDevices ? ` Each device keeps ${formatScore(wanted.headroom)} of its greatest load free.` : '';
  const atWork =
    wanted.wanted === null ? '' : ' At work: with at least one request under way; there may be room for more.';
  return [
    shown,
    {
      kind: 'note',
      text: `Simulated, with 90% intervals.${within}${headroom}${atWork}${openEnds(table)}${wideIntervals(table, loaded.map(isMeasuredLoad))}`,
    },
    ...cascadeList(loaded),
    ...(sentences.length === 0 ? [] : [{ kind: 'list', items: sentences } as const]),
    ...reasonsList(table),
  ];
}

function withinWords(
  { objectives, objectivesFrom }: Pick<CapacityReport, 'objectives' | 'objectivesFrom'>,
  { kind }: LoadWanted,
): string {
  if (objectives.length > 0) {
    const from = objectivesFrom === 'run' ? ', the limits of the run' : '';
    return ` The greatest load of one device (0 where no load is) is within ${objectivesWords(objectives)}${from}.`;
  }
  return kind.kind === 'rate'
    ? ' There is no objective: one device holds a rate at which its queue does not grow without end.'
    : '';
}

/** What each model has to do where the run recommends a cascade. */
function cascadeList(loaded: readonly Loaded[]): readonly Block[] {
  const items = loaded.flatMap(({ prediction, load: { cascade } }) => {
    if (cascade === undefined) return [];
    const { share, devices, month } = cascade;
    const part = `${placeWords(prediction)} answers ${formatScore(share)} of the requests`;
    if (isMissing(devices)) return [`${part}: ${devices.missing}.`];
    const count = plural(devices.value, 'device');
    return [`${part}: ${count}${isMissing(month) ? '' : `, ${formatDollars(month.value)} a month`}.`];
  });
  return listOf('In the recommended cascade', items);
}

function costBlocks(report: CapacityReport): readonly Block[] {
  const loaded = loadedOf(report);
  if (report.wanted === undefined || report.wanted.wanted === null) return [];
  const table = tableOf({ name: 'capacity-cost', label: 'What the devices cost' }, COST, loaded);
  const shown = withoutEmptyColumns(table);
  if (shown.columns.length < 2) return reasonsList(table);
  return [
    shown,
    {
      kind: 'note',
      text: `Dollars for all devices at this demand, day and night. The price of a bought device is spread over three years; its energy counts while it is at work.${openEnds(table)}`,
    },
    ...listOf('Prices', pricesOf(loaded)),
    ...reasonsList(table),
  ];
}

/** Each device once. */
function pricesOf(loaded: readonly Loaded[]): readonly string[] {
  const prices = loaded.flatMap(({ prediction: { device }, load: { money } }) => {
    if (isMissing(money)) return [];
    const { dollars, per, date, source } = money.price;
    return [`${device}: ${formatDollars(dollars)} ${per === 'hour' ? 'an hour' : 'to buy'} on ${date} (${source})`];
  });
  return [...new Set(prices)];
}

interface CapacityParts {
  readonly sections: readonly Section[];
  readonly charts: readonly Chart[];
}

function partsOf(report: CapacityReport): CapacityParts {
  const found = capacityCharts(report);
  const charts = found.filter((chart): chart is Chart => 'spec' in chart);
  const absent = found.flatMap((chart) => ('missing' in chart ? [`${chart.title}: ${chart.missing}`] : []));
  const section = (name: string, heading: string, body: readonly Block[]): Section[] =>
    body.length === 0 ? [] : [{ kind: 'section', name: `capacity-${name}`, heading, body }];
  const sections = [
    ...section('one-stream', 'One stream', streamBlocks(report)),
    ...section('memory', 'Memory by kind', memoryBlocks(report)),
    ...section('under-load', 'Under load', loadBlocks(report)),
    ...section('cost', 'What it costs', costBlocks(report)),
    ...section('charts', 'Charts', [{ kind: 'charts', title: null, charts: charts.map(({ name }) => name), absent }]),
  ];
  return { sections, charts };
}

const PREDICTED = 'Predicted by rightsize. Only figures that are called measured here were measured.';

/** A page of its own. */
export function capacityDocument(report: CapacityReport): Document {
  const { sections, charts } = partsOf(report);
  const models = new Set(report.predictions.map(({ model }) => model)).size;
  const devices = new Set(report.predictions.map(({ device }) => device)).size;
  return {
    title: 'Capacity',
    question: 'Which devices run it, and what do they serve?',
    contents: sections.map(({ name, heading }) => ({ to: name!, text: heading })),
    brief: { suites: [], run: '', warning: null },
    suites: [],
    load: {
      name: 'capacity',
      heading: 'Capacity',
      scope: `${models} models, ${devices} devices; constants fitted on ${report.calibrated}`,
      alarms: [],
      sections,
    },
    sections: [],
    charts,
    footer: PREDICTED,
  };
}

/** Where a run's report says what devices hold. */
export const CAPACITY_LINK: Link = { to: 'capacity', text: 'Capacity' };

/** A part of the report of a run or a load test, with the command that asks the same again; empty where nobody asked. */
export function capacityPart(
  run: Pick<RunInfo, 'id' | 'command'>,
  asked: RunCapacity | undefined,
): CapacityParts & { readonly contents: readonly Link[] } {
  if (asked === undefined) return { contents: [], sections: [], charts: [] };
  const { sections, charts } = partsOf(asked);
  const command = shellCommand(['rightsize', 'report', folderOfRun(run), ...asked.flags]);
  const { to, text } = CAPACITY_LINK;
  const section: Section = {
    kind: 'section',
    name: to,
    heading: text,
    body: [
      {
        kind: 'note',
        text: `${PREDICTED} The constants were fitted on ${asked.calibrated}; docs/capacity.md of the package has every formula.`,
      },
      { kind: 'commands', title: 'Asked by', commands: [command] },
      ...sections,
    ],
  };
  return { contents: [CAPACITY_LINK], sections: [section], charts };
}
