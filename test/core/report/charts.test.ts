import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import type { ModelDevices } from '../../../src/core/capacity/plan/run-devices.js';
import { DISTRIBUTED, isShownIn, METRICS } from '../../../src/core/measure/metrics.js';
import { isMissing } from '../../../src/core/quantity.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { chartName, logTicks } from '../../../src/core/report/charts/chart.js';
import { placeNames } from '../../../src/core/report/charts/labels.js';
import { renderSvg } from '../../../src/core/report/charts/render.js';
import { buildCharts } from '../../../src/core/report/charts/table.js';
import { devicesOf } from '../../../src/core/report/devices-of.js';
import type { Chart } from '../../../src/core/report/document.js';
import { makeLog } from '../../support/log.js';
import { smallLlama } from '../../support/shapes.js';

const log = makeLog({
  requirement: { margin: 0.4, limits: { memory: { max: '10 GB' } } },
  tasks: [{ name: 'route', samples: 40 }],
  models: [
    { id: 'small:q4', class: 'slm', quality: 0.8, memory: 2.9e9, parameters: 3.8e9, entry: { quantisation: 'q4_k_m' } },
    { id: 'small:q8', class: 'slm', quality: 0.8, memory: 4.9e9, parameters: 3.8e9, entry: { quantisation: 'q8_0' } },
    { id: 'large', class: 'llm', quality: 0.9, memory: 9.6e9, parameters: 14e9, entry: { quantisation: 'q4_k_m' } },
    { id: 'hosted', class: 'llm', quality: 0.9, memory: null, price: { input: 2.5, output: 10 } },
  ],
});
const analysis = analyse(log);
const charts = buildCharts(analysis, recommend(analysis))[0]!.charts;
const chart = (name: string): Chart => charts.find((one): one is Chart => one.name === name && 'spec' in one)!;

interface Layer {
  readonly data?: { readonly values: readonly Readonly<Record<string, unknown>>[] };
  readonly layer?: readonly Layer[];
}
const valuesOf = (layer: Layer): Readonly<Record<string, unknown>>[] => [
  ...(layer.data?.values ?? []),
  ...(layer.layer ?? []).flatMap(valuesOf),
];

describe('the chart of memory by kind', () => {
  const facts = { shape: smallLlama(8, 256) };
  const found = analyse(
    makeLog({
      tasks: [{ name: 'route', samples: 7 }],
      models: [{ id: 'own', class: 'slm', quality: 0.9, tokens: 10, facts }],
    }),
  );
  const recommendation = recommend(found);
  const drawn = buildCharts(found, recommendation)[0]!.charts.find(({ name }) => name === 'capacity-memory')!;

  it('stacks the parts that are predicted on the smallest device that holds the model', () => {
    const [{ devices }] = devicesOf(found, recommendation.suites[0]!).models as [ModelDevices];
    const { memory, device } = devices.find(({ state }) => state === 'fits')!.prediction;
    if (isMissing(memory)) throw new Error(memory.missing);
    const parts = valuesOf((drawn as Chart).spec as Layer).filter(({ part }) => part !== undefined);
    expect(parts.map(({ place, part }) => `${place}: ${part}`)).toEqual(
      ['weights', 'embeddings', 'cache', 'buffers', 'reserve'].map((part) => `own, ${device}: ${part}`),
    );
    const sum = parts.reduce((total, { gib }) => total + (gib as number), 0);
    expect(sum).toBeCloseTo(memory.total / 2 ** 30, 9);
  });

  it('is absent where no device holds the model', () => {
    const large = analyse(
      makeLog({
        tasks: [{ name: 'route', samples: 7 }],
        models: [{ id: 'own', class: 'slm', quality: 0.9, tokens: 10, facts: { shape: smallLlama(100, 32_768) } }],
      }),
    );
    expect(
      buildCharts(large, recommend(large))[0]!.charts.find(({ name }) => name === 'capacity-memory'),
    ).toMatchObject({
      missing: 'no device of the table surely holds a model whose memory is predicted',
    });
  });

  it('is absent where the log does not tell the layers', () => {
    expect(charts.find(({ name }) => name === 'capacity-memory')).toMatchObject({
      missing: 'the memory is not predicted',
    });
  });
});

