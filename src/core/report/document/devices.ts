/** Which devices each model fits, and from how many requests a device of one's own is cheaper than a hosted model. */
import type { BreakEven } from '../../capacity/breakeven.js';
import type { DeviceFit, ModelFit } from '../../capacity/fit.js';
import { isMissing } from '../../quantity.js';
import type { SuiteRecommendation } from '../../recommend/recommendation.js';
import { missingCell, quantityCell, type Section, type TableCell, textCell, valueCell } from '../document.js';
import { formatCount, formatDollars, list } from '../format.js';
import { sensibleBreakEvens } from '../sensible.js';
import { groupedNames } from '../variants.js';
import { type Filled, tableOf } from './tables.js';

export function devicesSection({ fits }: SuiteRecommendation): Section[] {
  if (fits.length === 0) return [];
  return [
    {
      kind: 'section',
      heading: 'Devices',
      folded: true,
      body: [
        tableOf({ name: 'devices', label: 'Devices' }, columnsFor(fits[0]!.devices), fits),
        {
          kind: 'note',
          text:
            'The estimate adds weights, KV cache at the longest request of the suite, and runtime. It is off by estimate / measured - 1: ' +
            'below zero, the estimate is too low. A device is judged by the larger of estimate and measurement, as a share of its usable ' +
            'memory. The rate is the most that its memory bandwidth allows for one request at a time; it was not measured.',
        },
      ],
    },
  ];
}

function columnsFor(devices: readonly DeviceFit[]): Filled<ModelFit>[] {
  return [
    { title: 'Model', holds: 'names', cell: ({ model }) => textCell(model) },
    {
      title: 'Memory, estimated',
      holds: 'numbers',
      cell: ({ estimate }) =>
        isMissing(estimate) ? missingCell(estimate.missing) : quantityCell(estimate.total, 'bytes'),
    },
    { title: 'Memory, measured', holds: 'numbers', cell: ({ measured }) => valueCell(measured, 'bytes') },
    { title: 'Estimate off by', holds: 'numbers', cell: ({ error }) => valueCell(error, 'relative') },
    ...devices.map(
      ({ device }, i): Filled<ModelFit> => ({ title: device, holds: 'words', cell: (fit) => fitCell(fit.devices[i]!) }),
    ),
  ];
}

function fitCell({ state, share, ceiling }: DeviceFit): TableCell {
  if (isMissing(share)) return missingCell(share.missing);
  return {
    kind: 'fit',
    fits: state === 'fits',
    share: share.value,
    ceiling: isMissing(ceiling) || state !== 'fits' ? null : ceiling.value,
  };
}

interface BreakEvenRow {
  readonly breakEven: BreakEven;
  /** The number depends on the device and the price alone, so all models that fit share a row. */
  readonly models: readonly string[];
}

const BREAK_EVEN_COLUMNS: readonly Filled<BreakEvenRow>[] = [
  { title: 'On', holds: 'names', cell: ({ breakEven: { device } }) => textCell(device) },
  { title: 'Instead of', holds: 'names', cell: ({ breakEven: { instead } }) => textCell(instead) },
  { title: 'From', holds: 'numbers', cell: ({ breakEven }) => textCell(describeRequests(breakEven)) },
  { title: 'With', holds: 'sentences', cell: ({ models }) => textCell(list(groupedNames(models))) },
];

function breakEvenRows(breakEvens: readonly BreakEven[]): BreakEvenRow[] {
  const rows = new Map<string, BreakEvenRow>();
  for (const breakEven of breakEvens) {
    const key = JSON.stringify([breakEven.device, breakEven.instead]);
    rows.set(key, { breakEven, models: [...(rows.get(key)?.models ?? []), breakEven.model] });
  }
  return [...rows.values()];
}

export function breakEvenSection(recommended: SuiteRecommendation): Section[] {
  const breakEvens = sensibleBreakEvens(recommended);
  if (breakEvens.length === 0) return [];
  const prices = new Map(breakEvens.map(({ device, price }) => [device, describePrice(device, price)]));
  return [
    {
      kind: 'section',
      heading: 'When your own machine is cheaper',
      folded: true,
      body: [
        tableOf({ name: 'break-even', label: 'Break-even' }, BREAK_EVEN_COLUMNS, breakEvenRows(breakEvens)),
        {
          kind: 'note',
          text: `Only models that miss no limit and are not shown to be worse. Energy, people and idle hours are not included. Prices: ${[...prices.values()].join('; ')}.`,
        },
      ],
    },
  ];
}

function describeRequests({ requests, price }: BreakEven): string {
  return `${formatCount(Math.ceil(requests))} requests ${price.per === 'hour' ? 'an hour' : 'in total'}`;
}

function describePrice(device: string, { dollars, per, source, date }: BreakEven['price']): string {
  return `${device} ${formatDollars(dollars)}${per === 'hour' ? ' an hour' : ''} (${source}, ${date})`;
}
