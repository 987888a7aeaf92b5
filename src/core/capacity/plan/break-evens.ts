/**
 * From how many requests a second a device is cheaper than a hosted model of the run, and whether one device serves that many:
 *
 *     rate = price of the device a month / (price of a request at the hosted model - its energy here)
 *
 * The price of a request is the mean of what the run paid. Requests arrive as a Poisson process and have the lengths of the suite. One device
 * serves them if its queue does not grow without end, and the limits of the suite on latencies and rates hold.
 */
import type { Analysis, SuiteAnalysis } from '../../analyse/analysis.js';
import { estimateAt } from '../../analyse/distribution.js';
import { objectivesOf } from '../../load/objective.js';
import { isMissing, type Missing } from '../../quantity.js';
import { CALIBRATION } from '../catalogue/constants.js';
import type { Device, DevicePrice } from '../device.js';
import type { Electricity } from '../devices.js';
import { HOURS_OF_LIFE } from '../machine-cost.js';
import type { Demand } from './demand.js';
import { type Engine, predictedEngines } from './engine.js';
import { engineHere } from './here.js';
import { atRate } from './load-plan.js';
import { type Cheaper, cheaperFrom } from './money.js';
import { questionOf, type RunDevices, type Subject } from './run-devices.js';

export interface BreakEven {
  readonly model: string;
  readonly device: string;
  /** The priced model of the run that would answer the requests instead. */
  readonly instead: string;
  /** Requests a second from which the device is cheaper. */
  readonly rate: number;
  /** The same as a number of requests: in an hour of a rented device, or over the life of one that is bought. */
  readonly requests: number;
  readonly price: DevicePrice;
  /** Dollars of a request: at the hosted model, and of the energy on the device; missing if nothing tells it, and then not counted. */
  readonly ofRequest: number;
  readonly energy: Cheaper['energy'];
  /** Whether one device serves this rate; `open` if the doubt about its speed leaves both. */
  readonly feasible: 'yes' | 'no' | 'open' | Missing;
}

export interface BreakEvenOptions {
  readonly electricity: Electricity;
  /** Whether anybody would run this model in place of another. */
  readonly isSensible: (model: string) => boolean;
}

export function breakEvens(
  analysis: Analysis,
  suite: SuiteAnalysis,
  { devices, models }: RunDevices,
  { electricity, isSensible }: BreakEvenOptions,
): BreakEven[] {
  const hosted = suite.overall.flatMap(({ model, metrics }) => {
    const cost = estimateAt(metrics.cost, 'mean');
    return isMissing(cost) || cost.value <= 0 ? [] : [{ model, ofRequest: cost.value / 1000 }];
  });
  if (hosted.length === 0) return [];
  const objectives = objectivesOf(suite.requirement.limits);
  return models
    .filter(({ model }) => isSensible(model))
    .flatMap(({ model: id, subject, devices: places }) =>
      places.flatMap(({ state }, i) => {
        const device = devices[i]!;
        if (state === 'does not fit' || state === 'unknown' || device.price === null) return [];
        const machine: Machine = { device, price: device.price, engines: enginesOf(subject, device), electricity };
        const demand: Demand = {
          kind: { kind: 'rate', arrivals: { kind: 'poisson' } },
          wanted: null,
          objectives,
          lengths: subject.workload.lengths,
          headroom: 0,
          seed: analysis.run.settings.seed,
        };
        return hosted
          .filter(({ model }) => model !== id)
          .flatMap(({ model: instead, ofRequest }) => {
            const found = breakEven(machine, demand, ofRequest);
            return found === null ? [] : [{ model: id, device: device.name, instead, ...found }];
          });
      }),
    );
}

interface Machine {
  readonly device: Device;
  readonly price: DevicePrice;
  readonly engines: readonly [Engine, ...Engine[]] | Missing;
  readonly electricity: Electricity;
}

function enginesOf(subject: Subject, device: Device): Machine['engines'] {
  const { model, workload, fit } = subject;
  if (device.thisMachine) {
    return engineHere(
      { facts: model.facts, streams: workload.streams },
      { context: isMissing(fit.context) ? Number.POSITIVE_INFINITY : fit.context.value },
    );
  }
  const question = questionOf(subject, device);
  return isMissing(question) ? question : predictedEngines(question, { slots: undefined, calibration: CALIBRATION });
}

/** @returns Null where the energy of a request alone costs more than the hosted model. */
function breakEven(
  { device, price, engines, electricity }: Machine,
  demand: Demand,
  ofRequest: number,
): Omit<BreakEven, 'model' | 'device' | 'instead'> | null {
  const at = (wanted: number) => (isMissing(engines) ? engines : atRate(engines, { ...demand, wanted }));
  const found = cheaperFrom({ device, price, electricity, atWork: at }, ofRequest);
  if (isMissing(found)) return null;
  const { rate, energy } = found;
  const held = at(rate);
  const hours = price.per === 'hour' ? 1 : HOURS_OF_LIFE;
  return {
    rate,
    requests: rate * hours * 3600,
    price,
    ofRequest,
    energy,
    feasible: isMissing(held) ? held : held.serves,
  };
}
