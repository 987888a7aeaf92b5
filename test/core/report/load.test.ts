import { describe, expect, test } from 'vitest';
import { searchVirtually } from '../../../bench/load-laws.js';
import { tiersOf } from '../../../src/core/load/capacity.js';
import type { SearchRule } from '../../../src/core/load/search-rule.js';
import { loadSection } from '../../../src/core/report/document/load.js';

const RULE: SearchRule = {
  find: { kind: 'concurrency' },
  objectives: [{ metric: 'ttft', level: 'p95', bound: 0.4175 }],
  budget: { requests: 1_600 },
  alpha: 0.05,
  least: 1,
  most: 1_000,
};
const { history: steps } = searchVirtually(
  { server: { kind: 'slots', slots: 6, service: { kind: 'exponential', mean: 0.1 } }, rule: RULE },
  1,
);
const { section, charts } = loadSection({
  model: 'smol',
  sentences: ['It holds 12.'],
  steps,
  objectives: RULE.objectives,
  loads: 'requests under way',
  tiers: tiersOf(steps, RULE),
});

describe('the section on load', () => {
  test('begins with the answer, and has a row for each step with the reasons of what is missing', () => {
    expect(section.body[0]).toEqual({ kind: 'text', text: 'It holds 12.' });
    const tables = section.body.filter((block) => block.kind === 'table');
    expect(tables.map(({ name, rows }) => [name, rows.length])).toEqual([
      ['load-steps', steps.length],
      ['load-tiers', 2],
    ]);
    expect(tables[0]!.columns.map(({ title }) => title)).toEqual([
      'Step',
      'Requests',
      'State',
      'Meet every objective',
      'TTFT p95',
      'Goodput, requests/s',
      'Throughput',
    ]);
    expect(JSON.stringify(section)).toMatch(/needs \d+ more requests/);
    const whole = tables[1]!.rows.flatMap((row) => {
      const load = row[2]!;
      return load.kind === 'estimate' ? [load.value, load.low, load.high] : [];
    });
    expect(whole.length).toBeGreaterThan(0);
    expect(whole.every(Number.isInteger)).toBe(true);
  });

  test('draws each objective with its limit, and only steps that have the figure', () => {
    expect(charts.map(({ name }) => name)).toEqual(['load-objective-1', 'load-attainment', 'load-goodput']);
    const [objective] = charts;
    expect(JSON.stringify(objective!.spec)).toContain('"values":[{"value":0.4175}]');
    expect(objective!.alt).toMatch(/The limit is 418 ms\.$/);
    const shown = steps.filter(({ window }) => !('missing' in window) && window.settled.state === 'steady').length;
    expect(shown).toBeGreaterThan(0);
    expect(charts[1]!.note).toContain(`${shown} of ${steps.length} steps have it`);
  });

  test('says which step its client spoilt, and what to do', () => {
    const spoilt = steps.map((step) =>
      'missing' in step.window
        ? step
        : {
            ...step,
            window: {
              ...step.window,
              validity: {
                valid: false,
                checks: [{ check: 'loopDelay', reading: { value: 0.05 }, threshold: 0.02, state: 'broken' } as const],
              },
            },
          },
    );
    const { section: told } = loadSection({
      model: 'smol',
      sentences: [],
      steps: spoilt.slice(0, 1),
      objectives: RULE.objectives,
      loads: 'requests under way',
      tiers: [],
    });
    expect(told.body.at(-1)).toEqual({
      kind: 'list',
      title: 'Steps that their client spoilt',
      items: [
        'closed 1: the p99 of the delay of the event loop is 50.0 ms, where at most 20.0 ms is needed; use more client processes, or keep the client off the cores of the server',
      ],
    });
  });
});
