/** The lengths of the requests that a question of capacity is about: tokens, a distribution of them as load tests draw it, or the samples of a suite. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promptTokens } from '../backends/huggingface/answer.js';
import { readTextModel } from '../backends/huggingface/text-model.js';
import type { LengthOrigin } from '../core/capacity/plan/answer.js';
import type { Lengths } from '../core/capacity/step/workload.js';
import { UserError } from '../core/errors.js';
import { type Lengths as Distribution, lengthsText } from '../core/load/lengths.js';
import { drawAsked, SYNTHETIC_SAMPLES } from '../core/load/synthetic.js';
import type { Prompt } from '../core/message.js';
import { mostTokens } from '../core/plan/cost.js';
import type { Seed } from '../core/stats/basics/random.js';
import { loadSuites } from '../files/definitions.js';
import { loadSamples } from '../files/samples.js';
import type { NamedModel } from './capacity-models.js';
import type { World } from './world.js';

/** Tokens of every request, or how they are distributed. */
export type WantedTokens = number | Distribution;

interface WantedLengths {
  readonly prompt?: WantedTokens | undefined;
  readonly output?: WantedTokens | undefined;
}

export interface RequestLengths {
  readonly lengths: readonly Lengths[];
  /** Where they come from, if neither a run nor a number tells. */
  readonly prompts?: LengthOrigin | undefined;
  readonly answers?: LengthOrigin | undefined;
}

interface Asked extends WantedLengths {
  readonly suite?: string | undefined;
  readonly context?: number | undefined;
}

interface ReadOptions extends Pick<World, 'cwd' | 'environment' | 'signal'> {
  readonly seed: number;
}

/** The requests that the question names, for each model: tokenizers differ. @throws UserError when it names none. */
export async function wantedRequests(
  question: Asked,
  { seed, ...world }: ReadOptions,
): Promise<(model: NamedModel) => RequestLengths> {
  const { suite } = question;
  if (suite !== undefined) {
    if (question.prompt !== undefined) {
      throw new UserError(
        '--prompt: expected none beside --suite, which has prompts of its own; leave out one of them',
      );
    }
    const requests = await requestsOfSuite(suite, { seed, ...world });
    const counted = new Map<string | undefined, RequestLengths>();
    return ({ folder }) => {
      const lengths = counted.get(folder) ?? lengthsOfSuite(requests, folder);
      counted.set(folder, lengths);
      return withWanted(lengths, { output: question.output }, seed);
    };
  }
  const { prompt, output } = lengthsIn(question);
  if (prompt === undefined || output === undefined) {
    throw new UserError(
      `--${prompt === undefined ? 'prompt' : 'output'}: expected the tokens of ${prompt === undefined ? 'a prompt' : 'an answer'}, found none; give them, a --suite, a --context to fill, or a run that tells them`,
    );
  }
  const drawn = drawnLengths({ prompt, output }, seed);
  return () => drawn;
}

/** The tokens of the answer if the user gives a context and nothing else. */
const USUAL_ANSWER = 256;

/** A context alone is filled by one request. */
function lengthsIn({ prompt, output, context }: Asked): WantedLengths {
  if (prompt !== undefined || output !== undefined || context === undefined || context < 2) return { prompt, output };
  const answer = Math.min(USUAL_ANSWER, Math.floor(context / 2));
  return { prompt: context - answer, output: answer };
}

/** As many pairs as a load test with such prompts has, the same ones for the same seed. */
function drawnLengths(
  wanted: { readonly prompt: WantedTokens; readonly output: WantedTokens },
  seed: Seed,
): RequestLengths {
  const isFixed = [wanted.prompt, wanted.output].every((tokens) => distributionOf(tokens).kind === 'fixed');
  const none = Array.from({ length: isFixed ? 1 : SYNTHETIC_SAMPLES }, () => ({ prompt: 0, output: 0 }));
  return withWanted({ lengths: none }, wanted, seed);
}

/** The requests with the prompts and answers that the user wants in place of their own. */
export function withWanted(known: RequestLengths, { prompt, output }: WantedLengths, seed: Seed): RequestLengths {
  const { lengths } = known;
  const drawn = (part: 'prompt' | 'answer', wanted: WantedTokens) =>
    drawAsked(part, distributionOf(wanted), { count: lengths.length, seed });
  const prompts = prompt === undefined ? null : drawn('prompt', prompt);
  const answers = output === undefined ? null : drawn('answer', output);
  return {
    ...known,
    lengths: lengths.map((own, i) => ({ prompt: prompts?.[i] ?? own.prompt, output: answers?.[i] ?? own.output })),
    ...(prompt !== undefined && { prompts: originOf(prompt) }),
    ...(output !== undefined && { answers: originOf(output) }),
  };
}

function distributionOf(wanted: WantedTokens): Distribution {
  return typeof wanted === 'number' ? { kind: 'fixed', tokens: wanted } : wanted;
}

function originOf(wanted: WantedTokens): LengthOrigin | undefined {
  const distribution = distributionOf(wanted);
  return distribution.kind === 'fixed' ? undefined : { kind: 'drawn', from: lengthsText(distribution) };
}

/** The prompts of a suite, each with the most tokens that its task allows for the answer. */
interface SuiteRequests {
  readonly suite: string;
  readonly requests: readonly { readonly prompt: Prompt; readonly maxTokens: number }[];
}

/** @throws UserError when there is no such suite, or none of its tasks is answered in words. */
async function requestsOfSuite(
  reference: string,
  { seed, cwd, environment, signal }: ReadOptions,
): Promise<SuiteRequests> {
  const requests = [];
  for (const loaded of await loadSuites(reference, cwd)) {
    for (const [index, { ask, generation }] of loaded.suite.tasks.entries()) {
      if (ask !== 'generate') continue;
      const { samples } = await loadSamples(loaded, index, { seed, limit: null, environment, signal });
      requests.push(...samples.map(({ prompt }) => ({ prompt, maxTokens: generation.maxTokens })));
    }
  }
  if (requests.length > 0) return { suite: reference, requests };
  throw new UserError(
    `--suite ${reference}: expected a task that a model answers in words (ask: generate), found none; choose another suite, or give --prompt and --output`,
  );
}

/** @param folder The folder with the files of the model, if they are here. */
function lengthsOfSuite({ suite, requests }: SuiteRequests, folder: string | undefined): RequestLengths {
  const tokenizer = folder === undefined ? null : tokenizerIn(folder);
  const estimated = (prompt: Prompt, maxTokens: number) =>
    mostTokens({ for: 'answer', prompt, generation: { maxTokens } }).input;
  return {
    lengths: requests.map(({ prompt, maxTokens }) => ({
      prompt: tokenizer?.(prompt) ?? estimated(prompt, maxTokens),
      output: maxTokens,
    })),
    prompts: { kind: 'suite', suite, samples: requests.length, by: tokenizer === null ? 'bytes' : 'tokenizer' },
    answers: { kind: 'limit' },
  };
}

/** @returns Null where no tokenizer lies there, or one that cannot be read here. */
function tokenizerIn(folder: string): ((prompt: Prompt) => number) | null {
  if (!TOKENIZER.every((file) => existsSync(join(folder, file)))) return null;
  try {
    const text = readTextModel(folder, { directory: folder });
    return (prompt) => promptTokens(text, prompt, text.template.render(prompt)).length;
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

const TOKENIZER = ['tokenizer.json', 'tokenizer_config.json'];
