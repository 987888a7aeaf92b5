/**
 * Requests to one server, and what each way to fail means: the user can mend a key, a name or a setting; a server that
 * breaks down has failed for its model; a network that is not there says nothing about either.
 */
import type { Dispatcher } from 'undici';
import { describeError, UserError } from '../../core/errors.js';
import { authoritiesOf, proxiesOf } from '../../hub/proxies.js';
import { isTransientStatus, retryAfterOf, Transient } from '../../hub/retry.js';
import { ModelFailure } from '../backend.js';
import { Agent, EnvHttpProxyAgent } from './agents.js';
import { type ArrivingBody, readText } from './arriving.js';
import { decoded } from './decoding.js';
import type { Endpoint } from './endpoint.js';
import { exchange } from './exchange.js';
import { parse } from './json.js';
import {
  BROKEN_DOWN,
  EXHAUSTED,
  errorText,
  FILTERED,
  OUT_OF_QUOTA,
  RATE_LIMIT,
  TOO_LONG,
  WRONG_KEY,
} from './server-error.js';
import { brokeOnUsedSocket } from './stale.js';

export interface Connection {
  readonly endpoint: Endpoint;
  /** Why the server that we started is no more; null while it runs, or when it is not ours. */
  ended(): string | null;
  /**
   * Sends one request, once.
   *
   * @returns a good answer, its body not yet read.
   * @throws Refusal for a status from 400 on, Transient when another attempt may succeed, NoConnection when none was made.
   */
  send(method: 'GET' | 'POST', url: string, body: object | null, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  readonly contentType: string;
  readonly body: ArrivingBody;
}

/** The server understood, and said no. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly text: string,
    readonly retryAfter: number | null,
  ) {
    super(`${status} ${text}`);
  }
}

export class RateLimited extends Transient {}

/** The server had given up the connection before it read the request. */
export class StaleConnection extends Transient {}

export class NoConnection extends Error {}

/** A socket that breaks between sending and answering is often one that the server had just given up. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ECONNABORTED']);
const LONGEST_REFUSAL = 64 * 1024;
const CONNECT_TIMEOUT = 10;

export function connect(
  endpoint: Endpoint,
  environment: Readonly<Record<string, string | undefined>>,
  ended: () => string | null,
): Connection {
  // The timeouts of a stream are those of its task, so the connection has none but for being made.
  const options = {
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 30_000,
    connect: { timeout: CONNECT_TIMEOUT * 1000, ...authoritiesOf(environment) },
  };
  const dispatcher: Dispatcher =
    endpoint.network === 'loopback'
      ? new Agent(options)
      : new EnvHttpProxyAgent({ ...proxiesOf(environment, endpoint.host), ...options });
  return {
    endpoint,
    ended,
    async send(method, url, body, signal) {
      const { headers } = endpoint;
      const payload = body === null ? null : payloadOf(body);
      const response = await exchange(url, { method, headers, body: payload, dispatcher, signal }).catch(
        (error: unknown) => {
          signal.throwIfAborted();
          throw connectionFailure(error, endpoint);
        },
      );
      const { status, header } = response;
      const answer = await decoded(response.body, header('content-encoding') ?? '', endpoint.place);
      if (status < 300) return { contentType: header('content-type') ?? '', body: answer };
      const text = await readText(answer, LONGEST_REFUSAL).catch(() => '');
      signal.throwIfAborted();
      throw new Refusal(status, endpoint.quote(errorText(parse(text) ?? text)), retryAfterOf(header));
    },
    close: () => dispatcher.destroy(),
  };
}

/** A lone surrogate, as JSON writes it, or a backslash before such a text. */
const MAY_BE_HALF = /\\ud[89a-f]/;

function payloadOf(body: object): string {
  const text = JSON.stringify(body);
  return MAY_BE_HALF.test(text) ? JSON.stringify(body, wellFormed) : text;
}

/** Half a character (a lone surrogate) is valid in JavaScript and refused by servers: it becomes the replacement character. */
function wellFormed(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/\p{Surrogate}/gu, '\uFFFD') : value;
}

function connectionFailure(error: unknown, { place }: Endpoint): Error {
  const code = codeOf(error);
  const why = `${place}: ${describeError(error)}${code === undefined || describeError(error).includes(code) ? '' : ` (${code})`}`;
  if (code === undefined || !BROKEN.has(code)) return new NoConnection(`${why}: no connection`, { cause: error });
  const Failure = brokeOnUsedSocket(error) ? StaleConnection : Transient;
  return new Failure(`${why}: the connection broke before an answer`, null, { cause: error });
}

export function codeOf(error: unknown): string | undefined {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return typeof code === 'string' ? code : cause === undefined ? undefined : codeOf(cause);
}

/**
 * What a refusal means for the trial: an error to throw, or `withheld` where the server's filter refused the prompt or the
 * answer. It is the same whether it came as a status or inside a stream.
 *
 * @param how What the server did; without it, it answered with the status.
 */
export function meaningOf(
  { status, text, retryAfter }: Refusal,
  { place }: Endpoint,
  how = `answered ${status}`,
): Error | 'withheld' {
  const said = text === '' ? '' : ` and said "${text}"`;
  const isQuota = OUT_OF_QUOTA.test(text) || (BILLING.has(status) && /billing/i.test(text));
  if (status === 402 || (status < 500 && isQuota && !EXHAUSTED.test(text))) {
    return new UserError(`${place} ${how}${said}: the account has no quota left`);
  }
  // A moderated prompt is forbidden, and the key is not to blame.
  if (status === 403 && FILTERED.test(text)) return 'withheld';
  if (status === 401 || status === 403 || WRONG_KEY.test(text)) {
    return new UserError(`${place} ${how}${said}: the key is missing, wrong, or may not use this model; see apiKeyEnv`);
  }
  if (status === 429 || (status === 413 && RATE_LIMIT.test(text))) {
    return new RateLimited(`${place} ${how}${said}`, retryAfter);
  }
  if (status === 413 || TOO_LONG.test(text)) {
    return new ModelFailure(
      'prompt-too-long',
      `${place}: the prompt and the room for its answer are longer than the model's context (${text || status})`,
    );
  }
  if (FILTERED.test(text)) return 'withheld';
  if (isTransientStatus(status) || status === FULL || BROKEN_DOWN.test(text)) {
    return new Transient(`${place} ${how}${said}`, retryAfter);
  }
  const remedy = REMEDIES[status] ?? (/max_tokens/.test(text) ? 'set tokenLimitField' : 'check the model entry');
  return new UserError(`${place} ${how}${said}; ${remedy}`);
}

/** Groq's own status for a flex tier without free capacity. */
const FULL = 498;
/** Statuses under which a word about bills means an account that cannot pay. */
const BILLING = new Set([403, 429]);
const REDIRECTS = [301, 302, 303, 307, 308];

const REMEDIES: Readonly<Record<number, string>> = {
  ...Object.fromEntries(REDIRECTS.map((status) => [status, 'use the address that it redirects to as endpoint'])),
  404: 'check `source` (the name of the model) and `endpoint` (most end in /v1)',
  405: 'check `endpoint` (most end in /v1) and `api`',
};
