import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { firstComplaint } from '../../../src/core/definition/describe.js';
import { modelSchema } from '../../../src/core/definition/model.js';
import { suiteSchema } from '../../../src/core/definition/suite.js';

function complaint(schema: z.ZodType, value: unknown): string {
  return firstComplaint(schema.safeParse(value).error!, value, schema).rule;
}

describe('an unknown field of a model', () => {
  const entry = { id: 'm', class: 'slm', backend: 'llama-cpp', source: 'm.gguf' };
  const server = { id: 'm', class: 'slm', backend: 'openai', source: 'm', endpoint: 'http://localhost/v1' };
  test.each([
    [entry, 'chatTemplateKwargs', 'chatTemplateVariables'],
    [server, 'chat_template_kwargs', 'chatTemplateVariables'],
    [entry, 'chat-template-file', 'chatTemplate'],
    [entry, 'chat_template', 'chatTemplate'],
    [entry, 'chatTemplatte', 'chatTemplate'],
    [entry, 'treads', 'threads'],
    [entry, 'n_gpu_layers', 'gpuLayers'],
    [entry, 'n_ctx', 'context'],
    [server, 'api_key', 'apiKeyEnv'],
    [server, 'extra_body', 'extraBody'],
    [server, 'license', 'licence'],
    [server, 'serverr', 'server'],
  ])('%$ names the one that is near', (fields, unknown, near) => {
    expect(complaint(modelSchema, { ...fields, [unknown]: 1 })).toBe(
      `unknown field "${unknown}" (did you mean "${near}"?)`,
    );
  });

  test.each([
    // What another backend has.
    [entry, 'extra_body'],
    [server, 'gpuLayers'],
    [entry, 'flavour'],
    [entry, 'constructor'],
    [entry, 'x'.repeat(100_000)],
  ])('%$ names none where none is near', (fields, unknown) => {
    expect(complaint(modelSchema, { ...fields, [unknown]: 1 })).toBe(`unknown field "${unknown}"`);
  });

  test('that takes the place of a missing one is complained of first', () => {
    const { endpoint, ...rest } = server;
    expect(complaint(modelSchema, { ...rest, base_url: endpoint })).toBe(
      'unknown field "base_url" (did you mean "endpoint"?)',
    );
  });
});

describe('an unknown field of a suite', () => {
  const task = { name: 't', prompt: { user: 'q' }, samples: [{ q: 1 }], scorer: 'exact' };
  const suite = (fields: object) => ({ name: 's', tasks: [{ ...task, ...fields }] });
  test.each([
    [suite({ max_tokens: 3 }), 'max_tokens', 'generation.maxTokens'],
    [suite({ generation: { max_tokens: 3 } }), 'max_tokens', 'maxTokens'],
    [suite({ generation: { num_predict: 3 } }), 'num_predict', 'maxTokens'],
    [suite({ prompt: { user: 'q', system_: 's' } }), 'system_', 'system'],
    [suite({ samples: { file: 'a.csv', limits: 3 } }), 'limits', 'limit'],
    [{ ...suite({}), task: [] }, 'task', 'tasks'],
  ])('%# names the one that is near', (value, unknown, near) => {
    expect(complaint(suiteSchema, value)).toBe(`unknown field "${unknown}" (did you mean "${near}"?)`);
  });

  test('that takes the place of a missing one is complained of first', () => {
    const { scorer, ...rest } = task;
    expect(complaint(suiteSchema, { name: 's', tasks: [{ ...rest, scorers: scorer }] })).toBe(
      'unknown field "scorers" (did you mean "scorer"?)',
    );
  });
});
