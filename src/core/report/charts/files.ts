/** charts/: every chart as a specification that anyone can restyle, and as a picture. */
import stringify from 'json-stringify-pretty-compact';
import type { Analysis } from '../../analyse/analysis.js';
import type { Recommendation } from '../../recommend/recommendation.js';
import type { Artifact } from '../artifact.js';
import { renderSvg } from './render.js';
import { buildCharts } from './table.js';

export async function chartsReport(analysis: Analysis, recommendation: Recommendation): Promise<Artifact[]> {
  const artifacts: Artifact[] = [];
  for (const chart of buildCharts(analysis, recommendation).flatMap(({ charts }) => charts)) {
    if (!('spec' in chart)) continue;
    artifacts.push(
      {
        path: `charts/${chart.name}.vl.json`,
        content: `${stringify({ description: chart.alt, ...chart.spec }, { maxLength: 120 })}\n`,
      },
      { path: `charts/${chart.name}.svg`, content: await renderSvg(chart.spec) },
    );
  }
  return artifacts;
}
