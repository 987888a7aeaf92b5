/// <reference lib="dom" />
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GOLDEN } from '../golden/orders.js';
import { loadLog, SEARCH, searchedSteps } from '../support/load-log.js';
import { makeLog } from '../support/log.js';
import { chartsDrawn, launch, open, seriousViolations, unfold, writeReport } from './open.js';

const browser: Browser | null = await launch();
afterAll(async () => browser?.close());

function bottomOf(page: Page, selector: string): Promise<number> {
  return page
    .locator(selector)
    .first()
    .evaluate((element) => element.getBoundingClientRect().bottom);
}

const EIGHT = [
  'route',
  'arithmetic',
  'policy',
  'reply',
  'extract',
  'privacy',
  'summarise-transcripts',
  'tone-of-voice',
];

describe.skipIf(browser === null)('the first screen', { timeout: 120_000 }, () => {
  const large = { id: 'large-model', class: 'llm', quality: 0.95, ttft: 0.06 } as const;
  const limits = { quality: { min: 0.7 }, ttft: { max: '500 ms', at: 'median' } } as const;
  const tasks = EIGHT.map((name) => ({ name, samples: 40 }));

  it.each([
    ['eight tasks of a pair', [{ id: 'small-model', class: 'slm', quality: 0.8 }, large], 8],
    ['one model alone', [{ id: 'small-model', class: 'slm', quality: 0.9 }], 8],
  ] as const)('shows %s at 1280 x 800, with what to do next', async (_, models, rows) => {
    const log = makeLog({ requirement: { margin: 0.1, limits }, tasks, models });
    const { page } = await open(browser!, await writeReport(log));
    await page.setViewportSize({ width: 1280, height: 800 });
    expect(await page.locator('table.tasks tbody tr').count()).toBe(rows);
    expect(await bottomOf(page, 'table.tasks')).toBeLessThanOrEqual(800);
    expect(await page.locator('table.tasks').textContent()).not.toMatch(/[–—]/);
    await page.close();
  });

  it('draws each difference inside its picture, with the margin between worse and shaded', async () => {
    const { page } = await open(browser!, await writeReport(GOLDEN.pair!));
    const drawn = await page.locator('.difference svg').evaluateAll((all) =>
      all.map((picture) => {
        const box = (selector: string) => picture.querySelector(selector)!.getBoundingClientRect();
        const { left, right } = picture.getBoundingClientRect();
        return {
          left,
          right,
          dot: box('circle'),
          allowed: box('.allowed'),
          margin: box('.margin'),
          zero: box('.zero'),
        };
      }),
    );
    expect(drawn).toHaveLength(3);
    for (const { left, right, dot, allowed, margin, zero } of drawn) {
      expect(dot.left).toBeGreaterThanOrEqual(left);
      expect(dot.right).toBeLessThanOrEqual(right);
      expect(Math.abs(margin.left - allowed.left)).toBeLessThan(1.5);
      expect(zero.left).toBeGreaterThan(margin.left);
    }
    await page.close();
  });
});

