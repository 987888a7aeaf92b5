import { describe, expect, it } from 'vitest';
import { CALIBRATION } from '../../../src/core/capacity/catalogue/constants.js';
import { DEVICES } from '../../../src/core/capacity/catalogue/devices.js';
import { type Device, nameOf } from '../../../src/core/capacity/device.js';
import { allDevices } from '../../../src/core/capacity/devices.js';
import { ENGINE_NAMES, usualEngine } from '../../../src/core/capacity/engines.js';
import { publishedModels } from '../../../src/core/capacity/model-cost.js';
import { type Forecast, predict, type Question } from '../../../src/core/capacity/predict.js';
import { type Calibration, countRows, SPREAD_CLASSES } from '../../../src/core/capacity/step/calibration.js';
import { fitConstants, LEVELS, SOFTWARE, secondsOf } from '../../../src/core/capacity/step/fit.js';
import { isMissing } from '../../../src/core/quantity.js';
import { basisWords, groundsWords } from '../../../src/core/report/capacity-words.js';

/** Constants as they are before any row is seen, with intervals of a tenth. */
const UNFITTED: Calibration = {
  date: '2026-01-01',
  rows: { device: {}, pair: {}, quantity: {} },
  constants: Object.fromEntries(
    SOFTWARE.map((software) => [software, Object.fromEntries(LEVELS.map((level) => [level, {}]))]),
  ) as unknown as Calibration['constants'],
  spreads: Object.fromEntries(
    SPREAD_CLASSES.map((name) => [name, { low: -0.1, high: 0.1, groups: 1 }]),
  ) as Calibration['spreads'],
};

const device = (id: string): Device => DEVICES.find((known) => known.id === id)!;

function question(model: string, id: string, change: Partial<Question> = {}): Question {
  const engine = usualEngine(device(id));
  return {
    model: publishedModels(model, 'q4_k_m')[0]!,
    device: device(id),
    engine,
    lengths: { prompt: 1000, output: 100 },
    context: 1100,
    cacheType: 'f16',
    ...change,
  };
}

const value = (forecast: object) => (forecast as Forecast).value;

