/** Loads the prices and devices of a user, from `--prices FILE`. */
import { type PriceList, priceListSchema } from '../core/definition/price-list.js';
import { parseUser, readDocument } from './document.js';

/** @throws UserError */
export async function loadPrices(file: string | undefined): Promise<PriceList | undefined> {
  if (file === undefined) return undefined;
  const { devices, electricity } = parseUser(priceListSchema, await readDocument(file), 'see docs/recommendation.md');
  return { devices, ...(electricity && { electricity }) };
}
