/**
 * HTML that cannot be injected into: what is put into the template is escaped, unless it is markup that this very function
 * made. There is no other way to make markup, except `trusted` for pictures that Vega drew.
 *
 *     html`<td>${output}</td>`
 */
import { escapeHtml } from '../text.js';

export interface Markup {
  readonly markup: string;
}

type Part = Markup | string | number | readonly Markup[];

export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let markup = strings[0]!;
  parts.forEach((part, i) => {
    markup += render(part) + strings[i + 1]!;
  });
  return { markup };
}

export const NOTHING: Markup = { markup: '' };

/** Markup made elsewhere by something that escapes: nothing a model wrote. */
export function trusted(markup: string): Markup {
  return { markup };
}

function render(part: Part): string {
  if (typeof part === 'string') return escapeHtml(part);
  if (typeof part === 'number') return String(part);
  return 'markup' in part ? part.markup : part.map(({ markup }) => markup).join('');
}
