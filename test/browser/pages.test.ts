/// <reference lib="dom" />
/** The pages beside report.html: those of a load test, capacity, history and `rightsize view`. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Viewer, view } from '../../src/run/view.js';
import { rightsizeHere } from '../support/cli.js';
import { loadLog, SEARCH, searchedSteps } from '../support/load-log.js';
import { makeLog } from '../support/log.js';
import { launch, open, seriousViolations, writeReport } from './open.js';

const browser: Browser | null = await launch();
const home = mkdtempSync(join(tmpdir(), 'rightsize-pages-'));
const UNDER_WAY = '2026-11-23T10-00-00';
let viewer: Viewer;

function writeRun(name: string, count = Number.POSITIVE_INFINITY): string {
  const log = makeLog({
    id: name,
    tasks: [{ name: 'route', samples: 20 }],
    models: [
      { id: 'a-model-with-a-rather-long-name:variant', class: 'slm', quality: 0.9 },
      { id: 'large', class: 'llm', quality: 0.95 },
    ],
  });
  const folder = join(home, 'reports', name);
  mkdirSync(folder, { recursive: true });
  const lines = log.slice(0, count).map((record) => `${JSON.stringify(record)}\n`);
  writeFileSync(join(folder, 'log.jsonl'), lines.join(''));
  return folder;
}

beforeAll(async () => {
  const runs = [writeRun('2026-11-22T09-08-57'), writeRun('2026-11-22T09-09-00')];
  writeFileSync(join(writeRun(UNDER_WAY, 26), '.lock'), '');
  const dir = join(home, 'history');
  await rightsizeHere(['history', 'add', ...runs, '--dir', dir]);
  await rightsizeHere(['history', '--dir', dir, '--html', join(home, 'history.html')]);
  const question = ['--model', 'phi-4-mini', '--prompt', '1200', '--output', '250', '--users', '20'];
  await rightsizeHere(['capacity', ...question, '--html', join(home, 'capacity.html')]);
  const asked = ['--model', 'reference-slm', '--device', 'pi-5', '--rate', '5', '--slots', '4'];
  const reports = ['--reports', 'html', '--out', join(home, 'asked')];
  await rightsizeHere(['report', 'test/golden/pair', ...asked, ...reports]);
  viewer = await view({ folder: join(home, 'reports'), port: 0 });
});
afterAll(async () => {
  await viewer.close();
  await browser?.close();
});

const file = (name: string) => pathToFileURL(join(home, name)).href;

describe.skipIf(browser === null)('the page', { timeout: 120_000 }, () => {
  it.each([
    ['of a load test', () => writeReport(loadLog(searchedSteps(), SEARCH))],
    ['of capacity', async () => file('capacity.html')],
    ['of a run with its capacity', async () => file('asked/report.html')],
    ['of a history', async () => file('history.html')],
    ['of the runs of a folder', async () => viewer.url],
    ['of a run under way', async () => `${viewer.url}run/${UNDER_WAY}/`],
    ['of a run under way that stays as it is', async () => `${viewer.url}run/${UNDER_WAY}/?still`],
    ['of two runs', async () => `${viewer.url}compare?run=2026-11-22T09-08-57&run=2026-11-22T09-09-00`],
    ['of a run that is not there', async () => `${viewer.url}run/none/`],
  ])('%s has no serious accessibility violation, and keeps to the width of a phone', async (_, address) => {
    for (const [width, scheme] of [
      [1280, 'light'],
      [360, 'dark'],
    ] as const) {
      const { page } = await open(browser!, await address(), { width, scheme });
      // A page that follows a run loads itself again, and says how to stop it (WCAG 2.2.1).
      expect(await seriousViolations(page, ['meta-refresh']), scheme).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), scheme).toBeLessThanOrEqual(width);
      await page.close();
    }
  });
});
