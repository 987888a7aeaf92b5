/** The section on load: sentences, steps, what spoilt them, charts; and the same in every report. */

import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { searchVirtually } from '../../../bench/load-laws.js';
import { analyse } from '../../../src/core/analyse/analyse.js';
import type { Model } from '../../../src/core/definition/model.js';
import { capacityOf, tiersOf } from '../../../src/core/load/capacity.js';
import { type LoadTest, startLoadTest } from '../../../src/core/load/load-test.js';
import { parseObjective } from '../../../src/core/load/objective.js';
import type { SearchRule } from '../../../src/core/load/search-rule.js';
import type { LogRecord, StepRecord } from '../../../src/core/log/log.js';
import { isMissing, missing } from '../../../src/core/quantity.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { loadSections } from '../../../src/core/report/document/load.js';
import type { LoadSection } from '../../../src/core/report/document/load-side-by-side.js';
import type { Section, Table } from '../../../src/core/report/document.js';
import { summaryJsonSchema } from '../../../src/core/report/summary-schema.js';
import { REPORTER_NAMES, type ReporterName, renderReports } from '../../../src/core/report/table.js';
import { renderBlocks } from '../../../src/core/report/terminal.js';
import { even, loadLog, SEARCH, searchedSteps, stepOf, testOf } from '../../support/load-log.js';

const RULE: SearchRule = {
  find: { kind: 'concurrency' },
  objectives: [{ metric: 'ttft', level: 'p95', bound: 0.4175 }],
  budget: { requests: 1_600 },
  alpha: 0.05,
  least: 1,
  most: 1_000,
};
const { history } = searchVirtually(
  { server: { kind: 'slots', slots: 6, service: { kind: 'exponential', mean: 0.1 } }, rule: RULE },
  1,
);
const searched: LoadTest = {
  objectives: RULE.objectives,
  rule: RULE,
  selfTests: [],
  models: [
    {
      model: 'smol',
      server: { host: null, slots: null },
      steps: testOf(stepOf({ id: 1, condition: 'closed 1', n: 1, ttft: even(0.2) })).models[0]!.steps.flatMap(
        ({ record, course }) => history.map((result) => ({ record, result, course, failures: [], sentGaps: null })),
      ),
      capacity: capacityOf(history, RULE),
      tiers: tiersOf(history, RULE),
      speedChange: null,
      longest: null,
      lengths: null,
    },
  ],
};

function tablesOf({ body }: Section): readonly Table[] {
  return body.flatMap((block) => (block.kind === 'table' ? [block] : block.kind === 'section' ? tablesOf(block) : []));
}

function textOf({ heading, body }: Section): string {
  return renderBlocks(heading, body, { columns: 200, color: false });
}

describe('two models', () => {
  const [smol] = searched.models;
  const two: LoadTest = { ...searched, models: [smol!, { ...smol!, model: 'large' }] };

  test('stand side by side with the load that each holds, and in one chart', () => {
    const [together, ...each] = loadSections(two);
    expect(each.map(({ section: { name } }) => name)).toEqual(['load', 'load-2']);
    const [table] = tablesOf(together!.section);
    expect(table!.rows.map(([model]) => model)).toMatchObject([{ text: 'smol' }, { text: 'large' }]);
    const [, holds, seenAt] = table!.rows[0]!;
    expect(holds).toMatchObject({ text: expect.stringMatching(/^\d+ requests under way at once \(\d+ to \d+\)$/) });
    const load = Number(/\d+/.exec((seenAt as { text: string }).text)![0]);
    expect(load).toBeLessThanOrEqual(smol!.capacity!.load!.value);
    expect(table!.columns.map(({ title }) => title)).toContain('Goodput, requests/s');
    expect(together!.charts.map(({ name }) => name)).toEqual(['load-models-goodput', 'load-models-throughput']);
    expect(together!.charts[0]!.alt).toMatch(/smol at \d+: .*large at \d+: /);
    const [, throughput] = together!.charts;
    expect(throughput!.title).toBe('Throughput against TTFT p95: smol and large');
    expect(throughput!.alt).toMatch(/^smol at \d+: [\d,.]+ tok\/s at \d+ ms; .*large at \d+: /);
    expect(throughput!.note).toContain('each with requests under way beside it');
  });

  test('stand side by side load by load where the loads were named, as far as both were held', () => {
    const steps = [2, 3].flatMap((rate) =>
      stepOf({ id: rate, condition: `open ${rate} constant`, n: 400, ttft: even(0.2) }),
    );
    const [tested] = testOf(steps).models;
    const other = { ...tested!, model: 'large', steps: tested!.steps.slice(1) };
    const [together, ...each] = loadSections({ ...testOf(steps), models: [tested!, other] });
    expect(each.map(({ section: { name } }) => name)).toEqual(['load', 'load-2']);
    expect(tablesOf(together!.section)[0]!.rows.map((row) => row.slice(0, 2))).toMatchObject([
      [{ text: 'open 3 constant' }, { text: 'small' }],
      [{ text: 'open 3 constant' }, { text: 'large' }],
    ]);
    const failing = { ...tested!.steps[1]!, result: structuredClone(tested!.steps[1]!.result) };
    Object.assign(failing.result.counts, { failed: 7 });
    const [{ section: shown }] = loadSections({
      ...testOf(steps),
      models: [tested!, { ...other, steps: [failing] }],
    }) as [LoadSection];
    const failed = tablesOf(shown)[0]!.columns.findIndex(({ title }) => title === 'Failed');
    expect(tablesOf(shown)[0]!.rows.map((row) => row[failed])).toMatchObject([{ value: 0 }, { value: 7 }]);
    const spoilt = structuredClone(tested!.steps[1]!);
    Object.assign(spoilt.result.window, { attainment: missing('it is not told') });
    const [{ section: named }] = loadSections({
      ...testOf(steps),
      models: [tested!, { ...other, steps: [spoilt] }],
    }) as [LoadSection];
    expect(textOf(named)).toContain('Meet every objective of open 3 constant (large): it is not told');
    const apart = { ...other, steps: [] };
    expect(loadSections({ ...testOf(steps), models: [tested!, apart] }).map(({ section: { name } }) => name)).toEqual([
      'load',
      'load-2',
    ]);
  });
});

const COURSE = ['load-course-under-way', 'load-course-ttft'];
const only = (tested: LoadTest) => loadSections(tested)[0]!;

