/**
 * Loads the built program wherever a part of the bench imports from `src`: what is measured is what users run. The loader that
 * reads TypeScript wraps every function that is made while a token is computed, so that it keeps its name.
 */
import { readFile } from 'node:fs/promises';

const [SOURCE, BUILT] = ['src', 'dist'].map((folder) => new URL(`../${folder}/`, import.meta.url).href);

export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  const [file] = found.url.split('?');
  if (!file.startsWith(SOURCE) || !file.endsWith('.ts')) return found;
  return { url: file.replace(SOURCE, BUILT).replace(/\.ts$/, '.js'), format: 'module', shortCircuit: true };
}

export async function load(url, context, next) {
  if (!url.startsWith(BUILT) || !url.endsWith('.js')) return next(url, context);
  return { format: 'module', source: await readFile(new URL(url)), shortCircuit: true };
}
