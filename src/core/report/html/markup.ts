/**
 * HTML that nothing can be injected into: the template escapes every part, except markup that this function made. The only
 * other way to make markup is `trusted`, for pictures that Vega drew.
 *
 *     html`<td>${output}</td>`
 */
import { escapeHtml, plain } from '../text.js';

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

/** Prose, in which backticks mark code; a flag keeps its dashes on its line. */
export function prose(text: string): Markup {
  const parts = plain(text).split(/(`[^`]+`|(?<![^ (])--[a-z][a-z-]*)/);
  const marked = parts.map((part, i) => {
    if (i % 2 === 0) return html`${part}`;
    return part.startsWith('`') ? html`<code>${part.slice(1, -1)}</code>` : html`<span class="whole">${part}</span>`;
  });
  return html`${marked}`;
}

/** Markup from code that escapes, never from a model. */
export function trusted(markup: string): Markup {
  return { markup };
}

function render(part: Part): string {
  if (typeof part === 'string') return escapeHtml(part);
  if (typeof part === 'number') return String(part);
  return 'markup' in part ? part.markup : part.map(({ markup }) => markup).join('');
}