describe('the section on load', () => {
  const { section, charts } = only(searched);

  test('begins with the answer, and has a row for each step with figures', () => {
    expect(section.body[0]).toMatchObject({
      kind: 'text',
      text: expect.stringMatching(/^On this machine smol holds /),
    });
    const [steps] = tablesOf(section);
    const tiers = tablesOf(section).find(({ name }) => name === 'load-tiers');
    const short = history.filter(({ window }) => 'missing' in window || 'missing' in window.requestRate).length;
    expect([steps!.name, steps!.rows.length]).toEqual(['load-steps', history.length - short]);
    expect(textOf(section)).toMatch(
      new RegExp(`${short} short steps have no figures of their own: 1, 2, .* requests under way at once\\.`),
    );
    expect([tiers!.name, tiers!.rows.length]).toEqual(['load-tiers', 3]);
    expect(tiers!.rows.map((row) => row[1])).toMatchObject(
      ['half as long', 'as it is', 'twice as long'].map((text) => ({ text })),
    );
    const { value } = searched.models[0]!.capacity!.load!;
    expect(tiers!.rows[1]![2]).toMatchObject({ value: Math.floor(value) });
    expect(steps!.columns.map(({ title }) => title).slice(0, 5)).toEqual([
      'Step',
      'Requests',
      'State',
      'Meet every objective',
      'TTFT p95',
    ]);
    const whole = tiers!.rows.flatMap((row) => {
      const load = row[2]!;
      return load.kind === 'estimate' ? [load.value, load.low, load.high] : [];
    });
    expect(whole.length).toBeGreaterThan(0);
    expect(whole.every(Number.isInteger)).toBe(true);
  });

  test('has a row for each step, with the reasons of what is missing, where none of a search has figures or there is no search', () => {
    const short = history.findIndex(({ window }) => !('missing' in window) && window.settled.state === 'too short');
    const [tested] = searched.models;
    const begun = { ...tested!, steps: tested!.steps.slice(0, short + 1) };
    for (const rule of [searched.rule, null]) {
      const { section: told } = only({ ...searched, rule, models: [begun] });
      expect(tablesOf(told)[0]!.rows).toHaveLength(short + 1);
      expect(textOf(told)).toMatch(/needs \d+ more requests/);
      expect(textOf(told)).not.toMatch(/short step/);
    }
  });

  test('draws each objective with its limit, and only steps that have the figure', () => {
    expect(charts.map(({ name }) => name)).toEqual([
      'load-ttft-p95',
      'load-attainment',
      'load-goodput',
      'load-throughput',
      ...COURSE,
    ]);
    const [objective] = charts;
    expect(JSON.stringify(objective!.spec)).toContain('"values":[{"value":0.4175}]');
    expect(objective!.alt).toMatch(/The limit is 418 ms\.$/);
    const shown = history.filter(({ window }) => !('missing' in window) && window.settled.state === 'steady').length;
    expect(shown).toBeGreaterThan(0);
    expect(charts[1]!.note).toContain(`${shown} of ${history.length} steps have it`);
  });

  test('draws throughput against e2e where it is limited, with the load of each step beside its point', () => {
    const steps = [2, 5].flatMap((rate) =>
      stepOf({ id: rate, condition: `open ${rate} constant`, n: 400, ttft: even(0.2) }),
    );
    const { charts: drawn } = only(testOf(steps, { objectives: ['e2e p95 <= 1 s'] }));
    const chart = drawn.find(({ name }) => name === 'load-throughput')!;
    expect(chart.title).toBe('Throughput against E2E p95: small');
    // Two tokens for each request, at five requests a second.
    expect(chart.alt).toBe('small at 2: 10.0 tok/s at 216 ms; small at 5: 10.0 tok/s at 216 ms.');
    expect(JSON.stringify(chart.spec)).toContain('"text":{"field":"load"}');
  });

  test('shows every limit of a percentile', () => {
    const objectives = ['ttft p95 <= 0.5 s', 'ttft p95 <= 0.3 s', 'ttft mean <= 0.3 s'];
    const { charts: drawn } = only(
      testOf(stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2) }), { objectives }),
    );
    expect(drawn.map(({ name }) => name)).toEqual([
      'load-ttft-p95',
      'load-attainment',
      'load-goodput',
      'load-throughput',
      ...COURSE,
    ]);
    expect(drawn[0]!.alt).toMatch(/The limit is 500 ms\. The limit is 300 ms\.$/);
    expect(parseObjective(objectives[2]!).level).toBe('mean');
  });

  test('shows the mean of a limit on one, and whether it holds', () => {
    const objectives = ['ttft mean <= 0.3 s', 'ttft mean <= 0.1 s'];
    const { section: told } = only(
      testOf(stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2) }), { objectives }),
    );
    const table = tablesOf(told)[0]!;
    const titles = table.columns.map(({ title }) => title);
    expect(titles).toContain('TTFT mean');
    const cellOf = (title: string) => JSON.stringify(table.rows[0]![titles.indexOf(title)]);
    expect(cellOf('TTFT mean')).toContain('0.2');
    expect(cellOf('TTFT mean within 300 ms')).toContain('"shown"');
    expect(cellOf('TTFT mean within 100 ms')).toContain('shown to fail');
    expect(titles.filter((title) => title === 'TTFT mean')).toHaveLength(1);
  });

  test('claims no share of requests in time without an objective, and draws the times', () => {
    const { section: told, charts: drawn } = only(
      testOf(stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2) }), { objectives: [] }),
    );
    expect(drawn.map(({ name }) => name)).toEqual([
      'load-ttft-p95',
      'load-tpot-p95',
      'load-e2e-p95',
      'load-throughput',
      ...COURSE,
    ]);
    expect(textOf(told)).not.toMatch(/objective|Goodput/);
  });

  test('draws nothing against loads that are not of one kind, and says why', () => {
    const steps = ['closed 2', 'open 5 constant'].flatMap((condition, id) =>
      stepOf({ id, condition, n: 400, ttft: even(0.2) }),
    );
    const { section: told, charts: drawn } = only(testOf(steps));
    expect(drawn.map(({ name }) => name)).toEqual(['load-throughput', ...COURSE]);
    expect(drawn[0]!.alt).toMatch(/small at closed 2: .*small at open 5 constant: /);
    const [group] = told.body.filter((block) => block.kind === 'charts');
    expect(group!.absent[0]).toBe('TTFT p95 against load: small: the loads of the steps are not of one kind');
  });

  test.each([
    ['open 5 constant', 'against requests per second'],
    ['users 5 think exp:10s', 'against users'],
    ['closed 1', 'against requests under way'],
  ])('draws %s %s', (condition, against) => {
    const { charts: drawn } = only(testOf(stepOf({ id: 1, condition, n: 400, ttft: even(0.2) })));
    expect(drawn[0]!.title).toBe(`TTFT p95 ${against}: small`);
  });

  test('has a row for each step, and says why a figure is missing', () => {
    const { section: told } = only(testOf(stepOf({ id: 1, condition: 'open 5 constant', n: 120, ttft: even(0.2) })));
    const [steps] = tablesOf(told);
    expect(steps!.rows.map((row) => row.slice(0, 2))).toEqual([
      [
        { kind: 'text', text: 'open 5 constant' },
        { kind: 'quantity', value: 120, unit: 'count' },
      ],
    ]);
    expect(textOf(told)).toMatch(/TTFT p95.*: it needs \d+ more requests/);
  });

  test('says which step its client spoilt, and what to do', () => {
    const client = { processes: 1, loopDelay: { value: 0.05 }, cpuSeconds: { value: 1 } };
    const more = { client: { ...client, socketWaits: 0, replacedConnections: 0 } };
    const { section: told } = only(
      testOf(stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2), more })),
    );
    expect(tablesOf(told)[0]!.rows[0]![2]).toEqual({ kind: 'text', text: 'invalid' });
    expect(told.body).toContainEqual({
      kind: 'list',
      title: 'Steps that their client spoilt',
      items: [
        'open 5 constant: the p99 of the delay of the event loop is 50.0 ms, where at most 20.0 ms is needed; use more client processes, or keep the client off the cores of the server',
      ],
    });
  });

  describe('of requests that were not answered', () => {
    const failing = (outcomes: readonly ['server' | 'timeout' | 'connection' | 'rate-limit' | 'cut', string][]) =>
      stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2) }).map((record, i): LogRecord => {
        const failure = outcomes[i];
        if (failure === undefined || record.type !== 'measurement') return record;
        const [kind, reason] = failure;
        return { ...record, outcome: { state: 'failed', by: 'harness', kind, reason, output: '' } };
      });

    test('tells how many failed, timed out and were left out, and why', () => {
      const answered = (status: number) => `model "small" at 127.0.0.1 answered ${status}: boom`;
      const { section: told } = only(
        testOf(
          failing([
            ['server', answered(500)],
            ['server', answered(500)],
            ['server', answered(503)],
            ['server', 'model "small" at 127.0.0.1: the stream broke (ECONNRESET)'],
            ['connection', 'model "small" at 127.0.0.1: ECONNREFUSED'],
            ['server', 'model "small" at 127.0.0.1: other side closed: the connection broke before an answer'],
            ['timeout', 'no complete answer within 60 s'],
            ['cut', 'the step ended before its answer'],
          ]),
        ),
      );
      const [steps] = tablesOf(told);
      expect(steps!.columns.map(({ title }) => title).slice(1, 6)).toEqual([
        'Requests',
        'Failed',
        'Timed out',
        'Left out',
        'State',
      ]);
      expect(steps!.rows[0]!.slice(1, 5)).toMatchObject([400, 6, 1, 1].map((value) => ({ value })));
      expect(told.body).toContainEqual({
        kind: 'list',
        title: 'Why requests were not answered',
        items: [
          `2 × status 500: ${answered(500)}`,
          '2 × broken stream: model "small" at 127.0.0.1: the stream broke (ECONNRESET)',
          `1 × status 503: ${answered(503)}`,
          '1 × no connection: model "small" at 127.0.0.1: ECONNREFUSED',
          '1 × timeout: no complete answer within 60 s',
          '1 × for 1 other reason',
        ],
      });
    });

    test('says that the server limits its rate, below the table and in the answer', () => {
      const ending = 'rate-limit';
      const steps = [...searchedSteps(), ...stepOf({ id: 9, condition: 'open 9 constant', n: 9, ttft: even(0.2) })].map(
        (record): LogRecord => (record.type === 'step' && record.step === '9' ? { ...record, ending } : record),
      );
      const { section: told } = only(testOf(steps, SEARCH));
      expect(textOf(told)).toMatch(/The search ended because the server limits its\s+rate\./);
      expect(told.body).toContainEqual({
        kind: 'list',
        title: 'Steps that ended early',
        items: ['open 9 constant: the server limits its rate'],
      });
      expect(textOf(only(testOf(failing([['rate-limit', 'model "small" at x answered 429']]))).section)).toContain(
        '1 × status 429: model "small"',
      );
    });

    test('has neither columns nor reasons where all were answered', () => {
      const told = textOf(only(testOf(failing([]))).section);
      expect(told).not.toMatch(/Failed|Timed out|Left out|not answered|ended early/);
    });
  });

  describe('of a mixture of tasks', () => {
    /** Every fourth request is one of the task `route`, and slower. */
    const mixed = (condition: string, id = 1) =>
      stepOf({ id, condition, n: 1_000, ttft: (i) => even(i % 4 === 0 ? 0.6 : 0.2)(i) }).map(
        (record, i): LogRecord =>
          record.type === 'measurement' && i % 4 === 0 ? { ...record, task: 'route' } : record,
      );
    const tasksIn = (told: LoadTest) => tablesOf(only(told).section).find(({ name }) => name === 'load-tasks');

    test('has a row for each task, with its own figures', () => {
      const table = tasksIn(testOf(mixed('open 5 constant')))!;
      expect(table.columns.map(({ title }) => title)).toEqual([
        'Task',
        'Requests',
        'Meet every objective',
        'TTFT p95',
        'TPOT p95',
        'E2E p95',
        'Right',
      ]);
      const [ask, route] = table.rows;
      expect([ask![0], route![0]]).toMatchObject([{ text: 'ask' }, { text: 'route' }]);
      const [asked, routed] = [ask, route].map((row) => (row![1] as { value: number }).value);
      expect(asked! / routed!).toBeCloseTo(3, 1);
      expect([ask![2], route![2]]).toMatchObject([{ value: 1 }, { value: 0 }]);
      expect([ask![3], route![3]]).toMatchObject([
        { value: expect.closeTo(0.206, 3) },
        { value: expect.closeTo(0.606, 3) },
      ]);
    });

    test('at each of few steps that were named, and at the greatest load that holds of a search', () => {
      const named = tasksIn(testOf([...mixed('open 4 constant', 4), ...mixed('open 5 constant', 5)]))!;
      expect(named.rows.map((row) => (row[1] as { text: string }).text)).toEqual([
        ...['open 4 constant', 'open 4 constant', 'open 5 constant', 'open 5 constant'],
      ]);
      const fast = searchedSteps().map(
        (record, i): LogRecord =>
          record.type === 'measurement' && i % 4 === 0 ? { ...record, task: 'route' } : record,
      );
      const [held] = only(testOf(fast, SEARCH)).section.body.filter(
        (block) => block.kind === 'section' && block.heading.startsWith('Each task'),
      );
      expect(held).toMatchObject({ heading: 'Each task at open 4 constant' });
    });

    test('has no such table for one task', () => {
      expect(tasksIn(testOf(stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2) })))).toBeUndefined();
    });
  });

  test('compares the gaps of what was sent with those of the arrivals', async () => {
    const [asked, other] = ['open 5 constant', 'open 5 poisson'];
    const steps = [asked, other].flatMap((condition, id) => stepOf({ id, condition, n: 400, ttft: even(0.2) }));
    const { section: told } = only(testOf(steps));
    const table = tablesOf(told).find(({ name }) => name === 'load-gaps')!;
    expect(table.columns.map(({ title }) => title)).toEqual([
      'Step',
      'Gaps',
      'Mean, sent',
      'Mean, asked',
      'CV, sent',
      'CV, asked',
      'Neighbours, correlation',
      'As asked',
    ]);
    expect(table.rows).toMatchObject([
      [
        { text: asked },
        { value: 399 },
        { value: 0.2 },
        { value: 0.2 },
        { value: 0, low: 0, high: 0 },
        { value: 0 },
        { reason: 'constant gaps have none' },
        { text: 'yes' },
      ],
      [
        { text: other },
        { value: 399 },
        { value: expect.closeTo(0.2, 5) },
        { value: 0.2 },
        {},
        { value: 1 },
        { reason: 'constant gaps have none' },
        { text: 'no' },
      ],
    ]);
    const { markdown } = await tell(loadLog(steps));
    expect(unescaped(markdown)).toContain(
      'The requests of small were not sent with the gaps of their arrivals at open 5 poisson.',
    );
    expect((await tell(loadLog(stepOf({ id: 1, condition: asked, n: 400, ttft: even(0.2) })))).markdown).not.toContain(
      'were not sent with the gaps',
    );
  });

  test('tells in fine print what the client took, and each check at its worst', async () => {
    const clientOf = (loopDelay: number, cpuSeconds: number, replacedConnections: number) => ({
      more: {
        client: {
          processes: 2,
          loopDelay: { value: loopDelay },
          cpuSeconds: { value: cpuSeconds },
          socketWaits: 0,
          replacedConnections,
        },
      },
    });
    const steps = [
      ...stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2), ...clientOf(0.003, 4.25, 0) }),
      ...stepOf({ id: 2, condition: 'open 5 poisson', n: 400, ttft: even(0.2), ...clientOf(0.007, 17, 3) }),
    ];
    const { section: told } = only(testOf(steps));
    const tables = tablesOf(told);
    const cost = tables.find(({ name }) => name === 'load-client')!;
    // The step takes 85 s.
    expect(cost.rows.map((row) => row.slice(1))).toEqual([
      [
        { kind: 'quantity', value: 2, unit: 'count' },
        { kind: 'quantity', value: 0.05, unit: 'score' },
        { kind: 'quantity', value: 0, unit: 'count' },
      ],
      [
        { kind: 'quantity', value: 2, unit: 'count' },
        { kind: 'quantity', value: 0.2, unit: 'score' },
        { kind: 'quantity', value: 3, unit: 'count' },
      ],
    ]);
    const checks = tables.find(({ name }) => name === 'load-checks')!;
    expect(checks.rows.map((row) => row.slice(0, 3).map((cell) => 'text' in cell && cell.text))).toEqual([
      ['p99 of send lateness', '1.00 ms', 'at most 25.0 ms'],
      ['p99 of the delay of the event loop', '7.00 ms', 'at most 20.0 ms'],
      ['share of due requests that were sent', '100.0%', 'at least 98.0%'],
      ['requests under way, asked and seen', 'does not apply', 'at most 1'],
      ['requests that waited for a socket', '0', 'at most 0'],
    ]);
    expect(textOf(told)).toMatch(/MLPerf\s+LoadGen/);
    expect((await tell(loadLog(steps))).json).toMatchObject({
      load: { checks: { sent: { source: expect.stringContaining('MLPerf LoadGen') } } },
    });
  });

  test('tells the share of prompt tokens that were cached, where the server says it', () => {
    const steps = stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2) });
    const cachedAt = (told: LoadTest) => {
      const [{ columns, rows }] = tablesOf(only(told).section) as [Table];
      return rows[0]![columns.findIndex(({ title }) => title === 'Prompt tokens cached')];
    };
    expect(cachedAt(testOf(steps))).toBeUndefined();
    const cached = steps.map((record, i): LogRecord => {
      if (record.type !== 'measurement' || record.outcome.state !== 'completed') return record;
      const prompt = { value: 100, source: 'server' } as const;
      return { ...record, outcome: { ...record.outcome, promptTokens: prompt, cachedTokens: i % 2 === 0 ? 80 : 40 } };
    });
    expect(cachedAt(testOf(cached))).toMatchObject({ kind: 'estimate', value: expect.closeTo(0.6, 2), unit: 'score' });
    const late = cached.map((record): LogRecord => {
      if (record.type !== 'step') return record;
      return { ...record, client: { ...record.client, loopDelay: { value: 0.05 } } };
    });
    // An invalid step has no figures.
    expect(cachedAt(testOf(late))).toBeUndefined();
  });

  test('says of how many requests and samples each share is', () => {
    const steps = stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2) });
    const { section: told } = only(testOf(steps));
    const [{ columns, rows }] = tablesOf(told) as [Table];
    const cellOf = (name: string) => rows[0]![columns.findIndex(({ title }) => title === name)];
    expect(cellOf('Meet every objective')).toMatchObject({ of: expect.stringMatching(/^3\d\d requests$/) });
    expect(cellOf('Right')).toMatchObject({ of: '40 samples' });
    expect(textOf(told)).toMatch(/of 3\d\d requests .* of 40 samples/);
  });

  test('calls a step overloaded that its server could not follow, however short it was', () => {
    const order = { condition: 'open 5 constant', n: 60, ttft: (i: number) => 5 + 0.1 * i };
    const ended = stepOf({ id: 1, ...order, more: { ending: 'overloaded' } });
    const stateIn = (steps: readonly LogRecord[]) => tablesOf(only(testOf(steps)).section)[0]!.rows[0]![2];
    expect(stateIn(ended)).toMatchObject({ text: 'overloaded' });
    expect(stateIn(stepOf({ id: 1, ...order, n: 20 }))).toMatchObject({ text: 'too short' });
  });

  test('says once what steps need, with the range of their numbers', () => {
    const steps = [40, 60, 80].flatMap((n, i) =>
      stepOf({ id: i + 1, condition: `open ${5 + i} constant`, n, ttft: even(0.2) }),
    );
    const needs = textOf(only(testOf(steps)).section).match(/^.*TTFT p95.*more requests.*$/gm)!;
    expect(needs.join()).toMatch(/: it needs \d+ to \d+ more requests/);
    expect(needs.join()).not.toContain('alike');
  });

  describe('has the percentiles', () => {
    const percentilesIn = (told: LoadTest) =>
      tablesOf(only(told).section).filter(({ name }) => /-percentiles/.test(name));

    test('of every time, with what those need that too few requests show', () => {
      const told = testOf(stepOf({ id: 1, condition: 'open 5 constant', n: 120, ttft: even(0.2) }));
      const [{ columns, rows }] = percentilesIn(told) as [Table];
      expect(columns.map(({ title }) => title)).toEqual(['Time', 'n', 'p50', 'p90', 'p95', 'p99']);
      expect(rows.map(([time]) => time)).toMatchObject(
        ['TTFT', 'TPOT', 'Gap between tokens', 'E2E'].map((text) => ({ text })),
      );
      expect(rows[0]!.slice(2)).toMatchObject([
        { kind: 'estimate', value: expect.closeTo(0.203, 3) },
        { kind: 'estimate', value: expect.closeTo(0.206, 3) },
        { kind: 'missing', reason: expect.stringMatching(/^it needs \d+ more requests$/) },
        { kind: 'missing', reason: expect.stringMatching(/^it needs \d+ more requests$/) },
      ]);
    });

    test('of TTFA where reasoning comes before the answer', () => {
      const steps = stepOf({ id: 1, condition: 'open 5 constant', n: 120, ttft: even(0.2) }).map(
        (record): LogRecord => {
          if (record.type !== 'measurement' || record.outcome.state !== 'completed') return record;
          const { timing } = record.outcome;
          return { ...record, outcome: { ...record.outcome, timing: { ...timing, firstAnswer: timing.pieces[1]! } } };
        },
      );
      expect(percentilesIn(testOf(steps))[0]!.rows.map(([time]) => time)).toContainEqual({
        kind: 'text',
        text: 'TTFA',
      });
    });

    test('of the greatest load that holds of a search, and of each of few steps that were named', () => {
      expect(percentilesIn(testOf(searchedSteps(), SEARCH)).map(({ name }) => name)).toEqual(['load-percentiles']);
      expect(textOf(only(testOf(searchedSteps(), SEARCH)).section)).toContain('Percentiles at open 4 constant');
      const named = searchedSteps().filter((record) => 'step' in record && record.step !== '3');
      expect(percentilesIn(testOf(named))).toHaveLength(3);
    });
  });

  test('knows that an engine in the process of the client keeps the event loop busy, and that it spoils nothing', () => {
    const client = {
      processes: 1,
      inProcess: true,
      loopDelay: { value: 0.05 },
      cpuSeconds: { missing: 'shared' },
    } as const;
    const more = { client: { ...client, socketWaits: 0, replacedConnections: 0 } };
    const { section: told } = only(
      testOf(stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2), more })),
    );
    expect(tablesOf(told)[0]!.rows[0]![2]).toEqual({ kind: 'text', text: 'stable' });
  });

  test('draws the course of the step at the greatest load that holds, with its window', () => {
    const rising = stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: (i) => 0.2 + 0.01 * i });
    const [underWay, ttft] = only(testOf(rising)).charts.slice(-2);
    expect(ttft!.title).toBe('TTFT over time: open 5 constant on small');
    expect(ttft!.alt).toMatch(/^median: 230 ms at first, 4\.1\d s at last, .*; longest: 260 ms at first, /);
    expect(underWay!.alt).toMatch(/^mean: 1\.\d+ at first, .* of 60 blocks\.$/);
    expect(ttft!.note).toMatch(/its window, between the dashed lines, is from [\d.]+ s to [\d.]+ s$/);
    const [, searchedTtft] = only(testOf(searchedSteps(), SEARCH)).charts.slice(-2);
    expect(searchedTtft!.title).toBe('TTFT over time: open 4 constant on small');
  });

  test("shows the server's own view, and leaves out what it does not tell", () => {
    const server = [1, 2, 3].map((at) => ({
      at,
      values: { running: at, memory: at * 2 ** 20, cpuSeconds: 10 + at / 2, preemptions: 5 + at },
    }));
    const { section: told } = only(
      testOf(stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2), more: { server } })),
    );
    const table = tablesOf(told).find(({ name }) => name === 'load-server')!;
    expect(table.columns.map(({ title }) => title)).toEqual([
      'Step',
      'Computed at once, at most',
      'Put back',
      'Memory, at most',
      'Cores that it kept busy',
    ]);
    expect(table.rows[0]!.slice(1)).toMatchObject([{ value: 3 }, { value: 2 }, { value: 3 * 2 ** 20 }, { value: 0.5 }]);
  });

  test('says that no step came to its end', () => {
    const { section: told, charts: drawn } = only(testOf([]));
    expect(textOf(told)).toBe('Load: small\n\nNo step came to its end.\n');
    expect(drawn).toEqual([]);
  });
});

