/// <reference lib="dom" />
/** report.html in a real browser, from disk, with everything recorded that a page might do behind one's back. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { analyse } from '../../src/core/analyse/analyse.js';
import { startLoadTest } from '../../src/core/load/load-test.js';
import type { LogRecord } from '../../src/core/log/log.js';
import { recommend } from '../../src/core/recommend/recommend.js';
import type { PageAssets } from '../../src/core/report/html/page.js';
import { renderReports } from '../../src/core/report/table.js';

const SHELL = '/usr/bin/chromium-headless-shell';
/** The shell without windows comes first: it takes half the processor time of the whole browser, for the same pages. */
const CHROMIUM = process.env.RIGHTSIZE_CHROMIUM ?? (existsSync(SHELL) ? SHELL : '/usr/bin/chromium');

/** Null where there is no browser: then the tests are skipped, aloud. */
export async function launch(): Promise<Browser | null> {
  if (!existsSync(CHROMIUM)) {
    console.warn(
      `skipped: no browser at ${CHROMIUM}; install chromium-headless-shell or chromium, or name one in RIGHTSIZE_CHROMIUM`,
    );
    return null;
  }
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      // One page at a time is open, and each would have a process of its own.
      '--renderer-process-limit=1',
    ],
  });
}

type Assets = PageAssets;
let bundled: Promise<Assets> | null = null;

/** The page's script and style from their sources, bundled once. */
async function assets(): Promise<Assets> {
  const { bundlePage } = (await import('../../src/page/build.mjs' as string)) as { bundlePage(): Promise<Assets> };
  bundled ??= bundlePage();
  return bundled;
}

export async function writeReport(records: readonly LogRecord[]): Promise<string> {
  const [analysis, loadTest] = [analyse(records), startLoadTest()];
  for (const record of records) loadTest.add(record);
  const input = { analysis, recommendation: recommend(analysis), load: loadTest.finish() ?? undefined };
  const [artifact] = await renderReports({ ...input, page: await assets() }, ['html']);
  const file = join(mkdtempSync(join(tmpdir(), 'rightsize-page-')), 'report.html');
  writeFileSync(file, artifact!.content);
  return pathToFileURL(file).href;
}

export interface Opened {
  readonly page: Page;
  /** Console messages above information, errors of the page, requests that left it, dialogs. */
  readonly complaints: string[];
}

export async function open(
  browser: Browser,
  url: string,
  options: { readonly width?: number; readonly scheme?: 'light' | 'dark' } = {},
): Promise<Opened> {
  const page = await browser.newPage({
    viewport: { width: options.width ?? 1280, height: 900 },
    colorScheme: options.scheme ?? 'light',
  });
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const at = request.url();
    if (at !== url.split('#')[0] && !at.startsWith('data:')) complaints.push(`request: ${at}`);
  });
  await page.goto(url);
  await page.waitForSelector('.list .row, #samples-app p, body:not(:has(#samples-app))');
  return { page, complaints };
}

/** Reads down the page until the script has drawn every chart that is not folded, and returns to where it was. */
export async function chartsDrawn(page: Page): Promise<void> {
  const before = await page.evaluate(() => scrollY);
  await page.waitForFunction(() => {
    const next = [...document.querySelectorAll('[data-chart]')].find(
      (chart) => chart.querySelector('.live svg') === null && chart.closest('details:not([open])') === null,
    );
    next?.scrollIntoView();
    return next === undefined;
  });
  await page.evaluate((top) => scrollTo(0, top), before);
}

/** Opens all that is folded, and waits for its charts. */
export async function unfold(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  await chartsDrawn(page);
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/**
 * What axe calls serious or critical, with the first element of each kind.
 *
 * @param allowed Rules that a page breaks for a reason.
 */
export async function seriousViolations(page: Page, allowed: readonly string[] = []): Promise<string[]> {
  // The page's policy lets nothing in from outside; the examiner comes through the debugger.
  await page.evaluate(AXE);
  const violations = (await page.evaluate(
    "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)",
  )) as Violation[];
  return violations
    .filter(({ id, impact }) => (impact === 'serious' || impact === 'critical') && !allowed.includes(id))
    .map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 200)}`);
}