describe.skipIf(browser === null)('report.html', { timeout: 120_000 }, () => {
  let url: string;
  beforeAll(async () => {
    url = await writeReport(GOLDEN.pair!);
  });

  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [360, 'light'],
    [360, 'dark'],
  ] as const)('opens from disk at %d px in %s without a complaint, and keeps to its width', async (width, scheme) => {
    const { page, complaints } = await open(browser!, url, { width, scheme });
    await chartsDrawn(page);
    expect(complaints).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await page.locator('h1').textContent()).toMatch(
      /^A small model is shown to be enough for none of 3 tasks\. 1 needs both, as a cascade\. 2 are open\./,
    );
    await page.close();
  });

  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [360, 'light'],
    [360, 'dark'],
  ] as const)('has no serious accessibility violation at %d px in %s', async (width, scheme) => {
    const { page } = await open(browser!, url, { width, scheme });
    await chartsDrawn(page);
    expect(await seriousViolations(page)).toEqual([]);
    await page.close();
  });

  it('draws every chart with its marks', async () => {
    const { page } = await open(browser!, url);
    await unfold(page);
    const marks = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('[data-chart]')].map((holder) => ({
        name: holder.dataset.chart,
        marks: holder.querySelectorAll('.mark-symbol path, .mark-line path, .mark-rect path').length,
        height: holder.querySelector('svg')!.getBoundingClientRect().height,
      })),
    );
    expect(marks.map(({ name }) => name)).toEqual(expect.arrayContaining(['quality-by-task', 'who-is-right', 'itl']));
    for (const { name, marks: drawn, height } of marks) {
      expect(drawn, name).toBeGreaterThan(0);
      expect(height, name).toBeGreaterThan(50);
    }
    await page.close();
  });

  it('draws a chart only when it is near, so a long page opens at once', async () => {
    const { page } = await open(browser!, url);
    const drawn = (name: string) => page.locator(`[data-chart="${name}"] .live svg`);
    await drawn('quality-by-task').waitFor();
    expect(await drawn('memory').count()).toBe(0);
    await page.locator('[data-chart="memory"]').scrollIntoViewIfNeeded();
    await drawn('memory').waitFor();
    expect(await drawn('itl').count()).toBe(0);
    await page.close();
  });

  it('shows what a chart says when it is pointed at', async () => {
    const { page } = await open(browser!, url);
    await chartsDrawn(page);
    await page.locator('[data-chart="quality-by-task"] .mark-rect path').first().hover({ force: true });
    await page.waitForSelector('#vg-tooltip-element.visible');
    expect(await page.locator('#vg-tooltip-element').textContent()).toMatch(/reference-slm/);
    await page.close();
  });

  it('answers on the first screen: what each verdict is, by how much, and what to do next', async () => {
    const { page } = await open(browser!, url);
    const row = page.locator('table.tasks tbody tr').nth(1);
    expect(await row.textContent()).toMatch(
      /arithmetic.*⇉ cascade.*54\.6%.*93\.8%.*−\d+\.\d \[−\d+\.\d, −\d+\.\d\].*240.*× faster.*% less.*met.*to the large model/s,
    );
    expect(await bottomOf(page, '.commands')).toBeLessThan(900);
    await page.close();
  });

  it('is rows of cards on a phone, each cell with its name and none outside', async () => {
    const { page } = await open(browser!, url, { width: 360 });
    const cells = await page.locator('table.tasks td[data-label]').evaluateAll((all) =>
      all.map((cell) => ({
        name: getComputedStyle(cell, '::before').content,
        right: cell.getBoundingClientRect().right,
      })),
    );
    expect(cells.length).toBe(24);
    for (const { name, right } of cells) {
      expect(name).toMatch(/^"\w/);
      expect(right).toBeLessThanOrEqual(360);
    }
    await page.close();
  });

  it('leads from the name of a metric to its formula', async () => {
    const { page } = await open(browser!, url);
    await page.getByText('Every model on every task').click();
    await page.getByRole('link', { name: 'Time to first token' }).first().click();
    expect(await page.locator('#metric-ttft').isVisible()).toBe(true);
    expect(await page.locator('#metric-ttft + dd code').textContent()).toBe('first non-empty token - due');
    await page.close();
  });

  it('is whole without its script, but for the samples', async () => {
    const context = await browser!.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(url);
    expect(await page.locator('h1').textContent()).toMatch(
      /^A small model is shown to be enough for none of 3 tasks\. 1 needs both, as a cascade\. 2 are open\./,
    );
    expect(await page.locator('[data-chart] svg').count()).toBeGreaterThan(6);
    expect(await page.locator('#samples-app').textContent()).toMatch(/samples\.csv/);
    await context.close();
  });

  it('filters samples by task, by outcome and by words, and orders them', async () => {
    const { page } = await open(browser!, url);
    const count = () => page.locator('.count').textContent();
    expect(await count()).toBe('400 of 400 samples');
    await page.getByLabel('Task', { exact: true }).selectOption('desk/arithmetic');
    expect(await count()).toBe('240 of 400 samples');
    await page.getByLabel('Outcome').selectOption('slm-wrong');
    const wrong = Number((await count())!.split(' ')[0]);
    expect(wrong).toBeGreaterThan(20);
    expect(await page.locator('.row').first().locator('.marks').textContent()).toMatch(/✗\s*✓/);
    await page.getByLabel('Search').fill('question 7');
    expect(Number((await count())!.split(' ')[0])).toBeLessThan(wrong);
    await page.getByLabel('Search').fill('no such words at all');
    expect(await page.locator('.detail').textContent()).toBe('No sample matches.');
    await page.close();
  });

  it('links to a sample, whatever the filters were', async () => {
    const { page } = await open(browser!, `${url}#sample=${encodeURIComponent('desk/policy/policy-0007')}`);
    expect(await page.locator('.detail h3').textContent()).toMatch(/policy · policy-0007/);
    await page.getByLabel('Task', { exact: true }).selectOption('desk/route');
    await page.evaluate(() => {
      location.hash = '#sample=desk%2Farithmetic%2Farithmetic-0003';
    });
    await expect.poll(() => page.locator('.detail h3').textContent()).toMatch(/arithmetic-0003/);
    await page.close();
  });

  it('is walked through by the keyboard', async () => {
    const { page } = await open(browser!, url);
    await page.locator('.list').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('.detail h3').textContent()).toMatch(/arithmetic-0003|route-0003/);
    await page.keyboard.press('End');
    expect(await page.locator('.detail h3').textContent()).toMatch(/policy-0040/);
    expect(await page.locator('.row[aria-selected=true]').count()).toBe(1);
    await page.close();
  });

  it('prints onto paper', async () => {
    const { page, complaints } = await open(browser!, url);
    await chartsDrawn(page);
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe.skipIf(browser === null)('a hostile or odd report.html', { timeout: 120_000 }, () => {
  it('runs nothing that a model wrote, and shows it as it is', async () => {
    const { page, complaints } = await open(browser!, await writeReport(GOLDEN.troubled!));
    await page.getByLabel('Search').fill('alert(1)');
    expect(await page.locator('.answer pre').first().textContent()).toContain(
      '</script><script>alert(1)</script> <img src=x',
    );
    expect(await page.locator('main img, main iframe, .answer script').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('shows answers as they are: directions as marks, Markdown on request, long ones and the system prompt folded', async () => {
    const output = `## Steps\n\n1. **Open** the \`lid\`\n2. Press <b>start</b>\n\nשלום \u202elive\u202c ${'long '.repeat(600)}the end`;
    const log = makeLog({
      tasks: [{ name: 'route', samples: 2 }],
      models: [{ id: 'm', class: 'slm', quality: 1, outcome: (_, outcome) => ({ ...outcome, output }) as never }],
    }).map((record) =>
      record.type === 'sample'
        ? {
            ...record,
            prompt: {
              messages: [
                { role: 'system' as const, content: 'Be brief.' },
                { role: 'user' as const, content: 'How?' },
              ],
            },
          }
        : record,
    );
    const { page, complaints } = await open(browser!, await writeReport(log));
    const answer = page.locator('.answer').first();
    expect(await answer.locator('pre .control').allTextContents()).toEqual(['RLO', 'PDF']);
    expect(await answer.locator('pre').first().getAttribute('dir')).toBe('auto');
    expect(await answer.locator('pre').textContent()).not.toMatch(/[\u202a-\u202e]|the end/);
    await answer.getByRole('button', { name: /more characters/ }).click();
    expect(await answer.locator('pre').first().textContent()).toContain('the end');
    await answer.getByRole('button', { name: 'Show as Markdown' }).click();
    expect(await answer.locator('.markdown li').allTextContents()).toEqual(['Open the lid', 'Press <b>start</b>']);
    expect(await answer.locator('.markdown b, pre:visible').count()).toBe(0);
    expect(await page.locator('details.turn').evaluate((details) => (details as HTMLDetailsElement).open)).toBe(false);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('stays usable with an answer of five million characters', async () => {
    const huge = '<b>W</b>\u202e '.repeat(500_000);
    const log = makeLog({
      tasks: [{ name: 'route', samples: 20 }],
      models: [{ id: 'm', class: 'slm', quality: 1, outcome: (_, outcome) => ({ ...outcome, output: huge }) as never }],
    });
    const { page, complaints } = await open(browser!, await writeReport(log));
    await page
      .locator('.answer')
      .first()
      .getByRole('button', { name: /more characters/ })
      .click();
    expect(await page.locator('.answer pre').first().textContent()).toMatch(/more characters are in the log/);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('holds ten thousand samples, and draws only the rows in sight', async () => {
    const log = makeLog({
      tasks: [{ name: 'route', samples: 10_000 }],
      models: [{ id: 'm', class: 'slm', quality: 0.9, tokens: 2 }],
    });
    const { page, complaints } = await open(browser!, await writeReport(log));
    expect(await page.locator('.count').textContent()).toBe('10,000 of 10,000 samples');
    expect(await page.locator('.row').count()).toBeLessThan(60);
    await page.locator('.list').focus();
    await page.keyboard.press('End');
    expect(await page.locator('.detail h3').textContent()).toMatch(/route-10000/);
    expect(await page.locator('.row').count()).toBeLessThan(60);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe.skipIf(browser === null)('the page of a load test', { timeout: 120_000 }, () => {
  it('draws its charts without a complaint, and has no samples', async () => {
    const { page, complaints } = await open(browser!, await writeReport(loadLog(searchedSteps(), SEARCH)));
    await chartsDrawn(page);
    expect(await page.locator('h1').textContent()).toBe('How much load does each model hold?');
    expect(await page.locator('[data-chart] .live svg').count()).toBe(6);
    expect(await page.getByText('Skip to the samples').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
