/** Specifications to SVG by Vega without a screen. The same specification gives the same bytes. */
import type { TopLevelSpec } from 'vega-lite';
import type { Spec } from './chart.js';

export async function renderSvg(spec: Spec): Promise<string> {
  // Loaded with the first picture: most commands draw none.
  const [{ parse, resetSVGDefIds, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  // Clip paths are numbered over the life of the process; a picture must not depend on those drawn before it.
  resetSVGDefIds();
  const view = new View(parse(compile(spec as unknown as TopLevelSpec).spec), { renderer: 'none' });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}
