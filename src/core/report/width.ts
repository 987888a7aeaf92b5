/**
 * Text in the cells of a terminal. A letter of Chinese, Japanese or Korean and most emoji take two cells, a combining mark
 * takes none (Unicode Standard Annex 11), so neither bytes nor characters say how wide a text is.
 */
import stringWidth from 'string-width';

/** Cells that a text takes. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

function graphemesOf(text: string): string[] {
  return Array.from(GRAPHEMES.segment(text), ({ segment }) => segment);
}

/** The longest beginning of a text that takes at most `width` cells. */
function beginningOf(graphemes: readonly string[], width: number): string {
  let end = 0;
  for (let taken = 0; end < graphemes.length; end++) {
    taken += widthOf(graphemes[end]!);
    if (taken > width) break;
  }
  return graphemes.slice(0, end).join('');
}

/** A text in at most `width` cells; an ellipsis stands for what was cut at its end. */
export function shortenToWidth(text: string, width: number): string {
  return widthOf(text) <= width ? text : `${beginningOf(graphemesOf(text), width - 1)}…`;
}

/** From this many cells on, both ends of a name are kept when a variant follows it. */
const ROOM_FOR_ENDS = 8;

/**
 * A model's name in at most `width` cells, cut in the middle: variants of one entry differ at the end,
 * `refer…:onnxruntime`.
 */
export function shortenName(name: string, width: number): string {
  if (widthOf(name) <= width) return name;
  const variant = widthOf(name.slice(name.lastIndexOf(':')));
  const isVariant = name.includes(':') && variant <= width - 4;
  const kept = isVariant ? variant : 0;
  const room = width - 1 - kept;
  // Names of one family differ at their ends as well.
  const end = kept + (isVariant && room < ROOM_FOR_ENDS ? 0 : Math.floor(room / 2));
  const graphemes = graphemesOf(name);
  const tail = endOf(graphemes, end);
  return `${beginningOf(graphemes, width - 1 - widthOf(tail))}…${tail}`;
}

/** The longest end of a text that takes at most `width` cells. */
function endOf(graphemes: readonly string[], width: number): string {
  let start = graphemes.length;
  for (let taken = 0; start > 0; start--) {
    taken += widthOf(graphemes[start - 1]!);
    if (taken > width) break;
  }
  return graphemes.slice(start).join('');
}
