/** What a server says when a prompt fits and its answer does not, in the words of each: the answer gets the room that is left. */
import { describe, expect, test } from 'vitest';
import { roomIn } from '../../src/backends/openai/room.js';

describe('the room that is left for an answer of 64 tokens', () => {
  test.each([
    [
      'OpenAI, vLLM',
      "This model's maximum context length is 2048 tokens. However, you requested 2064 tokens (2000 in the messages, 64 in the completion).",
    ],
    ['vLLM', "This model's maximum context length is 2048 tokens and your request has 2000 input tokens"],
    ['TGI', '`inputs` tokens + `max_new_tokens` must be <= 2048. Given: 2000 `inputs` tokens and 64 `max_new_tokens`'],
    ['Anthropic', 'input length and `max_tokens` exceed context limit: 2000 + 64 > 2048, decrease input length'],
    [
      'SGLang',
      "Requested token count exceeds the model's maximum context length of 2048 tokens. You requested a total of 2064 tokens: 2000 tokens from the input messages and 64 tokens for the completion.",
    ],
    [
      'OpenRouter',
      "This endpoint's maximum context length is 2,048 tokens. However, you requested about 2,064 tokens (2,000 of text input, 64 in the output).",
    ],
    ['llama-cpp-python', 'Requested tokens (2064) exceed context window of 2048'],
    ['OpenAI, a cap', 'max_tokens is too large: 64. This model supports at most 48 completion tokens'],
    [
      'Groq',
      '`max_tokens` must be less than or equal to `48`, the maximum value for `max_tokens` is less than the `context_window`',
    ],
    ['DeepSeek', 'Invalid max_tokens value, the valid range of max_tokens is [1, 48]'],
    ['DashScope', '<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 48]'],
    ['Anthropic, a cap', 'max_tokens: 64 > 48, which is the maximum allowed number of output tokens for claude-3'],
    [
      'Bedrock',
      'The maximum tokens you requested exceeds the model limit of 48. Try again with a value that is lower than 48.',
    ],
  ])('is 48, as %s says', (_, refusal) => {
    expect(roomIn(refusal, 64)).toBe(48);
  });

  test.each([
    [
      'a prompt that is longer than the context',
      'maximum context length is 2048 tokens. However, you requested 4064 tokens (4000 in the messages, 64 in the completion).',
    ],
    ['such a prompt, counted with its answer', 'Requested tokens (4064) exceed context window of 2048'],
    ['as much room as was asked for', 'Range of max_tokens should be [1, 64]'],
    ['no number', 'the request exceeds the available context size'],
    ['something else', 'temperature must be at most 2'],
  ])('is not told by %s', (_, refusal) => {
    expect(roomIn(refusal, 64)).toBeNull();
  });
});
