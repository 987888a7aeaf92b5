/** The catalogue of devices with a user's own, and the price of electricity. */
import { DEVICES } from './catalogue/devices.js';
import { type Device, nameOf } from './device.js';

/** The price of a kilowatt-hour. */
export interface Electricity {
  readonly dollars: number;
  readonly date: string;
  readonly source: string;
}

export const ELECTRICITY: Electricity = {
  dollars: 0.1648,
  date: '2024-12-31',
  source: 'US Energy Information Administration, residential average of 2024',
};

/** The devices of a report: a user's own come first and replace those of the catalogue with the same name. */
export function withOwnDevices(userDevices: readonly Device[]): readonly Device[] {
  const names = new Set(userDevices.map(({ name }) => name));
  return [...userDevices, ...DEVICES.filter(({ name, listed }) => listed && !names.has(name))];
}

/** All devices that can be named: a user's own come first and replace those of the catalogue with the same id or name. */
export function allDevices(userDevices: readonly Device[]): readonly Device[] {
  const names = new Set(userDevices.map(nameOf));
  return [...userDevices, ...DEVICES.filter((device) => !names.has(nameOf(device)) && !names.has(device.name))];
}
