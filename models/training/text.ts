// The template language: `[a|b|c]` is one of the alternatives, `{slot}` is filled in. Alternatives widen the surface of a
// template without making another template of it.
import type { Random } from './random.ts';

export function fill(random: Random, template: string, slots: Record<string, string | number> = {}): string {
  return template
    .replace(/\[([^\]]*)\]/g, (_, alternatives: string) => random.pick(alternatives.split('|')))
    .replace(/\{(\w+)\}/g, (_, slot: string) => {
      const value = slots[slot];
      if (value === undefined) throw new Error(`template "${template}" has no value for {${slot}}`);
      return String(value);
    })
    .replace(/ {2,}/g, ' ')
    .replace(/ ([.,?;:!])/g, '$1')
    .trim();
}

export const capitalise = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Words that carry no answer in any task; training drops some, so that no model leans on one. */
const DROPPABLE = new Set('the a an of for and was is has my your please to it now so this that very'.split(' '));

export function dropWords(random: Random, text: string): string {
  return text
    .split(' ')
    .filter((word) => !DROPPABLE.has(word) || random.chance(0.85))
    .join(' ');
}