describe('a prediction', () => {
  it('is slower than the memory can be read, and faster than a third of that', () => {
    const { tpot } = predict(question('llama-3.1-8b:f16', 'rtx-4090'), UNFITTED);
    const seconds = (2 * (8.03e9 - 128_256 * 4096)) / 1008e9;
    expect(value(tpot)).toBeGreaterThan(seconds);
    expect(value(tpot)).toBeLessThan(3 * seconds);
  });

  it('takes the experts of one token for one stream, and not all of them', () => {
    const { tpot } = predict(question('qwen3-30b-a3b', 'rtx-4090'), UNFITTED);
    const dense = predict(question('qwen2.5-32b', 'rtx-4090'), UNFITTED);
    expect(value(tpot)).toBeLessThan(value(dense.tpot) / 3);
  });

  it('adds up: the whole answer is the first token and the rest of them', () => {
    const { ttft, tpot, e2e, decodeRate } = predict(question('phi-3-mini', 'rtx-3060'), UNFITTED);
    expect(value(e2e)).toBeCloseTo(value(ttft) + 99 * value(tpot), 9);
    expect(value(decodeRate)).toBeCloseTo(1 / value(tpot), 9);
    const rate = decodeRate as Forecast;
    expect(rate.low).toBeLessThan(rate.value);
    expect(rate.high).toBeGreaterThan(rate.value);
  });

  it('has no times for a model that does not fit, and says so', () => {
    const { memory, tpot, e2e } = predict(question('llama-3.1-70b:f16', 'rtx-4090'), UNFITTED);
    expect(memory).toMatchObject({ verdict: 'does not fit' });
    const reason =
      'the model does not fit the device; llama.cpp can leave some of its layers in the memory of the machine (--n-gpu-layers), and how fast it is then is not known';
    expect([tpot, e2e]).toEqual(Array(2).fill({ missing: reason }));
    // A server keeps all layers on the card, and a board has one memory.
    for (const asked of [
      question('llama-3.1-70b:f16', 'rtx-4090', { engine: 'vllm' }),
      question('llama-3.1-70b:f16', 'pi-5'),
    ]) {
      expect(predict(asked, UNFITTED).tpot).toEqual({ missing: 'the model does not fit the device' });
    }
  });

  it('may fit where the interval of its memory holds what the device has, and has times then', () => {
    const asked = question('qwen3-4b', 'pi-5');
    const { memory } = predict(asked, UNFITTED);
    if (isMissing(memory) || isMissing(memory.interval)) throw new Error('expected an interval');
    const { needed, interval } = memory;
    expect(interval.low).toBeLessThan(needed);
    expect(interval.high).toBeGreaterThan(needed);
    const on = (usable: number) =>
      predict({ ...asked, device: { ...asked.device, memory: usable, usable: 1 } }, UNFITTED);
    expect(on(interval.high).memory).toMatchObject({ verdict: 'fits' });
    expect(on(interval.high - 1).memory).toMatchObject({ verdict: 'may fit' });
    expect(on(interval.low).memory).toMatchObject({ verdict: 'may fit' });
    expect(isMissing(on(interval.low).tpot)).toBe(false);
    expect(on(interval.low - 1).memory).toMatchObject({ verdict: 'does not fit' });
  });

  it('has a narrower interval of memory where the bytes of the weights were read', () => {
    const asked = question('qwen3-4b', 'pi-5');
    const widthOf = (isEstimated: boolean) => {
      const { memory } = predict({ ...asked, model: { ...asked.model, isEstimated } }, UNFITTED);
      if (isMissing(memory) || isMissing(memory.interval)) throw new Error('expected an interval');
      return memory.interval.high - memory.interval.low;
    };
    expect(widthOf(false)).toBeLessThan(widthOf(true));
  });

  it('needs at least what a run measured, at both ends of the interval', () => {
    const { memory } = predict(question('qwen3-4b', 'pi-5', { measured: 5e9 }), UNFITTED);
    expect(memory).toMatchObject({ needed: 5e9, interval: { low: 5e9, high: 5e9 } });
  });

  it('says of an engine that nobody measured that its memory has no interval', () => {
    const { memory } = predict(question('qwen3-4b', 'h100'), UNFITTED);
    expect(memory).toMatchObject({
      verdict: 'fits',
      interval: { missing: expect.stringContaining('vllm takes beside weights and cache was not measured') },
    });
  });

  it('has no time of the prompt for a device whose compute nobody states', () => {
    const { ttft, tpot } = predict(question('smollm2-360m', 'phone-8gb'), UNFITTED);
    expect(ttft).toEqual({ missing: 'no source gives the compute of phone-8gb' });
    expect(isMissing(tpot)).toBe(false);
  });

  it('says what it rests on, for the prompt and for the answer apart', () => {
    const engine = 'llama.cpp cuda';
    const traits = {
      engine,
      kind: 'consumer-gpu',
      device: 'rtx-4090',
      maker: 'nvidia',
      storage: '4',
      architecture: 'llama',
      design: 'dense' as const,
    };
    const counts = countRows([{ traits, quantity: 'decode' }]);
    const { ttft, tpot, e2e } = predict(question('phi-3-mini', 'rtx-4090'), { ...UNFITTED, rows: counts });
    expect(tpot).toMatchObject({ basis: 'pair', rows: 1, own: 1 });
    expect(ttft).toMatchObject({ basis: 'kind', rows: 0 });
    expect(e2e).toMatchObject({ basis: 'kind', rows: 0 });
  });

  it('says how many of its rows are of the quantity itself, and not of a server under load', () => {
    const { tpot } = predict(question('llama-3.1-8b:bf16', 'h100'), CALIBRATION);
    expect(tpot).toMatchObject({ basis: 'pair', own: 0 });
    expect(basisWords({ ttft: { missing: '' }, tpot })).toMatch(
      /rows of this device and engine, none of a single stream$/,
    );
    const ground = { kind: 'pair', rows: 9 } as const;
    expect(
      groundsWords([
        { ...ground, quantity: 'decode', own: 2 },
        { ...ground, quantity: 'batch', own: 7 },
        { ...ground, quantity: 'prefill', own: 9 },
      ]),
    ).toBe(
      'one stream: calibrated on 9 rows of this device and engine, 2 of a single stream; ' +
        'further requests at once: calibrated on 9 rows of this device and engine, 7 of batches; ' +
        'prompts: calibrated on 9 rows of this device and engine',
    );
    expect(groundsWords([{ kind: 'pair', quantity: 'decode', rows: 1, own: 1 }])).toBe(
      'calibrated on 1 row of this device and engine',
    );
  });

  it('grows with the context and with the bits of a weight', () => {
    const short = predict(question('llama-3.1-8b', 'l4'), UNFITTED);
    const long = predict(
      question('llama-3.1-8b', 'l4', { lengths: { prompt: 30_000, output: 100 }, context: 30_100 }),
      UNFITTED,
    );
    const wide = predict(question('llama-3.1-8b:q8_0', 'l4'), UNFITTED);
    expect(value(long.tpot)).toBeGreaterThan(value(short.tpot));
    expect(value(long.ttft)).toBeGreaterThan(20 * value(short.ttft));
    expect(value(wide.tpot)).toBeGreaterThan(1.5 * value(short.tpot));
  });
});

