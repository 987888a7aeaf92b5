/**
 * report.md: renders the document for a pull request or a wiki. Every text is escaped; charts and samples are left to the
 * page.
 */
import type { Artifact } from './artifact.js';
import type { Block, Column, Document, Section, SuitePart, Table, TableCell } from './document.js';
import { formatCell } from './format.js';
import { escapeMarkdown as md, plain } from './text.js';

export function markdownReport(document: Document): Artifact[] {
  const { question, suites, sections } = document;
  const content = join([
    `# ${md(question)}`,
    ...suites.map(renderSuite),
    ...sections.map((section) => renderSection(section, 2)),
  ]);
  return [{ path: 'report.md', content: `${content}\n` }];
}

/** Blocks of the document, such as a comparison, in the same Markdown. */
export function markdownBlocks(title: string | null, blocks: readonly Block[]): string {
  const heading = title === null ? '' : `# ${md(title)}`;
  return `${join([heading, ...blocks.map((block) => renderBlock(block, 2))])}\n`;
}

function renderSuite({ heading, scope, description, verdict, body }: SuitePart): string {
  return join([
    `## ${md(heading)}`,
    md(scope),
    md(description ?? ''),
    `**${md(verdict.sentence)}**`,
    ...body.map((block) => renderBlock(block, 3)),
  ]);
}

/** A section in which Markdown shows nothing has no heading. */
function renderSection({ heading, body }: Section, level: number): string {
  const content = join(body.map((block) => renderBlock(block, level + 1)));
  return content === '' ? '' : join([`${'#'.repeat(level)} ${md(heading)}`, content]);
}

function renderBlock(block: Block, level: number): string {
  switch (block.kind) {
    case 'section':
      return renderSection(block, level);
    case 'table':
      return renderTable(block);
    case 'text':
      return md(block.text);
    case 'note':
      return md(block.link === undefined ? block.text : `${block.text} ${block.link.text}`);
    case 'list':
      return join([...(block.title === undefined ? [] : [`${md(block.title)}:`]), lines(block.items.map(md))]);
    case 'terms':
      return lines(block.terms.map(({ term, text }) => `**${md(term)}**: ${md(text)}`));
    case 'warnings':
      return lines(block.warnings.map(({ what, remedy }) => `${md(what)} *${md(remedy)}*`));
    case 'facts':
      return grid(
        FACT_COLUMNS,
        block.facts.map((fact) => fact.map(md)),
      );
    case 'commands':
      // Indented, since no command can end that.
      return block.commands.map((command) => `    ${plain(command)}`).join('\n');
    case 'metrics':
    case 'legend':
    case 'charts':
    case 'samples':
      return '';
  }
}

const FACT_COLUMNS: readonly Column[] = [
  { title: '', holds: 'names' },
  { title: '', holds: 'sentences' },
];

function renderTable({ columns, rows, shape }: Table): string {
  return grid(
    columns,
    rows.map((row) => row.map((cell) => renderCell(cell, shape))),
  );
}

/** Numbers hold no markup. */
function renderCell(cell: TableCell, shape: Table['shape']): string {
  const text = formatCell(cell, shape);
  return cell.kind === 'text' || cell.kind === 'missing' ? md(text) : text;
}

function grid(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const sides = columns.map(({ holds }) => (holds === 'numbers' ? '--:' : ':--'));
  return [line(columns.map(({ title }) => md(title))), line(sides), ...rows.map(line)].join('\n');
}

function lines(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

function join(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}
