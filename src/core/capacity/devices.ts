/**
 * Devices people ask about. Memory and bandwidth are the makers' figures (of A100 and H100 those of the SXM form); `usable` is
 * what a model may take of the memory, the rest belongs to the system, the screen or the driver. Prices change: each carries its
 * date and source, and a user's own table may take the place of this one. AWS's are those since its cut of June 2025.
 */
export interface Device {
  readonly name: string;
  /** Bytes that a model, its KV cache and its runtime share. */
  readonly memory: number;
  /** Share of the memory that can be had. */
  readonly usable: number;
  /** Bytes per second: what every token must read the weights with. */
  readonly bandwidth: number;
  readonly price: DevicePrice | null;
  /** Power at full work, as its makers rate it; of a Raspberry Pi, as its supply is rated. */
  readonly watts?: number | undefined;
  /** Whether the runs were made on it. */
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
      source: 'Raspberry Pi, list price since memory became dear (80 at launch, 2023)',
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

/** The table with a user's own devices in it: first, or in the place of those of the same name. */
export function withOwnDevices(own: readonly Device[]): readonly Device[] {
  const names = new Set(own.map(({ name }) => name));
  return [...own, ...DEVICES.filter(({ name }) => !names.has(name))];
}
