/** Which devices hold each model and how fast one stream is there, and from how many requests a device of one's own is cheaper than a hosted model. */

import type { Analysis, SuiteAnalysis } from '../../analyse/analysis.js';
import { nameOf } from '../../capacity/device.js';
import type { ModelFit } from '../../capacity/fit.js';
import type { RunCapacity } from '../../capacity/plan/answer.js';
import type { BreakEven } from '../../capacity/plan/break-evens.js';
import type { ModelDevices, ModelOnDevice, RunDevices } from '../../capacity/plan/run-devices.js';
import { objectivesOf } from '../../load/objective.js';
import { isMissing } from '../../quantity.js';
import type { SuiteRecommendation } from '../../recommend/recommendation.js';
import { basisWords, objectivesWords } from '../capacity-words.js';
import { folderOfRun } from '../commands.js';
import { devicesOf } from '../devices-of.js';
import {
  type Block,
  estimateCell,
  missingCell,
  quantityCell,
  type Section,
  type TableCell,
  textCell,
  valueCell,
} from '../document.js';
import { formatCount, formatDollars, list } from '../format.js';
import { shellCommand } from '../text.js';
import { groupedNames } from '../variants.js';
import { CAPACITY_LINK } from './capacity.js';
import { type Filled, listOf, reasonsList, tableOf } from './tables.js';

interface Row {
  readonly fit: ModelFit;
  readonly places: ModelDevices;
}

export function devicesSection(
  analysis: Analysis,
  recommended: SuiteRecommendation,
  capacity: RunCapacity | undefined,
): Section[] {
  const { fits } = recommended;
  if (fits.length === 0) return [];
  const found = devicesOf(analysis, recommended);
  const { models } = found;
  const rows = fits.map((fit, i): Row => ({ fit, places: models[i]! }));
  return [
    {
      kind: 'section',
      heading: 'Devices',
      folded: true,
      body: [
        tableOf({ name: 'devices', label: 'Devices' }, columnsFor(models[0]!.devices), rows),
        {
          kind: 'note',
          text:
            'The estimate is of the machine of the run: weights, KV cache and runtime. It is off by estimate / measured - 1: below zero, the estimate is ' +
            'too low. On each device the model needs the larger of what is predicted there for the longest request of the suite and of what was ' +
            'measured here, as a share of the usable memory. Rates are tokens per second of one stream with 90% intervals, for requests and ' +
            'answers as long as those of the suite.',
        },
        capacity?.wanted === undefined
          ? { kind: 'note', text: underLoad(analysis, found, recommended) }
          : { kind: 'note', text: 'What devices do under load, and what they cost:', link: CAPACITY_LINK },
        ...listOf('What the rates rest on', basisItems(models)),
        ...listOf('Not known', unknownItems(models)),
      ],
    },
  ];
}

/** A device takes up to some seconds of simulation, so load and cost are drawn where somebody asks for them. The command names the smallest usual device that holds a model and has what load and cost need. */
function underLoad(
  { run, suites }: Analysis,
  { devices, models }: RunDevices,
  recommended: SuiteRecommendation,
): string {
  const { limits } = suites.find(({ name }) => name === recommended.suite)!.requirement;
  const objectives = objectivesOf(limits);
  const within = objectives.length === 0 ? '' : ` within ${objectivesWords(objectives)}`;
  const held = devices.find(
    ({ listed, compute, price }, i) =>
      listed === true && compute && price !== null && models.some((one) => one.devices[i]!.state === 'fits'),
  );
  const device = held === undefined ? [] : ['--device', nameOf(held)];
  const command = ['rightsize', 'report', folderOfRun(run), ...device, '--rate', '5'];
  return (
    `What devices do under load takes seconds of simulation for each, so it is not drawn here: \`${shellCommand(command)}\` writes this report again with what one device holds${within} ` +
    'with its interval, latency against load, and cost against quality for a peak of 5 requests a second; put your own peak and devices in their place.'
  );
}

function columnsFor(devices: readonly ModelOnDevice[]): Filled<Row>[] {
  return [
    { title: 'Model', holds: 'names', cell: ({ fit }) => textCell(fit.model) },
    {
      title: 'Memory, estimated',
      holds: 'numbers',
      cell: ({ fit: { estimate } }) =>
        isMissing(estimate) ? missingCell(estimate.missing) : quantityCell(estimate.total, 'bytes'),
    },
    { title: 'Memory, measured', holds: 'numbers', cell: ({ fit }) => valueCell(fit.measured, 'bytes') },
    { title: 'Estimate off by', holds: 'numbers', cell: ({ fit }) => valueCell(fit.error, 'relative') },
    {
      title: 'Rate here',
      holds: 'numbers',
      cell: ({ places }) => estimateCell(places.here.decodeRate, 'tokens per second'),
    },
    ...devices.map(
      ({ device }, i): Filled<Row> => ({
        title: device,
        holds: 'words',
        cell: ({ places }) => fitCell(places.devices[i]!),
      }),
    ),
  ];
}

function fitCell({ state, needed, share, prediction: { decodeRate } }: ModelOnDevice): TableCell {
  if (isMissing(needed) || isMissing(share) || state === 'unknown')
    return missingCell(isMissing(needed) ? needed.missing : 'neither estimated nor measured');
  return {
    kind: 'fit',
    verdict: state,
    needed: needed.value,
    share: share.value,
    rate: isMissing(decodeRate) || state === 'does not fit' ? null : decodeRate,
  };
}

