/**
 * A user's own prices and devices. They are added to the catalogue of devices, or replace entries of it:
 *
 *     { "electricity": { "dollars": 0.30, "date": "2026-01-01", "source": "our bill" },
 *       "devices": [{ "id": "ws", "name": "workstation", "kind": "cpu", "thisMachine": true, "memory": "64 GB", "usable": 0.8, "bandwidth": "80 GB",
 *                     "watts": 120, "price": { "dollars": 1200, "per": "device", "date": "2026-01-01", "source": "invoice" } }] }
 */
import { z } from 'zod';
import { size } from './units.js';

const dated = {
  date: z.iso.date().describe('The date of the price.'),
  source: z.string().describe('The source of the price.'),
};

/** What devices of one kind have in common is how much of their figures an engine reaches. */
export const DEVICE_KINDS = ['phone', 'board', 'cpu', 'integrated', 'apple', 'consumer-gpu', 'datacentre-gpu'] as const;

export type DeviceKind = (typeof DEVICE_KINDS)[number];

const rate = size.describe('Operations per second on dense matrices.');

const device = z.strictObject({
  id: z.string().min(1).optional().describe('A short name, for --device.'),
  name: z.string().min(1),
  kind: z.enum(DEVICE_KINDS).optional().describe('Devices of one kind reach about the same share of their figures.'),
  memory: size.describe('The memory that a model, its KV cache and its runtime share.'),
  usable: z.number().positive().max(1).describe('The share of the memory that a model can use.'),
  bandwidth: size.describe('The memory bandwidth per second.'),
  compute: z
    .strictObject({ f16: rate, i8: rate.optional(), f8: rate.optional(), f4: rate.optional() })
    .optional()
    .describe('By the width of the numbers in bits; i8 is of whole numbers, where they are faster.'),
  price: z
    .strictObject({ dollars: z.number().positive(), per: z.enum(['hour', 'device']), ...dated })
    .nullable()
    .default(null),
  watts: z.number().positive().optional().describe('The power at full load, in watts.'),
  thisMachine: z.boolean().optional().describe('Whether this device made the runs.'),
});

export const priceListSchema = z.strictObject({
  $schema: z.string().optional(),
  electricity: z
    .strictObject({ dollars: z.number().positive().describe('The price of a kilowatt-hour.'), ...dated })
    .optional(),
  devices: z.array(device).default([]),
});

export type PriceList = Omit<z.infer<typeof priceListSchema>, '$schema'>;
