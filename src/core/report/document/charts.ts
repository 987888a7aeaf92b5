/** The charts of a suite by name, with one legend for all of them. Those that answer rare questions are folded. */
import type { Analysis, SuiteAnalysis } from '../../analyse/analysis.js';
import { looksOf, type NoChart } from '../charts/chart.js';
import type { ChartGroup, SuiteCharts } from '../charts/table.js';
import type { Block, Section } from '../document.js';
import { list } from '../format.js';
import { capital } from '../text.js';
import { percentileTables } from './percentiles.js';
import { ttftLineSection } from './ttft-line.js';

export function chartsSection(
  { models }: Analysis,
  suite: SuiteAnalysis,
  { groups }: SuiteCharts,
  name: string,
): Section {
  const looks = looksOf(models);
  return {
    kind: 'section',
    name,
    heading: 'Charts',
    body: [
      {
        kind: 'legend',
        models: models.map((model) => ({
          model: model.id,
          class: model.class?.toUpperCase() ?? 'class unknown',
          look: looks.get(model.id)!,
        })),
      },
      ...groups.filter(({ isFolded }) => !isFolded).map(blockOf),
      ...timeTables(suite),
      ...groups.filter(({ isFolded, charts }) => isFolded && charts.length > 0).map(foldedSection),
    ],
  };
}

/** Of more models than this nobody reads every row. */
const MOST_ROWS = 12;

function timeTables(suite: SuiteAnalysis): readonly Block[] {
  const tables = [...percentileTables(suite), ...ttftLineSection(suite)];
  if (suite.overall.length <= MOST_ROWS || tables.length === 0) return tables;
  return [{ kind: 'section', heading: 'Percentiles of times', folded: true, body: tables }];
}

function foldedSection(group: ChartGroup): Section {
  return { kind: 'section', heading: group.title, folded: true, body: [{ ...blockOf(group), title: '' }] };
}

function blockOf({ title, charts }: ChartGroup): Extract<Block, { kind: 'charts' }> {
  return {
    kind: 'charts',
    title,
    charts: charts.flatMap((chart) => ('spec' in chart ? [chart.name] : [])),
    absent: absentOf(charts.filter((chart): chart is NoChart => 'missing' in chart)),
  };
}

/** Each reason once, with all charts that are absent for it. */
function absentOf(charts: readonly NoChart[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { title, missing } of charts) byReason.set(missing, [...(byReason.get(missing) ?? []), title]);
  return [...byReason].map(([reason, titles]) => `${capital(list(titles))}: not shown, because ${reason}.`);
}
