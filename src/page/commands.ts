/** A button beside each command that copies it. Without a clipboard there is no button. */
import { el } from './element.js';

export function offerCopies(): void {
  const clipboard: Clipboard | undefined = navigator.clipboard;
  if (clipboard === undefined) return;
  for (const commands of document.querySelectorAll<HTMLElement>('.commands')) {
    const text = commands.querySelector('pre')!.textContent;
    const button = el('button', { type: 'button', onclick: () => void copy() }, 'Copy');
    const copy = async () => {
      await clipboard.writeText(text);
      button.textContent = 'Copied';
    };
    commands.append(button);
  }
}
