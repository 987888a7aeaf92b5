/**
 * A prompt that fits while prompt and answer together do not. Engines in this process answer such a prompt with the tokens
 * that are left; servers refuse it, but most say how many there are:
 *
 *     This model's maximum context length is 2048 tokens. However, you requested 2064 tokens (2000 in the messages, 64 in
 *     the completion).                                                                      OpenAI, vLLM, DeepSeek
 *     This model's maximum context length is 2048 tokens and your request has 2000 input tokens            vLLM
 *     `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 500              TGI
 *     input length and `max_tokens` exceed context limit: 199487 + 21333 > 200000                          Anthropic
 *     maximum context length of 2048 tokens. You requested a total of 2064 tokens: 2000 tokens from the input    SGLang
 *     This endpoint's maximum context length is 2048 tokens. However, you requested about 2064 tokens (2000 of text
 *     input, 64 in the output)                                                              OpenRouter
 *     Requested tokens (2064) exceed context window of 2048                                 llama-cpp-python
 *     max_tokens is too large: 5000. This model supports at most 4096 completion tokens                    OpenAI
 *     `max_tokens` must be less than or equal to `4096`, the maximum value for `max_tokens` is less than …     Groq
 *     Invalid max_tokens value, the valid range of max_tokens is [1, 8192]                  DeepSeek, DashScope
 *     max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens         Anthropic
 *     The maximum tokens you requested exceeds the model limit of 4096                      Bedrock
 */
const LIMITS = [
  /maximum (?:context|model|sequence)(?: length)?(?: is| of)?:? (\d+)/i,
  /must be <= (\d+)/i,
  /context (?:limit|length|window|size)[^\d]{0,30}?(?:\d+ \+ \d+ > )?(\d+)/i,
  /\d+ \+ \d+ > (\d+)/,
];
const PROMPTS = [
  /(\d+) (?:tokens )?(?:in|from) (?:the |your )?(?:input |prompt)?(?:messages|prompt|input)/i,
  /(\d+) (?:`?inputs?`?|prompt) tokens/i,
  /(?:messages|prompt) (?:resulted in|contains|has) (?:at least )?(\d+)/i,
  /(\d+) \+ \d+ > \d+/,
  /(\d+) of text input/i,
];
/** Prompt and answer together, as they were asked for. */
const TOTALS = [/requested (?:a total of |about )?(\d+) tokens/i, /requested tokens \((\d+)\)/i];
const MOST_OUTPUT = [
  /(?:supports|allows) at most (\d+) (?:completion|output) tokens/i,
  /max_(?:completion_)?tokens\W{1,3}(?:must|should) be (?:less than or equal to|at most|<=) \W?(\d+)/i,
  /range of max_(?:completion_)?tokens (?:is|should be) \[\d+, ?(\d+)\]/i,
  /max_tokens: \d+ > (\d+)/i,
  /maximum tokens you requested exceeds the model limit of (\d+)/i,
];

/**
 * The tokens that an answer may have, by what a server said when it refused.
 *
 * @returns null where it does not say, where there is no room, or where the refusal is about something else.
 */
export function roomIn(refusal: string, asked: number): number | null {
  const text = refusal.replace(/(\d)[,_](?=\d{3}\b)/g, '$1');
  const cap = numberIn(text, MOST_OUTPUT);
  const limit = numberIn(text, LIMITS);
  const total = numberIn(text, TOTALS);
  const prompt = numberIn(text, PROMPTS) ?? (total === null ? null : total - asked);
  const room = cap ?? (limit === null || prompt === null ? null : limit - prompt);
  return room !== null && room >= 1 && room < asked ? room : null;
}

function numberIn(text: string, patterns: readonly RegExp[]): number | null {
  for (const pattern of patterns) {
    const digits = pattern.exec(text)?.[1];
    if (digits !== undefined) return Number(digits);
  }
  return null;
}
