/**
 * The script of report.html. It lists, filters and shows the samples, and makes the charts interactive; the page shows
 * everything else without it. It loads nothing and contacts nobody.
 */
import type { PageData } from '../core/report/document/samples.js';
import { drawCharts } from './charts.js';
import { offerCopies } from './commands.js';
import { showSamples } from './samples.js';

async function read<T>(id: string): Promise<T> {
  const element = document.getElementById(id)!;
  const text = element.textContent!;
  return JSON.parse(element.dataset.packed === undefined ? text : await unpack(text)) as T;
}

/** Unpacks base64 of deflated JSON from src/core/report/html/pack.ts. */
function unpack(text: string): Promise<string> {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(stream).text();
}

async function start(): Promise<void> {
  offerCopies();
  // The page of a load test has no samples.
  const samples = document.getElementById('samples-app');
  if (samples !== null) showSamples(samples, await read<PageData>('page-data'));
  drawCharts(await read<Record<string, Record<string, unknown>>>('page-charts'));
}

void start();
