/** Text that others wrote, as nodes. Marks of direction would reorder the text, so they become visible names. */
import { el } from './element.js';

/** The controls of the Unicode Bidirectional Algorithm (UAX 9), and characters of no width that hide in words. */
const CONTROLS: Readonly<Record<string, string>> = {
  '\u061c': 'ALM',
  '\u200b': 'ZWSP',
  '\u200e': 'LRM',
  '\u200f': 'RLM',
  '\u202a': 'LRE',
  '\u202b': 'RLE',
  '\u202c': 'PDF',
  '\u202d': 'LRO',
  '\u202e': 'RLO',
  '\u2066': 'LRI',
  '\u2067': 'RLI',
  '\u2068': 'FSI',
  '\u2069': 'PDI',
  '\ufeff': 'BOM',
};
const ANY_CONTROL = new RegExp(`([${Object.keys(CONTROLS).join('')}])`);

export function textNodes(text: string): (Node | string)[] {
  return text.split(ANY_CONTROL).map((part) => {
    const name = CONTROLS[part];
    return name === undefined ? part : el('span', { class: 'control', title: `the invisible character ${name}` }, name);
  });
}

/** Letters of a text that are shown before a reader asks for the rest. */
const SHOWN = 1500;

/** A block of text; a long one is folded after its beginning. */
export function textBlock(text: string): HTMLElement {
  const block = el('pre', { tabindex: 0, dir: 'auto' }, ...textNodes(text.slice(0, SHOWN)));
  if (text.length <= SHOWN) return block;
  const more = el('button', { type: 'button', class: 'more', onclick: () => unfold() }, moreOf(text));
  const unfold = () => block.replaceChildren(...textNodes(text));
  block.append('… ', more);
  return block;
}

function moreOf(text: string): string {
  return `${(text.length - SHOWN).toLocaleString('en')} more characters`;
}
