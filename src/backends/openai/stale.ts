/**
 * Stale connections. A server gives up an idle connection at some time. A request that is sent at that moment breaks, before its first
 * byte and by nobody's fault. A new connection that breaks is another matter: the server has broken down.
 *
 * undici tells through diagnostics channels which socket a request was written to, and with what error it ended.
 */
import { subscribe } from 'node:diagnostics_channel';

const used = new WeakSet<object>();
/** Requests on a socket that an earlier request had used. */
const onUsedSocket = new WeakSet<object>();
const errors = new WeakSet<object>();

subscribe('undici:client:sendHeaders', (message) => {
  const { request, socket } = message as { readonly request: object; readonly socket: object };
  if (used.has(socket)) onUsedSocket.add(request);
  else used.add(socket);
});
subscribe('undici:request:error', (message) => {
  const { request, error } = message as { readonly request: object; readonly error: object };
  if (onUsedSocket.has(request)) errors.add(error);
});

/** Whether a request failed with this error on a connection that had served an earlier one. */
export function brokeOnUsedSocket(error: unknown): boolean {
  return typeof error === 'object' && error !== null && errors.has(error);
}
