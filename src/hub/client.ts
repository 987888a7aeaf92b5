/**
 * Requests to the Hugging Face hub, or to a server with the same API (`HF_ENDPOINT`). Answers are hostile input. Commits,
 * hashes and file names become paths, so each is checked here. No message repeats the text of a server.
 */
import { datasetInfo, HUB_URL, listFiles, modelInfo } from '@huggingface/hub';
import { EnvHttpProxyAgent, fetch, type RequestInit, type Response } from 'undici';
import { type HubReference, isSafePath } from '../core/definition/hub-reference.js';
import { describeError, UserError } from '../core/errors.js';
import { type EnvironmentVariables, isCommit } from './cache.js';
import { proxiesOf } from './proxies.js';
import { isTransientStatus, type Pace, persist, retryAfterOf, Transient } from './retry.js';

/** How often and how long a download is tried. */
export interface HubPace extends Pace {
  /** A connection counts as dead after this many seconds without a byte. */
  readonly stall: number;
}

export interface HubFile {
  readonly name: string;
  /** The size in bytes. */
  readonly size: number;
  /** The cache names the content by this hash: SHA-256 for large files, git's SHA-1 of the blob for small files. */
  readonly hash: string;
}

export interface Hub {
  /** The commit that the reference's revision points to now. */
  commit(): Promise<string>;
  /** Lists all files below a folder (null: the whole repository). Names start at the root of the repository. */
  list(commit: string, folder: string | null): Promise<HubFile[]>;
  /** Makes one attempt to read a part of a file. `offset` in the result is the byte at which the server really starts. */
  read(commit: string, file: HubFile, range: ByteRange, signal: AbortSignal): Promise<HubBody>;
  close(): Promise<void>;
}

export interface ByteRange {
  readonly offset: number;
  /** The byte after the last one; the end of the file if it is absent. */
  readonly end?: number;
}

export interface HubBody {
  readonly offset: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

const MOST_ENTRIES = 100_000;
const MOST_API_REQUESTS = 200;
const MOST_API_BYTES = 64 * 2 ** 20;

export function connectToHub(
  reference: HubReference,
  environment: EnvironmentVariables,
  pace: HubPace,
  signal: AbortSignal,
): Hub {
  const endpoint = (environment.HF_ENDPOINT || HUB_URL).replace(/\/+$/, '');
  const token = tokenIn(environment, reference.text);
  const network = {
    headersTimeout: pace.stall * 1000,
    bodyTimeout: pace.stall * 1000,
    ...proxiesOf(environment),
  };
  const api = new EnvHttpProxyAgent({ ...network, maxResponseSize: MOST_API_BYTES });
  const files = new EnvHttpProxyAgent(network);
  const place = `${reference.text}: the hub at ${hostOf(endpoint, reference.text)}`;

  /** Sends one request and throws for a bad answer. The token goes to the endpoint only, never to where it redirects. */
  async function request(url: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers as Record<string, string>);
    if (token && new URL(url).origin === new URL(endpoint).origin) headers.set('authorization', `Bearer ${token}`);
    const response = await fetch(url, { ...init, headers: [...headers] }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new Transient(`${place} could not be reached (${describeError(error)})`, null, { cause: error });
    });
    if (response.ok || response.status === 416) return response;
    await response.body?.cancel();
    throw refusal(response, reference, place, token !== '');
  }

  let requests = 0;
  /** The `fetch` that the library uses: our agent, our token, our retries, and a limit for endless listings. */
  const fetchApi = (async (url: string, init: RequestInit) => {
    requests += 1;
    if (requests > MOST_API_REQUESTS) throw new RangeError(`more than ${MOST_API_REQUESTS} pages`);
    return persist(pace, signal, () => request(url, { ...init, dispatcher: api, signal }));
  }) as unknown as typeof globalThis.fetch;
  const common = { hubUrl: endpoint, fetch: fetchApi };

  async function ask<T>(what: string, question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof UserError || error instanceof Transient) throw error;
      const why = error instanceof SyntaxError ? 'no JSON' : describeError(error);
      throw new UserError(`${place} answered with something that is no ${what} (${why})`);
    }
  }

  return {
    commit: () =>
      ask('description of a repository', async () => {
        const params = { ...common, name: reference.repository, revision: reference.revision };
        const info =
          reference.kind === 'model'
            ? await modelInfo({ ...params, additionalFields: ['sha'] })
            : await datasetInfo({ ...params, additionalFields: ['sha'] });
        if (!isCommit(info.sha)) throw new TypeError('no commit');
        return info.sha;
      }),

    list: (commit, folder) =>
      ask('list of files', async () => {
        const found: HubFile[] = [];
        const path = folder === null ? {} : { path: encodePath(folder) };
        const repo = { type: reference.kind, name: reference.repository };
        const query = { ...common, repo, revision: commit, recursive: true, ...path };
        for await (const entry of listFiles(query)) {
          if (found.length >= MOST_ENTRIES) throw new RangeError(`more than ${MOST_ENTRIES} entries`);
          if (entry.type !== 'file') continue;
          found.push(checkedFile(entry.path, entry.lfs?.size ?? entry.size, entry.lfs?.oid ?? entry.oid));
        }
        return found;
      }),

    async read(commit, file, { offset, end }, signal) {
      const kind = reference.kind === 'model' ? '' : `${reference.kind}s/`;
      const url = `${endpoint}/${kind}${reference.repository}/resolve/${commit}/${encodePath(file.name)}`;
      const range = offset > 0 || end !== undefined ? `bytes=${offset}-${end === undefined ? '' : end - 1}` : null;
      const headers = { 'accept-encoding': 'identity', ...(range !== null && { range }) };
      const response = await request(url, { headers, dispatcher: files, signal });
      if (response.status === 416 || response.body === null) {
        await response.body?.cancel();
        throw new Transient(`${place} has no byte ${offset} of ${file.name}`, null);
      }
      const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
      return { offset: response.status === 206 && start !== undefined ? Number(start) : 0, chunks: response.body };
    },

    async close() {
      await Promise.all([api.destroy(), files.destroy()]);
    },
  };
}

