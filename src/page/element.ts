/** Elements from data. Text is always text: nothing here reads markup, so no text of a model can become markup. */
type Child = Node | string | null;

export interface Attributes {
  readonly [name: string]: string | number | boolean | null | ((event: Event) => void);
}

/** `el('button', { class: 'next', onclick: () => … }, 'Next')` */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}