describe('the answer of a search', () => {
  const sentences = ({ body }: Section) => body.flatMap((block) => (block.kind === 'text' ? [block.text] : []));

  test('is the greatest load, its interval, what fails beyond it, and how many answers are right there', () => {
    const [first, second] = sentences(only(testOf(searchedSteps(), SEARCH)).section);
    expect(first).toMatch(
      /^On this machine small holds [\d.]+ requests per second \(90% interval [\d.]+ to [\d.]+\), with TTFT p95 within 500 ms. Above that, TTFT is the first to fail.$/,
    );
    expect(second).toMatch(/^Of the answers at [\d.]+, [\d.]+% \[[\d.]+%, [\d.]+%\] are right.$/);
  });

  const readings = (values: Readonly<Record<string, number>>) => [1, 2, 3].map((at) => ({ at, values }));
  const answerOf = (steps: readonly LogRecord[], load = SEARCH, change = (record: LogRecord) => record) => {
    const fold = startLoadTest();
    for (const record of loadLog(steps, load)) fold.add(change(record));
    return sentences(only(fold.finish()!).section)[0]!;
  };

  test('says that requests queue where the step beyond it shows a queue, and not where it shows none', () => {
    expect(answerOf(searchedSteps())).toMatch(/Above that, TTFT is the first to fail\.$/);
    const beyond = (server: NonNullable<StepRecord['server']>) =>
      searchedSteps().map((record) => (record.type === 'step' && record.step === '3' ? { ...record, server } : record));
    expect(answerOf(beyond(readings({ waiting: 3 })))).toMatch(/TTFT is the first to fail, because requests queue\.$/);
    expect(answerOf(beyond(readings({ waiting: 0, running: 9 })))).toMatch(/TTFT is the first to fail\.$/);
    const overloaded = searchedSteps().map(
      (record): LogRecord =>
        record.type === 'step' && record.step === '3' ? { ...record, ending: 'overloaded' } : record,
    );
    expect(answerOf(overloaded)).toMatch(/because requests queue\.$/);
    // At the step beyond it, five requests a second take 0.8 s each: four are under way.
    const withSlots = (slots: number) => (record: LogRecord) =>
      record.type === 'session' ? { ...record, facts: { ...record.facts, settings: { slots } } } : record;
    expect(answerOf(searchedSteps(), SEARCH, withSlots(3))).toMatch(/because requests queue\.$/);
    expect(answerOf(searchedSteps(), SEARCH, withSlots(6))).toMatch(/first to fail\.$/);
  });

  test('says how many requests are computed at once where TPOT fails and grew with the load', () => {
    const load = { ...SEARCH, objectives: ['tpot p95 <= 0.05 s'] };
    const steps = (gapAt1: number, running: number) =>
      [1, 2, 4, 8].flatMap((rate, id) => {
        const gap = { 1: gapAt1, 8: 0.08 }[rate] ?? 0.03;
        const more = rate === 8 ? { server: readings({ running }) } : {};
        return stepOf({ id, condition: `open ${rate} constant`, n: 400, ttft: even(0.2), gap, more });
      });
    expect(answerOf(steps(0.02, 6), load)).toMatch(
      /Above that, TPOT is the first to fail, because 6 requests are computed at once\.$/,
    );
    expect(answerOf(steps(0.02, 1), load)).toMatch(/TPOT is the first to fail\.$/);
  });

  test.each([
    ['https://user@api.example.com:8443/v1', 'internet', [], /^At api\.example\.com small holds/],
    ['https://api.example.com/v1', 'internet', ['a', 'b'], /^At api\.example\.com, asked from a and b, small holds/],
    ['http://127.0.0.1:8080/v1', 'loopback', [], /^On this machine small holds/],
    ['http://127.0.0.1:8080/v1', 'loopback', ['a', 'b'], /^On a and b small holds/],
  ] as const)('names the place of the server: %s, %s, machines %j', (endpoint, network, machines, begins) => {
    const told = answerOf(searchedSteps(), SEARCH, (record) => {
      if (record.type === 'run') {
        const models = record.models.map((model) => ({ ...model, backend: 'openai', endpoint }) as Model);
        return { ...record, models };
      }
      if (record.type === 'session') return { ...record, facts: { ...record.facts, network } };
      if (record.type !== 'step' || machines.length === 0) return record;
      const { inProcess: _, machines: __, ...health } = record.client;
      const each = machines.map((name) => ({ name, session: name, clockOffset: 0, roundTrip: 0, ...health }));
      return { ...record, client: { ...record.client, machines: each } };
    });
    expect(told).toMatch(begins);
  });

  test('is not known by fewer requests than show one load to hold, however fast they are', () => {
    const firstOf = (n: number) => {
      const test = testOf(stepOf({ id: 1, condition: 'open 2 constant', n, ttft: even(0.1) }), SEARCH);
      const [{ steps }] = test.models as [LoadTest['models'][number]];
      const { tally } = steps[0]!.result.objectives[0]!;
      return { counted: isMissing(tally) ? 0 : tally.n, first: sentences(only(test).section)[0] };
    };
    // With none late 59 requests show a p95 at an error rate of 5% (0.95^59 = 0.0485).
    const counts = Array.from({ length: 40 }, (_, i) => firstOf(40 + i));
    const [few, enough] = [
      counts.findLast(({ counted }) => counted < 59)!,
      counts.find(({ counted }) => counted >= 59)!,
    ];
    expect(few.counted).toBeGreaterThan(55);
    expect(few.first).toBe(
      'It is not known how much load small holds with TTFT p95 within 500 ms: no step was valid and settled, or too few requests show it.',
    );
    expect(enough.first).toMatch(/holds at least [\d.]+ requests per second/);
  });

  test('says only that a load was too much where no step was long enough to show one that holds', () => {
    const find = { least: 'users 1 think exp:10s', most: 100, alpha: 0.05 };
    const steps = stepOf({ id: 1, condition: 'users 20 think exp:10s', n: 30, ttft: even(3) });
    const { section } = only(testOf(steps, { find }));
    // The other limits tell no more, and a step without figures has no tables of dashes.
    const [tiers] = tablesOf(section).filter(({ name }) => name === 'load-tiers');
    expect(tiers!.rows[1]![2]).toMatchObject({ text: expect.stringMatching(/^at most \d+$/) });
    expect(tablesOf(section).some(({ name }) => /percentiles|tasks/.test(name))).toBe(false);
    expect(sentences(section)[0]).toMatch(
      /^On this machine small holds at most (1?\d) users who think 10.0 s on average between requests; no load that was tried was shown to hold, with TTFT p95 within 500 ms. Above that, TTFT is the first to fail.$/,
    );
  });

  test('says that a limit was not found where no load was too much', () => {
    const steps = [1, 2].flatMap((rate) =>
      stepOf({ id: rate, condition: `open ${rate} constant`, n: 400, ttft: even(0.1) }),
    );
    expect(sentences(only(testOf(steps, SEARCH)).section)[0]).toMatch(
      /holds at least [\d.]+ requests per second; no load that was tried was shown to be too much/,
    );
  });
});

