/**
 * A user's own prices and devices. They are added to the catalogue of devices, or replace entries of it:
 *
 *     { "electricity": { "dollars": 0.30, "date": "2026-01-01", "source": "our bill" },
 *       "devices": [{ "name": "workstation", "thisMachine": true, "memory": "64 GB", "usable": 0.8, "bandwidth": "80 GB",
 *                     "watts": 120, "price": { "dollars": 1200, "per": "device", "date": "2026-01-01", "source": "invoice" } }] }
 */
import { z } from 'zod';
import { size } from './units.js';

const dated = {
  date: z.iso.date().describe('The date of the price.'),
  source: z.string().describe('The source of the price.'),
};

const device = z.strictObject({
  name: z.string().min(1),
  memory: size.describe('The memory that a model, its KV cache and its runtime share.'),
  usable: z.number().positive().max(1).describe('The share of the memory that a model can use.'),
  bandwidth: size.describe('The memory bandwidth per second.'),
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
