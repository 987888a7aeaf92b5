/**
 * Prompts of an exact length, for questions about capacity without a workload. A prompt is words that are one token each:
 *
 *     Write a long story with these words: | time year … | door month … | street word …
 *     what the server adds, and this         the prefix     the nonce     the rest
 *
 * The prefix is the same in all prompts, so that a cache can keep it. The nonce is another one in every request, so that a cache keeps
 * only those. Before the test, the server is asked how many tokens it adds, and which words are one token for it.
 */
import type { SuiteDraft } from '../definition/draft/suite.js';
import type { Prompt } from '../message.js';
import { createRandom, type Random, type Seed } from '../stats/basics/random.js';
import { drawLengths } from './length-draws.js';
import type { Lengths } from './lengths.js';

/** What precedes the words. It leads a model to long answers, where its server cannot be asked for them. */
export const OPENING = 'Write a long story with these words:';

/** Nouns that are one token with the space before them in the vocabularies of GPT-2, Llama, Qwen and most others. */
export const WORDS =
  'time year people way day man thing woman life child world school state family group country problem hand part place case week company system program question work number night point home water room mother area money story fact month lot right study book eye job word business issue side kind head house service friend father power hour game line end law car city name'.split(
    ' ',
  );

/** Words of a nonce: 64 words give 48 bits. */
export const NONCE = 8;

/** Different prompts, where the user names no number. */
export const SYNTHETIC_SAMPLES = 100;

export interface Synthetic {
  readonly prompt: Lengths;
  /** Tokens of the answers. */
  readonly output: Lengths;
  /** Tokens at the beginning that all prompts share. */
  readonly prefix: number;
}

/** What a sample of such a test asks for, among its fields. */
export interface AskedLengths {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** The prompts as a suite, so that they are asked, logged and resumed as all others are. Nothing is right or wrong about the answers. */
export function syntheticSuite({ prompt, output, prefix }: Synthetic, count: number, seed: Seed): SuiteDraft {
  const prompts = drawAsked('prompt', prompt, { count, seed });
  const outputs = drawAsked('answer', output, { count, seed });
  return {
    name: SUITE,
    title: 'Synthetic prompts',
    tasks: [
      {
        name: TASK,
        prompt: { user: '{{ text }}' },
        samples: prompts.map((promptTokens, i) => ({
          id: String(i + 1),
          promptTokens,
          outputTokens: outputs[i]!,
          text: syntheticText(promptTokens, { prefix, seed, sample: String(i + 1), words: WORDS }).text,
        })),
        generation: { maxTokens: Math.max(...outputs) },
        scorer: 'exact',
      },
    ],
  };
}

/** The lengths of the prompts or of the answers of a test, in the order of its samples. */
export function drawAsked(
  part: 'prompt' | 'answer',
  lengths: Lengths,
  { count, seed }: { readonly count: number; readonly seed: Seed },
): number[] {
  return drawLengths(lengths, count, createRandom(seed, `${part} lengths`));
}

const SUITE = 'synthetic';
const TASK = 'words';

/** The lengths that a sample asks for. */
export function askedLengths({ promptTokens, outputTokens }: Readonly<Record<string, unknown>>): AskedLengths {
  return { promptTokens: Number(promptTokens), outputTokens: Number(outputTokens) };
}

export interface TextOptions {
  /** Words that all texts share. */
  readonly prefix: number;
  readonly seed: Seed;
  readonly sample: string;
  /** The words that are one token each. */
  readonly words: readonly string[];
}

export interface SyntheticText {
  readonly text: string;
  /** The places of the first word of the nonce and of the word after it. */
  readonly nonce: readonly [begin: number, end: number];
}

/** @param count Its words after the opening: those of prefix and nonce at least. */
export function syntheticText(count: number, { prefix, seed, sample, words }: TextOptions): SyntheticText {
  const common = drawWords(prefix, words, createRandom(seed, 'prefix'));
  const random = createRandom(seed, 'words', sample);
  const nonce = drawWords(NONCE, words, random);
  const before = [OPENING, ...common].join(' ');
  const text = [before, ...nonce, ...drawWords(Math.max(0, count - prefix - NONCE), words, random)].join(' ');
  return { text, nonce: [before.length + 1, before.length + 1 + nonce.join(' ').length] };
}

function drawWords(count: number, words: readonly string[], random: Random): string[] {
  return Array.from({ length: count }, () => words[random.below(words.length)]!);
}

/** Which part of the last message is another one in every request. */
export interface Nonce {
  readonly place: SyntheticText['nonce'];
  readonly words: readonly string[];
}

/** The prompt with a nonce of its own. @param seeds They name the request. */
export function withNonce(
  prompt: Prompt,
  { place: [begin, end], words }: Nonce,
  seeds: readonly [Seed, ...Seed[]],
): Prompt {
  const nonce = drawWords(NONCE, words, createRandom(...seeds)).join(' ');
  const changed = (text: string) => text.slice(0, begin) + nonce + text.slice(end);
  if (!('messages' in prompt)) return { text: changed(prompt.text) };
  const last = prompt.messages.at(-1)!;
  return { messages: [...prompt.messages.slice(0, -1), { ...last, content: changed(last.content) }] };
}
