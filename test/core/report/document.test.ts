/** The document is what every renderer shows: one number for one thing, one reason for what is missing. */
import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import type { LogRecord } from '../../../src/core/log/log.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { documentOf } from '../../../src/core/report/document/build.js';
import { pageData } from '../../../src/core/report/document/samples.js';
import type { Block, Document, Table, TableCell } from '../../../src/core/report/document.js';
import { formatCell } from '../../../src/core/report/format.js';
import { htmlReport } from '../../../src/core/report/html/page.js';
import { markdownReport } from '../../../src/core/report/markdown.js';
import { renderTerminal } from '../../../src/core/report/terminal.js';
import { escapeHtml, escapeMarkdown } from '../../../src/core/report/text.js';
import { GOLDEN } from '../../golden/orders.js';

const assets = { script: { text: '', hash: '' }, style: { text: '', hash: '' } };

async function render(log: readonly LogRecord[]) {
  const analysis = analyse(log);
  const document = documentOf(analysis, recommend(analysis));
  const [page] = await htmlReport(document, { assets, samples: pageData(analysis) });
  return {
    document,
    markdown: String(markdownReport(document)[0]!.content),
    page: String(page!.content),
    terminal: renderTerminal(document.brief, { columns: 200, color: false }),
  };
}

const rendered = new Map<readonly LogRecord[], ReturnType<typeof render>>();

/** Pictures take seconds: each log is rendered once. */
function renderAll(log: readonly LogRecord[]): ReturnType<typeof render> {
  const result = rendered.get(log) ?? render(log);
  rendered.set(log, result);
  return result;
}

function tablesOf({ suites, sections }: Document): Table[] {
  const inside = (block: Block): Table[] =>
    block.kind === 'table' ? [block] : block.kind === 'section' ? block.body.flatMap(inside) : [];
  return [...suites.flatMap(({ screen, sections: own }) => [...screen, ...own]), ...sections].flatMap(inside);
}

/** Spans keep words together on a line. */
const withoutSpans = (page: string) => page.replace(/<\/?span\b[^>]*>/g, '');

/** Cells whose text is formatted in one place. */
const isNumber = ({ kind }: TableCell) => kind === 'quantity' || kind === 'estimate';

describe.each(Object.entries(GOLDEN))('the document of the golden log %s', (_, log) => {
  it('has no cell but under a column', async () => {
    const { document } = await renderAll(log);
    const tables = [
      ...tablesOf(document),
      ...document.brief.suites.flatMap(({ verdicts, models }) => [verdicts, models]),
    ];
    expect(tables.length).toBeGreaterThan(6);
    for (const { name, columns, rows } of tables) for (const row of rows) expect(row.length, name).toBe(columns.length);
  });

  it('gives every number to the page and to Markdown alike', async () => {
    const { document, markdown, page } = await renderAll(log);
    for (const { name, rows } of tablesOf(document)) {
      for (const text of rows
        .flat()
        .filter(isNumber)
        .map((cell) => formatCell(cell))) {
        expect(markdown, name).toContain(` ${text} |`);
        expect(withoutSpans(page), name).toContain(`>${text}<`);
      }
    }
  });

  it('gives every sentence of a verdict to the terminal, the page and Markdown alike', async () => {
    const { document, markdown, page, terminal } = await renderAll(log);
    for (const { verdict } of document.suites) {
      expect(terminal.replaceAll('\n', ' ')).toContain(verdict.sentence);
      expect(markdown).toContain(escapeMarkdown(verdict.sentence));
      expect(page).toContain(escapeHtml(verdict.sentence));
    }
  });

  it('names only charts that it holds, and is plain data', async () => {
    const { document } = await renderAll(log);
    const held = new Set(document.charts.map(({ name }) => name));
    const named = (block: Block): readonly string[] =>
      block.kind === 'charts' ? block.charts : block.kind === 'section' ? block.body.flatMap(named) : [];
    expect(document.suites.flatMap(({ sections }) => sections.flatMap(named)).sort()).toEqual([...held].sort());
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });
});

describe('memory against its estimate', () => {
  it('is off by the same number in every report and in the summary', async () => {
    const { document, markdown, page } = await renderAll(GOLDEN.pair!);
    const devices = tablesOf(document).find(({ name }) => name === 'devices')!;
    const analysis = analyse(GOLDEN.pair!);
    const [fit] = recommend(analysis).suites[0]!.fits;
    const column = devices.columns.findIndex(({ title }) => title === 'Estimate off by');
    expect(devices.rows[0]![column]).toEqual({ kind: 'quantity', unit: 'relative', ...fit!.error });
    expect(markdown).toContain('| −14.6% |');
    expect(page).toContain('>−14.6%<');
  });
});

describe('what is missing', () => {
  it('has its reason once, with everything that lacks it', async () => {
    const { markdown, page } = await renderAll(GOLDEN.pair!);
    for (const line of [
      'Cost of a thousand requests: no price is given for this model',
      'and Energy: the machine of the run is not in the catalogue of devices: add it with --prices',
    ]) {
      expect(markdown.split(line)).toHaveLength(2);
      expect(withoutSpans(page).split(line)).toHaveLength(2);
    }
  });

  it('is a dash that carries its reason on the page', async () => {
    const { page } = await renderAll(GOLDEN.troubled!);
    expect(page).toContain('<abbr title="fewer than two output tokens">–</abbr>');
  });
});
