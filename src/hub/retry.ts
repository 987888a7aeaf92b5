/**
 * Retry with exponential backoff. A request that fails on a network or a busy server often succeeds a little later. The
 * number of attempts is limited, and each wait is twice as long. A server's `Retry-After` is followed, within a limit.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** An attempt throws this error when it is worth a retry. */
export class Transient extends Error {
  override readonly name = 'Transient';
  constructor(
    message: string,
    /** The seconds that the server asked to wait; null when it did not say. */
    readonly retryAfter: number | null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface Pace {
  readonly attempts: number;
  /** Seconds before the second attempt. Each later wait is twice as long. */
  readonly delay: number;
  /** The limit for the sum of all waits, in seconds. */
  readonly patience: number;
}

/**
 * Repeats an attempt until it succeeds, fails with a permanent error, or no attempts are left. Then it throws the last error.
 *
 * @param onWait called before each wait, with its seconds.
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
      // Jitter: up to a quarter more, so that many clients of one server do not retry at the same moment.
      const seconds = error.retryAfter ?? pace.delay * 2 ** (failures - 1) * (1 + Math.random() / 4);
      waited += seconds;
      if (waited > pace.patience) throw error;
      onWait(seconds);
      await sleep(seconds * 1000, undefined, { signal });
    }
  }
}

/** Whether a status means "try later": request timeout, too early, too many requests, and errors of the server itself. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/**
 * Returns the seconds that a response asks to wait. It reads `retry-after-ms` (OpenAI), `Retry-After` in seconds or as a date
 * (RFC 9110), and the reset of an exhausted `RateLimit` (the Hugging Face hub: `"api";r=0;t=55`).
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
