/** What a device gives: memory to hold a model, bandwidth to read it, and operations to compute with it. */
import type { DeviceKind } from '../definition/price-list.js';

export interface Device {
  /** A short name for the command line; absent for a user's device without one, whose name serves. */
  readonly id?: string | undefined;
  readonly name: string;
  readonly kind?: DeviceKind | undefined;
  /** The memory in bytes that a model, its KV cache and its runtime share. */
  readonly memory: number;
  /** The share of the memory that a model can use. */
  readonly usable: number;
  /** The memory bandwidth in bytes per second. Every token reads all weights at this speed. */
  readonly bandwidth: number;
  /** Operations per second on dense matrices; null or absent if no source gives them. */
  readonly compute?: Compute | null | undefined;
  readonly price: DevicePrice | null;
  /** The power at full load in watts, as the source states it. */
  readonly watts?: number | undefined;
  /** The source of memory, bandwidth and compute. */
  readonly source?: string | undefined;
  /** Whether reports of runs list the device even if nobody names it. */
  readonly listed?: boolean | undefined;
  /** Set where this stands for several devices that share each layer of a model: one of them, and how many they are. Memory, price and power are of all. */
  readonly group?: { readonly device: Device; readonly count: number } | undefined;
  /** Whether this device made the runs. */
  readonly thisMachine?: boolean | undefined;
}

/**
 * Operations per second by the width of the numbers, in bits. A width that the device does not have is absent, and so are whole numbers of 8 bits
 * (`i8`) where they are as fast as floating ones.
 */
export interface Compute {
  readonly f16: number;
  readonly i8?: number | undefined;
  readonly f8?: number | undefined;
  readonly f4?: number | undefined;
}

export interface DevicePrice {
  readonly dollars: number;
  readonly per: 'hour' | 'device';
  readonly date: string;
  readonly source: string;
}

/** What a flag calls the device. */
export function nameOf({ id, name }: Pick<Device, 'id' | 'name'>): string {
  return id ?? name;
}
