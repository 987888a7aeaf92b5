/** Why requests got no answer, counted by kind. The log has the words of each request; a report has those that came most often. */
import type { Failed } from '../measure/measurement.js';

export interface FailureCount {
  /** `status 500`, `broken stream`, `no connection`. */
  readonly kind: string;
  readonly count: number;
  /** The words of the log that came most often. */
  readonly reason: string;
}

/** One entry for each kind and its words, the most frequent first. */
export function failuresOf(failed: readonly Pick<Failed, 'kind' | 'reason'>[]): FailureCount[] {
  const counts = new Map<string, FailureCount>();
  for (const one of failed) {
    const kind = kindOf(one);
    const key = JSON.stringify([kind, one.reason]);
    counts.set(key, { kind, reason: one.reason, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return mostFirst([...counts.values()]);
}

/** One entry for each kind, the most frequent first. */
export function failuresByKind(failures: readonly FailureCount[]): FailureCount[] {
  const kinds = new Map<string, FailureCount>();
  for (const one of mostFirst(failures)) {
    const most = kinds.get(one.kind) ?? { ...one, count: 0 };
    kinds.set(one.kind, { ...most, count: most.count + one.count });
  }
  return mostFirst([...kinds.values()]);
}

function mostFirst(failures: readonly FailureCount[]): FailureCount[] {
  return failures.toSorted((a, b) => b.count - a.count);
}

/** A server that failed says so by a status, or by a stream that breaks. */
function kindOf({ kind, reason }: Pick<Failed, 'kind' | 'reason'>): string {
  if (kind !== 'server' && kind !== 'rate-limit') return KINDS[kind];
  const status = / answered ([45]\d\d)\b/.exec(reason)?.[1];
  if (status !== undefined) return `status ${status}`;
  return /\b(the (stream|connection) (broke|ended)|broke off its answer)\b/.test(reason)
    ? 'broken stream'
    : KINDS[kind];
}

const KINDS = {
  timeout: 'timeout',
  connection: 'no connection',
  server: 'the server failed',
  'rate-limit': 'the server limits its rate',
  engine: 'the engine failed',
  crash: 'the engine crashed',
  'prompt-too-long': 'the prompt is too long',
  client: 'no socket on the machine of the client',
  cannot: 'the backend cannot do it',
  cut: 'cut when its step ended',
  unsent: 'never sent',
} as const satisfies Record<Failed['kind'], string>;
