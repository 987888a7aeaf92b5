/** Whether two entries of a catalogue say the same, as JSON has them: absent and undefined fields are the same. */
import { isDeepStrictEqual } from 'node:util';
import type { Model } from '../core/definition/model.js';

export function sameEntry(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(plain(one), plain(other));
}

function plain(model: unknown): Model {
  return JSON.parse(JSON.stringify(model));
}