interface Told {
  readonly markdown: string;
  readonly page: string;
  readonly terminal: string;
  readonly json: unknown;
  /** The contents of the files of charts. */
  readonly charts: readonly string[];
  readonly names: readonly string[];
}

/** Reports of the log. The page and the files of charts take as long as all else, so they are drawn where they are named. */
async function tell(log: readonly LogRecord[], names: readonly ReporterName[] = WORDS): Promise<Told> {
  const [analysis, fold] = [analyse(log), startLoadTest()];
  for (const record of log) fold.add(record);
  const load = fold.finish()!;
  const artifacts = await renderReports({ analysis, recommendation: recommend(analysis), load, page: ASSETS }, names);
  const contentOf = (name: string) => String(artifacts.find(({ path }) => path === name)!.content);
  return {
    markdown: contentOf('report.md'),
    get page() {
      return contentOf('report.html').replace(/<(style|script|svg).*?<\/\1>/gs, '');
    },
    terminal: loadSections(load)
      .map(({ section: { heading, body } }) => renderBlocks(heading, body, { columns: 200, color: false }))
      .join('\n'),
    json: JSON.parse(contentOf('summary.json')),
    charts: artifacts.filter(({ path }) => path.startsWith('charts/')).map(({ content }) => String(content)),
    names: artifacts.map(({ path }) => path),
  };
}

