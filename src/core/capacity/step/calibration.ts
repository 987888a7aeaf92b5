/** The fitted constants with how far they were from rows that they had not seen. */
import { BASES, type Basis } from './bases.js';
import type { Constants, Traits } from './fit.js';
import type { Spread } from './spread.js';

/** What a time is of. Each has an accuracy of its own. */
export const QUANTITIES = ['decode', 'batch', 'served token', 'prefill', 'served first'] as const;

export type Quantity = (typeof QUANTITIES)[number];

export type SpreadClass = `${Quantity} | ${Basis}`;

export const SPREAD_CLASSES: readonly SpreadClass[] = QUANTITIES.flatMap((quantity) =>
  BASES.map((basis): SpreadClass => `${quantity} | ${basis}`),
);

/** Reading a prompt and writing an answer need different things of a device: rows of one say little of the other. */
export type Phase = 'prompt' | 'token';

export function phaseOf(quantity: Quantity): Phase {
  return quantity === 'prefill' || quantity === 'served first' ? 'prompt' : 'token';
}

/**
 * The number of measurements behind the constants, by phase: of each device, and of each device with an engine. Of each device with an engine also by
 * quantity: rows of a server under load say less of a single stream than rows of single streams.
 */
export interface RowCounts {
  readonly device: Readonly<Record<string, number>>;
  readonly pair: Readonly<Record<string, number>>;
  readonly quantity: Readonly<Record<string, number>>;
}

const deviceKey = ({ device }: Traits, phase: Phase) => `${device} ${phase}`;
const quantityKey = ({ device, engine }: Traits, quantity: Quantity) => `${device} ${engine} ${quantity}`;
const pairKey = ({ device, engine }: Traits, phase: Phase) => `${device} ${engine} ${phase}`;

export function countRows(rows: readonly { readonly traits: Traits; readonly quantity: Quantity }[]): RowCounts {
  const counts: Record<keyof RowCounts, Record<string, number>> = { device: {}, pair: {}, quantity: {} };
  for (const { traits, quantity } of rows) {
    const [device, pair] = [deviceKey(traits, phaseOf(quantity)), pairKey(traits, phaseOf(quantity))];
    counts.device[device] = (counts.device[device] ?? 0) + 1;
    counts.pair[pair] = (counts.pair[pair] ?? 0) + 1;
    const own = quantityKey(traits, quantity);
    counts.quantity[own] = (counts.quantity[own] ?? 0) + 1;
  }
  return counts;
}

/** The nearest rows that the constants have seen, how many of this device with this engine, and how many of those are of the quantity itself. */
export function basisOf(
  traits: Traits,
  quantity: Quantity,
  counts: RowCounts,
): { readonly basis: Basis; readonly rows: number; readonly own: number } {
  const phase = phaseOf(quantity);
  const rows = counts.pair[pairKey(traits, phase)] ?? 0;
  const own = counts.quantity[quantityKey(traits, quantity)] ?? 0;
  if (rows > 0) return { basis: 'pair', rows, own };
  return { basis: (counts.device[deviceKey(traits, phase)] ?? 0) > 0 ? 'device' : 'kind', rows, own };
}

/** What is known of several devices that share each layer of a model. */
export interface SeveralDevices {
  /** The measurements of several devices together. Those of one say nothing of what lies between devices. */
  readonly rows: RowCounts;
  /** The engines of these rows, without a year. */
  readonly engines: readonly string[];
  /** The most devices of a row. */
  readonly most: number;
  readonly spreads: Readonly<Record<SpreadClass, Spread>>;
}

export interface Calibration {
  readonly date: string;
  readonly rows: RowCounts;
  readonly constants: Constants;
  readonly spreads: Readonly<Record<SpreadClass, Spread>>;
}
