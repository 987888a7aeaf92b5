/**
 * Prices and devices of one's own, in place of those of the table or beside them:
 *
 *     { "electricity": { "dollars": 0.30, "date": "2026-01-01", "source": "our bill" },
 *       "devices": [{ "name": "workstation", "thisMachine": true, "memory": "64 GB", "usable": 0.8, "bandwidth": "80 GB",
 *                     "watts": 120, "price": { "dollars": 1200, "per": "device", "date": "2026-01-01", "source": "invoice" } }] }
 */
import { z } from 'zod';
import { size } from './units.js';

const dated = {
  date: z.iso.date().describe('When the price was read.'),
  source: z.string().describe('Where the price was read.'),
};

const device = z.strictObject({
  name: z.string().min(1),
  memory: size.describe('What a model, its KV cache and its runtime share.'),
  usable: z.number().positive().max(1).describe('The share of the memory that can be had.'),
  bandwidth: size.describe('Of the memory, a second.'),
  price: z
    .strictObject({ dollars: z.number().positive(), per: z.enum(['hour', 'device']), ...dated })
    .nullable()
    .default(null),
  watts: z.number().positive().optional().describe('Power at full work.'),
  thisMachine: z.boolean().optional().describe('Whether the runs were made on it.'),
});

export const priceListSchema = z.strictObject({
  $schema: z.string().optional(),
  electricity: z.strictObject({ dollars: z.number().positive().describe('Of a kilowatt-hour.'), ...dated }).optional(),
  devices: z.array(device).default([]),
});

export type PriceList = Omit<z.infer<typeof priceListSchema>, '$schema'>;
