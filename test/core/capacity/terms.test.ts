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

  it('are whole ones of 8 bits in llama.cpp, which a GeForce adds up twice as fast as floating ones, and floating ones in a server', () => {
    const geForce = { f16: 100, f8: 200, i8: 400 };
    expect(rateOf('llama.cpp cuda', part(4.8), geForce)).toBe(400);
    expect(rateOf('vllm 2025', part(8), geForce)).toBe(200);
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

  it('lets a request wait for the steps after which it looks for new ones, with the constants of steps', () => {
    const on = placement('llama-3.1-8b', 'sglang 2025');
    const first = (poll: number) => timeToFirstServed(on, 11, lengths, poll);
    expect(first(30)['polled layer']).toBe(29 * 32);
    expect(first(1)['polled layer']).toBe(0);
    expect(first(30).layer).toBe(first(1).layer);
    const traits = traitsOf({ shape: on.shape, device: { id: 'x', kind: 'datacentre-gpu' }, engine: on.engine });
    const rows = [0.1, 0.2, 0.4].map((weights) => ({ seconds: 4 * weights, terms: { weights }, traits, weight: 5 }));
    const [before, after] = [[], rows].map((seen) => fitConstants(seen));
    const ratio = (terms: object) => secondsOf(terms, traits, after!) / secondsOf(terms, traits, before!);
    expect(ratio({ 'polled weights': 1 })).toBeCloseTo(ratio({ weights: 1 }), 9);
    expect(ratio({ weights: 1 })).toBeGreaterThan(1.5);
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

describe('what measurements have in common', () => {
  const observed = (device: string, storage: string, engine: string, terms: object, seconds: number) => {
    const { shape } = placement('llama-3.1-8b', engine);
    const traits = traitsOf({ shape, device: { id: device, kind: 'datacentre-gpu' }, engine });
    return { seconds, terms, traits: { ...traits, storage }, weight: 5 };
  };
  const fitted = (rows: readonly ReturnType<typeof observed>[]) => {
    const constants = fitConstants(rows);
    return (device: string, storage: string, engine: string, terms: object) =>
      secondsOf(terms, observed(device, storage, engine, terms, 1).traits, constants);
  };

  it('is a chip for what it computes, and a device for what it reads', () => {
    const rows = [0.1, 0.2, 0.4].flatMap((at) => [
      observed('h100', '16', 'vllm 2025', { prefill: at }, 5 * at),
      observed('h100', '16', 'vllm 2025', { weights: at }, 5 * at),
    ]);
    const seconds = fitted(rows);
    const ratio = (terms: object) =>
      seconds('h200', '16', 'vllm 2025', terms) / seconds('h100', '16', 'vllm 2025', terms);
    expect(ratio({ prefill: 1 })).toBe(1);
    expect(ratio({ weights: 1 })).toBeLessThan(1);
  });

  it('is the numbers that llama.cpp multiplies, not the bits of the file', () => {
    const seconds = fitted(
      [0.1, 0.2, 0.4].map((at) => observed('x', '4', 'llama.cpp cuda', { prefill: at, layer: 1 }, 9 * at)),
    );
    const of = (storage: string, terms: object) => seconds('x', storage, 'llama.cpp cuda', terms);
    expect(of('4', { prefill: 1, layer: 1 })).toBe(of('6', { prefill: 1, layer: 1 }));
    expect(of('4', { prefill: 1 })).toBeGreaterThan(of('16', { prefill: 1 }));
  });

  it('tells blocks of one scale from those of Q4_K_M', () => {
    const classOf = (storage: string) => {
      const { shape } = publishedModels(`llama-3.1-8b:${storage}`, 'bf16')[0]!;
      return traitsOf({ shape, device: { id: 'm3', kind: 'apple' }, engine: 'llama.cpp metal' }).storage;
    };
    expect(['q4_0', 'iq4_xs', 'q4_k_m', 'q5_k_m', 'q8_0', 'q3_k_m'].map(classOf)).toEqual([
      '4.5',
      '4.5',
      '4',
      '6',
      '8',
      '3',
    ]);
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