const WORDS = ['markdown', 'summary'] as const;
const ASSETS = { script: { text: '', hash: '' }, style: { text: '', hash: '' } };
const isSummary = new Ajv2020({ strict: false }).compile(summaryJsonSchema());
const NO_RUN = /not.measured|nothing was measured|verdict|0 of \d+|0 trials/i;

describe('the report of a load test', async () => {
  const told = await tell(loadLog(searchedSteps(), SEARCH), REPORTER_NAMES);
  const { markdown, page, terminal, json } = told;
  const texts = { markdown, page, terminal };

  test.each(Object.entries(texts))('%s has the answer, every step and the other limits', (_, text) => {
    const shown = unescaped(text);
    expect(shown).toMatch(/On this machine small holds [\d.]+ requests per second \(90% interval /);
    for (const rate of [1, 2, 4, 8]) expect(shown).toContain(`open ${rate} constant`);
    expect(shown).toContain('half as long');
  });

  test.each(Object.entries({ markdown, page: page.replace(/class="verdict"/, '') }))(
    '%s asks what is known, and speaks of no run and no verdict',
    (_, text) => {
      expect(unescaped(text)).toContain('How much load does each model hold?');
      expect(unescaped(text)).toContain('4 steps · 1,600 requests');
      expect(text).not.toMatch(NO_RUN);
    },
  );

  test('summary.json keeps to its schema, and has the load in place of suites', () => {
    expect(isSummary(json), JSON.stringify(isSummary.errors?.slice(0, 3))).toBe(true);
    expect(JSON.stringify(json)).not.toMatch(/"(queue|lateByQueue)":/);
    expect(json).toMatchObject({
      answer: expect.stringMatching(/^On this machine small holds /),
      suites: [],
      run: { trials: { planned: 0, recorded: 0 }, ended: { complete: true } },
      load: {
        question: 'How much load does each model hold?',
        models: [
          {
            model: 'small',
            // Its steps are made up, each with a speed of its own.
            sentences: [
              expect.any(String),
              expect.any(String),
              expect.stringMatching(/^With as many requests under way, the server was [\d.]+% slower in step 3/),
            ],
            steps: { length: 4 },
          },
        ],
      },
    });
    expect(JSON.stringify(json)).not.toMatch(NO_RUN);
  });

  test('the schema refuses a load whose step has no counts', () => {
    const damaged = structuredClone(json) as { load: { models: { steps: { result: { counts?: unknown } }[] }[] } };
    delete damaged.load.models[0]!.steps[0]!.result.counts;
    expect(isSummary(damaged)).toBe(false);
  });

  test('has a picture of each chart in files and on the page, and no samples', () => {
    expect(told.names.filter((name) => name.endsWith('.svg'))).toEqual([
      'charts/load-ttft-p95.svg',
      'charts/load-attainment.svg',
      'charts/load-goodput.svg',
      'charts/load-throughput.svg',
      ...COURSE.map((name) => `charts/${name}.svg`),
    ]);
    for (const name of ['load-ttft-p95', 'load-attainment', 'load-goodput', 'load-throughput'])
      expect(page).toContain(`data-chart="${name}"`);
    expect(told.names).not.toContain('samples.csv');
    expect(page).not.toMatch(/href="#samples"|id="samples/);
  });
});

test('the name of a model is text in every report, and its charts have none of its control characters', async () => {
  const hostile = 'sm\u001b[31mall\u202e<img src=x>';
  const renamed = JSON.stringify(loadLog(searchedSteps(), SEARCH)).replaceAll('"small"', JSON.stringify(hostile));
  const { markdown, page, terminal, charts } = await tell(JSON.parse(renamed), REPORTER_NAMES);
  for (const text of [markdown, page]) expect(text).not.toContain('<img');
  for (const text of [markdown, page, terminal, ...charts]) {
    expect(text).toMatch(/requests|TTFT/);
    for (const mark of ['\u001b', '\u202e']) expect(text).not.toContain(mark);
  }
});

test('several models have sections and charts of their own names', async () => {
  const log = loadLog([
    ...stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2) }),
    ...stepOf({ id: 2, model: 'large', condition: 'open 5 constant', n: 400, ttft: even(0.3) }),
  ]).map(
    (record): LogRecord =>
      record.type === 'run'
        ? { ...record, models: record.models.flatMap((one) => [one, { ...one, id: 'large' }]) }
        : record,
  );
  const { markdown, page, names, json } = await tell(log, REPORTER_NAMES);
  for (const model of ['small', 'large']) expect(markdown).toContain(`### Load: ${model}`);
  expect(names).toContain('charts/load-attainment.svg');
  expect(names).toContain('charts/load-2-attainment.svg');
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(json).toMatchObject({ answer: '1 step of small. 1 step of large.' });
});

