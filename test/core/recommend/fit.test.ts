import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import type { Device } from '../../../src/core/capacity/device.js';
import type { LogRecord, SessionRecord } from '../../../src/core/log/log.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { type ModelOrder, makeLog } from '../../support/log.js';

const GiB = 2 ** 30;
const box: Device = {
  name: 'box',
  memory: 10 * GiB,
  usable: 0.6,
  bandwidth: 100e9,
  price: { dollars: 2, per: 'hour', date: '2026-01-01', source: 'a list' },
};

/** Llama-3.1-8B Q4_K_M at 8,192 tokens: 4,920,739,232 bytes of weights, 131,072 bytes of cache a token. */
const llama: SessionRecord['facts'] = {
  engine: 'llama.cpp',
  device: 'cpu',
  threads: { value: 4 },
  weights: { bytes: 4_920_739_232, hash: 'sha256', files: ['llama.gguf'] },
  architecture: { layers: 32, kvHeads: 8, headSize: 128, vocabulary: 128_256, bytesPerCachedValue: 2 },
  context: { value: 8192 },
  chatTemplateHash: { missing: 'none' },
  cannot: {},
  network: 'none',
  warnings: [],
};

function fitOf(facts: Partial<SessionRecord['facts']>, order: Partial<ModelOrder> = {}) {
  const log = makeLog({
    tasks: [{ name: 'route', samples: 20 }],
    models: [{ id: 'm', class: 'slm', quality: 0.9, ...order }],
  }).map(
    (record): LogRecord => (record.type === 'session' ? { ...record, facts: { ...record.facts, ...facts } } : record),
  );
  return recommend(analyse(log), { devices: [box] }).suites[0]!.fits;
}

describe('what a model needs on a device', () => {
  it('is weights, KV cache at the longest request, and runtime', () => {
    const [fit] = fitOf(llama);
    // 46 prompt tokens at most, 256 allowed in the answer.
    expect(fit!.context).toEqual({ value: 46 + 256 });
    expect(fit!.estimate).toEqual({
      weights: 4_920_739_232,
      cache: 302 * 131_072,
      runtime: 60e6,
      total: 4_920_739_232 + 302 * 131_072 + 60e6,
      assumed: [],
    });
    expect(fit!.measured).toEqual({ value: 160e6 });
    expect(fit!.devices[0]).toMatchObject({
      state: 'fits',
      ceiling: { value: 100e9 / (4_920_739_232 + 302 * 131_072) },
    });
  });

  it('is judged by the larger of estimate and measurement', () => {
    const [fit] = fitOf({}, { parameters: 1e6, memory: 7 * GiB });
    expect(fit!.devices[0]).toMatchObject({ state: 'does not fit' });
  });

  it('assumes aloud what nobody said', () => {
    const [fit] = fitOf({}, { parameters: 8e9, memory: null, entry: { quantisation: 'q4_k_m' } });
    expect(fit!.estimate).toMatchObject({
      weights: (8e9 * 4.89) / 8,
      assumed: ['weights of 4.89 bits', 'no KV cache, because its shape is unknown', 'a runtime of 150 MB'],
    });
    expect(fit!.error).toEqual({ missing: 'the model runs on another machine' });
  });

  it('is not known where neither weights nor parameters nor memory are', () => {
    const [fit] = fitOf({}, { memory: null });
    expect(fit!.devices[0]!.state).toBe('unknown');
  });

  it('is not asked of a model that runs elsewhere', () => {
    expect(fitOf({ network: 'internet' })).toEqual([]);
  });

  it('is not asked of a model that was never opened and has an endpoint, but of one without', () => {
    const fitsOf = (entry: NonNullable<ModelOrder['entry']>) => {
      const log = makeLog({
        tasks: [{ name: 'route', samples: 20 }],
        models: [{ id: 'm', class: 'slm', parameters: 8e9, quality: 0.9, entry }],
      }).filter(({ type }) => ['run', 'machine', 'sample'].includes(type));
      return recommend(analyse(log), { devices: [box] }).suites[0]!.fits.map(({ model }) => model);
    };
    expect(fitsOf({ backend: 'openai', source: 'm', endpoint: 'https://example.com/v1' })).toEqual([]);
    expect(fitsOf({})).toEqual(['m']);
  });
});

describe('the break-even', () => {
  it('is the price of the machine over the price of the requests it saves', () => {
    const log = makeLog({
      tasks: [{ name: 'route', samples: 7 }],
      models: [
        { id: 'own', class: 'slm', parameters: 1e6, quality: 0.9 },
        // 43 prompt tokens in the mean and 10 answered, at 100 dollars a million: 0.0053 dollars a request.
        { id: 'hosted', class: 'llm', quality: 0.9, tokens: 10, memory: null, price: { input: 100, output: 100 } },
      ],
    });
    const [breakEven] = recommend(analyse(log), { devices: [box] }).suites[0]!.breakEvens;
    expect(breakEven).toMatchObject({ model: 'own', device: 'box', instead: 'hosted', feasible: true });
    expect(breakEven!.requests).toBeCloseTo(2 / 0.0053, 6);
  });

  it('leaves out a device that is bought and cannot answer that many in its life', () => {
    const log = makeLog({
      tasks: [{ name: 'route', samples: 7 }],
      models: [
        { id: 'own', class: 'slm', parameters: 1e6, quality: 0.9 },
        { id: 'hosted', class: 'llm', quality: 0.9, tokens: 10, memory: null, price: { input: 100, output: 100 } },
      ],
    });
    const costing = (dollars: number) => {
      const bought = { ...box, price: { ...box.price!, per: 'device' as const, dollars } };
      return recommend(analyse(log), { devices: [bought] }).suites[0]!.breakEvens.length;
    };
    expect(costing(2)).toBe(1);
    expect(costing(1e15)).toBe(0);
  });
});