describe('the chart of memory', () => {
  it('stacks each model up to its measured peak', () => {
    const rows = valuesOf(chart('memory').spec as Layer).filter(({ model }) => model === 'small:q4');
    const stacked = rows.flatMap(({ order, memory }) => (order === undefined ? [] : [memory as number]));
    const peak = rows.find(({ part }) => part === 'measured peak')!.memory as number;
    expect(stacked).toHaveLength(4);
    expect(stacked.reduce((a, b) => a + b)).toBeCloseTo(peak, 9);
  });

  it('draws where devices and the limit of the suite end, and no device far beyond the bars', () => {
    const { alt } = chart('memory');
    for (const name of ['phone, 8 GB', 'laptop, 8 GB', 'limit of the suite 9.31 GiB']) expect(alt).toContain(name);
    expect(alt).not.toContain('H100');
  });

  it('leaves out a model that runs elsewhere, and says so', () => {
    expect(chart('memory').alt).toContain('Not known for hosted');
  });
});

describe('the chart of memory over more than a decade', () => {
  const wide = analyse(
    makeLog({
      tasks: [{ name: 'route', samples: 40 }],
      models: [
        { id: 'tiny', class: 'slm', quality: 0.8, memory: 1.5e8, parameters: 1.35e8, entry: { quantisation: 'q4_1' } },
        {
          id: 'large',
          class: 'llm',
          quality: 0.9,
          memory: 4.2e10,
          parameters: 70e9,
          entry: { quantisation: 'q4_k_m' },
        },
      ],
    }),
  );
  const memory = buildCharts(wide, recommend(wide))[0]!.charts.find(({ name }) => name === 'memory') as Chart;
  const spec = JSON.stringify(memory.spec);

  it('has a logarithmic axis, points in place of a stack, and says so', () => {
    expect(spec).toContain('"type":"log"');
    expect(spec).not.toContain('"type":"bar"');
    expect(memory.note).toContain('on a log scale');
    expect(JSON.stringify(chart('memory').spec)).not.toContain('"type":"log"');
  });

  it('draws every model between the ends of its axis', () => {
    const [domain] = /"domain":\[([\d.e+-]+),([\d.e+-]+)\]/.exec(spec)!.slice(1, 3).map(Number) as [number];
    for (const { memory: value } of valuesOf(memory.spec as Layer))
      if (value !== undefined) expect(value).toBeGreaterThanOrEqual(domain);
    for (const model of ['tiny', 'large'])
      expect(valuesOf(memory.spec as Layer).filter((row) => row.model === model).length).toBeGreaterThanOrEqual(2);
  });
});

describe('marks in a legend', () => {
  it('are those of the chart: the measured peak is a stroke', () => {
    for (const models of [
      [{ id: 'm', class: 'slm', quality: 1, memory: 3e9, parameters: 3e9 }],
      [
        { id: 'm', class: 'slm', quality: 1, memory: 3e9, parameters: 3e9 },
        { id: 'n', class: 'llm', quality: 1, memory: 9e10, parameters: 9e10 },
      ],
    ] as const) {
      const one = analyse(makeLog({ tasks: [{ name: 'route', samples: 5 }], models }));
      const found = buildCharts(one, recommend(one))[0]!.charts.find(({ name }) => name === 'memory') as Chart;
      const shapes = (found.spec.layer as { mark: { type: string }; encoding: { shape?: Scaled; color?: Scaled } }[])
        .flatMap(({ encoding }) => encoding.shape ?? [])
        .map(({ scale: { domain, range } }) => range[domain.indexOf('measured peak')]);
      expect(new Set(shapes).size).toBe(1);
      expect(shapes[0]).toMatch(/^M/);
    }
  });
});

interface Scaled {
  readonly scale: { readonly domain: readonly string[]; readonly range: readonly string[] };
}

describe('the ticks of a short logarithmic axis', () => {
  it.each([
    [0.005, 0.033],
    [0.035, 0.12],
    [0.6, 0.9],
    [0.02, 0.4],
    [0.001, 1000],
  ])('from %d to %d are between two and nine', (low, high) => {
    const { values } = logTicks(low, high) as { values: readonly number[] };
    expect(values.length).toBeGreaterThanOrEqual(2);
    expect(values.length).toBeLessThanOrEqual(9);
  });
});

