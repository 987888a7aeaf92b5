/**
 * The catalogue of devices. Memory and bandwidth are the makers' figures (for A100 and H100, those of the SXM form). A model may
 * use the share `usable` of the memory; the rest belongs to the system, the screen or the driver. Prices change, so each has its
 * date and source, and a user's own table can replace this one. The prices of AWS are those since its cut of June 2025.
 */
export interface Device {
  readonly name: string;
  /** The memory in bytes that a model, its KV cache and its runtime share. */
  readonly memory: number;
  /** The share of the memory that a model can use. */
  readonly usable: number;
  /** The memory bandwidth in bytes per second. Every token reads all weights at this speed. */
  readonly bandwidth: number;
  readonly price: DevicePrice | null;
  /** The makers' figure of the power at full load. For a Raspberry Pi it is the power of its supply. */
  readonly watts?: number | undefined;
  /** Whether this device made the runs. */
  readonly thisMachine?: boolean | undefined;
}

/** The price of a kilowatt-hour. */
export interface Electricity {
  readonly dollars: number;
  readonly date: string;
  readonly source: string;
}

export interface DevicePrice {
  readonly dollars: number;
  readonly per: 'hour' | 'device';
  readonly date: string;
  readonly source: string;
}

const GB = 1e9;
const GiB = 2 ** 30;

const AWS = 'AWS on-demand, us-east-1';

export const DEVICES: readonly Device[] = [
  { name: 'phone, 8 GB', memory: 8 * GB, usable: 0.4, bandwidth: 51.2 * GB, price: null },
  {
    name: 'Raspberry Pi 5, 8 GB',
    watts: 27,
    memory: 8 * GiB,
    usable: 0.8,
    bandwidth: 17.1 * GB,
    price: {
      dollars: 125,
      per: 'device',
      date: '2026-02-02',
      source: 'Raspberry Pi, list price since memory became expensive (80 at launch, 2023)',
    },
  },
  { name: 'laptop, 8 GB', memory: 8 * GiB, usable: 0.5, bandwidth: 51.2 * GB, price: null },
  { name: 'laptop, 16 GB', memory: 16 * GiB, usable: 0.65, bandwidth: 76.8 * GB, price: null },
  {
    name: 'RTX 3060, 12 GB',
    watts: 170,
    memory: 12 * GiB,
    usable: 0.9,
    bandwidth: 360 * GB,
    price: { dollars: 329, per: 'device', date: '2021-02-25', source: 'NVIDIA, list price at launch' },
  },
  {
    name: 'RTX 4090, 24 GB',
    watts: 450,
    memory: 24 * GiB,
    usable: 0.9,
    bandwidth: 1008 * GB,
    price: { dollars: 1599, per: 'device', date: '2022-10-12', source: 'NVIDIA, list price at launch' },
  },
  {
    name: 'L4, 24 GB',
    watts: 72,
    memory: 24 * GiB,
    usable: 0.9,
    bandwidth: 300 * GB,
    price: { dollars: 0.8048, per: 'hour', date: '2025-06-01', source: `${AWS}, g6.xlarge` },
  },
  {
    name: 'A100, 80 GB',
    watts: 400,
    memory: 80 * GB,
    usable: 0.9,
    bandwidth: 2039 * GB,
    price: { dollars: 27.44705 / 8, per: 'hour', date: '2025-06-01', source: `${AWS}, an eighth of p4de.24xlarge` },
  },
  {
    name: 'H100, 80 GB',
    watts: 700,
    memory: 80 * GB,
    usable: 0.9,
    bandwidth: 3350 * GB,
    price: { dollars: 55.04 / 8, per: 'hour', date: '2025-06-01', source: `${AWS}, an eighth of p5.48xlarge` },
  },
];

export const ELECTRICITY: Electricity = {
  dollars: 0.1648,
  date: '2024-12-31',
  source: 'US Energy Information Administration, residential average of 2024',
};

/** Adds a user's own devices to the catalogue. They come first and replace devices with the same name. */
export function withOwnDevices(userDevices: readonly Device[]): readonly Device[] {
  const names = new Set(userDevices.map(({ name }) => name));
  return [...userDevices, ...DEVICES.filter(({ name }) => !names.has(name))];
}
