/**
 * A virtual list: it draws only the visible rows, so it may be of any length. All rows have the same height, so the scroll
 * position says which rows are visible.
 */
import { el } from './element.js';

const ROW = 54;
/** Extra rows above and below the visible ones, so that fast scrolling shows no gaps. */
const SPARE = 8;

export interface VirtualList<T> {
  readonly element: HTMLElement;
  show(items: readonly T[]): void;
  select(index: number): void;
}

export function virtualList<T>(options: {
  readonly label: string;
  draw(item: T): readonly (Node | string)[];
  onSelect(index: number): void;
}): VirtualList<T> {
  const space = el('div', { class: 'list-space', role: 'presentation' });
  const element = el('div', { class: 'list', role: 'listbox', tabindex: 0, 'aria-label': options.label }, space);
  let items: readonly T[] = [];
  let selected = -1;

  function draw() {
    const first = Math.max(0, Math.floor(element.scrollTop / ROW) - SPARE);
    const last = Math.min(items.length, Math.ceil((element.scrollTop + element.clientHeight) / ROW) + SPARE);
    const rows = items.slice(first, last).map((item, i) => {
      const index = first + i;
      const row = el(
        'div',
        {
          class: 'row',
          role: 'option',
          id: `row-${index}`,
          'aria-selected': String(index === selected),
          'aria-posinset': index + 1,
          'aria-setsize': items.length,
          onclick: () => options.onSelect(index),
        },
        ...options.draw(item),
      );
      row.style.transform = `translateY(${index * ROW}px)`;
      return row;
    });
    space.style.height = `${items.length * ROW}px`;
    space.replaceChildren(...rows);
    if (selected >= first && selected < last) element.setAttribute('aria-activedescendant', `row-${selected}`);
    else element.removeAttribute('aria-activedescendant');
  }

  function move(index: number) {
    if (items.length > 0) options.onSelect(Math.min(items.length - 1, Math.max(0, index)));
  }

  const KEYS: Readonly<Record<string, () => void>> = {
    ArrowDown: () => move(selected + 1),
    ArrowUp: () => move(selected - 1),
    PageDown: () => move(selected + Math.floor(element.clientHeight / ROW)),
    PageUp: () => move(selected - Math.floor(element.clientHeight / ROW)),
    Home: () => move(0),
    End: () => move(items.length - 1),
  };
  element.addEventListener('keydown', (event) => {
    const act = KEYS[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  element.addEventListener('scroll', draw, { passive: true });
  new ResizeObserver(draw).observe(element);

  return {
    element,
    show(next) {
      items = next;
      selected = -1;
      element.scrollTop = 0;
      draw();
    },
    select(index) {
      selected = index;
      const top = index * ROW;
      if (top < element.scrollTop) element.scrollTop = top;
      else if (top + ROW > element.scrollTop + element.clientHeight)
        element.scrollTop = top + ROW - element.clientHeight;
      draw();
    },
  };
}
