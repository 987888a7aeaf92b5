/**
 * What devices cost for a demand:
 *
 *     a month          rented: devices x price of an hour x hours of a month
 *                      bought: devices x (price / three years x a month + power x share at work x hours x price of a kilowatt-hour)
 *     a million tokens cost of a month / output tokens of a month x 1,000,000
 *     right answers    cost of a month / (requests of a month x share of right answers) x 1,000
 *
 * An interval joins the ends of its parts: the low end of a cost of tokens has the fewest devices at the least energy, and the most tokens.
 */
import { costOfThousandRight } from '../../load/right-answers.js';
import type { Price } from '../../measure/metric.js';
import { isMissing, type Missing, missing } from '../../quantity.js';
import { type Device, type DevicePrice, nameOf } from '../device.js';
import type { Electricity } from '../devices.js';
import { HOURS_OF_LIFE } from '../machine-cost.js';
import type { Lengths } from '../step/workload.js';
import { usualLengths } from './demand.js';
import { exactly, type Figure } from './draws.js';
import type { LoadPlan, Served } from './load-plan.js';

export interface Money {
  /** Of one device. */
  readonly price: DevicePrice;
  /** Dollars a month for all devices. */
  readonly month: Figure;
  /** The part of it that pays for energy; 0 where the price of an hour includes it. */
  readonly energy: Figure | Missing;
  /** Dollars, of output tokens. */
  readonly millionTokens: Figure;
  readonly thousandRight: Figure | Missing;
  readonly breakEven: BreakEvenRate | Missing;
}

/** The requests a second from which one device is cheaper than an API. */
export interface BreakEvenRate {
  readonly rate: number;
  /** Whether one device serves this rate within the objectives, decided by its interval; `open` if the interval contains it. */
  readonly feasible: 'yes' | 'no' | 'open' | Missing;
}

export interface MoneyOptions {
  readonly device: Device;
  readonly electricity: Electricity;
  readonly lengths: readonly Lengths[];
  /** The share of right answers of the model, from a run. */
  readonly quality: Figure | Missing;
  /** The price of an API, in dollars for a million tokens. */
  readonly api: Price | Missing;
  /** How much one device is at work, by the requests a second that it answers. */
  readonly atWork: AtWork;
}

type AtWork = (rate: number) => { readonly busy: number } | Missing;

/** The mean of a year. */
export const HOURS_OF_MONTH = 730.5;
export const SECONDS_OF_MONTH = HOURS_OF_MONTH * 3600;

export function moneyOf({ devices, served, greatest }: LoadPlan, options: MoneyOptions): Money | Missing {
  if (isMissing(served)) return served;
  // Without a number of devices, one of them may serve nobody in time.
  if (isMissing(devices)) return devices;
  if (served.overloaded) return missing('one device does not hold this demand');
  const { device } = options;
  if (device.price === null)
    return missing(`the catalogue has no price for ${nameOf(device)}: give one in the file of --prices`);
  const energy = energyOf(devices, served, options);
  const hardware = monthOf(device.price);
  const counted = isMissing(energy) ? exactly(0) : energy;
  const month = joined(devices, counted, (count, energy) => count * hardware + energy);
  return {
    price: device.price,
    month,
    energy,
    millionTokens: shared(month, served.tokens, (dollars, tokens) => (dollars / (tokens * SECONDS_OF_MONTH)) * 1e6),
    thousandRight: rightOf(month, served.requests, options.quality),
    breakEven: breakEvenOf({ price: device.price, served, greatest }, options),
  };
}

export function monthOf({ dollars, per }: NonNullable<Device['price']>): number {
  return (per === 'hour' ? dollars : dollars / HOURS_OF_LIFE) * HOURS_OF_MONTH;
}

