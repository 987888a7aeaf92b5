/**
 * Whose process serves a model. Of a server that rightsize did not start nothing can be read but what it answers: its
 * memory, its energy, its load time and where it sends prompts are its own, and what could be read in their place belongs
 * to the client that asked it.
 */
import type { Model } from '../definition/model.js';
import type { SessionFacts } from '../log/log.js';
import { type Missing, missing } from '../quantity.js';

const NOT_OURS = missing('the server is not ours: rightsize did not start it');

/** Why what belongs to the process of the model is missing; null where the process is ours. */
export function notOurs(facts: SessionFacts | null, entry: Model): Missing | null {
  if (facts === null || facts.network === 'none') return null;
  // Logs of earlier versions do not say who started the server; the entry does.
  const { server = 'server' in entry && entry.server !== undefined ? 'ours' : 'not ours' } = facts;
  return server === 'ours' ? null : NOT_OURS;
}
