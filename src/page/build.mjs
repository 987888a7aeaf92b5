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

/** @returns {Promise<{ script: string, style: string, scriptHash: string, styleHash: string }>} */
export async function bundlePage() {
  const { outputFiles } = await build({
    entryPoints: [join(here, 'main.ts'), join(here, 'style.css')],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    legalComments: 'none',
    outdir: 'out',
    write: false,
  });
  const text = (extension) => outputFiles.find(({ path }) => path.endsWith(extension)).text.trim();
  const hash = (content) => `sha256-${createHash('sha256').update(content).digest('base64')}`;
  const [script, style] = [text('.js'), text('.css')];
  return { script, style, scriptHash: hash(script), styleHash: hash(style) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const target = process.argv[2] ?? 'dist/page.json';
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, JSON.stringify(await bundlePage()));
}
