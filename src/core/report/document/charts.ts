/** The charts of a suite by name, with one legend for all of them. */
import type { Analysis } from '../../analyse/analysis.js';
import { looksOf } from '../charts/chart.js';
import type { SuiteCharts } from '../charts/table.js';
import type { Section } from '../document.js';

export function chartsSection({ models }: Analysis, { groups }: SuiteCharts, name: string): Section {
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
      ...groups.map(({ title, charts }) => ({
        kind: 'charts' as const,
        title,
        charts: charts.flatMap((chart) => ('spec' in chart ? [chart.name] : [])),
        absent: charts.flatMap((chart) =>
          'missing' in chart ? [`${chart.title}: not shown, because ${chart.missing}.`] : [],
        ),
      })),
    ],
  };
}
