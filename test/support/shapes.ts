/** Shapes of models for logs made to order. */
import { shapeOfConfig } from '../../src/core/capacity/config/config.js';
import type { ModelShape } from '../../src/core/capacity/shape.js';
import { storageOf } from '../../src/core/capacity/storage.js';

/** A Llama in 16 bits with a vocabulary of 1,024 tokens. */
export function smallLlama(layers: number, width: number): ModelShape {
  const config = {
    model_type: 'llama',
    num_hidden_layers: layers,
    hidden_size: width,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    intermediate_size: 3 * width,
    vocab_size: 1024,
    max_position_embeddings: 4096,
    tie_word_embeddings: true,
  };
  return shapeOfConfig(config, storageOf('f16'), 'a small Llama');
}
