/**
 * Draws SVG as PNG without a browser and without the system's fonts: resvg, compiled to WebAssembly, draws the same bytes on every
 * machine, and the package brings Noto Sans.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';

/** Draws one picture. */
export type DrawPng = (svg: string) => Promise<Uint8Array>;

const FONT = 'Noto Sans';
const PAPER = '#ffffff';
const INK = '#1a1a1a';
/** Pixels for each unit of the SVG: sharp on paper and on dense screens. */
const SCALE = 2;

/** Each script has its own font file, which is read only when a text needs it. */
const SCRIPTS: readonly (readonly [name: string, needed: RegExp])[] = [
  ['latin', /./s],
  ['latin-ext', /[\u0100-\u02ff\u1d00-\u1eff\u2c60-\u2c7f]/],
  ['greek', /\p{Script=Greek}/u],
  ['cyrillic', /\p{Script=Cyrillic}/u],
  ['devanagari', /\p{Script=Devanagari}/u],
];
const WEIGHTS = [400, 700] as const;

const { resolve } = createRequire(import.meta.url);
const fonts = new Map<string, Promise<Uint8Array>>();
let engine: Promise<void> | null = null;

/** Loads the drawing code. The first picture does so where nobody did before. */
export function prepareToDraw(): Promise<void> {
  engine ??= readFile(resolve('@resvg/resvg-wasm/index_bg.wasm')).then((wasm) => initWasm(wasm));
  return engine;
}

/** Dark text on white, whatever surrounds the picture. */
export const drawPng: DrawPng = async (svg) => {
  await prepareToDraw();
  const image = new Resvg(svg.replaceAll('currentColor', INK), {
    background: PAPER,
    fitTo: { mode: 'zoom', value: SCALE },
    font: { fontBuffers: await fontsFor(svg), defaultFontFamily: FONT, sansSerifFamily: FONT },
  });
  try {
    const drawn = image.render();
    const png = drawn.asPng();
    drawn.free();
    return png;
  } finally {
    image.free();
  }
};

function fontsFor(text: string): Promise<Uint8Array[]> {
  const files = SCRIPTS.filter(([, needed]) => needed.test(text)).flatMap(([script]) =>
    WEIGHTS.map((weight) => `@fontsource/noto-sans/files/noto-sans-${script}-${weight}-normal.woff2`),
  );
  return Promise.all(
    files.map((file) => {
      const font = fonts.get(file) ?? readFile(resolve(file));
      fonts.set(file, font);
      return font;
    }),
  );
}
