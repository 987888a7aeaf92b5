/**
 * Tells who owns the process that serves a model. If rightsize did not start a server, it sees only the answers. It cannot read
 * the memory, the energy and the load time of the server, and it does not know where the server sends prompts. Readings of our
 * own process would describe the client instead.
 */
import type { Model } from '../definition/model.js';
import type { SessionFacts } from '../log/log.js';
import { type Missing, missing } from '../quantity.js';

const NOT_OURS = missing('the server is not ours: rightsize did not start it');

/** The reason why readings of the model's process are missing; null if the process is ours. */
export function notOurs(facts: SessionFacts | null, entry: Model): Missing | null {
  if (facts === null || facts.network === 'none') return null;
  // Logs of earlier versions do not tell who started the server, but the entry of the model does.
  const { server = 'server' in entry && entry.server !== undefined ? 'ours' : 'not ours' } = facts;
  return server === 'ours' ? null : NOT_OURS;
}
