/// <reference lib="dom" />
/** Runs that are not as one hopes, each an honest page: what is not known is said with its reason, and nothing is drawn of nothing. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import type { LogRecord } from '../../src/core/log/log.js';
import type { Outcome } from '../../src/core/measure/measurement.js';
import { makeLog } from '../support/log.js';
import { launch, open, unfold, writeReport } from './open.js';

const browser: Browser | null = await launch();
afterAll(async () => browser?.close());

const tasks = [
  { name: 'route', samples: 30, classes: ['a', 'b', 'c'] },
  { name: 'reply', samples: 30 },
];
const failed =
  (by: 'model' | 'harness') =>
  (_: string, _outcome: Outcome): Outcome => ({ state: 'failed', by, kind: 'crash', reason: 'signal 11', output: '' });
const small = { id: 'small', class: 'slm', quality: 0.9 } as const;
const large = { id: 'large', class: 'llm', quality: 0.9, ttft: 0.1 } as const;

/** Each with what its page must say. */
const RUNS: readonly (readonly [name: string, log: readonly LogRecord[], says: RegExp])[] = [
  [
    'one model',
    makeLog({ tasks, models: [{ id: 'm', quality: 0.9 }] }),
    /no model of the run says whether it is an SLM/,
  ],
  ['no LLM', makeLog({ tasks, models: [small, { ...small, id: 'other' }] }), /Only small models were measured/],
  ['no SLM', makeLog({ tasks, models: [large, { ...large, id: 'other' }] }), /Only large models were measured/],
  ['one sample', makeLog({ tasks: [{ name: 'route', samples: 1 }], models: [small, large] }), /only one sample/i],
  [
    'a task without samples',
    makeLog({ tasks: [...tasks, { name: 'none', samples: 0 }], models: [small, large] }),
    /the task has no samples/,
  ],
  ['nothing run', makeLog({ tasks, models: [small, large], cutAfter: 0 }), /the run is not complete/],
  [
    'every trial failed by us',
    makeLog({ tasks, models: [small, large].map((model) => ({ ...model, outcome: failed('harness') })) }),
    /Quality by model and task: not shown, because no answer could be scored: signal 11/,
  ],
  [
    'every trial failed by the model',
    makeLog({ tasks, models: [small, large].map((model) => ({ ...model, outcome: failed('model') })) }),
    /120 trials failed by the model's fault and count as wrong/,
  ],
  [
    'no memory, no confidence, one token',
    makeLog({ tasks, models: [small, large].map((model) => ({ ...model, memory: null, sureness: null, tokens: 1 })) }),
    /Distribution of the gap between tokens.*: not shown, because/i,
  ],
  [
    'a model that is free',
    makeLog({
      tasks,
      models: [
        { ...small, price: { input: 0.1, output: 0.4 } },
        { ...large, price: { input: 2, output: 8 } },
        { ...large, id: 'free', price: { input: 0, output: 0 } },
      ],
    }),
    /not shown: free/,
  ],
  [
    'forty models',
    makeLog({
      tasks,
      models: Array.from({ length: 40 }, (_, i) => ({
        id: `a-model-with-a-rather-long-name-${i}:variant`,
        class: i % 2 === 0 ? ('slm' as const) : ('llm' as const),
        quality: 0.5 + i / 100,
        tokens: 3,
      })),
    }),
    /n = 60 samples a model, all tasks/,
  ],
];

/** Every piece of text by itself, that of pictures and of what is shown on pointing too. */
function allTextOf(page: Page): Promise<string> {
  return page.evaluate(() => {
    const pieces: (string | null)[] = [];
    const walker = document.createTreeWalker(document.querySelector('main')!, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) pieces.push(walker.currentNode.textContent);
    for (const element of document.querySelectorAll('[title], [aria-label]')) {
      pieces.push(element.getAttribute('title'), element.getAttribute('aria-label'));
    }
    return pieces.filter((piece) => piece !== null).join('\n');
  });
}

/** What stands where a number or a reason should. */
const UNSAID = /.{0,40}(?:NaN|undefined|null|Infinity|∞|\[object|(?<![\w.,])[-−]0(?:\.0+)?(?![\d.])).{0,20}/g;

describe.skipIf(browser === null)('report.html of an odd run', { timeout: 120_000 }, () => {
  it.each(RUNS)('is an honest page with %s', async (_, log, says) => {
    const { page, complaints } = await open(browser!, await writeReport(log), { width: 360, scheme: 'dark' });
    await unfold(page);
    expect(complaints).toEqual([]);
    const text = await allTextOf(page);
    expect(text).toMatch(says);
    expect(text.match(UNSAID) ?? []).toEqual([]);
    const shapes = '.mark-symbol path, .mark-line path, .mark-rect path';
    const empty = await page.evaluate(
      (marks) =>
        [...document.querySelectorAll<HTMLElement>('[data-chart]')]
          .filter((chart) => chart.querySelector(marks) === null)
          .map((chart) => chart.dataset.chart),
      shapes,
    );
    expect(empty).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await page.close();
  });

  it('runs nothing that a name says, in a chart, its specification or its picture', async () => {
    const expression = `'+alert(1)+' datum.x]; {"signal":"alert(1)"} {{alert(1)}}`;
    const markup = '</script><script>alert(1)</script><img src=x onerror=alert(2)>\u001b[2J\u202eevil\u200b';
    const log = makeLog({
      tasks: [{ name: 'route', samples: 30, classes: [markup, expression, '=cmd()'] }, tasks[1]!],
      models: [
        { ...small, id: markup, entry: { licence: markup } },
        {
          ...large,
          id: expression,
          outcome: (sample, outcome) =>
            sample.endsWith('3')
              ? { state: 'failed', by: 'harness', kind: 'crash', reason: markup, output: markup }
              : outcome,
        },
      ],
    });
    const { page, complaints } = await open(browser!, await writeReport(log));
    await unfold(page);
    await page.locator('.mark-rect path').first().hover({ force: true });
    await page.waitForSelector('#vg-tooltip-element.visible');
    expect(complaints).toEqual([]);
    expect(await page.locator('main img, main script, #vg-tooltip-element img').count()).toBe(0);
    expect(await allTextOf(page)).toContain("'+alert(1)+' datum.x]");
    await page.close();
  });
});
