/**
 * HTML that nothing can be injected into: the template escapes every part, except markup that this function made. The only
 * other way to make markup is `trusted`, for pictures that Vega drew.
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

/** Markup from code that escapes, never from a model. */
export function trusted(markup: string): Markup {
  return { markup };
}

function render(part: Part): string {
  if (typeof part === 'string') return escapeHtml(part);
  if (typeof part === 'number') return String(part);
  return 'markup' in part ? part.markup : part.map(({ markup }) => markup).join('');
}
