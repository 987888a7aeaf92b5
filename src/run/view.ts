/**
 * Serves the runs of a folder as pages to the browsers of this machine, and to nobody else:
 *
 *     127.0.0.1 only      no other machine can connect
 *     Host is checked     a page of the web cannot reach the server under a name of its own (DNS rebinding)
 *     GET only            no request changes anything
 *     known names only    a file is served by its name in a list, and never through a link
 *     reports sandboxed   a report that came from a stranger cannot read the others
 */
import { createHash } from 'node:crypto';
import { lstatSync, realpathSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { basename, join, resolve, sep } from 'node:path';
import { describeError, UserError } from '../core/errors.js';
import { type Inline, policyOf } from '../core/report/html/frame.js';
import { FORMS_TO, messagePage, progressPage, runsPage, STYLE } from '../core/report/html/runs.js';
import { DEFAULTS } from './defaults.js';
import { ProgressReader } from './progress-of-run.js';
import { render } from './render.js';
import { type ListedRun, listRuns } from './run-files.js';
import { type World, worldOf } from './world.js';

export interface ViewOptions extends Partial<Pick<World, 'cwd' | 'now'>> {
  /** The folder with the runs. */
  readonly folder?: string | undefined;
  /** 0 for any free port. */
  readonly port?: number | undefined;
}

export interface Viewer {
  /** `http://127.0.0.1:8377/` */
  readonly url: string;
  close(): Promise<void>;
}

const HERE = '127.0.0.1';

/** @throws UserError when there is no such folder, or the port is taken. */
export async function view(options: ViewOptions = {}): Promise<Viewer> {
  const { cwd, now } = worldOf(options);
  const { port = DEFAULTS.viewPort } = options;
  const folder = resolve(cwd, options.folder ?? DEFAULTS.out);
  requireFolder(folder);
  const pages: Pages = { folder, now, progress: new ProgressReader() };
  const server = createServer((request, response) => void answer(request, response, pages));
  await listen(server, port);
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${HERE}:${bound}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function requireFolder(folder: string): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (!found?.isDirectory())
    throw new UserError(
      `${folder}: expected a folder of runs, found ${found ? 'a file' : 'nothing there'}; name it, or make a run with rightsize run`,
    );
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((listening, fail) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      fail(new UserError(`--port ${port}: expected a free port, found ${cause.code}; choose another`, { cause }));
    });
    server.listen(port, HERE, () => listening());
  });
}

interface Pages {
  readonly folder: string;
  readonly now: () => Date;
  readonly progress: ProgressReader;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly policy: string;
  readonly content: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

async function answer(request: IncomingMessage, response: ServerResponse, pages: Pages): Promise<void> {
  const { status, type, policy, content, headers } = await answerTo(request, pages).catch((error: unknown) =>
    message(500, 'This did not work', describeError(error)),
  );
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
    ...headers,
  });
  response.end(content);
}

async function answerTo(request: IncomingMessage, pages: Pages): Promise<Answer> {
  if (!isOurs(request)) return message(403, 'Not from here', 'This server answers only under its own address.');
  if (request.method !== 'GET')
    return { ...message(405, 'Only GET', 'This server only shows.'), headers: { Allow: 'GET' } };
  const url = new URL(request.url ?? '/', `http://${HERE}`);
  if (url.pathname === '/') return runs(pages);
  if (url.pathname === '/compare') return compared(url.searchParams.getAll('run'), pages);
  const [, name, file] = /^\/run\/([^/]+)\/(.*)$/.exec(url.pathname) ?? [];
  return name === undefined
    ? notFound()
    : ofRun(decode(name), decode(file ?? ''), { ...pages, isStill: url.searchParams.has('still') });
}

/** A request under another host name comes from a page of the web. */
function isOurs({ headers, socket }: IncomingMessage): boolean {
  const port = socket.localPort;
  return headers.host === `${HERE}:${port}` || headers.host === `localhost:${port}`;
}

function runs({ folder, now }: Pages): Answer {
  return page(200, runsPage(basename(folder), listRuns(folder, now()), LOOK));
}

