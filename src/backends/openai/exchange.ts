/** One request and its answer, by undici's own callbacks: `request` of undici makes a stream of each body (see ./arriving.ts). */
import type { Dispatcher } from 'undici';
import { ArrivingBody } from './arriving.js';

export interface ExchangeOptions {
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | null;
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
}

export interface Response {
  readonly status: number;
  /** The first value of a header. */
  header(name: string): string | undefined;
  readonly body: ArrivingBody;
}

/**
 * @returns the answer once its headers are there. Its body breaks off when the signal is aborted.
 * @throws what undici says, or the reason of the signal, where there is no answer.
 */
export async function exchange(
  url: string,
  { method, headers = {}, body = null, dispatcher, signal }: ExchangeOptions,
): Promise<Response> {
  signal.throwIfAborted();
  const { origin, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | null = null;
    let answer: ArrivingBody | null = null;
    const onAbort = () => {
      controller?.abort(signal.reason);
      // A request may wait for its connection; nobody waits for that any more.
      if (answer === null) reject(signal.reason);
    };
    const close = () => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started;
        if (signal.aborted) started.abort(signal.reason);
      },
      onResponseStart(started, status, fields) {
        // 1xx: the answer follows.
        if (status < 200) return;
        answer = new ArrivingBody(started);
        const header = (name: string) => {
          const values = fields[name];
          return Array.isArray(values) ? values[0] : values;
        };
        resolve({ status, header, body: answer });
      },
      onResponseData: (_, bytes) => answer?.push(bytes),
      onResponseEnd() {
        close();
        answer?.end(null);
      },
      onResponseError(_, error) {
        close();
        if (answer === null) reject(error);
        else answer.end(error);
      },
    };
    dispatcher.dispatch({ origin, path: `${pathname}${search}`, method, headers: { ...headers }, body }, handler);
  });
}
