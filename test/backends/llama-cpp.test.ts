/** The llama-cpp backend on real GGUF files: the contract, then what is llama.cpp's own. */
import { expect, test } from 'vitest';
import { llamaCpp } from '../../src/backends/llama-cpp.js';
import { modelSchema } from '../../src/core/definition/model.js';
import { describeWith, SHARED } from '../support/shared.js';
import { contract } from './contract.js';

const SLM = 'models/trial-pair/slm-f16.gguf';
const context = { directory: SHARED, environment: {} };

function entry(fields: Record<string, unknown>) {
  const model = modelSchema.parse({ id: 'm', backend: 'llama-cpp', ...fields });
  if (model.backend !== 'llama-cpp') throw new Error('expected a llama-cpp model');
  return model;
}

describeWith([SLM], 'llama-cpp on a chat model', () => {
  contract('llama-cpp', {
    backend: llamaCpp,
    model: entry({ source: SLM, threads: 1 }),
    broken: entry({ source: 'models/none.gguf' }),
    context,
    prompt: {
      messages: [
        { role: 'system', content: 'Write a reply to the customer.' },
        { role: 'user', content: 'Customer Ivan Tran asks about the Delta mouse S91. Action: callback.' },
      ],
    },
  });
  test('x', () => expect(1).toBe(1));
});
