/**
 * llama.cpp with layers for a GPU. Where there is none, the model runs on the CPU by the same calls. Vulkan in software stands in
 * for a GPU where one installs it (Debian: mesa-vulkan-drivers) and sets GGML_VK_VISIBLE_DEVICES=0.
 */
import { expect, test } from 'vitest';
import { shippedLibraries } from '../../src/backends/llama-cpp/find-library.js';
import { llamaCpp } from '../../src/backends/llama-cpp.js';
import { modelSchema } from '../../src/core/definition/model.js';
import type { Chat } from '../../src/core/message.js';
import { describeWith, SHARED } from '../support/shared.js';
import { inF32 } from '../support/widen.js';
import { collect, contract } from './contract.js';

const SLM = 'models/trial-pair/slm-f16.gguf';
const context = { directory: SHARED, environment: {} };
const { signal } = new AbortController();
/** A GPU multiplies in f16 what a CPU multiplies in f32. */
const DIGITS = 1;
const REPLY: Chat = {
  messages: [
    { role: 'system', content: 'Write a reply to the customer.' },
    { role: 'user', content: 'Customer Ivan Tran asks about the Delta mouse S91. Action: callback.' },
  ],
};

function entry(fields: Record<string, unknown>) {
  const model = modelSchema.parse({ id: 'm', backend: 'llama-cpp', threads: 1, ...fields });
  if (model.backend !== 'llama-cpp') throw new Error('expected a llama-cpp model');
  return model;
}

const open = (fields: Record<string, unknown>) => llamaCpp.open(entry(fields), context, signal);

describeWith([SLM], 'llama-cpp with layers for a GPU', () => {
  const exact = inF32(SLM);
  const model = entry({ ...exact, gpuLayers: 'max' });
  const broken = entry({ source: 'none.gguf' });
  contract('llama-cpp', { backend: llamaCpp, model, broken, context, prompt: REPLY, digits: DIGITS });

  test('says which GPU computes, or warns that there is none', async () => {
    const { facts, close } = await open({ source: SLM, gpuLayers: 'max' });
    if (facts.device === 'cpu') expect(facts.warnings.join()).toContain('found no GPU');
    else expect(facts.device).toMatch(/^gpu \(.+\)$/);
    await close();
  });

  test('answers and scores as on the CPU', async () => {
    // A process loads one build of llama.cpp, so the CPU is that of the same build.
    const { folder } = await shippedLibraries('gpu');
    const [gpu, cpu] = [await open({ ...exact, gpuLayers: 'max' }), await open({ ...exact, library: folder })];
    expect(cpu.facts.device).toBe('cpu');
    for (const generation of [{ maxTokens: 40 }, { maxTokens: 40, temperature: 0.7, topP: 0.9, seed: 5 }]) {
      const [there, here] = [await collect(gpu, REPLY, generation), await collect(cpu, REPLY, generation)];
      expect(there.text).toBe(here.text);
      const [theirs, ours] = [there, here].map(({ pieces }) => pieces.flatMap((piece) => piece.logprobs ?? []));
      for (const [at, logprob] of ours!.entries()) expect(theirs![at]).toBeCloseTo(logprob, DIGITS);
    }
    const asked = { context: 'Queue:', continuations: [' billing', ' returns and refunds', ' the warehouse'] };
    const [theirs, ours] = [await gpu.loglikelihood!(asked, signal), await cpu.loglikelihood!(asked, signal)];
    for (const [at, { sum }] of ours.entries()) expect(theirs[at]!.sum).toBeCloseTo(sum, DIGITS);
    await gpu.close();
    await cpu.close();
  });
});
