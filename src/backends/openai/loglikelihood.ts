/**
 * Log-likelihoods from servers that return the log-probabilities of a prompt: `/completions` with `echo` (vLLM and the
 * first OpenAI models; llama-server and most hosted ones do not). A context is asked for alone and with each continuation,
 * in one request, and what a whole has beyond the tokens of its context is the continuation, as in lm-evaluation-harness.
 */

import { persist } from '../../hub/retry.js';
import { type Loglikelihood, type LoglikelihoodRequest, ServerFailure } from '../backend.js';
import { readText } from './arriving.js';
import { meaningOf, Refusal } from './connection.js';
import { isObject, parse } from './json.js';
import type { Server } from './stream.js';

interface Echo {
  readonly tokens: readonly unknown[];
  readonly logprobs: readonly number[];
  /** The logarithm of the likeliest token's probability, in each place. */
  readonly best: readonly (number | null)[];
}

const LONGEST_ANSWER = 64 * 2 ** 20;

export async function loglikelihood(
  server: Server,
  { context, continuations }: LoglikelihoodRequest,
  signal: AbortSignal,
): Promise<Loglikelihood[]> {
  signal.throwIfAborted();
  // Spaces that end the context belong to the continuation, where tokenizers put them.
  const before = context.trimEnd();
  const wholes = continuations.map((continuation) => context + continuation);
  const prompts = before === '' ? wholes : [before, ...wholes];
  const echoes = await persist(server.pace, signal, () => echoesOf(server, prompts, signal));
  // An empty context has no tokens, but the first token of a text has no probability either.
  const start = before === '' ? 1 : echoes[0]!.tokens.length;
  return echoes.slice(before === '' ? 0 : 1).map((echo) => likelihoodFrom(start, echo));
}

/** Why the server cannot do it; null when it can. */
export async function whyNoLoglikelihood(server: Server, signal: AbortSignal): Promise<string | null> {
  try {
    const [short, long] = await echoesOf(server, ['One two', 'One two three four'], signal);
    return long!.tokens.length > short!.tokens.length ? null : 'the server does not return the prompt with its answer';
  } catch {
    signal.throwIfAborted();
    return 'the server returns no log-probabilities of a prompt';
  }
}

async function echoesOf(
  { model, connection }: Server,
  prompts: readonly string[],
  signal: AbortSignal,
): Promise<Echo[]> {
  const { endpoint } = connection;
  // One token must be asked for: many servers take no zero. It is the last of each answer, and dropped.
  const body = { model: model.source, prompt: prompts, echo: true, logprobs: 1, max_tokens: 1, temperature: 0 };
  const answer = await connection.send('POST', endpoint.url('/completions'), body, signal).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
    const meaning = meaningOf(error, endpoint);
    throw meaning === 'withheld' ? new ServerFailure(`${endpoint.place}: the prompt was refused`) : meaning;
  });
  const json = parse(await readText(answer.body, LONGEST_ANSWER));
  const choices = isObject(json) && Array.isArray(json.choices) ? json.choices.filter(isObject) : [];
  const echoes = prompts.map((prompt, index) => {
    const choice = choices.find((each) => each.index === index);
    return typeof choice?.text === 'string' && choice.text.startsWith(prompt) ? readEcho(choice.logprobs) : null;
  });
  if (echoes.includes(null)) {
    throw new ServerFailure(`${endpoint.place}: expected log-probabilities of each prompt, found none`);
  }
  return echoes as Echo[];
}

function readEcho(logprobs: unknown): Echo | null {
  if (!isObject(logprobs)) return null;
  const { tokens, token_logprobs: own, top_logprobs: top } = logprobs;
  if (!Array.isArray(tokens) || !Array.isArray(own) || !Array.isArray(top)) return null;
  if (own.length !== tokens.length || top.length !== tokens.length) return null;
  // Only the first token, which nothing precedes, has none.
  if (!own.slice(1).every(Number.isFinite)) return null;
  const best = top.map((alternatives) =>
    isObject(alternatives)
      ? Math.max(...Object.values(alternatives).filter((value) => typeof value === 'number'))
      : null,
  );
  return { tokens: tokens.slice(0, -1), logprobs: own.slice(0, -1), best: best.slice(0, -1) };
}

function likelihoodFrom(start: number, { logprobs, best }: Echo): Loglikelihood {
  const own = logprobs.slice(start);
  return {
    sum: own.reduce((sum, value) => sum + value, 0),
    tokens: own.length,
    greedy: own.every((value, i) => value >= (best[start + i] ?? value)),
  };
}
