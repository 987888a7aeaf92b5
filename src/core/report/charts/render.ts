/** Draws a specification as SVG with Vega, without a screen. Equal specifications give equal bytes. */
import type { TopLevelSpec } from 'vega-lite';
import type { Spec } from './chart.js';

export async function renderSvg(spec: Spec): Promise<string> {
  // Loaded with the first picture: most commands draw no picture.
  const [{ parse, resetSVGDefIds, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  // Vega numbers clip paths over the life of the process; a picture must not depend on earlier ones.
  resetSVGDefIds();
  const view = new View(parse(compile(spec as unknown as TopLevelSpec).spec), { renderer: 'none' });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}
