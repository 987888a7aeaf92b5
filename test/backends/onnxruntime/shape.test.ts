/** The bytes of the reference models as ONNX, beside the computation by hand. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readModelFolder } from '../../../src/backends/onnxruntime/folder.js';
import { shapeOfFolder } from '../../../src/backends/onnxruntime/shape.js';
import { cacheBytes } from '../../../src/core/capacity/cache.js';
import { type OnnxTensor, shapeOfOnnx } from '../../../src/core/capacity/onnx.js';

const folderOf = (model: string, graph: string) => readModelFolder(`models/${model}`, graph);
const bytesOf = (tensors: readonly OnnxTensor[], name: RegExp) =>
  tensors.filter((tensor) => name.test(tensor.name)).reduce((sum, { bytes }) => sum + bytes, 0);

it('has a table of vectors, and layers with the constants of the graph', () => {
  const folder = folderOf('reference-slm', 'onnx/model.onnx');
  const { weights, layers, feedForward } = shapeOfFolder(folder);
  // 1,536 tokens x 128 values of 16 bits; the output matrix is the same.
  expect(weights.embedding).toEqual({ parameters: 1536 * 128, bytes: 1536 * 128 * 2 });
  expect(weights.output).toBeNull();
  // Queries and the output of attention 128 x 128, keys and values 128 x 64, three matrices of 128 x 352, two norms; one norm at the end.
  const layer = 2 * 128 * 128 + 2 * 128 * 64 + 3 * 128 * 352 + 2 * 128;
  // Two tables of angles: 1,024 positions x 16 values of 32 bits.
  const tables = 2 * 1024 * 16 * 4;
  const constants = bytesOf(folder.graph.weights, /^constant_/);
  expect(constants).toBeGreaterThanOrEqual(tables);
  expect(constants).toBeLessThan(tables + 512);
  expect(weights.body.bytes).toBe((3 * layer + 128) * 2 + constants);
  expect(feedForward).toBe(352);
  // 2 x 3 layers x 2 heads x 32 values x 2 bytes a token.
  expect(layers).toHaveLength(3);
  expect(cacheBytes(shapeOfFolder(folder), 100, 2)).toBe(2 * 3 * 2 * 32 * 2 * 100);
});

it('has an output matrix of its own where quantisation made one of the table', () => {
  const { weights } = shapeOfFolder(folderOf('reference-llm', 'onnx/model_quantized.onnx'));
  // The table in 16 bits, with 1,536 scales of 32 bits and zero points of 8; the matrix in 8 bits.
  expect(weights.embedding.bytes).toBe(1536 * 256 * 2 + 1536 * 5);
  expect(weights.output).toEqual({ parameters: 1536 * 256, bytes: 1536 * 256 });
});

it.each(['reference-slm', 'reference-llm'])('is the same from genai_config.json: %s', (model) => {
  const folder = folderOf(model, 'onnx/model.onnx');
  const genai: unknown = JSON.parse(readFileSync(`models/${model}/genai_config.json`, 'utf8'));
  expect(shapeOfOnnx({ config: null, genai, tensors: folder.graph.weights }, model)).toEqual(shapeOfFolder(folder));
});

it('is not known without a configuration that tells the layers', () => {
  const tensors = [{ name: 'model.layers.0.mlp.up_proj.weight', dims: [8, 16], bytes: 256 }];
  const genai = {
    model: { type: 'rwkv7', vocab_size: 10, decoder: { num_hidden_layers: 1, hidden_size: 8, num_attention_heads: 2 } },
  };
  expect(() => shapeOfOnnx({ config: null, genai, tensors }, 'odd')).toThrow(
    'odd: model_type: expected an architecture',
  );
  expect(() => shapeOfOnnx({ config: null, genai, tensors: [] }, 'odd')).toThrow(
    'odd: expected matrices of feed-forward parts, found none by their names',
  );
});