describe('a load test that did not go well', () => {
  const cut: LogRecord = { type: 'end', complete: false, reason: 'interrupted' };
  const step = (more: Parameters<typeof stepOf>[0]['more'] = {}) =>
    stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2), more });

  test('says that it is incomplete, and what finishes it', async () => {
    const log = [...loadLog(step()).filter(({ type }) => type !== 'end'), cut];
    const { markdown, page, json } = await tell(log, [...WORDS, 'html']);
    for (const text of [markdown, page]) {
      expect(unescaped(text)).toMatch(
        /The load test is incomplete \(interrupted\)\. Finish it with: rightsize load --resume /,
      );
    }
    expect(json).toMatchObject({ run: { ended: { complete: false, reason: 'interrupted' } } });
  });

  test('is complete if it was resumed to its end', async () => {
    const { markdown } = await tell([cut, ...loadLog(step())]);
    expect(markdown).not.toContain('incomplete');
  });

  test('warns of steps that the client spoilt, and of a model that failed', async () => {
    const client = { processes: 1, loopDelay: { value: 0.05 }, cpuSeconds: { value: 1 } };
    const spoilt = step({ client: { ...client, socketWaits: 0, replacedConnections: 0 } });
    const failed: LogRecord = { type: 'model-failed', model: 'small', reason: 'the <b>server</b> fell' };
    const { markdown, page } = await tell([...loadLog(spoilt), failed], [...WORDS, 'html']);
    for (const text of [markdown, page]) {
      expect(text).toContain('The client spoilt 1 of 1 step, which count for nothing.');
      expect(text).not.toContain('found nothing that spoils');
      expect(text).not.toContain('<b>server');
      expect(unescaped(text)).toContain('small could not be tested to its end: the <b>server</b> fell.');
    }
  });

  test('that held nothing has a report that says so', async () => {
    const { markdown, terminal, json } = await tell(loadLog([]));
    expect(markdown).toContain('No step came to its end.');
    expect(terminal).toContain('No step came to its end.');
    expect(isSummary(json), JSON.stringify(isSummary.errors?.slice(0, 3))).toBe(true);
  });
});

