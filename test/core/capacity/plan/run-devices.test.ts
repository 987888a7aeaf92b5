import { describe, expect, it } from 'vitest';
import { analyse } from '../../../../src/core/analyse/analyse.js';
import type { Device } from '../../../../src/core/capacity/device.js';
import type { BreakEven } from '../../../../src/core/capacity/plan/break-evens.js';
import { isMissing } from '../../../../src/core/quantity.js';
import { recommend } from '../../../../src/core/recommend/recommend.js';
import { devicesOf } from '../../../../src/core/report/devices-of.js';
import { type ModelOrder, makeLog } from '../../../support/log.js';
import { smallLlama } from '../../../support/shapes.js';

const GiB = 2 ** 30;
const box: Device = {
  id: 'rtx-4090',
  name: 'box',
  kind: 'consumer-gpu',
  memory: 10 * GiB,
  usable: 0.6,
  bandwidth: 1e12,
  compute: { f16: 1e14 },
  price: null,
};
const shape = smallLlama(8, 256);
const own: ModelOrder = { id: 'own', class: 'slm', quality: 0.9, tokens: 10, facts: { shape } };
/** 43 prompt tokens in the mean and 10 answered, at 100 dollars a million: 0.0053 dollars a request. */
const hosted: ModelOrder = {
  id: 'hosted',
  class: 'llm',
  quality: 0.9,
  tokens: 10,
  memory: null,
  price: { input: 100, output: 100 },
};

function reportOf(models: readonly ModelOrder[], device: Device, requirement = {}) {
  const analysis = analyse(makeLog({ tasks: [{ name: 'route', samples: 7 }], models, requirement }));
  return devicesOf(analysis, recommend(analysis, { devices: [device] }).suites[0]!);
}

const placeOf = (order: Partial<ModelOrder> = {}, device: Partial<Device> = {}) =>
  reportOf([{ ...own, ...order }], { ...box, ...device }).models[0]!.devices[0]!;

describe('a model of a run on a device', () => {
  it('has the predicted rate of one stream, with an interval and its basis', () => {
    const { state, prediction } = placeOf();
    expect(state).toBe('fits');
    expect(prediction).toMatchObject({ engine: 'llama.cpp-cuda', decodeRate: { basis: 'pair' } });
    const { value, low, high } = prediction.decodeRate as { value: number; low: number; high: number };
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
  });

  it('needs what was measured, where that is more than what is predicted', () => {
    const { state, share, prediction } = placeOf({ memory: 7 * GiB });
    expect(state).toBe('does not fit');
    expect(share).toEqual({ value: (7 * GiB + 60e6) / (6 * GiB) });
    expect(prediction.decodeRate).toEqual({
      missing: expect.stringMatching(/^the model does not fit the device; llama.cpp can leave some of its layers in/),
    });
  });

  it('may fit a CPU whose memory lies inside the interval, and has a rate then', () => {
    const cpu = { id: 'pi-5', kind: 'board', memory: GiB, usable: 1 } as const;
    const { memory } = placeOf({ memory: null }, cpu).prediction;
    if (isMissing(memory) || isMissing(memory.interval)) throw new Error('expected an interval');
    const tight = placeOf({ memory: null }, { ...cpu, memory: (memory.interval.low + memory.interval.high) / 2 });
    expect(tight.state).toBe('may fit');
    expect(isMissing(tight.prediction.decodeRate)).toBe(false);
  });

  it('has no rate where the log does not tell its layers, and needs what it needed here', () => {
    const { state, prediction } = placeOf({ facts: {} });
    expect(state).toBe('fits');
    expect(prediction.decodeRate).toEqual({
      missing: 'the log does not tell its layers, and no published model has its name',
    });
  });

  it('is the published model that its entry names, where the log does not tell its layers', () => {
    const entry = { backend: 'llama-cpp', source: 'hf:bartowski/Qwen_Qwen3-0.6B-GGUF:Q8_0' };
    expect(placeOf({ facts: {}, entry }).prediction).toMatchObject({ decodeRate: { basis: 'pair' } });
  });

  it('keeps its cache as its entry asks of llama.cpp, and as usual on another engine', () => {
    const cacheOf = (kvCacheType: string, device: Partial<Device> = {}) => {
      const entry = { backend: 'llama-cpp', source: 'own.gguf', kvCacheType };
      const { memory } = placeOf({ entry }, device).prediction;
      return isMissing(memory) ? Number.NaN : memory.cache;
    };
    expect(cacheOf('q8_0') / cacheOf('f16')).toBeCloseTo(17 / 32, 6);
    const server = { id: 'h100-80gb', kind: 'datacentre-gpu', memory: 80 * GiB, usable: 0.9 } as const;
    expect(cacheOf('q8_0', server)).toBe(cacheOf('f16', server));
  });

  it('has no rate on a device whose kind nobody states', () => {
    expect(placeOf({}, { id: undefined, kind: undefined }).prediction.decodeRate).toEqual({
      missing: 'the kind of box is unknown: give it one in the file of --prices',
    });
  });
});

it('tells the rate on the machine of the run by its own answers', () => {
  const analysis = analyse(makeLog({ tasks: [{ name: 'route', samples: 40 }], models: [own] }));
  const [found] = devicesOf(
    analysis,
    recommend(analysis, { devices: [{ ...box, thisMachine: true }] }).suites[0]!,
  ).models;
  expect(found!.here).toMatchObject({ device: 'rtx-4090', decodeRate: { basis: 'measured', rows: 40 } });
  expect(found!.devices[0]!.prediction).toBe(found!.here);
});

describe('the break-even', () => {
  const found = (device: Partial<Device>, requirement = {}): readonly BreakEven[] =>
    reportOf([own, hosted], { ...box, ...device }, requirement).breakEvens;
  const price = (dollars: number, per: 'hour' | 'device') => ({
    price: { dollars, per, date: '2026-01-01', source: 'a list' },
  });

  it('is the price of the device over that of a request at the hosted model', () => {
    const [one] = found(price(2, 'hour'));
    expect(one).toMatchObject({ model: 'own', device: 'box', instead: 'hosted', feasible: 'yes' });
    expect(one!.requests).toBeCloseTo(2 / 0.0053, 6);
    expect(one!.rate).toBeCloseTo(2 / 0.0053 / 3600, 9);
  });

  it('counts the energy of a request on a device that is bought', () => {
    const [without] = found(price(2000, 'device'));
    expect(without!.energy).toEqual({ missing: 'the power of box is unknown' });
    expect(without!.requests).toBeCloseTo(2000 / 0.0053, 3);
    const [one] = found({ ...price(2000, 'device'), watts: 400 });
    const { value: energy } = one!.energy as { value: number };
    expect(energy).toBeGreaterThan(0);
    expect(one!.requests).toBeCloseTo(2000 / (0.0053 - energy), 3);
  });

  it('says whether one device serves that many: by its speed, and by the limits of the suite', () => {
    const answers = [10, 3000, 1e6].map((dollars) => found(price(dollars, 'hour'))[0]!.feasible);
    expect(answers).toEqual(['yes', 'open', 'no']);
    // In some draws of the doubt about its speed, not even one prompt is read within this limit.
    const limits = { ttft: { max: '40 ms', at: 'p95' } };
    expect(found(price(10, 'hour'), { limits })[0]!.feasible).toBe('open');
  });
});