/** `RTX 3060, 12 GB: calibrated on 10 rows of this device and engine` */
function basisItems(models: readonly ModelDevices[]): string[] {
  const places = models.flatMap(({ here, devices }) => [
    { name: 'the machine of the run', prediction: here },
    ...devices.map(({ device, prediction }) => ({ name: device, prediction })),
  ]);
  const found = places.flatMap(({ name, prediction: { tpot } }) =>
    isMissing(tpot) ? [] : [{ name, words: basisWords({ ttft: tpot, tpot }) }],
  );
  return namesBy(found, ({ words }) => words).map(([words, names]) => `${names.join('; ')}: ${words}`);
}

/** A model that does not fit has no rate, and its cell says so. */
function unknownItems(models: readonly ModelDevices[]): string[] {
  const here = models.flatMap(({ model, here: { decodeRate } }) =>
    isMissing(decodeRate) ? [{ name: model, words: `Rate here: ${decodeRate.missing}` }] : [],
  );
  const elsewhere = models.flatMap(({ model, devices }) =>
    devices.flatMap(({ state, prediction: { decodeRate } }) =>
      isMissing(decodeRate) && state !== 'does not fit'
        ? [{ name: model, words: `Rate on other devices: ${decodeRate.missing}` }]
        : [],
    ),
  );
  return namesBy([...here, ...elsewhere], ({ words }) => words).map(([words, names]) => `${words} (${list(names)})`);
}

function namesBy<Item extends { readonly name: string }>(
  items: readonly Item[],
  wordsOf: (item: Item) => string,
): [words: string, names: readonly string[]][] {
  const groups = new Map<string, Set<string>>();
  for (const item of items) groups.set(wordsOf(item), (groups.get(wordsOf(item)) ?? new Set()).add(item.name));
  return [...groups].map(([words, names]) => [words, [...names]]);
}

interface BreakEvenRow {
  readonly breakEven: BreakEven;
  /** Models that share a number and an answer share a row. */
  readonly models: readonly string[];
}

const BREAK_EVEN_COLUMNS: readonly Filled<BreakEvenRow>[] = [
  { title: 'On', holds: 'names', cell: ({ breakEven: { device } }) => textCell(device) },
  { title: 'Instead of', holds: 'names', cell: ({ breakEven: { instead } }) => textCell(instead) },
  { title: 'From', holds: 'numbers', cell: ({ breakEven }) => textCell(describeRequests(breakEven)) },
  { title: 'One device serves that', holds: 'words', cell: ({ breakEven: { feasible } }) => feasibleCell(feasible) },
  { title: 'With', holds: 'sentences', cell: ({ models }) => textCell(list(groupedNames(models))) },
];

function feasibleCell(feasible: BreakEven['feasible']): TableCell {
  if (typeof feasible === 'object') return missingCell(feasible.missing);
  switch (feasible) {
    case 'yes':
      return textCell('yes');
    case 'no':
      return textCell('no, it takes several');
    case 'open':
      return textCell('open');
  }
}

function breakEvenRows(breakEvens: readonly BreakEven[]): BreakEvenRow[] {
  const rows = new Map<string, BreakEvenRow>();
  for (const breakEven of breakEvens) {
    const { device, instead, feasible } = breakEven;
    const key = JSON.stringify([device, instead, describeRequests(breakEven), feasible]);
    rows.set(key, { breakEven, models: [...(rows.get(key)?.models ?? []), breakEven.model] });
  }
  return [...rows.values()];
}

export function breakEvenSection(
  analysis: Analysis,
  suite: SuiteAnalysis,
  recommended: SuiteRecommendation,
): Section[] {
  const { breakEvens } = devicesOf(analysis, recommended);
  if (breakEvens.length === 0) return [];
  const prices = new Map(breakEvens.map(({ device, price }) => [device, describePrice(device, price)]));
  const objectives = objectivesOf(suite.requirement.limits);
  const within =
    objectives.length === 0 ? 'its queue does not grow without end' : `${objectivesWords(objectives)} hold`;
  const table = tableOf({ name: 'break-even', label: 'Break-even' }, BREAK_EVEN_COLUMNS, breakEvenRows(breakEvens));
  const body: Block[] = [
    table,
    {
      kind: 'note',
      text:
        'Only models that miss no limit and are not shown to be worse. Energy is counted where the power of a device is known; people are not. ' +
        `One device serves a rate if ${within} in a simulation with the lengths of the suite and random arrivals; ` +
        `open means that the doubt about its speed leaves both. Prices: ${[...prices.values()].join('; ')}.`,
    },
    ...reasonsList(table),
  ];
  return [{ kind: 'section', heading: 'When your own machine is cheaper', folded: true, body }];
}

/** `0.52 requests/s (1,872 an hour)` */
function describeRequests({ rate, requests, price }: BreakEven): string {
  return `${formatCount(rate)} requests/s (${formatCount(Math.ceil(requests))} ${price.per === 'hour' ? 'an hour' : 'in three years'})`;
}

function describePrice(device: string, { dollars, per, source, date }: BreakEven['price']): string {
  return `${device} ${formatDollars(dollars)}${per === 'hour' ? ' an hour' : ''} (${source}, ${date})`;
}
