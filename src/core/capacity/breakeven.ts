/**
 * The break-even volume: the number of requests from which your own machine is cheaper than an API. It is the price of the
 * machine divided by the price of one API request. It leaves out energy, people and idle hours. A device that is bought is left
 * out if it cannot answer that many requests in its life.
 */
import type { SuiteAnalysis } from '../analyse/analysis.js';
import { estimateAt } from '../analyse/distribution.js';
import { isMissing } from '../quantity.js';
import type { Device, DevicePrice } from './device.js';
import type { ModelFit } from './fit.js';
import { HOURS_OF_LIFE } from './machine-cost.js';

export interface BreakEven {
  readonly model: string;
  readonly device: string;
  /** The priced model of the run that would answer the requests instead. */
  readonly instead: string;
  /** The number of requests from which the device is cheaper, in an hour or over the life of the device. */
  readonly requests: number;
  readonly price: DevicePrice;
  /** Whether the bandwidth of one device allows this many requests; null if the size of the weights is unknown. */
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
  const tokens = estimateAt(suite.overall.find((overall) => overall.model === model)!.metrics.outputTokens, 'mean');
  return isMissing(tokens) || tokens.value <= 0 ? null : tokens.value;
}
