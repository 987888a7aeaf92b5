/**
 * The script of report.html. The page is whole without it, but for the samples: this lists, filters and shows them, and lets the
 * charts answer to the pointer. It loads nothing and talks to nobody.
 */
import type { PageData } from '../core/report/html/data.js';
import { drawCharts } from './charts.js';
import { showSamples } from './samples.js';

function read<T>(id: string): T {
  return JSON.parse(document.getElementById(id)!.textContent!) as T;
}

showSamples(document.getElementById('samples-app')!, read<PageData>('page-data'));
void drawCharts(read<Record<string, Record<string, unknown>>>('page-charts'));