describe('the fit', () => {
  const traits = {
    engine: 'e',
    kind: 'k',
    device: 'd',
    maker: 'm',
    storage: '16',
    architecture: 'llama',
    design: 'dense' as const,
  };

  it('learns nothing about servers of today from older ones', () => {
    const rows = [0.01, 0.1, 1].map((weights) => ({ seconds: 5 * weights, terms: { weights }, weight: 1 }));
    const constants = fitConstants(rows.map((row) => ({ ...row, traits: { ...traits, engine: 'vllm 2024' } })));
    const secondsOn = (engine: string) => secondsOf({ weights: 1 }, { ...traits, engine }, constants);
    expect(secondsOn('vllm 2024')).toBeGreaterThan(3);
    expect(secondsOn('vllm 2023')).toBeGreaterThan(2);
    expect(secondsOn('vllm 2025')).toBeCloseTo(1.2, 9);
  });

  it('takes slow kernels of an architecture from device to device on a server of today, more than on an older one', () => {
    const secondsOn = (engine: string) => {
      const rows = [
        { device: 'a', architecture: 'llama', factor: 1.5 },
        { device: 'b', architecture: 'llama', factor: 1.5 },
        { device: 'a', architecture: 'slow', factor: 3 },
      ].flatMap(({ factor, ...others }) =>
        [0.1, 0.2, 0.4].map((weights) => ({
          seconds: factor * weights,
          terms: { weights },
          traits: { ...traits, ...others, engine },
          weight: 1,
        })),
      );
      return secondsOf({ weights: 1 }, { ...traits, device: 'b', architecture: 'slow', engine }, fitConstants(rows));
    };
    expect(secondsOn('vllm 2025')).toBeGreaterThan(2.5);
    expect(secondsOn('vllm 2024')).toBeLessThan(secondsOn('vllm 2025') - 0.3);
  });

  it('predicts an unseen device from those of its maker, where another maker has a slow port of the engine', () => {
    const on = (device: string, maker: string, factor: number) =>
      [0.1, 0.2, 0.4].map((weights) => ({
        seconds: factor * weights,
        terms: { weights },
        traits: { ...traits, device, maker, engine: 'vllm 2024' },
        weight: 1,
      }));
    const rows = [...on('a', 'nvidia', 1.3), ...on('b', 'nvidia', 1.3), ...on('c', 'intel', 5), ...on('d', 'intel', 5)];
    const unseen = (maker: string) =>
      secondsOf({ weights: 1 }, { ...traits, device: 'x', maker, engine: 'vllm 2024' }, fitConstants(rows));
    expect(unseen('nvidia')).toBeLessThan(1.9);
    expect(unseen('intel')).toBeGreaterThan(1.5 * unseen('nvidia'));
  });

  it('finds the constants that made the times, whatever a few wild rows say', () => {
    const rows = [1, 2, 3, 4, 5, 6, 8, 10, 20, 40]
      .map((hundredths) => hundredths / 100)
      .map((weights) => ({
        seconds: 1.5 * weights + 0.002 * 32,
        terms: { weights, layer: 32 },
        traits,
        weight: 1,
      }));
    const wild = { ...rows[0]!, seconds: 4 };
    const constants = fitConstants([...rows, wild]);
    const at = (term: 'weights' | 'layer', mean: number) =>
      mean * Math.exp(LEVELS.reduce((sum, level) => sum + (Object.values(constants.other[level])[0]?.[term] ?? 0), 0));
    expect(at('weights', 1.2)).toBeGreaterThan(1.4);
    expect(at('weights', 1.2)).toBeLessThan(1.6);
    expect(at('layer', 20e-6)).toBeGreaterThan(0.0018);
    expect(at('layer', 20e-6)).toBeLessThan(0.0022);
  });
});

