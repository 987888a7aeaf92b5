/**
 * report.md: renders the document for a pull request or a wiki. The answer stands open and takes at most a screen; the rest is
 * folded. Every text is escaped; charts and samples are left to the page.
 */
import type { Artifact } from './artifact.js';
import type { Block, Column, Document, LoadPart, Section, SuitePart, Table, TableCell } from './document.js';
import { formatCell } from './format.js';
import { escapeMarkdown as md, plain, markdownProse as prose } from './text.js';

/** GitHub refuses a longer comment. The end of the report says what was left out. */
const LONGEST = 65_536;
const ROOM_FOR_THE_END = 400;

export function markdownReport({ question, suites, load, sections, footer }: Document): Artifact[] {
  const open = [...suites.map(renderSuite), ...(load === null ? [] : [renderLoad(question, load)])];
  const parts = [
    ...(load?.sections ?? []).map((section) => ({ heading: section.heading, text: renderSection(section, 3) })),
    ...[...suites.flatMap((suite) => suite.sections), ...sections].map(foldedSection),
  ];
  const { kept, left } = within(LONGEST - ROOM_FOR_THE_END - join(open).length, parts);
  const end =
    left.length === 0
      ? ''
      : `This page is too long for ${left.map(({ heading }) => md(heading)).join(', ')}: see report.html.`;
  return [{ path: 'report.md', content: `${join([...open, ...kept, end, `<sub>${md(footer)}</sub>`])}\n` }];
}

/** A part that is left out where there is no room for it. */
interface Part {
  readonly heading: string;
  readonly text: string;
}

/** The parts that fit, in their order; a part that is too long does not keep shorter ones out. */
function within(room: number, parts: readonly Part[]): { kept: string[]; left: Part[] } {
  const kept: string[] = [];
  const left: Part[] = [];
  let taken = 0;
  for (const part of parts) {
    if (part.text === '') continue;
    if (taken + part.text.length + 2 > room) left.push(part);
    else {
      kept.push(part.text);
      taken += part.text.length + 2;
    }
  }
  return { kept, left };
}

/** Blocks of the document, such as a comparison, in the same Markdown. */
export function markdownBlocks(title: string | null, blocks: readonly Block[]): string {
  const heading = title === null ? '' : `# ${md(title)}`;
  return `${join([heading, ...blocks.map((block) => renderBlock(block, 2))])}\n`;
}

function renderSuite({ heading, scope, verdict, short }: SuitePart): string {
  return join([
    `## ${md(verdict.sentence)}`,
    `**${md(heading)}** · ${md(scope)}`,
    md(verdict.key),
    ...short.map((block) => renderBlock(block, 3)),
  ]);
}

function renderLoad(question: string, { heading, scope, alarms }: LoadPart): string {
  return join([
    `## ${md(question)}`,
    `**${md(heading)}** · ${md(scope)}`,
    ...alarms.map((alarm) => renderBlock(alarm, 3)),
  ]);
}

/** A section in which Markdown shows nothing is left out. */
function foldedSection({ heading, body }: Section): Part {
  const content = join(body.map((block) => renderBlock(block, 3)));
  const text = content === '' ? '' : join([`<details><summary>${md(heading)}</summary>`, content, '</details>']);
  return { heading, text };
}

function renderSection({ heading, body }: Section, level: number): string {
  const content = join(body.map((block) => renderBlock(block, level + 1)));
  return content === '' ? '' : join([`${'#'.repeat(Math.min(level, 6))} ${md(heading)}`, content]);
}

function renderBlock(block: Block, level: number): string {
  switch (block.kind) {
    case 'section':
      return renderSection(block, level);
    case 'table':
      return renderTable(block);
    case 'text':
      return prose(block.text);
    case 'note': {
      const text = prose(block.link === undefined ? block.text : `${block.text} ${block.link.text}`);
      return block.alarm ? `> **Warning:** ${text}` : text;
    }
    case 'list':
      return join([...(block.title === undefined ? [] : [`${md(block.title)}:`]), lines(block.items.map(prose))]);
    case 'terms':
      return lines(block.terms.map(({ term, text }) => `**${md(term)}**: ${prose(text)}`));
    case 'warnings':
      return lines(block.warnings.map(({ what, remedy }) => `${prose(what)} *${prose(remedy)}*`));
    case 'facts':
      return grid(
        FACT_COLUMNS,
        block.facts.map((fact) => fact.map(md)),
      );
    case 'commands':
      // Indented, since no command can end that.
      return join([
        ...(block.title === undefined ? [] : [`${md(block.title)}:`]),
        block.commands.map((command) => `    ${plain(command)}`).join('\n'),
      ]);
    case 'counts':
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

function renderTable({ columns, rows, rest }: Table): string {
  const table = grid(
    columns,
    rows.map((row) => row.map(renderCell)),
  );
  return rest === undefined ? table : `${table}\n\n${md(rest)}.`;
}

/** Numbers hold no markup. */
function renderCell(cell: TableCell): string {
  const text = formatCell(cell);
  return cell.kind === 'text' || cell.kind === 'missing' || cell.kind === 'check' ? md(text) : text;
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
