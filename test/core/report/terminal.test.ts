import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { briefOf } from '../../../src/core/report/document/brief.js';
import { renderTerminal } from '../../../src/core/report/terminal.js';
import { widthOf } from '../../../src/core/report/width.js';
import { GOLDEN } from '../../golden/orders.js';
import { makeLog } from '../../support/log.js';

function render(log: Parameters<typeof analyse>[0], columns: number, color = false): string {
  const analysis = analyse(log);
  return renderTerminal(briefOf(analysis, recommend(analysis)), { columns, color });
}

const forty = makeLog({
  tasks: [{ name: 'a-task-with-a-rather-long-name', samples: 20 }],
  models: Array.from({ length: 40 }, (_, i) => ({
    id: `a-model-with-a-rather-long-name-${i}:variant`,
    class: i % 2 === 0 ? ('slm' as const) : ('llm' as const),
    quality: 0.5 + i / 100,
    tokens: 3,
  })),
});

/** The shape of the default run. */
const engines = makeLog({
  requirement: { margin: 0.1, limits: { quality: { min: 0.6 } } },
  tasks: ['route', 'extract', 'arithmetic', 'policy', 'reply', 'privacy'].map((name) => ({ name, samples: 80 })),
  models: (['slm', 'llm'] as const).flatMap((kind) =>
    ['llama-cpp', 'onnxruntime', 'transformers'].map((engine) => ({
      id: `${kind === 'slm' ? 'small' : 'large'}:${engine}`,
      class: kind,
      quality: {
        route: 0.95,
        extract: 0.9,
        arithmetic: kind === 'slm' ? 0.3 : 0.95,
        policy: 0.8,
        reply: 0.1,
        privacy: 0.2,
      },
      sureness: null,
    })),
  ),
});

/** Two cells a letter, one of them with a combining mark. */
const wide = makeLog({
  tasks: [{ name: 'route', samples: 20 }],
  models: [
    { id: '通义千问七十亿参数模型:量化四位', class: 'slm', quality: 0.8 },
    { id: 'ミストラル', class: 'slm', quality: 0.8 },
    { id: 'cafe\u0301', class: 'llm', quality: 0.9 },
    { id: '한국어모델', class: 'llm', quality: 0.9 },
  ],
});

describe('the report in a terminal', () => {
  it.each([
    ['a sound run', GOLDEN.pair!],
    ['a troubled run', GOLDEN.troubled!],
    ['forty models', forty],
    ['names in wide letters', wide],
  ])('fits 80 columns for %s', (_, log) => {
    for (const line of render(log, 80).split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(80);
  });

  it.each([60, 80, 120])('keeps columns of wide names under their heads, at %d cells', (columns) => {
    const lines = render(wide, columns).split('\n');
    const rows = lines.filter((line) => / [sl]lm /.test(line));
    const head = lines.find((line) => line.startsWith('Model'))!;
    const endOf = (line: string, cell: RegExp) =>
      widthOf(line.slice(0, cell.exec(line)!.index + cell.exec(line)![0].length));
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(endOf(row, /\d\]/), row).toBe(endOf(head, /Quality/));
    expect(new Set(rows.map((row) => endOf(row, / [sl]lm/))).size).toBe(1);
  });

  it('says six tasks on three engines of two models in forty lines', () => {
    expect(render(engines, 80).trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  });

  it('says once what all engines of a model have in common', () => {
    const text = render(engines, 80);
    expect(text.match(/arithmetic: every SLM misses quality of at least 60\.0%/g)).toHaveLength(1);
    expect(render(GOLDEN.pair!, 80)).toContain('Small = reference-slm. Large = reference-llm.');
  });

  it('ends the table of forty models early, and says so', () => {
    expect(render(forty, 80)).toContain('28 more models are in the report');
  });

  it.each([40, 60, 80])('loses no name, no column and no number at %d cells', (columns) => {
    for (const log of [GOLDEN.pair!, wide, engines]) {
      const packed = (text: string) => text.replace(/\s/g, '');
      const narrow = packed(render(log, columns));
      for (const word of render(log, 200).split(/\s+/))
        for (const part of word.split(/(?<=[-:])/)) expect(narrow).toContain(packed(part));
    }
  });

  it('keeps names whole where there is room', () => {
    const text = render(GOLDEN.pair!, 80);
    expect(text).toMatch(/^reference-slm +slm/m);
    expect(text).toMatch(/Memory +TTFT +E2E/);
  });

  it('uses no escape without colour, and none of a model with it', () => {
    const esc = '\u001b';
    expect(render(GOLDEN.troubled!, 80)).not.toContain(esc);
    const coloured = render(GOLDEN.troubled!, 80, true);
    const own = new RegExp(`${esc}\\[(?:1|2|22|31|32|33|39)m`, 'g');
    expect(coloured).toContain(esc);
    expect(coloured.replace(own, '')).not.toContain(esc);
  });
});
