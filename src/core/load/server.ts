/** Where the server of a tested model is, and how many requests it takes at once. */
import type { Model } from '../definition/model.js';
import type { SessionFacts } from '../log/log.js';

export interface TestedServer {
  /** Its host; null where it is this machine, or there is no server. */
  readonly host: string | null;
  /** Null where it does not tell. */
  readonly slots: number | null;
}

/** @param facts Those of the last session; undefined where the model was never opened. */
export function testedServer(model: Model, facts: SessionFacts | undefined): TestedServer {
  const slots = facts?.settings?.slots;
  return {
    host: model.backend === 'openai' && facts?.network === 'internet' ? hostOf(model.endpoint) : null,
    slots: typeof slots === 'number' ? slots : null,
  };
}

/** The host of a web address, without user, port and path. */
function hostOf(address: string): string {
  const [, host] = /^[a-z][a-z\d+.-]*:\/\/(?:[^@/?#]*@)?(\[[^\]]*\]|[^:/?#]+)/i.exec(address) ?? [];
  return host ?? address;
}