function checkedFile(name: string, size: number, hash: string | undefined): HubFile {
  if (typeof name !== 'string' || !isSafePath(name)) throw new TypeError('a file name that leaves its folder');
  if (!Number.isSafeInteger(size) || size < 0) throw new TypeError('a file without a size');
  if (hash === undefined || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hash)) throw new TypeError('a file without a hash');
  return { name, size, hash };
}

function refusal(response: Response, reference: HubReference, place: string, hasToken: boolean): Error {
  const { status } = response;
  const code = response.headers.get('x-error-code');
  if (isTransientStatus(status)) {
    const wait = retryAfterOf((name) => response.headers.get(name) ?? undefined);
    const again = wait === null ? '' : ` and asks to try again in ${Math.ceil(wait)} s`;
    return new Transient(`${place} answered ${status}${again}`, wait);
  }
  const token = hasToken ? 'HF_TOKEN, which is set, gives no access to it' : 'set HF_TOKEN to a token that may read it';
  if (code === 'GatedRepo') {
    return new UserError(`${place} answered ${status}: accept the terms on the page of the repository, then ${token}`);
  }
  if (status === 401 || status === 403) {
    return new UserError(`${place} answered ${status}: the repository is private or does not exist; ${token}`);
  }
  if (status === 404) {
    const what =
      code === 'RevisionNotFound'
        ? `revision ${reference.revision}`
        : code === 'EntryNotFound'
          ? 'file or folder of that name'
          : `${reference.kind} of that name`;
    return new UserError(`${place} has no ${what} (404); check the reference`);
  }
  return new UserError(`${place} answered ${status}; check the reference and HF_ENDPOINT`);
}

/** Returns the token, or an empty string. A token that no header can carry is refused here, without showing it. */
function tokenIn({ HF_TOKEN, HUGGING_FACE_HUB_TOKEN }: EnvironmentVariables, text: string): string {
  const token = (HF_TOKEN || HUGGING_FACE_HUB_TOKEN || '').trim();
  if (/^[\x21-\x7e]*$/.test(token)) return token;
  throw new UserError(
    `${text}: HF_TOKEN: expected a token of printable characters, found other characters in it; set it again`,
  );
}

function hostOf(endpoint: string, text: string): string {
  try {
    const { protocol, host } = new URL(endpoint);
    if (/^https?:$/.test(protocol)) return host;
  } catch {}
  throw new UserError(`${text}: HF_ENDPOINT: expected a URL such as https://huggingface.co, found "${endpoint}"`);
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
