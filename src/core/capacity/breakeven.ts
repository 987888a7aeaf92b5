/**
 * From which volume on a machine of one's own is cheaper than an API: the price of the machine over the price of the requests it
 * saves. Energy, people and idle hours are not in it. A device that is bought is left out where it cannot answer that many in its life.
 */
import type { SuiteAnalysis } from '../analyse/analysis.js';
import { estimateAt } from '../analyse/distribution.js';
import { isMissing } from '../quantity.js';
import type { Device, DevicePrice } from './devices.js';
import type { ModelFit } from './fit.js';
import { HOURS_OF_LIFE } from './machine-cost.js';

export interface BreakEven {
  readonly model: string;
  readonly device: string;
  /** The model of the run with a price, that would be asked instead. */
  readonly instead: string;
  /** Requests in an hour, or over the life of the device, from which on the device is cheaper. */
  readonly requests: number;
  readonly price: DevicePrice;
  /** Whether one device can answer that many, by its bandwidth; null where that is unknown without the weights. */
  readonly feasible: boolean | null;
}

export function breakEvens(suite: SuiteAnalysis, fits: readonly ModelFit[], devices: readonly Device[]): BreakEven[] {
  const priced = suite.overall.flatMap(({ model, metrics }) => {
    const cost = estimateAt(metrics.cost, 'mean');
    return isMissing(cost) || cost.value <= 0 ? [] : [{ model, dollars: cost.value / 1000 }];
  });
  return fits.flatMap((fit) =>
    fit.devices.flatMap(({ device: name, state, ceiling }): BreakEven[] => {
      const { price } = devices.find((device) => device.name === name)!;
      if (state !== 'fits' || price === null) return [];
      return priced
        .filter(({ model }) => model !== fit.model)
        .flatMap(({ model, dollars }) => {
          const requests = price.dollars / dollars;
          const tokens = outputTokens(suite, fit.model);
          const most = isMissing(ceiling) || tokens === null ? null : (ceiling.value / tokens) * 3600;
          const hours = price.per === 'hour' ? 1 : HOURS_OF_LIFE;
          const feasible = most === null ? null : requests <= most * hours;
          if (price.per === 'device' && feasible === false) return [];
          return [{ model: fit.model, device: name, instead: model, requests, price, feasible }];
        });
    }),
  );
}

function outputTokens(suite: SuiteAnalysis, model: string): number | null {
  const tokens = estimateAt(suite.overall.find((one) => one.model === model)!.metrics.outputTokens, 'mean');
  return isMissing(tokens) || tokens.value <= 0 ? null : tokens.value;
}
