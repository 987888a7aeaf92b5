/**
 * Break-even: the cost of a month against its number of requests, for hosted models and for machines that hold a model of this
 * run. Where two lines cross, the machine becomes cheaper.
 */
import type { BreakEven } from '../../capacity/breakeven.js';
import type { DevicePrice } from '../../capacity/device.js';
import type { Chart } from '../document.js';
import { formatCount, formatDollars } from '../format.js';
import { sensibleBreakEvens } from '../sensible.js';
import { type ChartInput, LABELS, legendOf, looksOf, QUIET, specOf } from './chart.js';

const NAME = 'break-even';
const HOURS_A_MONTH = 730;
/** A bought machine is assumed to last three years. */
const MONTHS_OF_LIFE = 36;
/** Only the cheapest devices are drawn: nobody can tell more lines apart. */
const MOST_DEVICES = 5;
const POWERS_OF_TEN = Array.from({ length: 18 }, (_, i) => 10 ** (i - 6));

function monthly({ dollars, per }: DevicePrice): number {
  return per === 'hour' ? dollars * HOURS_A_MONTH : dollars / MONTHS_OF_LIFE;
}

/** There is no chart if no model has a price, or if no machine with a price holds another model that may take its place. */
export function breakEvenChart({ analysis, recommendation, suite }: ChartInput): Chart[] {
  const breakEvens = sensibleBreakEvens(recommendation.suites[suite]!);
  if (breakEvens.length === 0) return [];
  const hosted = new Map(breakEvens.map((breakEven) => [breakEven.instead, dollarsARequest(breakEven)]));
  const machines = [...new Map(breakEvens.map(({ device, price }) => [device, monthly(price)]))]
    .sort((a, b) => a[1] - b[1])
    .slice(0, MOST_DEVICES);
  const crossings = [...hosted].flatMap(([instead, price]) =>
    machines.map(([device, dollars]) => ({ instead, device, requests: dollars / price, dollars })),
  );
  const [first] = [...crossings].sort((a, b) => a.requests - b.requests);
  const holds = breakEvens.find(({ device, instead }) => device === first!.device && instead === first!.instead)!;
  const title = `From ${formatCount(Math.ceil(first!.requests))} requests a month, ${first!.device} with ${holds.model} costs less than ${first!.instead}`;
  const ends = [Math.min(...crossings.map((c) => c.requests)) / 5, Math.max(...crossings.map((c) => c.requests)) * 5];
  const names = [...hosted.keys()];
  const looks = looksOf(analysis.models);
  const x = {
    field: 'requests',
    type: 'quantitative',
    title: 'requests a month (log scale)',
    scale: { type: 'log', nice: false },
    axis: { labelExpr: LABELS.count, values: POWERS_OF_TEN },
  };
  const y = {
    field: 'dollars',
    type: 'quantitative',
    title: 'US dollars a month (log scale)',
    scale: { type: 'log', nice: false },
    axis: { labelExpr: LABELS.dollars, values: POWERS_OF_TEN },
  };
  const note =
    'from list prices and the mean cost of a request; bought machines last three years; energy, people and idle hours are not included';
  const spec = specOf(
    { title, note },
    {
      height: 240,
      layer: [
        {
          data: { values: machines.map(([device, dollars]) => ({ device, dollars, shown: formatDollars(dollars) })) },
          layer: [
            {
              mark: { type: 'rule', color: QUIET, strokeDash: [4, 3], strokeWidth: 1.5 },
              encoding: { y, tooltip: [{ field: 'device' }, { field: 'shown', title: 'a month' }] },
            },
            {
              mark: { type: 'text', align: 'left', dx: 4, dy: -6, fontSize: 10, limit: 260 },
              encoding: { y, x: { value: 0 }, text: { field: 'device' } },
            },
          ],
        },
        {
          data: {
            values: [...hosted].flatMap(([model, price]) =>
              ends.map((requests) => ({ model, requests, dollars: requests * price })),
            ),
          },
          mark: { type: 'line', strokeWidth: 2 },
          encoding: {
            x,
            y,
            color: {
              field: 'model',
              type: 'nominal',
              title: null,
              scale: { domain: names, range: names.map((name) => looks.get(name)!.colour) },
              legend: legendOf(names),
            },
          },
        },
        {
          data: {
            values: crossings.map((crossing) => ({ ...crossing, shown: formatCount(Math.ceil(crossing.requests)) })),
          },
          mark: { type: 'point', filled: true, size: 60, opacity: 1, color: QUIET },
          encoding: {
            x,
            y,
            tooltip: [
              { field: 'device' },
              { field: 'instead', title: 'instead of' },
              { field: 'shown', title: 'from, requests a month' },
            ],
          },
        },
      ],
    },
  );
  const alt = `${crossings
    .map(
      ({ instead, device, requests, dollars }) =>
        `${device} (${formatDollars(dollars)} a month) against ${instead}: from ${formatCount(Math.ceil(requests))} requests a month`,
    )
    .join(
      '; ',
    )}. The price of a bought machine is spread over three years. Energy, people and idle hours are not included.`;
  return [{ name: NAME, title, note, alt, spec }];
}

function dollarsARequest({ price, requests }: BreakEven): number {
  return price.dollars / requests;
}