/** Power that a device takes while it rests is not known, and not counted. */
function energyOf(devices: Figure, { busy }: Served, { device, electricity }: MoneyOptions): Figure | Missing {
  if (device.price?.per === 'hour') return exactly(0);
  const { watts } = device;
  if (watts === undefined) return missing(`the power of ${nameOf(device)} is unknown, so its energy is not counted`);
  const dollars = (watts * HOURS_OF_MONTH * electricity.dollars) / 1000;
  return joined(devices, busy, (count, share) => count * share * dollars);
}

function rightOf(month: Figure, requests: Figure, quality: Figure | Missing): Figure | Missing {
  if (isMissing(quality)) return quality;
  if (quality.low <= 0) return missing('no share of right answers is shown');
  const right = joined(requests, quality, (rate, share) => rate * SECONDS_OF_MONTH * share);
  return shared(month, right, costOfThousandRight);
}

interface OneDevice {
  readonly price: DevicePrice;
  readonly served: Served;
  readonly greatest: Figure | Missing;
}

function breakEvenOf(
  { price, served, greatest }: OneDevice,
  { device, electricity, api, lengths, atWork }: MoneyOptions,
): BreakEvenRate | Missing {
  if (isMissing(api)) return api;
  const { prompt, output } = usualLengths(lengths);
  const ofRequest = (prompt * api.input + output * api.output) / 1e6;
  if (ofRequest === 0) return missing('the API costs nothing');
  const found = cheaperFrom({ device, price, electricity, atWork }, ofRequest);
  if (isMissing(found)) return found;
  const { rate } = found;
  if (isMissing(greatest)) return { rate, feasible: greatest };
  // The greatest load may be of users: at this demand each unit of load brings `requestsOfLoad` requests a second.
  const requestsOfLoad = served.requests.value / served.devices / served.load;
  if (rate <= greatest.low * requestsOfLoad) return { rate, feasible: 'yes' };
  return { rate, feasible: rate > greatest.high * requestsOfLoad ? 'no' : 'open' };
}

/** From how many requests a second a device is cheaper. */
export interface Cheaper {
  readonly rate: number;
  /** Dollars of the energy of a request; missing if nothing tells it, and then not counted. */
  readonly energy: { readonly value: number } | Missing;
}

interface Costs {
  readonly device: Device;
  readonly price: DevicePrice;
  readonly electricity: Electricity;
  readonly atWork: AtWork;
}

/**
 * Energy grows with the requests, so each saves what the API costs less its own energy: that of a device which answers as many requests as would
 * pay for it without energy.
 *
 * @param ofRequest Dollars of a request at the API.
 */
export function cheaperFrom(costs: Costs, ofRequest: number): Cheaper | Missing {
  const hardware = monthOf(costs.price);
  const rateFor = (saved: number) => hardware / (saved * SECONDS_OF_MONTH);
  const energy = energyOfRequest(costs, rateFor(ofRequest));
  const saved = ofRequest - (isMissing(energy) ? 0 : energy.value);
  if (saved <= 0) return missing('the energy of a request costs more than the API');
  return { rate: rateFor(saved), energy };
}

function energyOfRequest({ device, price, electricity, atWork }: Costs, rate: number): Cheaper['energy'] {
  if (price.per === 'hour') return { value: 0 };
  const { watts } = device;
  if (watts === undefined) return missing(`the power of ${device.name} is unknown`);
  const found = atWork(rate);
  if (isMissing(found)) return found;
  return { value: (found.busy * (watts / 1000) * electricity.dollars) / (rate * 3600) };
}

/** A figure that grows with both. */
function joined(a: Figure, b: Figure, of: (a: number, b: number) => number): Figure {
  return { value: of(a.value, b.value), low: of(a.low, b.low), high: of(a.high, b.high) };
}

/** A figure that grows with the cost, and falls with what the cost is shared by. */
function shared(cost: Figure, by: Figure, of: (cost: number, by: number) => number): Figure {
  return { value: of(cost.value, by.value), low: of(cost.low, by.high), high: of(cost.high, by.low) };
}
