/**
 * Bundles the script and the style of report.html into one JSON file. Their hashes are in it as well: the page's
 * Content-Security-Policy allows exactly these texts. `node src/page/build.mjs dist/page.json`
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

/** Parts of Vega that no chart of a report uses: a fifth of the script. */
const UNUSED = ['crossfilter', 'force', 'geo', 'hierarchy', 'label', 'regression', 'voronoi', 'wordcloud'];

/** @returns {Promise<Record<'script' | 'style', { text: string, hash: string }>>} */
export async function bundlePage() {
  const { outputFiles } = await build({
    entryPoints: [join(here, 'main.ts'), join(here, 'style.css')],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    legalComments: 'none',
    alias: Object.fromEntries(UNUSED.map((part) => [`vega-${part}`, join(here, 'nothing.ts')])),
    outdir: 'out',
    write: false,
  });
  const inline = (extension) => {
    const text = outputFiles.find(({ path }) => path.endsWith(extension)).text.trim();
    return { text, hash: `sha256-${createHash('sha256').update(text).digest('base64')}` };
  };
  return { script: inline('.js'), style: inline('.css') };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const target = process.argv[2] ?? 'dist/page.json';
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, JSON.stringify(await bundlePage()));
}
