/** Specifications to SVG by Vega without a screen. The same specification gives the same bytes. */
import { parse, resetSVGDefIds, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Spec } from './chart.js';

export async function renderSvg(spec: Spec): Promise<string> {
  // Clip paths are numbered over the life of the process; a picture must not depend on those drawn before it.
  resetSVGDefIds();
  const view = new View(parse(compile(spec as unknown as TopLevelSpec).spec), { renderer: 'none' });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}
