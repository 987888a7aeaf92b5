/** Which devices each model fits, and from how many requests a device of one's own is cheaper than a hosted model. */
import type { BreakEven } from '../../capacity/breakeven.js';
import type { DeviceFit, ModelFit } from '../../capacity/fit.js';
import { isMissing } from '../../quantity.js';
import type { SuiteRecommendation } from '../../recommend/recommendation.js';
import { missingCell, quantityCell, type Section, type TableCell, textCell, valueCell } from '../document.js';
import { formatCount, formatDollars } from '../format.js';
import { type Filled, tableOf } from './tables.js';

export function devicesSection({ fits }: SuiteRecommendation): Section[] {
  if (fits.length === 0) return [];
  return [
    {
      kind: 'section',
      heading: 'Devices',
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

const BREAK_EVEN_COLUMNS: readonly Filled<BreakEven>[] = [
  { title: 'Model', holds: 'names', cell: ({ model }) => textCell(model) },
  { title: 'On', holds: 'names', cell: ({ device }) => textCell(device) },
  { title: 'Instead of', holds: 'names', cell: ({ instead }) => textCell(instead) },
  { title: 'From', holds: 'numbers', cell: (breakEven) => textCell(describeRequests(breakEven)) },
];

export function breakEvenSection({ breakEvens }: SuiteRecommendation): Section[] {
  if (breakEvens.length === 0) return [];
  const prices = new Map(breakEvens.map(({ device, price }) => [device, describePrice(device, price)]));
  return [
    {
      kind: 'section',
      heading: 'When your own machine is cheaper',
      body: [
        tableOf({ name: 'break-even', label: 'Break-even' }, BREAK_EVEN_COLUMNS, breakEvens),
        {
          kind: 'note',
          text: `Energy, people and idle hours are not included. Prices: ${[...prices.values()].join('; ')}.`,
        },
      ],
    },
  ];
}

function describeRequests({ requests, price, feasible }: BreakEven): string {
  const often = price.per === 'hour' ? 'an hour' : 'in total';
  const beyond = feasible === false ? ', more than it can answer one at a time' : '';
  return `${formatCount(Math.ceil(requests))} requests ${often}${beyond}`;
}

function describePrice(device: string, { dollars, per, source, date }: BreakEven['price']): string {
  return `${device} ${formatDollars(dollars)}${per === 'hour' ? ' an hour' : ''} (${source}, ${date})`;
}
