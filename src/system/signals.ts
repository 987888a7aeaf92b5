/**
 * Signals that end work after a time, or when one of several others does. Node 20 may collect the signals of `AbortSignal.any` and
 * `AbortSignal.timeout` as garbage before they fire, and then the work is never ended. A controller that the timer and the listeners
 * hold stays.
 */

/** A signal that is aborted with the first of these. They hold it as long as none has been aborted. */
export function firstOf(...signals: readonly AbortSignal[]): AbortSignal {
  const stop = new AbortController();
  const follow = (event: Event) => end(event.target as AbortSignal);
  const end = ({ reason }: AbortSignal) => {
    for (const signal of signals) signal.removeEventListener('abort', follow);
    stop.abort(reason);
  };
  const aborted = signals.find((signal) => signal.aborted);
  if (aborted !== undefined) stop.abort(aborted.reason);
  else for (const signal of signals) signal.addEventListener('abort', follow);
  return stop.signal;
}

/** A signal that is aborted with a TimeoutError after `seconds`, or together with another signal. The timer keeps no process alive. */
export function within(seconds: number, signal?: AbortSignal): AbortSignal {
  const time = new AbortController();
  const late = new DOMException('the time is up', 'TimeoutError');
  const timer = setTimeout(() => time.abort(late), seconds * 1000).unref();
  if (signal === undefined) return time.signal;
  const first = firstOf(time.signal, signal);
  first.addEventListener('abort', () => clearTimeout(timer));
  return first;
}
