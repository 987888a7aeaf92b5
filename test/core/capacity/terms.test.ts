import { describe, expect, it } from 'vitest';
import { CALIBRATION } from '../../../src/core/capacity/catalogue/constants.js';
import { publishedModels } from '../../../src/core/capacity/model-cost.js';
import { predictedTimes } from '../../../src/core/capacity/simulate/predicted-times.js';
import { fitConstants, secondsOf } from '../../../src/core/capacity/step/fit.js';
import { rateOf, tokensOfPass } from '../../../src/core/capacity/step/kernels.js';
import { decodingStep, type Placement, promptStep } from '../../../src/core/capacity/step/terms.js';
import { traitsOf } from '../../../src/core/capacity/step/traits.js';
import { timePerServedToken, timeToFirstServed } from '../../../src/core/capacity/step/workload.js';

const COMPUTE = { f16: 100, f8: 200, f4: 400 };

function placement(model: string, engine: string): Placement {
  return {
    shape: publishedModels(model, 'bf16')[0]!.shape,
    device: { bandwidth: 1e12, compute: { f16: 1e14, f8: 2e14, f4: 4e14 } },
    memory: 1e13,
    devices: 1,
    groups: 1,
    bytesOfValue: 2,
    engine,
    tokensOfPass: tokensOfPass(engine),
  };
}

describe('the numbers in which an engine multiplies', () => {
  const part = (bits: number) => ({ parameters: 8, bytes: bits });

  it.each([
    ['llama.cpp cuda', 4.8, COMPUTE.f8],
    ['llama.cpp rocm', 8.5, COMPUTE.f8],
    ['llama.cpp metal', 4.8, COMPUTE.f16],
    ['llama.cpp vulkan', 8.5, COMPUTE.f16],
    ['llama.cpp cuda', 16, COMPUTE.f16],
    ['openvino', 4.25, COMPUTE.f16],
    ['openvino', 8, COMPUTE.f16],
    ['executorch cpu', 4.25, COMPUTE.f8],
    ['vllm 2025', 16, COMPUTE.f16],
    ['vllm 2025', 8, COMPUTE.f8],
    ['trtllm 2025', 4.5, COMPUTE.f4],
  ])('are those of %s for weights of %d bits', (engine, bits, rate) => {
    expect(rateOf(engine, part(bits), COMPUTE)).toBe(rate);
  });

  it('are the next wider ones that the device has', () => {
    expect(rateOf('vllm 2025', part(4.5), { f16: 100, f8: 200 })).toBe(200);
    expect(rateOf('llama.cpp cuda', part(4.8), { f16: 100 })).toBe(100);
  });
});

describe('the terms of a prompt', () => {
  it('expand latent attention in a server: 192 + 128 values of a head, not 2 x 512 + 64', () => {
    const attention = (engine: string) =>
      promptStep(placement('deepseek-v3', engine), { prompts: 1, tokens: 500 }).attention!;
    expect(attention('llama.cpp cuda') / attention('vllm 2025')).toBeCloseTo(1088 / 320, 9);
    const decoding = (engine: string) => decodingStep(placement('deepseek-v3', engine), 1, 1e6).compute!;
    expect(decoding('llama.cpp cuda')).toBe(decoding('vllm 2025'));
  });

  it('read the weights of llama.cpp once for each 512 tokens', () => {
    const weights = (engine: string, tokens: number) =>
      promptStep(placement('llama-3.1-8b', engine), { prompts: 1, tokens }).weights!;
    expect(weights('llama.cpp cuda', 512)).toBe(weights('vllm 2025', 2000));
    expect(weights('llama.cpp cuda', 2000)).toBeCloseTo(4 * weights('vllm 2025', 2000), 12);
  });

  it('count what experts compute apart from what every token passes', () => {
    const { prefill, grouped } = promptStep(placement('qwen3-30b-a3b', 'vllm 2025'), { prompts: 1, tokens: 100 });
    const { body, experts } = placement('qwen3-30b-a3b', 'vllm 2025').shape.weights;
    expect(prefill).toBeCloseTo((2 * 100 * body.parameters) / 1e14, 12);
    expect(grouped).toBeCloseTo((2 * 100 * experts!.parameters * experts!.used) / experts!.count / 1e14, 12);
    expect(promptStep(placement('llama-3.1-8b', 'vllm 2025'), { prompts: 1, tokens: 100 }).grouped).toBe(0);
  });
});

describe('a server under load', () => {
  const lengths = { prompt: 1000, output: 100 };

  it('reads the prompts of others between two tokens at the speed of any prompt', () => {
    const on = placement('llama-3.1-8b', 'vllm 2025');
    const { prefill } = promptStep(on, { prompts: 1, tokens: 1000 });
    expect(timePerServedToken(on, 11, lengths).prefill).toBeCloseTo((10 / 100) * prefill!, 12);
  });

  it('lets a request wait for prompts that are read with the constants of prompts', () => {
    const on = placement('llama-3.1-8b', 'vllm 2025');
    const traits = traitsOf({ shape: on.shape, device: { id: 'x', kind: 'datacentre-gpu' }, engine: on.engine });
    const rows = [100, 1000, 5000].map((tokens) => {
      const { prefill = 0 } = promptStep(on, { prompts: 1, tokens });
      return { seconds: 8 * prefill, terms: { prefill }, traits, weight: 5 };
    });
    const { queuedPrefill = 0 } = timeToFirstServed(on, 11, lengths);
    const waits = (seen: typeof rows) => secondsOf({ queuedPrefill }, traits, fitConstants(seen));
    const alone = (seen: typeof rows) => secondsOf({ prefill: 1 }, traits, fitConstants(seen));
    expect(waits(rows) / waits([])).toBeCloseTo(alone(rows) / alone([]), 6);
    expect(waits(rows)).toBeGreaterThan(1.5 * waits([]));
  });
});

describe('the simulated step of llama.cpp', () => {
  it('passes the weights as often as its prompt tokens need', () => {
    const on = placement('llama-3.1-8b', 'llama.cpp cuda');
    const traits = traitsOf({ shape: on.shape, device: { id: 'rtx-4090', kind: 'consumer-gpu' }, engine: on.engine });
    const { pass } = predictedTimes(on, { traits, constants: CALIBRATION.constants, context: 500 });
    expect(pass(512)).toBe(pass(1));
    expect(pass(513)).toBeCloseTo(2 * pass(1), 12);
    expect(pass(2048)).toBeCloseTo(4 * pass(1), 12);
  });
});
