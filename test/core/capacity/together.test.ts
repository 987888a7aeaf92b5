import { describe, expect, it } from 'vitest';
import { cacheBytes } from '../../../src/core/capacity/cache.js';
import { CALIBRATION } from '../../../src/core/capacity/catalogue/constants.js';
import { DEVICES } from '../../../src/core/capacity/catalogue/devices.js';
import { SEVERAL_DEVICES } from '../../../src/core/capacity/catalogue/several-devices.js';
import { type Device, nameOf } from '../../../src/core/capacity/device.js';
import { ENGINES, runsOn, usualEngine } from '../../../src/core/capacity/engines.js';
import { publishedModels } from '../../../src/core/capacity/model-cost.js';
import { predictedEngines } from '../../../src/core/capacity/plan/engine.js';
import { type Forecast, predict, type Question } from '../../../src/core/capacity/predict.js';
import { SPREAD_CLASSES } from '../../../src/core/capacity/step/calibration.js';
import { calibrationOf, together, whyNotTogether, withCopies } from '../../../src/core/capacity/together.js';
import { isMissing, type Missing } from '../../../src/core/quantity.js';

const device = (id: string) => DEVICES.find((one) => nameOf(one) === id)!;
const H100 = device('h100');

const ask = (where: Device, change: Partial<Question> = {}): Question => ({
  model: publishedModels('llama-3.1-8b:bf16', 'bf16')[0]!,
  device: where,
  engine: 'vllm',
  lengths: { prompt: 2000, output: 300 },
  context: 4000,
  cacheType: 'f16',
  ...change,
});
const known = (forecast: Forecast | Missing): Forecast => {
  if (isMissing(forecast)) throw new Error(forecast.missing);
  return forecast;
};
const memoryOn = (where: Device, change: Partial<Question> = {}) => {
  const { memory } = predict(ask(where, change), CALIBRATION);
  if (isMissing(memory)) throw new Error(memory.missing);
  return memory;
};
const width = ({ value, low, high }: Forecast) => ({ below: value / low, above: high / value });

describe('several devices for one model', () => {
  it('have the memory, the price and the power of all, and the engine of one', () => {
    const two = together(H100, 2);
    expect(two).toMatchObject({ id: '2xh100', memory: 2 * H100.memory, watts: 2 * H100.watts! });
    expect(two.price!.dollars).toBe(2 * H100.price!.dollars);
    expect(usualEngine(two)).toBe(usualEngine(H100));
    expect(runsOn('trtllm', two)).toBe(true);
    expect(runsOn('llama.cpp-rocm', two)).toBe(false);
  });

  it('share weights and cache, and reserve for each', () => {
    const [one, two] = [memoryOn(H100), memoryOn(together(H100, 2))];
    expect(two.weights).toBe(one.weights);
    expect(two.cache).toBe(one.cache);
    expect(two.reserve).toBe(2 * ENGINES.vllm.reserve);
    expect(two.usable).toBe(2 * one.usable);
  });

  it('keep a whole head of keys and values each, and a latent cache each', () => {
    // Eight heads of keys and values: sixteen devices keep two copies.
    const { shape } = publishedModels('llama-3.1-8b:bf16', 'bf16')[0]!;
    const cacheOn = (count: number) => cacheBytes(withCopies(shape, together(H100, count)), 1000, 2);
    expect(cacheOn(8)).toBe(cacheBytes(shape, 1000, 2));
    expect(cacheOn(16)).toBe(2 * cacheBytes(shape, 1000, 2));
    const { shape: latent } = publishedModels('deepseek-v3:fp8', 'fp8')[0]!;
    expect(cacheBytes(withCopies(latent, together(H100, 8)), 1000, 2)).toBe(8 * cacheBytes(latent, 1000, 2));
  });

  it('are faster than one, by less than their number, with a wider interval', () => {
    const [one, two, eight] = [H100, together(H100, 2), together(H100, 8)].map((where) =>
      predict(ask(where), CALIBRATION),
    );
    for (const part of ['tpot', 'ttft'] as const) {
      const [a, b, c] = [one, two, eight].map((prediction) => known(prediction![part]));
      expect(b!.value).toBeLessThan(a!.value);
      expect(b!.value).toBeGreaterThan(a!.value / 2);
      expect(c!.value).toBeGreaterThan(a!.value / 8);
      const ratio = (end: 'below' | 'above') => width(b!)[end] / width(a!)[end];
      expect(Math.min(ratio('below'), ratio('above'))).toBeGreaterThan(part === 'tpot' ? 1.2 : 1 - 1e-9);
    }
  });

  it('rest on the rows of several devices alone', () => {
    const { basis, rows } = known(predict(ask(together(device('h200'), 2)), CALIBRATION).tpot);
    expect(basis).toBe('pair');
    expect(rows).toBe(SEVERAL_DEVICES.rows.pair['h200 vllm 2025 token']);
    expect(rows).toBeLessThan(CALIBRATION.rows.pair['h200 vllm 2025 token']!);
    const spreads = calibrationOf(together(H100, 2), CALIBRATION).spreads;
    for (const name of SPREAD_CLASSES) {
      expect(spreads[name].low).toBeLessThanOrEqual(CALIBRATION.spreads[name].low);
      expect(spreads[name].high).toBeGreaterThanOrEqual(CALIBRATION.spreads[name].high);
    }
  });

  it('are simulated with the defaults that the engine takes for one device, and room for more caches', () => {
    const engineOn = (where: Device) => {
      const found = predictedEngines(ask(where), { slots: undefined, calibration: CALIBRATION });
      if (isMissing(found)) throw new Error(found.missing);
      return found[0];
    };
    // Two A100 of 40 GB are no device of 80 GB for vLLM.
    const [one, two] = [device('a100-40gb'), together(device('a100-40gb'), 2)].map(engineOn);
    expect(two!.scheduler.batchTokens).toBe(one!.scheduler.batchTokens);
    const room = ({ scheduler: { cache } }: typeof one & object) => (cache.kind === 'shared' ? cache.tokens : 0);
    expect(room(two!)).toBeGreaterThan(2 * room(one!));
  });

  it('are known where published rows have them', () => {
    expect(whyNotTogether(H100, 8)).toBeNull();
    expect(whyNotTogether(H100, 9)).toEqual({ missing: 'published rows have up to 8 devices share a model' });
    expect(whyNotTogether(device('l4'), 2)).toMatchObject({
      missing: expect.stringContaining('no published row has several of them'),
    });
  });
});

describe('a model that does not fit one device', () => {
  // Its weights alone fit two H100, and three do not share its 64 heads.
  const large = { model: publishedModels('llama-3.1-70b:bf16', 'bf16')[0]!, context: 40_000 };

  it('names the number that holds it', () => {
    expect(predict(ask(H100, large), CALIBRATION).tpot).toEqual({
      missing: 'the model does not fit the device; --device 4xh100 holds it',
    });
    expect(memoryOn(together(H100, 2), large).verdict).toBe('does not fit');
    expect(memoryOn(together(H100, 4), large).verdict).toBe('fits');
  });

  it('names none where no published row has several', () => {
    const alone = { missing: 'the model does not fit the device' };
    expect(predict(ask(device('l4'), large), CALIBRATION).tpot).toEqual(alone);
    expect(predict(ask(H100, { ...large, engine: 'llama.cpp-cuda' }), CALIBRATION).tpot).toEqual({
      missing: expect.stringMatching(/^the model does not fit the device; llama.cpp can leave some of its layers in/),
    });
  });
});
