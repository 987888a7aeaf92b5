/** The pages of `rightsize view`: the runs of a folder, and a run under way. They need no script. */
import { formatCount, plural } from '../format.js';
import { plain } from '../text.js';
import { type FramedPage, framed, type Inline } from './frame.js';
import { html, type Markup, NOTHING } from './markup.js';

export interface RunRow {
  readonly name: string;
  readonly suites: readonly string[];
  readonly models: number | null;
  readonly state: string;
  readonly answer: string | null;
}

/** The list of runs sends the marked runs to the server that it came from. */
export const FORMS_TO = 'self';

export function runsPage(folder: string, runs: readonly RunRow[], style: Inline): string {
  const body =
    runs.length === 0
      ? html`<p>There is no run in this folder yet. <code>rightsize run</code> makes one.</p>`
      : html`<form action="/compare"><table class="runs"><thead><tr><td></td><th scope="col">Run</th><th scope="col">Suite</th><th scope="col">Models</th><th scope="col">State</th><th scope="col">Answer</th></tr></thead>
<tbody>${runs.map(renderRun)}</tbody></table>
<p><button>Show the marked runs side by side</button></p></form>`;
  return pageOf({ title: `Runs in ${folder}`, body, style });
}

function renderRun({ name, suites, models, state, answer }: RunRow): Markup {
  const address = `/run/${encodeURIComponent(name)}/`;
  return html`<tr><td><input type="checkbox" name="run" value="${name}" aria-label="${plain(name)}"></td><th scope="row"><a href="${address}">${plain(name)}</a></th><td>${plain(suites.join(', '))}</td><td>${models === null ? '' : plural(models, 'model')}</td><td>${state}</td><td>${plain(answer ?? 'not reported yet')}</td></tr>
`;
}

export interface ProgressPage {
  readonly name: string;
  readonly recorded: number;
  readonly planned: number | null;
  readonly cells: readonly { readonly task: string; readonly model: string; readonly recorded: number }[];
}

/** Seconds between two looks at a run under way. */
const REFRESH = 5;

/** @param isStill The reader asked that the page stays as it is. */
export function progressPage(
  { name, recorded, planned, cells }: ProgressPage,
  style: Inline,
  { isStill = false }: { readonly isStill?: boolean } = {},
): string {
  const counted =
    planned === null ? plural(recorded, 'trial') : `${formatCount(recorded)} of ${plural(planned, 'trial')}`;
  const body = html`<p>${counted}${planned === null ? NOTHING : html` <progress value="${String(recorded)}" max="${String(planned)}"></progress>`} · <a href="report.html">The report so far</a> · <a href="/">All runs</a></p>
<p>${isStill ? html`This page stays as it is. <a href="?">Follow the run</a>` : html`This page loads itself again every ${REFRESH} seconds. <a href="?still">Stop it</a>`}</p>
<table><thead><tr><th scope="col">Task</th><th scope="col">Model</th><th scope="col">Trials</th></tr></thead>
<tbody>${cells.map(({ task, model, recorded: n }) => html`<tr><th scope="row">${plain(task)}</th><td>${plain(model)}</td><td>${formatCount(n)}</td></tr>`)}</tbody></table>`;
  return pageOf({ title: `${name} is under way`, body, style, ...(!isStill && { refresh: REFRESH }) });
}

export function messagePage(title: string, text: string, style: Inline): string {
  const body = html`<p>${plain(text)}</p><p><a href="/">All runs</a></p>`;
  return pageOf({ title, body, style });
}

function pageOf({ title, body, ...page }: FramedPage): string {
  const main = html`<main><h1>${plain(title)}</h1>
${body}</main>`;
  return framed({ title, body: main, formsTo: FORMS_TO, ...page });
}

/** The style of these pages. */
export const STYLE = `:root{color-scheme:light dark}
body{margin:0;background:#fff;color:#1a1d21;font:16px/1.5 system-ui,sans-serif}
a{color:#0b5cad}
@media (prefers-color-scheme:dark){body{background:#14171a;color:#e8eaed}a{color:#7db8f5}}
main{max-width:90rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem}
table{width:100%;border-collapse:collapse;font-size:.95rem}
th,td{padding:.35rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid #8886;overflow-wrap:anywhere}
th[scope=row]{font-weight:600;white-space:nowrap}
@media (max-width:40rem){th[scope=row]{white-space:normal}
.runs thead{display:none}.runs tr{display:block;padding:.5rem 0;border-bottom:1px solid #8886}.runs th,.runs td{display:inline-block;padding:0 .4rem;border:0}}
progress{vertical-align:middle}
button{font:inherit;padding:.3rem .8rem}`;
