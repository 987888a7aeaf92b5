/**
 * What a server counted. Only part of it happened in the time that was measured: prompt tokens that were in a cache were
 * not computed, and reasoning tokens that were not streamed were not seen. Each server has names of its own for these.
 */
import { countOf, isObject } from './json.js';

export interface Usage {
  /** All tokens of the prompt, those from a cache too. */
  readonly promptTokens: number | null;
  /** All tokens of the output, those of unseen reasoning too. */
  readonly outputTokens: number | null;
  /** Prompt tokens that came from a cache. */
  readonly cachedTokens: number | null;
  readonly reasoningTokens: number | null;
}

/** @returns null where the object holds no count. */
export function readUsage(json: Readonly<Record<string, unknown>>): Usage | null {
  const groq = isObject(json.x_groq) ? json.x_groq.usage : undefined;
  const usage = [json.usage, groq].find(isObject);
  if (usage === undefined) return null;
  const { timings } = json;
  const input = [usage.prompt_tokens_details, usage.input_tokens_details].find(isObject) ?? {};
  const output = [usage.completion_tokens_details, usage.output_tokens_details].find(isObject) ?? {};
  const cached = first(
    input.cached_tokens,
    usage.prompt_cache_hit_tokens,
    usage.cache_read_input_tokens,
    usage.cached_tokens,
    isObject(timings) ? timings.cache_n : undefined,
  );
  const prompt = first(usage.prompt_tokens, usage.input_tokens);
  const completion = first(usage.completion_tokens, usage.output_tokens);
  const reasoning = first(output.reasoning_tokens, usage.reasoning_tokens, usage.thoughts_tokens);
  return {
    // Anthropic's own count leaves out what came from the cache.
    promptTokens: prompt !== null && cached !== null && cached > prompt ? prompt + cached : prompt,
    outputTokens: withReasoning({ prompt, completion, reasoning, total: countOf(usage.total_tokens) }),
    cachedTokens: cached,
    reasoningTokens: reasoning,
  };
}

interface Counts {
  readonly prompt: number | null;
  readonly completion: number | null;
  readonly reasoning: number | null;
  readonly total: number | null;
}

/** Most servers count reasoning as output; of the others (xAI, Gemini) the total tells. */
function withReasoning({ prompt, completion, reasoning, total }: Counts): number | null {
  if (completion === null || reasoning === null || reasoning === 0) return completion;
  const apart = total !== null && prompt !== null && total === prompt + completion + reasoning;
  return apart || reasoning > completion ? completion + reasoning : completion;
}

function first(...values: readonly unknown[]): number | null {
  return values.map(countOf).find((count) => count !== null) ?? null;
}
