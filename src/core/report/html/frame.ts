/**
 * The frame of every HTML page: one head, and one Content-Security-Policy. A page holds its own style and script, so the policy lets
 * nothing else run or load, whatever a model, a data file or a server wrote.
 */
import { plain } from '../text.js';
import { html, type Markup, NOTHING, trusted } from './markup.js';

/** A style or a script inside a page. */
export interface Inline {
  readonly text: string;
  /** The hash of exactly this text, as in a Content-Security-Policy: `sha256-…`. */
  readonly hash: string;
}

interface Allowed {
  readonly style: Inline;
  readonly script?: Inline;
  /** Where the page may send a form. The default is nowhere. */
  readonly formsTo?: 'self' | 'none';
}

export interface FramedPage extends Allowed {
  readonly title: string;
  readonly body: Markup;
  /** Seconds until the browser reads the page again. Left out: never. */
  readonly refresh?: number;
}

export function policyOf({ style, script, formsTo = 'none' }: Allowed): string {
  const scripts = script === undefined ? '' : ` script-src '${script.hash}';`;
  return `default-src 'none';${scripts} style-src '${style.hash}'; img-src data:; base-uri 'none'; form-action '${formsTo}'`;
}

export function framed(page: FramedPage): string {
  const { title, body, style, script, refresh } = page;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf(page)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">${refresh === undefined ? NOTHING : html`\n<meta http-equiv="refresh" content="${refresh}">`}
<title>${plain(title)}</title>
<style>${trusted(style.text)}</style>
</head>
<body>${body}${script === undefined ? NOTHING : html`\n<script>${trusted(script.text)}</script>`}
</body>
</html>
`.markup;
}
