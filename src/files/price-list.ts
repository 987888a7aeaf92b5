/** A user's prices and devices, from `--prices FILE`. */
import { priceListSchema } from '../core/definition/price-list.js';
import { withOwnDevices } from '../core/recommend/devices.js';
import type { RecommendOptions } from '../core/recommend/recommend.js';
import { parseUser, readDocument } from './document.js';

/** @throws UserError */
export async function loadPrices(file: string | undefined): Promise<RecommendOptions> {
  if (file === undefined) return {};
  const { devices, electricity } = parseUser(priceListSchema, await readDocument(file), 'see docs/recommendation.md');
  return { devices: withOwnDevices(devices), ...(electricity && { electricity }) };
}
