/**
 * A reading view of answers in Markdown: headings, lists, emphasis, code and rules. It makes elements and never parses HTML; links and
 * pictures stay text, because the page leads nowhere that a model chose.
 */
import { el } from './element.js';
import { textNodes } from './text.js';

/** Whether a text has marks that a reading view would show otherwise. */
export function looksLikeMarkdown(text: string): boolean {
  return /^(#{1,6} |[-*+] |\d+\. |```|> )|\*\*[^*]+\*\*|`[^`]+`/m.test(text);
}

export function renderMarkdown(text: string): HTMLElement {
  const root = el('div', { class: 'markdown', dir: 'auto' });
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; ) {
    const { element, used } = blockAt(lines, i);
    if (element !== null) root.append(element);
    i += used;
  }
  return root;
}

interface Taken {
  readonly element: HTMLElement | null;
  /** Lines. */
  readonly used: number;
}

function blockAt(lines: readonly string[], i: number): Taken {
  const line = lines[i]!;
  if (line.trim() === '') return { element: null, used: 1 };
  if (line.startsWith('```')) return fenceAt(lines, i);
  const heading = /^(#{1,6}) (.*)$/.exec(line);
  if (heading) return { element: el('p', { class: 'heading' }, ...inline(heading[2]!)), used: 1 };
  if (/^(?:---+|\*\*\*+)\s*$/.test(line)) return { element: el('hr'), used: 1 };
  if (ITEM.test(line)) return listAt(lines, i);
  return paragraphAt(lines, i);
}

const ITEM = /^\s*(?:[-*+]|(\d+)[.)]) (.*)$/;

function fenceAt(lines: readonly string[], i: number): Taken {
  const end = lines.findIndex((line, at) => at > i && line.startsWith('```'));
  const last = end < 0 ? lines.length : end;
  const code = lines.slice(i + 1, last).join('\n');
  return { element: el('pre', { tabindex: 0 }, ...textNodes(code)), used: last - i + 1 };
}

function listAt(lines: readonly string[], i: number): Taken {
  const rest = lines.slice(i);
  const length = rest.findIndex((line) => !ITEM.test(line));
  const items = rest.slice(0, length < 0 ? rest.length : length).map((line) => ITEM.exec(line)!);
  const isOrdered = items[0]![1] !== undefined;
  const list = isOrdered ? el('ol', { start: Number(items[0]![1]) }) : el('ul');
  list.append(...items.map((item) => el('li', { dir: 'auto' }, ...inline(item[2]!))));
  return { element: list, used: items.length };
}

function paragraphAt(lines: readonly string[], i: number): Taken {
  const rest = lines.slice(i);
  const ends = (line: string, at: number) =>
    at > 0 && (line.trim() === '' || /^(?:#{1,6} |```)/.test(line) || ITEM.test(line));
  const length = rest.findIndex(ends);
  const own = rest.slice(0, length < 0 ? rest.length : length);
  return { element: el('p', { dir: 'auto' }, ...inline(own.join('\n').replace(/^> ?/gm, ''))), used: own.length };
}

/** Code comes first: what it holds is no markup. */
const INLINE = /(`[^`\n]+`|\*\*[^*\n]+\*\*|\*[^*\s][^*\n]*\*)/;

function inline(text: string): (Node | string)[] {
  return text.split(INLINE).flatMap((part, i): (Node | string)[] => {
    if (i % 2 === 0) return textNodes(part);
    if (part.startsWith('`')) return [el('code', {}, ...textNodes(part.slice(1, -1)))];
    if (part.startsWith('**')) return [el('strong', {}, ...textNodes(part.slice(2, -2)))];
    return [el('em', {}, ...textNodes(part.slice(1, -1)))];
  });
}