/** Markdown and HTML escape marks of their own. */
function unescaped(text: string): string {
  return text
    .replace(/<\/?span\b[^>]*>/g, '')
    .replace(/\\(.)/g, '$1')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&#39;/g, "'");
}

describe('the server', () => {
  const SETTINGS = { build: 'b11669', slots: 4, contextOfSlot: 100 };
  const told = async (settings: Readonly<Record<string, string | number>>, cores?: StepRecord['client']['cores']) => {
    const [step] = stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2) }).slice(-1);
    const client = { ...(step as StepRecord).client, ...(cores && { cores }) };
    const log = loadLog(stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2), more: { client } }));
    return tell(
      log.map(
        (record): LogRecord =>
          record.type === 'session'
            ? {
                ...record,
                facts: { ...record.facts, network: 'loopback', settings: { ...record.facts.settings, ...settings } },
              }
            : record,
      ),
    );
  };

  test('is warned of where its slots may run out of a cache that they share', async () => {
    const longest = testOf(stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2) })).models[0]!
      .longest!;
    const { markdown } = await told({ ...SETTINGS, contextOfSlot: 4 * longest - 1, cacheOfSlots: 'shared' });
    expect(markdown).toContain(
      `small has 4 slots and a cache of ${4 * longest - 1} tokens that they share; its longest prompt with its answer takes ${longest}, and so many at once ${4 * longest}.`,
    );
    expect(markdown).toContain(`slots: 4, context of a slot: ${4 * longest - 1}, cache of its slots: shared`);
    const unknown = await told({ ...SETTINGS, contextOfSlot: 4 * longest - 1 });
    expect(unknown.markdown).toContain('that they may share (it does not tell)');
    for (const enough of [{ cacheOfSlots: 'divided' }, { contextOfSlot: 4 * longest }, { slots: 1 }])
      expect((await told({ ...SETTINGS, contextOfSlot: 4 * longest - 1, ...enough })).markdown).not.toContain(
        'slots and a cache',
      );
  });

  test.each([
    [
      { client: '0-1', server: '1-2' },
      'the client on 0-1, the server on 1-2: they share 1 core, so each slows the other',
    ],
    [{ client: '0', server: '1,3' }, 'the client on 0, the server on 1,3: apart'],
    [{ client: '0' }, 'the client may run on 0; where its server runs is not known, since its process is not'],
  ])('and its client: %j', async (cores, sentence) => {
    expect((await told({}, cores)).markdown).toContain(sentence);
  });
});

