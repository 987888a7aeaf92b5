/**
 * Trying again: what a network or a busy server fails at once, it often does a little later. Attempts are bounded, waits
 * double, and a server that says how long to wait (`Retry-After`) is believed, within reason.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** Thrown by an attempt that is worth repeating. */
export class Transient extends Error {
  override readonly name = 'Transient';
  constructor(
    message: string,
    /** Seconds the server asked to wait; null when it did not say. */
    readonly retryAfter: number | null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface Pace {
  readonly attempts: number;
  /** Seconds before the second attempt; each later wait is twice as long. */
  readonly delay: number;
  /** The longest that all waits together may last, seconds. */
  readonly patience: number;
}

/**
 * Runs an attempt until it succeeds, fails for good, or the attempts are used up; then the last failure is thrown.
 *
 * @param onWait told each wait, in seconds, before it begins.
 */
export async function persist<T>(
  pace: Pace,
  signal: AbortSignal,
  attempt: () => Promise<T>,
  onWait: (seconds: number) => void = () => {},
): Promise<T> {
  let waited = 0;
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Transient) || failures >= pace.attempts) throw error;
      // Up to a quarter more, so that many clients of one server do not return in step.
      const seconds = error.retryAfter ?? pace.delay * 2 ** (failures - 1) * (1 + Math.random() / 4);
      waited += seconds;
      if (waited > pace.patience) throw error;
      onWait(seconds);
      await sleep(seconds * 1000, undefined, { signal });
    }
  }
}

/** Whether a status says "later" rather than "no": request timeout, too early, too many, and the server's own errors. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/**
 * The seconds a response asks to wait: `retry-after-ms` (OpenAI), `Retry-After` in seconds or as a date (RFC 9110), or the
 * reset of an exhausted `RateLimit` (the Hugging Face hub: `"api";r=0;t=55`).
 */
export function retryAfterOf(header: (name: string) => string | undefined): number | null {
  const milliseconds = Number.parseFloat(header('retry-after-ms') ?? '');
  if (milliseconds >= 0) return milliseconds / 1000;
  const text = header('retry-after') ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const date = Date.parse(text);
  if (!Number.isNaN(date)) return Math.max(0, (date - Date.now()) / 1000);
  const reset = /;\s*r=0\s*;\s*t=(\d+)/.exec(header('ratelimit') ?? '')?.[1];
  return reset === undefined ? null : Number(reset);
}
