/**
 * Aborting work that cannot be interrupted: native code computes a batch to its end, which may take seconds. The one who
 * waits is told at once; the engine finishes underneath, and whoever uses it next waits for that.
 */

export interface Abortion {
  /** Throws an AbortError when the signal is aborted. */
  check(): void;
  /** The promise, or an AbortError if that comes first. Work that is done already is handed on. */
  race<T>(work: T | Promise<T>): T | Promise<T>;
  /** Stops listening: a signal may outlive a hundred thousand requests. */
  release(): void;
}

export function abortionOf(signal: AbortSignal): Abortion {
  let abort: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(abortError(signal));
  });
  aborted.catch(() => {});
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return {
    check() {
      if (signal.aborted) throw abortError(signal);
    },
    race: (work) => (work instanceof Promise ? Promise.race([work, aborted]) : work),
    release: () => signal.removeEventListener('abort', abort),
  };
}

function abortError(signal: AbortSignal): unknown {
  const { reason } = signal;
  if (reason instanceof Error && reason.name === 'AbortError') return reason;
  return new DOMException('the request was aborted', { name: 'AbortError', cause: reason });
}
