import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import type { LogRecord, SessionRecord } from '../../../src/core/log/log.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { type ModelOrder, makeLog } from '../../support/log.js';

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
  return recommend(analyse(log)).suites[0]!.fits;
}

describe('what a model needs on the machine of the run', () => {
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
  });

  it('is what the engine reserves for the context that it opened, where it says so', () => {
    const footprint = { cache: 1e9, buffers: 1e8, readPerToken: 2e9, cacheReadPerToken: 1e9 };
    const [fit] = fitOf({ ...llama, footprint });
    expect(fit!.estimate).toMatchObject({ cache: 1e9, runtime: 60e6 + 1e8, total: 4_920_739_232 + 1e9 + 60e6 + 1e8 });
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
    expect(fit!.estimate).toEqual({ missing: 'the size of the weights and the number of parameters are unknown' });
    expect(fit!.measured).toEqual({ missing: 'the model runs on another machine' });
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
      return recommend(analyse(log)).suites[0]!.fits.map(({ model }) => model);
    };
    expect(fitsOf({ backend: 'openai', source: 'm', endpoint: 'https://example.com/v1' })).toEqual([]);
    expect(fitsOf({})).toEqual(['m']);
  });
});
