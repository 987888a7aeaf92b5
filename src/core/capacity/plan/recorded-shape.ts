/** The shape of a model of a log: what the engine read from its files, or that of the published model which its entry names. */
import { isHubReference, parseHubReference } from '../../definition/hub-reference.js';
import type { Model } from '../../definition/model.js';
import type { SessionFacts } from '../../log/log.js';
import { type Missing, missing } from '../../quantity.js';
import { type PricedModel, publishedAt } from '../model-cost.js';
import type { StorageName } from '../storage.js';

export type RecordedShape = Pick<PricedModel, 'shape' | 'isEstimated'>;

/** @param usual How the engine's users store weights if the entry does not say. */
export function recordedShape(facts: SessionFacts | null, entry: Model, usual: StorageName): RecordedShape | Missing {
  if (facts?.shape !== undefined) return { shape: facts.shape, isEstimated: false };
  return (
    publishedEntry(entry, usual)?.[0] ??
    missing('the log does not tell its layers, and no published model has its name')
  );
}

/** The published model that an entry of models.json names. @returns Null where it names none. @throws UserError for a reference that is none. */
export function publishedEntry(entry: Model, usual: StorageName): readonly PricedModel[] | null {
  if (!('source' in entry) || 'endpoint' in entry || !isHubReference(entry.source)) return null;
  const { repository, select } = parseHubReference(entry.source, 'model');
  const stored = entry.quantisation ?? (select.by === 'quantisation' ? select.tag : usual);
  return publishedAt(repository, stored.toLowerCase());
}
