/** Models that are named by the place where they are. */
import { describe, expect, test } from 'vitest';
import { modelAt } from '../../../src/core/definition/direct.js';
import { classOf, modelSchema } from '../../../src/core/definition/model.js';

test.each([
  [
    'hf:Qwen/Qwen2.5-1.5B-Instruct-GGUF:Q4_K_M',
    { id: 'Qwen2.5-1.5B-Instruct-GGUF:Q4_K_M', backend: 'llama-cpp', parameters: 1.5e9, quantisation: 'q4_k_m' },
  ],
  [
    'hf:org/repo@v1/deep/tiny-135M-q8_0.gguf',
    { id: 'tiny-135M-q8_0', backend: 'llama-cpp', parameters: 135e6, quantisation: 'q8_0' },
  ],
  ['hf:onnx-community/Qwen3-0.6B-ONNX', { id: 'Qwen3-0.6B-ONNX', backend: 'onnxruntime', parameters: 0.6e9 }],
  ['./weights/My model.gguf', { id: 'My-model', backend: 'llama-cpp', class: 'slm' }],
  ['C:\\models\\mixtral-8x7B-f16.GGUF', { id: 'mixtral-8x7B-f16', parameters: 56e9, quantisation: 'f16' }],
  [
    'http://127.0.0.1:8080/v1#Qwen/Qwen2.5-72B',
    { id: 'Qwen-Qwen2.5-72B', backend: 'openai', source: 'Qwen/Qwen2.5-72B', endpoint: 'http://127.0.0.1:8080/v1' },
  ],
  ['https://host/v1#gpt%2D4o', { id: 'gpt-4o', source: 'gpt-4o', class: 'slm' }],
])('%s is a whole entry', (text, expected) => {
  const model = modelSchema.parse(modelAt(text));
  expect(model).toMatchObject(expected);
  if (!text.startsWith('http')) expect(model.source).toBe(text);
  expect(classOf(model)).not.toBeNull();
});

test.each(['phi-3-mini', 'phi-3-mini:q6_k', 'phi-3-mini:*', 'httpd', 'gguf'])('%s is the id of an entry', (text) => {
  expect(modelAt(text)).toBeNull();
});

test.each(['model-4bit', 'v1.5', 'gpt-4o', 'b7b7', '7bit-x'])('"%s" says no number of parameters', (name) => {
  expect(modelAt(`./${name}.gguf`)).not.toHaveProperty('parameters');
});

describe('a server is refused', () => {
  test.each(['http://127.0.0.1:8080/v1', 'http://127.0.0.1/v1#', 'https://#name'])('without a model: %s', (text) => {
    expect(() => modelAt(text)).toThrow(/^--model: expected the address of a server with the name of a model behind #/);
  });

  test('with a password, which the message does not repeat', () => {
    expect(() => modelAt('https://user:secret@host/v1#name')).toThrow(/without a user and a password(?!.*secret)/);
  });
});