describe('the chart of trade-offs', () => {
  it('draws a model that lost answers hollow, and names it in no title', () => {
    const lost = analyse(
      makeLog({
        tasks: [{ name: 'route', samples: 60 }],
        models: [
          {
            id: 'lossy',
            class: 'slm',
            quality: 1,
            ttft: 0.01,
            outcome: (sample, outcome) =>
              Number(sample.slice(-4)) % 10 < 4
                ? { state: 'failed', by: 'harness', kind: 'crash', reason: 'signal 11', output: '' }
                : outcome,
          },
          { id: 'slow', class: 'slm', quality: 0.9, ttft: 0.05 },
          { id: 'large', class: 'llm', quality: 0.95, ttft: 0.1 },
        ],
      }),
    );
    const found = buildCharts(lost, recommend(lost))[0]!.charts.find(({ name }) => name === 'quality-ttft') as Chart;
    expect(found.title).not.toContain('lossy');
    expect(found.note).toContain('hollow: lost answers');
  });
});

describe('the chart of TTFT by the length of the prompt', () => {
  it('takes the steepest of forty flat lines for chance', () => {
    const flat = analyse(
      makeLog({
        seed: 5,
        tasks: [{ name: 'route', samples: 60 }],
        models: Array.from({ length: 40 }, (_, i) => ({ id: `m-${i}`, class: 'slm', quality: 1, tokens: 2 })),
      }),
    );
    expect(flat.suites[0]!.overall.some(({ ttftLine }) => 'rate' in ttftLine && 'value' in ttftLine.rate)).toBe(true);
    const found = buildCharts(flat, recommend(flat))[0]!.charts.find(({ name }) => name === 'ttft-by-prompt') as Chart;
    expect(found.title).toBe('Longer prompts are not shown to take longer to the first token');
    expect(found.note).toContain('n = 60 samples a model, 30 of them drawn');
  });
});

describe('the chart of the decode rate', () => {
  it.each([
    ['400 tok/s at the median, beside rates of 500', { min: 400 }, 'red: the limit median ≥ 400 tok/s', 1],
    ['another level than the one that is shown', { min: 400, at: 'p95' }, 'the limit, not drawn, p95 ≥ 400 tok/s', 0],
    ['a limit that is far away', { min: 4 }, 'the limit, not drawn, median ≥ 4 tok/s', 0],
  ] as const)('draws its limit where it can: %s', async (_, decodeRate, words, lines) => {
    const limited = analyse(
      makeLog({
        requirement: { limits: { decodeRate } },
        tasks: [{ name: 'route', samples: 40 }],
        models: [
          { id: 'small', class: 'slm', quality: 0.9, itl: 0.002 },
          { id: 'large', class: 'llm', quality: 0.9, itl: 0.002 },
        ],
      }),
    );
    const found = buildCharts(limited, recommend(limited))[0]!.charts.find(
      ({ name }) => name === 'decode-rate',
    ) as Chart;
    expect(found.note).toContain(words);
    expect(JSON.stringify(found.spec).split('"limit":400').length - 1).toBe(lines);
    expect(await renderSvg(found.spec)).toContain('<svg');
  });
});

describe('the chart of parity', () => {
  it('holds the variants of one model against the first, and no others', () => {
    const pairs = new Set(valuesOf(chart('parity').spec as Layer).map(({ pair }) => pair));
    expect([...pairs]).toEqual(['small: q8 as q4']);
  });

  it('is absent where every model has one variant', () => {
    const single = analyse(
      makeLog({ tasks: [{ name: 'a', samples: 5 }], models: [{ id: 'one', class: 'slm', quality: 1 }] }),
    );
    expect(buildCharts(single, recommend(single))[0]!.charts.map(({ name }) => name)).not.toContain('parity');
  });
});

