/** charts/: every chart as a specification that anyone can restyle, and as pictures: SVG, and PNG where it can be drawn. */
import stringify from 'json-stringify-pretty-compact';
import type { Analysis } from '../../analyse/analysis.js';
import type { Recommendation } from '../../recommend/recommendation.js';
import type { Artifact } from '../artifact.js';
import { renderSvg } from './render.js';
import { buildCharts } from './table.js';

export async function chartsReport(
  analysis: Analysis,
  recommendation: Recommendation,
  drawPng?: (svg: string) => Promise<Uint8Array>,
): Promise<Artifact[]> {
  const artifacts: Artifact[] = [];
  for (const chart of buildCharts(analysis, recommendation).flatMap(({ charts }) => charts)) {
    if (!('spec' in chart)) continue;
    const svg = await renderSvg(chart.spec);
    artifacts.push(
      {
        path: `charts/${chart.name}.vl.json`,
        content: `${stringify({ description: chart.alt, ...chart.spec }, { maxLength: 120 })}\n`,
      },
      { path: `charts/${chart.name}.svg`, content: svg },
    );
    if (drawPng) artifacts.push({ path: `charts/${chart.name}.png`, content: await drawPng(svg) });
  }
  return artifacts;
}
