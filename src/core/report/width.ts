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

/** Names of models and files are made of parts: `Qwen/Qwen2.5-1.5B-Instruct:q4_k_m`. */
const PARTS = /(?<=[-:/._@+])/;

/** The lines of a text, each of at most `width` cells. A word or part breaks only if it is longer than a line. */
export function breakText(text: string, width: number, between: 'words' | 'parts'): string[] {
  const pieces = between === 'words' ? text.split(/(?<= )/) : text.split(/(?<= )/).flatMap((word) => word.split(PARTS));
  const lines = [''];
  for (const piece of pieces.flatMap((one) => fitting(one, width))) {
    const line = `${lines.at(-1)}${piece}`;
    if (widthOf(line.trimEnd()) <= width) lines[lines.length - 1] = line;
    else lines.push(piece);
  }
  return lines.map((line) => line.trimEnd());
}

/** A piece in pieces of at most `width` cells. */
function fitting(piece: string, width: number): string[] {
  if (widthOf(piece.trimEnd()) <= width) return [piece];
  const parts = [''];
  for (const { segment } of GRAPHEMES.segment(piece)) {
    if (widthOf(parts.at(-1)! + segment) <= width) parts[parts.length - 1] += segment;
    else parts.push(segment);
  }
  return parts;
}
