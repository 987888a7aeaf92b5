/**
 * Break-even: the cost of a month against its number of requests, for hosted models and for machines that hold a model of this
 * run. Where two lines cross, the machine becomes cheaper.
 */
import type { BreakEven } from '../../capacity/plan/break-evens.js';
import { monthOf, SECONDS_OF_MONTH } from '../../capacity/plan/money.js';
import { isMissing } from '../../quantity.js';
import { devicesOf } from '../devices-of.js';
import type { Chart } from '../document.js';
import { formatCount, formatDollars } from '../format.js';
import { type ChartInput, LABELS, legendOf, looksOf, QUIET, specOf } from './chart.js';

const NAME = 'break-even';
/** Only the cheapest devices are drawn: nobody can tell more lines apart. */
const MOST_DEVICES = 5;
/** Energy bends the line of a machine on axes of logarithms. */
const STEPS = 24;
const POWERS_OF_TEN = Array.from({ length: 18 }, (_, i) => 10 ** (i - 6));

function energyOf({ energy }: BreakEven): number {
  return isMissing(energy) ? 0 : energy.value;
}

/** There is no chart if no model has a price, or if no machine with a price holds another model that may take its place. */
export function breakEvenChart({ analysis, recommendation, suite }: ChartInput): Chart[] {
  const breakEvens = devicesOf(analysis, recommendation.suites[suite]!).breakEvens.filter(
    ({ feasible }) => feasible !== 'no',
  );
  if (breakEvens.length === 0) return [];
  const hosted = new Map(breakEvens.map(({ instead, ofRequest }) => [instead, ofRequest]));
  // Of several models on a machine, the one whose requests take the least energy.
  const machines = [...new Set(breakEvens.map(({ device }) => device))]
    .map((device) =>
      breakEvens.filter((one) => one.device === device).reduce((a, b) => (energyOf(b) < energyOf(a) ? b : a)),
    )
    .sort((a, b) => monthOf(a.price) - monthOf(b.price))
    .slice(0, MOST_DEVICES);
  const crossings = machines.flatMap(({ device, model }) =>
    breakEvens
      .filter((one) => one.device === device && one.model === model)
      .map(({ instead, rate, ofRequest }) => ({
        instead,
        device,
        model,
        requests: rate * SECONDS_OF_MONTH,
        dollars: rate * SECONDS_OF_MONTH * ofRequest,
      })),
  );
  const first = crossings.reduce((a, b) => (b.requests < a.requests ? b : a));
  const title = `From ${formatCount(Math.ceil(first.requests))} requests a month, ${first.device} with ${first.model} costs less than ${first.instead}`;
  const ends = [Math.min(...crossings.map((c) => c.requests)) / 5, Math.max(...crossings.map((c) => c.requests)) * 5];
  const steps = Array.from({ length: STEPS + 1 }, (_, i) => ends[0]! * (ends[1]! / ends[0]!) ** (i / STEPS));
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
    'from list prices and the mean cost of a request; bought machines last three years; people are not included';
  const spec = specOf(
    { title, note },
    {
      height: 240,
      layer: [
        {
          data: {
            values: machines.map((machine) => ({
              device: machine.device,
              dollars: monthOf(machine.price),
              shown: formatDollars(monthOf(machine.price)),
            })),
          },
          layer: [
            {
              mark: { type: 'text', align: 'left', dx: 4, dy: -6, fontSize: 10, limit: 260 },
              encoding: {
                y,
                x: { value: 0 },
                text: { field: 'device' },
                tooltip: [{ field: 'device' }, { field: 'shown', title: 'a month' }],
              },
            },
          ],
        },
        {
          data: {
            values: machines.flatMap((machine) =>
              steps.map((requests) => ({
                device: machine.device,
                requests,
                dollars: monthOf(machine.price) + requests * energyOf(machine),
              })),
            ),
          },
          mark: { type: 'line', color: QUIET, strokeDash: [4, 3], strokeWidth: 1.5 },
          encoding: { x, y, detail: { field: 'device' } },
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
    .join('; ')}. The price of a bought machine is spread over three years. People are not included.`;
  return [{ name: NAME, title, note, alt, spec }];
}