describe('the catalogue of devices', () => {
  it('has one entry for each name', () => {
    expect(new Set(DEVICES.map(nameOf)).size).toBe(DEVICES.length);
  });

  it.each(DEVICES)('states plausible figures for $id', ({ memory, usable, bandwidth, compute, price, source }) => {
    expect(memory).toBeGreaterThan(4e9);
    expect(usable).toBeLessThanOrEqual(1);
    expect(bandwidth).toBeGreaterThan(10e9);
    if (compute) expect(compute.f16).toBeGreaterThan(bandwidth / 1e3);
    if (price) expect(price.date).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(source).toMatch(/https:\/\/|^arithmetic: .* x |^not verified/);
  });

  it('names the devices that no page states, which only measurements keep', () => {
    const unverified = DEVICES.filter(({ source }) => source?.includes('not verified')).map(({ id }) => id!);
    expect(unverified.sort()).toEqual([
      'core-ultra-358h',
      'gh200',
      'intel-n150',
      'iphone-a15',
      'iphone-a18-pro',
      'iphone-a19-pro',
      'm5',
      'pi-4',
      'sa8295p',
    ]);
    for (const id of unverified) expect(Object.keys(CALIBRATION.rows.device)).toContain(`${id} token`);
  });

  it('has a price of every GeForce RTX and Radeon RX, and says where each price is from', () => {
    const cards = DEVICES.filter(({ id }) => /^(rtx-[2-5]0[5-9]0|rx-)/.test(id!));
    expect(cards.length).toBeGreaterThan(28);
    expect(cards.filter(({ price }) => price?.per !== 'device').map(({ id }) => id)).toEqual([]);
    const sources = DEVICES.flatMap(({ price }) => price?.source ?? []);
    expect(sources.length).toBeGreaterThanOrEqual(68);
    expect(sources.filter((source) => !/https:\/\/|^AWS on-demand|^NVIDIA, list price/.test(source))).toEqual([]);
  });

  it('has a price of every iPhone, and names the machine that has a chip of Apple', () => {
    const apple = DEVICES.filter(({ id }) => /^(iphone|m[1-5](-|$))/.test(id!));
    const phones = apple.filter(({ kind }) => kind === 'phone');
    expect(phones.map(({ price }) => price?.dollars)).toEqual([999, 999, 1099]);
    const sources = apple.flatMap(({ price }) => price?.source ?? []);
    expect(sources.length).toBeGreaterThanOrEqual(7);
    expect(sources.filter((source) => !/, an? (iPhone|Mac)/.test(source))).toEqual([]);
  });

  it.each([
    ['pi-4', 'kind'],
    ['laptop-8gb', 'kind'],
    ['graviton-4', 'kind'],
    ['rtx-4000-ada', 'pair'],
    ['rtx-5000-ada', 'pair'],
    ['rtx-6000-ada', 'pair'],
  ])('has a first token on %s, by rows of its %s', (id, basis) => {
    const { source } = device(id);
    expect(source).toContain('compute: ');
    const { ttft } = predict(question('llama-3.2-3b', id), CALIBRATION);
    expect(ttft).toMatchObject({ basis });
  });

  it('counts eight bits as twice and four bits as at least four times as fast as sixteen', () => {
    for (const { id, compute } of DEVICES.filter(({ id }) => !['arc-b60', 'dgx-spark'].includes(id!))) {
      const { f16, f8, f4 } = compute ?? { f16: 1 };
      if (f8) expect(f8 / f16, id).toBeCloseTo(2, 1);
      if (f4) expect(f4 / f16, id).toBeGreaterThan(3.9);
    }
  });

  it('takes a device of the user in place of one with the same name', () => {
    const own = { ...device('l4'), memory: 1 };
    expect(allDevices([own]).filter(({ id }) => id === 'l4')).toEqual([own]);
  });

  it('knows an engine for every device', () => {
    for (const one of DEVICES) expect(ENGINE_NAMES).toContain(usualEngine(one));
  });
});
