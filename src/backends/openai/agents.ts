/**
 * undici's agents without the rest of it. The process of each model behind a server loads them, and all of undici (cookies, caches,
 * web sockets) takes longer to load than Node itself.
 */
import { createRequire } from 'node:module';
import type * as undici from 'undici';

const load = createRequire(import.meta.url);
type Undici = typeof undici;

export const Agent: Undici['Agent'] = load('undici/lib/dispatcher/agent.js');
export const EnvHttpProxyAgent: Undici['EnvHttpProxyAgent'] = load('undici/lib/dispatcher/env-http-proxy-agent.js');

// An agent of a proxy asks its own client for a tunnel by this method, which undici's index adds.
const { prototype }: Undici['Dispatcher'] = load('undici/lib/dispatcher/dispatcher.js');
prototype.connect = load('undici/lib/api/api-connect.js');