test('the method has no budget where there is none', async () => {
  const step = stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2) });
  const conditions = ['open 5 constant'];
  expect((await tell(loadLog(step, { conditions }))).markdown).toContain('Budget of a model');
  expect((await tell(loadLog(step, { conditions, budget: {} }))).markdown).not.toContain('Budget of a model');
});

describe('synthetic prompts', () => {
  const SYNTHETIC = { synthetic: { prompt: '50', output: '2', prefix: 10 }, conditions: ['open 5 constant'] };
  const asked = (promptTokens: number, outputTokens: number) =>
    loadLog(stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2) }), SYNTHETIC).map(
      (record): LogRecord =>
        record.type === 'sample' ? { ...record, fields: { promptTokens, outputTokens } } : record,
    );

  test('are told, and warned of where the server counted other lengths, and their answers are not scored', async () => {
    const { markdown, json } = await tell(asked(7, 3));
    expect(markdown).toContain(
      'words that mean nothing: 50 tokens (the first 10 are the same in all), and 2 of answer',
    );
    expect(markdown).toContain('The server of small counted other lengths than were asked for in 400 of 400 prompts.');
    expect(markdown).toContain('400 of 400 answers of small are shorter than was asked for.');
    expect(JSON.stringify(json)).toContain('the answers were not scored');
    const [log] = [asked(7, 2)];
    const counted = log.map(
      (record): LogRecord =>
        record.type === 'measurement' && record.outcome.state === 'completed'
          ? { ...record, outcome: { ...record.outcome, promptTokens: { value: 7, source: 'server' } } }
          : record,
    );
    expect((await tell(counted)).markdown).not.toMatch(/counted other lengths|are shorter/);
  });
});
