/**
 * A comparison as Markdown for a pull request. Comments and step summaries are short: what does not fit is left out from the end,
 * and the text says so.
 */

import type { ComparisonDocument } from '../comparison.js';
import type { Block, Section, Table } from '../document.js';
import { markdownBlocks } from '../markdown.js';

/** Bytes of a comment. */
export const LONGEST_COMMENT = 4_096;

const CUT = '\n\n*The rest is in comparison.md.*\n';

/** Returns at most `LONGEST_COMMENT` bytes of UTF-8. */
export function pullRequestComment(documents: readonly ComparisonDocument[]): string {
  const parts = documents.flatMap(({ title, blocks }) => [
    markdownBlocks(title, []),
    ...blocks.map((block) => (isFolded(block) ? folded(block) : markdownBlocks(null, [block]))),
  ]);
  let text = '';
  for (const part of parts) {
    if (sizeOf(text + part) > LONGEST_COMMENT - sizeOf(CUT)) return `${text.trimEnd()}${CUT}`;
    text += `${part}\n`;
  }
  return `${text.trimEnd()}\n`;
}

function isFolded(block: Block): block is Section {
  return block.kind === 'section' && block.folded === true;
}

/** This many rows fit beside the rest. */
const MOST_ROWS = 5;

function folded({ heading, body }: Section): string {
  const shown = body.map((block) => (block.kind === 'table' ? firstRows(block) : block));
  const [title, ...rest] = markdownBlocks(heading, shown).split('\n\n');
  return `<details><summary>${title!.replace(/^#+ /, '')}</summary>\n\n${rest.join('\n\n')}\n</details>\n`;
}

function firstRows(table: Table): Table {
  return { ...table, rows: table.rows.slice(0, MOST_ROWS) };
}

/** Bytes in UTF-8. */
function sizeOf(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
