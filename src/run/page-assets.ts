/** The browser's part of every page that rightsize writes, bundled when rightsize was built. */
import { readFile } from 'node:fs/promises';
import type { PageAssets } from '../core/report/html/page.js';

export async function pageAssets(): Promise<PageAssets> {
  return JSON.parse(await readFile(new URL('../page.json', import.meta.url), 'utf8')) as PageAssets;
}
