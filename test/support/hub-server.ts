/**
 * A small stand-in for the Hugging Face hub on loopback: repositories with commits, listings in pages, large files behind
 * a redirect to another origin (as the hub's are), ranges, tokens. It serves real bytes, and can be told to do so badly.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubRepository {
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly kind?: 'model' | 'dataset';
  /** Names of files kept in large-file storage: served by redirect, named by SHA-256. */
  readonly large?: readonly string[];
  readonly token?: string;
}

/** What goes wrong with one request for a file or an API answer. */
export type Fault =
  | {
      readonly do: 'answer';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** So many bytes, then the connection is cut. */
  | { readonly do: 'cut'; readonly after: number }
  /** The announced length and the end are too early: a short file that looks whole. */
  | { readonly do: 'shorten'; readonly to: number }
  | { readonly do: 'lengthen'; readonly by: number }
  | { readonly do: 'corrupt' }
  | { readonly do: 'ignore-range' }
  /** So many bytes, then silence. */
  | { readonly do: 'stall'; readonly after: number }
  | { readonly do: 'trickle'; readonly bytes: number; readonly every: number };

export interface HubRequest {
  readonly method: string;
  readonly path: string;
  readonly what: 'revision' | 'tree' | 'file';
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

export interface HubServer {
  readonly url: string;
  /** Requests in the order they came; those redirected appear once more at the storage. */
  readonly requests: HubRequest[];
  /** Authorization headers that reached the storage, which must never see the token. */
  readonly leaked: string[];
  /** Decides what goes wrong, request by request. */
  fault: (request: HubRequest) => Fault | null;
  /** Replaces what a repository holds; the commit changes with it. */
  put(name: string, repository: HubRepository): void;
  commitOf(name: string): string;
  /** Rewrites the entries of listings, as a hostile hub would. */
  list: (entries: object[]) => object[];
  /** Decides, from the query of the page that would follow, which one is said to follow. */
  next: (query: string | null) => string | null;
  close(): Promise<void>;
}

const PAGE = 3;

export async function startHub(repositories: Readonly<Record<string, HubRepository>>): Promise<HubServer> {
  const held = new Map(Object.entries(repositories));
  const requests: HubRequest[] = [];
  const leaked: string[] = [];

  const storage = createServer((request, response) => {
    if (request.headers.authorization !== undefined) leaked.push(request.headers.authorization);
    const [, name, hash] = /^\/([^/]+\/[^/]+)\/([0-9a-f]+)$/.exec(request.url!)!;
    const bytes = Object.values(held.get(name!)!.files).find((content) => sha256(content) === hash)!;
    serve(request, response, bytes, note(request, 'file'));
  });
  const front = createServer(answer);
  await Promise.all([listening(storage), listening(front)]);
  const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  const storageUrl = `http://127.0.0.1:${(storage.address() as AddressInfo).port}`;

  function note(request: IncomingMessage, what: HubRequest['what']): Fault | null {
    const { method, headers } = request;
    const noted = {
      method: method!,
      path: request.url!,
      what,
      authorization: headers.authorization,
      range: headers.range,
    };
    requests.push(noted);
    return hub.fault(noted);
  }

  function answer(request: IncomingMessage, response: ServerResponse): ServerResponse {
    const { pathname, searchParams } = new URL(request.url!, url);
    const api = /^\/api\/(model|dataset)s\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)(?:\/(.+))?$/.exec(pathname);
    const file = /^\/(datasets\/)?([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(pathname);
    const name = api?.[2] ?? file?.[2] ?? '';
    const repository = held.get(name);
    const fault = file && repository?.large?.includes(decodeURI(file[4]!)) ? null : note(request, whatOf(api?.[3]));
    if (fault?.do === 'answer') return plain(response, fault.status, fault.headers, fault.body);
    const kind = api?.[1] ?? (file?.[1] ? 'dataset' : 'model');
    if (repository === undefined || (repository.kind ?? 'model') !== kind) {
      return plain(response, 401, { 'x-error-code': 'RepoNotFound' });
    }
    if (repository.token !== undefined && request.headers.authorization !== `Bearer ${repository.token}`) {
      return plain(response, 401, { 'x-error-code': 'GatedRepo' });
    }
    const commit = commitOf(repository);
    const revision = decodeURIComponent(api?.[4] ?? file?.[3] ?? '');
    if (revision !== 'main' && revision !== 'HEAD' && revision !== commit) {
      return plain(response, 404, { 'x-error-code': 'RevisionNotFound' });
    }
    if (api?.[3] === 'revision')
      return json(response, { _id: '1', id: name, sha: commit, lastModified: '2026-01-01T00:00:00Z', siblings: [] });
    if (api)
      return tree(
        response,
        repository,
        decodeURIComponent(api[5] ?? ''),
        Number(searchParams.get('cursor') ?? 0),
        pathname,
      );
    const path = decodeURIComponent(file![4]!);
    const content = repository.files[path];
    if (content === undefined) return plain(response, 404, { 'x-error-code': 'EntryNotFound' });
    response.setHeader('x-repo-commit', commit);
    if (repository.large?.includes(path)) {
      const hash = sha256(content);
      const headers = {
        location: `${storageUrl}/${name}/${hash}`,
        'x-linked-etag': `"${hash}"`,
        'x-linked-size': content.length,
      };
      return response.writeHead(302, headers).end();
    }
    response.setHeader('etag', `"${gitHash(content)}"`);
    return serve(request, response, content, fault);
  }

  function tree(
    response: ServerResponse,
    repository: HubRepository,
    folder: string,
    from: number,
    path: string,
  ): ServerResponse {
    const names = Object.keys(repository.files).filter((name) => folder === '' || name.startsWith(`${folder}/`));
    if (names.length === 0) return plain(response, 404, { 'x-error-code': 'EntryNotFound' });
    const entries = names.slice(from, from + PAGE).map((name) => {
      const content = repository.files[name]!;
      const lfs = { oid: sha256(content), size: content.length, pointerSize: 130 };
      const oid = gitHash(content);
      return {
        type: 'file',
        path: name,
        size: content.length,
        oid,
        ...(repository.large?.includes(name) ? { lfs } : {}),
      };
    });
    const next = hub.next(from + PAGE < names.length ? `cursor=${from + PAGE}` : null);
    if (next !== null) response.setHeader('link', `<${url}${path}?recursive=true&${next}>; rel="next"`);
    return json(response, hub.list(entries));
  }

  const hub: HubServer = {
    url,
    requests,
    leaked,
    fault: () => null,
    list: (entries) => entries,
    next: (query) => query,
    put: (name, repository) => void held.set(name, repository),
    commitOf: (name) => commitOf(held.get(name)!),
    async close() {
      for (const server of [front, storage]) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
    },
  };
  return hub;
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  content: Uint8Array,
  fault: Fault | null,
): ServerResponse {
  const asked = fault?.do === 'ignore-range' ? null : /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const from = Number(asked?.[1] ?? 0);
  const to = asked?.[2] ? Math.min(content.length, Number(asked[2]) + 1) : content.length;
  if (fault?.do === 'answer') return plain(response, fault.status, fault.headers, fault.body);
  if (from > 0 && from >= content.length) return plain(response, 416);
  const bytes = Buffer.from(content.subarray(from, to));
  const isPart = from > 0 || to < content.length;
  const range = isPart ? { 'content-range': `bytes ${from}-${to - 1}/${content.length}` } : {};
  const send = (length: number) =>
    response.writeHead(isPart ? 206 : 200, { ...range, 'content-length': length, 'accept-ranges': 'bytes' });
  if (request.method === 'HEAD') return send(bytes.length).end();
  switch (fault?.do) {
    case undefined:
    case 'ignore-range':
      return send(bytes.length).end(bytes);
    case 'cut':
      send(bytes.length).write(bytes.subarray(0, fault.after), () => setTimeout(() => response.destroy(), 20));
      return response;
    case 'stall':
      send(bytes.length).write(bytes.subarray(0, fault.after));
      return response;
    case 'shorten':
      return send(fault.to).end(bytes.subarray(0, fault.to));
    case 'lengthen':
      return send(bytes.length + fault.by).end(Buffer.concat([bytes, Buffer.alloc(fault.by, 7)]));
    case 'corrupt':
      bytes[0] = (bytes[0] ?? 0) ^ 255;
      return send(bytes.length).end(bytes);
    case 'trickle': {
      send(bytes.length);
      let sent = 0;
      const timer = setInterval(() => {
        response.write(bytes.subarray(sent, sent + fault.bytes));
        sent += fault.bytes;
        if (sent < bytes.length && !response.destroyed) return;
        clearInterval(timer);
        response.end();
      }, fault.every * 1000);
      return response;
    }
  }
}

function whatOf(api: string | undefined): HubRequest['what'] {
  return api === 'revision' || api === 'tree' ? api : 'file';
}

function plain(
  response: ServerResponse,
  status: number,
  headers: Record<string, string> = {},
  body = 'no',
): ServerResponse {
  return response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body);
}

function json(response: ServerResponse, value: unknown): ServerResponse {
  return response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

export function gitHash(content: Uint8Array): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

function commitOf(repository: HubRepository): string {
  const hash = createHash('sha1');
  for (const [name, content] of Object.entries(repository.files)) hash.update(name).update(content);
  return hash.digest('hex');
}

function listening(server: Server): Promise<void> {
  return new Promise((done) => server.listen(0, '127.0.0.1', done));
}