describe('the chart of quality against the cost of a million tokens', () => {
  const [input, output] = [2, 8];
  const priced = analyse(
    makeLog({
      tasks: [{ name: 'route', samples: 40 }],
      models: [
        { id: 'cheap', class: 'slm', quality: 0.8, price: { input: 0.2, output: 0.8 } },
        { id: 'dear', class: 'llm', quality: 0.9, price: { input, output } },
        { id: 'free', class: 'llm', quality: 0.9, price: { input: 0, output: 0 } },
        { id: 'local', class: 'slm', quality: 0.8 },
      ],
    }),
  );
  const named = () =>
    buildCharts(priced, recommend(priced))[0]!.charts.find(
      (one): one is Chart => one.name === 'quality-token-cost' && 'spec' in one,
    )!;

  it('is all dollars over all tokens of prompts and answers, with its interval', () => {
    const point = valuesOf(named().spec as Layer).find(({ model }) => model === 'dear')!;
    const timings = priced.suites[0]!.tasks[0]!.cells[1]!.results.map((result) => result!.timings);
    const total = (of: (one: (typeof timings)[number]) => number) => timings.reduce((sum, one) => sum + of(one), 0);
    const [prompt, answer] = [total((one) => one.promptTokens!), total((one) => one.outputTokens!)];
    expect(point.x).toBeCloseTo((prompt * input + answer * output) / (prompt + answer), 9);
    expect(point.xLow).toBeLessThan(point.x as number);
    expect(point.xHigh).toBeGreaterThan(point.x as number);
  });

  it('leaves out what is free or has no price, and says which and why', () => {
    expect(named().note).toMatch(/not shown: free and local$/);
    expect(named().alt).toMatch(/free \(a logarithmic axis.*local \(no price is given/);
  });
});

describe('names beside points', () => {
  const at = (x: number, quality: number) => ({
    x,
    xLow: x * 0.9,
    xHigh: x * 1.1,
    quality,
    qualityLow: quality - 0.05,
    qualityHigh: quality + 0.05,
  });

  it('stand on the inner side, and on no other name', () => {
    const places = placeNames([at(1, 0.9), at(100, 0.5)], () => 'a-model');
    expect(places.map((place) => place?.align)).toEqual(['left', 'right']);
  });

  it('never lie nearer to the point of another model than to their own', () => {
    // At equal prices, two models lie above each other.
    for (const gap of [0.002, 0.006, 0.01, 0.02, 0.04]) {
      const points = [at(10, 0.934), at(10, 0.934 + gap), at(10, 0.5)];
      const [lower, upper] = placeNames(points, () => 'a-model');
      if (lower && upper) expect(upper.dy, `gap ${gap}`).toBeLessThan(lower.dy);
    }
  });

  it('are left out where there is no room, one of them kept', () => {
    const crowd = Array.from({ length: 30 }, (_, i) => at(10 + i / 100, 0.7));
    const places = placeNames(crowd, () => 'a-model-with-a-name');
    expect(places[0]).not.toBeNull();
    expect(places.filter((place) => place === null).length).toBeGreaterThan(10);
  });
});

describe('ticks of a logarithmic axis', () => {
  it.each([
    [1, 1000, [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]],
    [0.0001, 10, [0.0001, 0.001, 0.01, 0.1, 1, 10]],
  ])('from %d to %d are round and few', (low, high, ticks) => {
    const { values } = logTicks(low, high) as { values: number[] };
    expect(values).toEqual(expect.arrayContaining(ticks));
    expect(values.length).toBeLessThanOrEqual(ticks.length + 2);
  });

  it('are left to Vega where none is within', () => {
    expect(logTicks(3.01, 3.02)).toEqual({ tickCount: 4 });
  });
});

describe('the chart of break-even', () => {
  it('crosses where a month of requests costs what the machine does', () => {
    const crossings = valuesOf(chart('break-even').spec as Layer).filter(({ instead }) => instead === 'hosted');
    const pi = crossings.find(({ device }) => device === 'Raspberry Pi 5, 8 GB')!;
    expect(pi.dollars).toBeCloseTo((80 / (3 * 365 * 24)) * 730.5, 9);
    const each = (pi.dollars as number) / (pi.requests as number);
    for (const { dollars, requests } of crossings)
      expect((dollars as number) / (requests as number)).toBeCloseTo(each, 12);
  });
});

describe('the chart of a metric', () => {
  it('exists for every time and rate whose entry asks for one', () => {
    const asked = DISTRIBUTED.filter(
      (metric) => isShownIn('chart', metric) && ['seconds', 'tokens per second'].includes(METRICS[metric].unit),
    );
    expect(asked).toContain('ttft');
    expect(charts.map(({ name }) => name)).toEqual(expect.arrayContaining(asked.map(chartName)));
  });
});
