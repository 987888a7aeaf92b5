/** What physics orders, predictions order: a chip beside faster memory, and fewer bits of a weight. */
import { describe, expect, it } from 'vitest';
import { CALIBRATION } from '../../../src/core/capacity/catalogue/constants.js';
import { DEVICES } from '../../../src/core/capacity/catalogue/devices.js';
import { type Device, nameOf } from '../../../src/core/capacity/device.js';
import { type EngineName, isLlamaCpp, usualEngine } from '../../../src/core/capacity/engines.js';
import { publishedModels } from '../../../src/core/capacity/model-cost.js';
import { type Forecast, predict } from '../../../src/core/capacity/predict.js';
import { isMissing, type Missing } from '../../../src/core/quantity.js';

const PROMPTS = [100, 1000, 8000];
const MODELS = ['llama-3.1-8b', 'qwen3-30b-a3b'];

function times(model: string, device: Device, engine: EngineName, prompt: number) {
  const lengths = { prompt, output: 200 };
  const { ttft, tpot } = predict(
    { model: publishedModels(model, 'bf16')[0]!, device, engine, lengths, context: prompt + 200, cacheType: 'f16' },
    CALIBRATION,
  );
  return [ttft, tpot].map((time: Forecast | Missing) => (isMissing(time) ? null : time.value));
}

/** @param faster Is as fast as the slower at least, in each time that both have. */
function expectOrder(
  faster: ReturnType<typeof times>,
  slower: ReturnType<typeof times>,
  what: readonly (string | number)[],
) {
  for (const [i, time] of faster.entries()) {
    const other = slower[i]!;
    if (time !== null && other !== null) expect(time, [...what, i].join(' ')).toBeLessThanOrEqual(other);
  }
}

describe('the same chip beside faster memory', () => {
  const device = (id: string) => DEVICES.find((one) => one.id === id)!;

  it.each([
    ['h200', 'h100'],
    ['gh200', 'h100'],
    ['a100', 'a100-pcie'],
    ['a100-pcie', 'a100-40gb'],
    ['mi325x', 'mi300x'],
  ])('is no slower: %s and %s', (faster, slower) => {
    for (const engine of ['vllm', 'sglang', 'trtllm'] as const) {
      if (engine === 'trtllm' && faster.startsWith('mi')) continue;
      for (const model of MODELS)
        for (const storage of ['fp8', 'bf16'])
          for (const prompt of PROMPTS) {
            const on = (id: string) => times(`${model}:${storage}`, device(id), engine, prompt);
            expectOrder(on(faster), on(slower), [engine, model, storage, prompt]);
          }
    }
  });
});

describe('fewer bits of a weight in llama.cpp', () => {
  it.each(
    DEVICES.filter((device) => isLlamaCpp(usualEngine(device))).map((device) => [nameOf(device), device] as const),
  )('make no prompt and no token slower on %s', (_, device) => {
    const engine = usualEngine(device);
    for (const model of MODELS)
      for (const prompt of PROMPTS) {
        const [first, ...wider] = ['q4_0', 'q4_k_m', 'q5_k_m', 'q6_k', 'q8_0'].map((storage) =>
          times(`${model}:${storage}`, device, engine, prompt),
        );
        wider.reduce((narrow, wide, i) => {
          expectOrder(narrow, wide, [model, prompt, i]);
          return wide;
        }, first!);
      }
  });
});