async function compared(names: readonly string[], pages: Pages): Promise<Answer> {
  const found = names.map((name) => runOf(name, pages));
  if (found.includes(null)) return notFound();
  if (names.length < 2) return message(400, 'Two runs at least', 'Mark two runs or more to see them side by side.');
  return report(await renderPage(names.map((name) => join(pages.folder, name))));
}

/** A folder of runs may hold anything, so a name is looked up and never followed. */
function runOf(name: string, { folder }: Pages): string | null {
  if (name === '' || name.startsWith('.') || /[/\\\0]/.test(name)) return null;
  const path = join(folder, name);
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : null;
}

async function ofRun(name: string, file: string, pages: Pages & { readonly isStill: boolean }): Promise<Answer> {
  const run = runOf(name, pages);
  if (run === null) return notFound();
  const log = fileIn(run, 'log.jsonl');
  if (log === null) return notFound();
  if (file === '') return stateOf(name, pages) === 'under way' ? underWay(name, log, pages) : seeReport(name);
  if (file === 'report.html') return reportOf(run, log);
  const type = TYPES.find(([form]) => form.test(file))?.[1];
  const path = type === undefined ? null : fileIn(run, file);
  if (type === undefined || path === null) return notFound();
  return { status: 200, type, policy: "default-src 'none'; sandbox", content: await readFile(path) };
}

/** What a run may serve beside its report. */
const TYPES: readonly (readonly [form: RegExp, type: string])[] = [
  [/^summary\.json$/, 'application/json; charset=utf-8'],
  [/^charts\/[^/]+\.vl\.json$/, 'application/json; charset=utf-8'],
  [/^report\.md$/, 'text/plain; charset=utf-8'],
  [/^samples\.csv$/, 'text/csv; charset=utf-8'],
  [/^charts\/[^/]+\.svg$/, 'image/svg+xml'],
  [/^charts\/[^/]+\.png$/, 'image/png'],
];

/** A regular file in the folder of the run, reached without a link; else null. */
function fileIn(run: string, file: string): string | null {
  const path = join(run, file);
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return null;
  const folder = realpathSync(run);
  return realpathSync(path) === join(folder, file) && path.startsWith(run + sep) ? path : null;
}

function stateOf(name: string, { folder, now }: Pages): ListedRun['state'] | undefined {
  return listRuns(folder, now()).find((run) => run.name === name)?.state;
}

function underWay(name: string, log: string, { progress, isStill }: Pages & { readonly isStill: boolean }): Answer {
  return page(200, progressPage({ name, ...progress.read(log) }, LOOK, { isStill }));
}

function seeReport(name: string): Answer {
  const headers = { Location: `/run/${encodeURIComponent(name)}/report.html` };
  return { ...message(302, 'See the report', ''), headers };
}

/** The page of a run as it was written; if the log has grown since, or there is none, it is made now. */
async function reportOf(run: string, log: string): Promise<Answer> {
  const written = fileIn(run, 'report.html');
  if (written !== null && statSync(written).mtimeMs >= statSync(log).mtimeMs) return report(await readFile(written));
  return report(await renderPage([run]));
}

async function renderPage(folders: readonly string[]): Promise<string | Uint8Array> {
  const { artifacts } = await render(folders, { reports: ['html'] });
  return artifacts.find(({ path }) => path === 'report.html')!.content;
}

function report(content: string | Uint8Array): Answer {
  return { status: 200, type: HTML, policy: REPORT_POLICY, content };
}

const HTML = 'text/html; charset=utf-8';
/** A report has a policy of its own as well. In a sandbox its script belongs to no address, so it can read no other report. */
const REPORT_POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; sandbox allow-scripts";

const LOOK: Inline = { text: STYLE, hash: `sha256-${createHash('sha256').update(STYLE).digest('base64')}` };
/** A page cannot forbid by itself that another one frames it. */
const POLICY = `${policyOf({ style: LOOK, formsTo: FORMS_TO })}; frame-ancestors 'none'`;

function page(status: number, content: string): Answer {
  return { status, type: HTML, policy: POLICY, content };
}

function message(status: number, title: string, text: string): Answer {
  return page(status, messagePage(title, text, LOOK));
}

function notFound(): Answer {
  return message(404, 'Not here', 'There is no such run or file in this folder.');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
