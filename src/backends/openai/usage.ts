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
  const choice = Array.isArray(json.choices) ? json.choices[0] : undefined;
  const moonshot = isObject(choice) ? choice.usage : undefined;
  const usage = isObject(json.usage) ? json.usage : isObject(groq) ? groq : moonshot;
  if (!isObject(usage)) return null;
  const { timings } = json;
  const input = [usage.prompt_tokens_details, usage.input_tokens_details].find(isObject) ?? {};
  const output = [usage.completion_tokens_details, usage.output_tokens_details].find(isObject) ?? {};
  const cached = first(
    input.cached_tokens,
    usage.prompt_cache_hit_tokens,
    usage.cache_read_input_tokens,
    usage.cached_tokens,
    usage.num_cached_tokens,
    usage.cachedContentTokenCount,
    isObject(timings) ? timings.cache_n : undefined,
  );
  const prompt = promptIn(usage, cached);
  // Every prompt has a token. A server that says none has counted nothing (LocalAI).
  if (prompt === 0) return NOTHING;
  const completion = first(usage.completion_tokens, usage.output_tokens);
  const total = countOf(usage.total_tokens);
  const stated = first(
    output.reasoning_tokens,
    usage.reasoning_tokens,
    usage.thoughts_tokens,
    usage.thoughts_token_count,
    usage.thoughtsTokenCount,
  );
  // Gemini hides its thoughts in the total alone.
  const beside = total === null || prompt === null || completion === null ? 0 : total - prompt - completion;
  const reasoning = (stated === null || stated === 0) && beside > 0 ? beside : stated;
  return {
    promptTokens: prompt,
    outputTokens: withReasoning({ prompt, completion, reasoning, total }),
    cachedTokens: cached,
    reasoningTokens: reasoning,
  };
}

/** Anthropic's own count leaves out what came from the cache and what was written to it. */
function promptIn(usage: Readonly<Record<string, unknown>>, cached: number | null): number | null {
  const prompt = first(usage.prompt_tokens, usage.input_tokens);
  if (prompt === null) return null;
  const written = countOf(usage.cache_creation_input_tokens) ?? 0;
  const read = cached ?? 0;
  const leftOut = read > prompt || written > prompt || (usage.prompt_tokens === undefined && written + read > 0);
  const inDetails = isObject(usage.input_tokens_details) || isObject(usage.prompt_tokens_details);
  return leftOut && !(inDetails && read <= prompt && written === 0) ? prompt + read + written : prompt;
}

const NOTHING: Usage = { promptTokens: null, outputTokens: null, cachedTokens: null, reasoningTokens: null };

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
