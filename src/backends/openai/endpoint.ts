/**
 * Where requests go and how they prove who sends them: OpenAI's own scheme (`Authorization: Bearer`), or Azure's (a path
 * per deployment, an `api-version`, an `api-key` header). The key comes from the environment, is sent to the endpoint, and
 * is struck out of everything a server says before that is shown.
 */
import { isIPv4 } from 'node:net';
import type { ModelOf } from '../../core/definition/model.js';
import { UserError } from '../../core/errors.js';
import { createSecret } from './secret.js';

export interface Endpoint {
  /** How messages name it: `model "gpt" at api.openai.com`. */
  readonly place: string;
  readonly host: string;
  readonly network: 'loopback' | 'internet';
  readonly headers: Readonly<Record<string, string>>;
  /** `/chat/completions` to the whole URL. */
  url(path: string): string;
  /** A path from the root of the server. */
  fromRoot(path: string): string;
  /** What a server said, without the key. */
  strike(text: string): string;
  /** The same on one line, shortened, without characters that steer a terminal. */
  quote(text: string): string;
}

/** @throws UserError when the entry needs a key and the environment has none. */
export function endpointOf(
  model: ModelOf<'openai'>,
  environment: Readonly<Record<string, string | undefined>>,
  port?: number,
): Endpoint {
  const base = new URL(model.endpoint);
  if (port !== undefined) base.port = String(port);
  if (!/^https?:$/.test(base.protocol)) {
    throw new UserError(`model "${model.id}": endpoint: expected an http or https URL, found "${model.endpoint}"`);
  }
  if (base.username !== '' || base.password !== '') {
    throw new UserError(
      `model "${model.id}": endpoint: expected no user or password in the URL; put the key into the environment and ` +
        'name its variable in apiKeyEnv',
    );
  }
  const key = keyOf(model, environment);
  const secret = createSecret(key);
  // Portals show the whole address of a request, and people copy it.
  base.pathname = base.pathname.replace(/\/(chat\/)?completions\/*$/, '');
  const versioned = model.apiVersion !== undefined || base.searchParams.has('api-version');
  const azure = versioned || /\.azure\.(com|us|cn)$/.test(base.hostname);
  if (azure && model.apiVersion !== undefined && !base.pathname.includes('/deployments/')) {
    base.pathname = `${withoutSlash(base.pathname)}/openai/deployments/${encodeURIComponent(model.source)}`;
  }
  if (model.apiVersion !== undefined) base.searchParams.set('api-version', model.apiVersion);
  const headers = key === null ? {} : azure ? { 'api-key': key } : { authorization: `Bearer ${key}` };
  return {
    place: `model "${model.id}" at ${base.hostname}`,
    host: base.hostname,
    network: isLoopback(base.hostname) ? 'loopback' : 'internet',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream, application/json',
      // A compressed stream comes in blocks, which are no tokens.
      'accept-encoding': 'identity',
      ...headers,
    },
    url(path) {
      const url = new URL(base);
      url.pathname = withoutSlash(base.pathname) + path;
      return url.href;
    },
    fromRoot: (path) => new URL(path, base.origin).href,
    strike: secret.strike,
    // Control characters steer a terminal, and those of direction turn a sentence round.
    quote: (text) =>
      secret
        .strike(text)
        .replace(/[\s\p{Cc}\p{Cf}\p{Co}\p{Cs}]+/gu, ' ')
        .trim()
        .slice(0, 300),
  };
}

function keyOf(model: ModelOf<'openai'>, environment: Readonly<Record<string, string | undefined>>): string | null {
  if (model.apiKeyEnv === undefined) return null;
  const key = environment[model.apiKeyEnv]?.trim();
  if (key && !/^[\x21-\x7e]+$/.test(key)) {
    throw new UserError(
      `model "${model.id}": apiKeyEnv: expected a key of printable characters in ${model.apiKeyEnv}, found others in it; ` +
        'set it anew',
    );
  }
  if (key) return key;
  throw new UserError(
    `model "${model.id}": apiKeyEnv: expected the environment variable ${model.apiKeyEnv} to hold the key, ` +
      'but it is not set',
  );
}

/** Whether a host name can only mean this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, '');
}
