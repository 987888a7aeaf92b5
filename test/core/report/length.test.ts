/** How long reports are: report.md fits into a comment on a pull request, and the terminal into 80 columns. */
import { describe, expect, test } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { briefOf } from '../../../src/core/report/document/brief.js';
import { renderReports } from '../../../src/core/report/table.js';
import { renderTerminal } from '../../../src/core/report/terminal.js';
import { makeLog } from '../../support/log.js';

/** Characters of a comment on GitHub. */
const LONGEST_COMMENT = 65_536;

const TASKS = ['route', 'extract', 'arithmetic', 'policy', 'reply', 'privacy', 'summarise-a-transcript', 'translate'];

interface Shape {
  readonly samples?: number;
  readonly classes?: readonly string[];
  readonly task?: (i: number) => string;
  readonly model?: (i: number) => Partial<Parameters<typeof makeLog>[0]['models'][number]>;
}

function reportsOf(models: number, tasks: number, { samples = 12, classes, task, model }: Shape = {}) {
  const analysis = analyse(
    makeLog({
      requirement: { limits: { quality: { min: 0.7 }, ttft: { max: '500 ms', at: 'p95' } } },
      tasks: TASKS.slice(0, tasks).map((name, i) => ({
        name: task?.(i) ?? name,
        samples,
        ...(classes && { classes }),
      })),
      models: Array.from({ length: models }, (_, i) => ({
        id: `some-vendor-model-${i}-instruct:llama-cpp`,
        class: i % Math.max(2, models / 3) === 1 ? ('llm' as const) : ('slm' as const),
        quality: 0.5 + i / (2 * models),
        memory: 1e8 * 1.1 ** i,
        parameters: 1e8 * 1.1 ** i,
        tokens: 3,
        ...model?.(i),
      })),
    }),
  );
  return { analysis, recommendation: recommend(analysis) };
}

async function markdownOf(reports: ReturnType<typeof reportsOf>): Promise<string> {
  const [markdown] = await renderReports(reports, ['markdown']);
  return String(markdown!.content);
}

/** What is shown before anything is unfolded. */
function openPart(markdown: string): string {
  const open = markdown.split('<details>').map((part, index) => (index === 0 ? part : part.split('</details>').at(-1)));
  return open.join('');
}

const longName = (i: number) => `${'a_very_long_vendor_name_'.repeat(8)}${i}`;
/** Each model loses answers for a long reason of its own. */
const lossy = (i: number): ReturnType<NonNullable<Shape['model']>> => ({
  outcome: (sample, outcome) =>
    Number(sample.slice(-4)) % 10 < 4
      ? { state: 'failed', by: 'harness', kind: 'crash', reason: `reason_number_${i}_`.repeat(12), output: '' }
      : outcome,
});

describe.each<[string, number, number, Shape]>([
  ['one model on one task', 1, 1, {}],
  ['two models on eight tasks', 2, 8, {}],
  ['twelve models on eight tasks', 12, 8, {}],
  ['twelve models on eight tasks of a hundred samples', 12, 8, { samples: 100 }],
  ['long names', 12, 8, { task: (i) => `t-${'long-'.repeat(30)}${i}`, model: (i) => ({ id: longName(i) }) }],
  ['a hundred classes', 2, 1, { samples: 400, classes: Array.from({ length: 100 }, (_, i) => `class number ${i}`) }],
  ['twelve models that lose answers', 12, 8, { model: lossy }],
])('report.md of %s', (_, models, tasks, shape) => {
  test('shows at most 4 KB, and is no longer than a comment may be', async () => {
    const markdown = await markdownOf(reportsOf(models, tasks, shape));
    expect(Buffer.byteLength(openPart(markdown))).toBeLessThanOrEqual(4096);
    expect(markdown.length).toBeLessThan(LONGEST_COMMENT);
  });
});

describe('of forty models', () => {
  const reports = reportsOf(40, 8, { samples: 6 });

  test('report.md is no longer than a comment may be, and shows at most 4 KB', async () => {
    const markdown = await markdownOf(reports);
    expect(markdown.length).toBeLessThan(LONGEST_COMMENT);
    expect(Buffer.byteLength(openPart(markdown))).toBeLessThanOrEqual(4096);
  });

  test('the terminal keeps to 80 columns', () => {
    const brief = briefOf(reports.analysis, reports.recommendation);
    const text = renderTerminal(brief, { columns: 80, color: false });
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});
