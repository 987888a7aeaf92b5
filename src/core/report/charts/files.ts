/** charts/: every chart as a specification that anyone can restyle, and as pictures: SVG, and PNG if it can be drawn. */
import stringify from 'json-stringify-pretty-compact';
import type { Artifact, Promised } from '../artifact.js';
import type { Chart } from './chart.js';
import { renderSvg } from './render.js';

export async function chartsReport(
  charts: readonly Chart[],
  drawPng?: (svg: string) => Promise<Uint8Array>,
): Promise<(Artifact | Promised)[]> {
  const artifacts: (Artifact | Promised)[] = [];
  for (const chart of charts) {
    const svg = await renderSvg(chart.spec);
    artifacts.push(
      {
        path: `charts/${chart.name}.vl.json`,
        content: `${stringify({ description: chart.alt, ...chart.spec }, { maxLength: 120 })}\n`,
      },
      { path: `charts/${chart.name}.svg`, content: svg },
    );
    if (drawPng === undefined) continue;
    const content = drawPng(svg);
    // The code that waits for the content handles a failure; without this line Node would end the process before.
    content.catch(() => {});
    artifacts.push({ path: `charts/${chart.name}.png`, content });
  }
  return artifacts;
}
