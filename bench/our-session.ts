/**
 * The llama-cpp backend, with the flags of a worker's process. Arguments: the weights, the number of threads if it is not the default. A
 * message is `facts`, or how long an answer to time; it is answered with the facts, or with the rates.
 */
import { register } from 'node:module';
import { modelSchema } from '../src/core/definition/model.js';
import { type Generation, generationSchema } from '../src/core/definition/suite.js';
import { isMissing } from '../src/core/quantity.js';
import { type Lengths, type OurFacts, PROMPT, type Rates } from './rates.js';

register('./built.mjs', import.meta.url);
const { llamaCpp } = await import('../src/backends/llama-cpp.js');

/** Words of the prompt whose answer is timed. With the chat's own tokens they are the depth at which both sides decode. */
const WORDS = 16;

const [source = '', threads] = process.argv.slice(2);
const model = modelSchema.parse({
  id: 'm',
  backend: 'llama-cpp',
  source,
  ...(threads && { threads: Number(threads) }),
});
if (model.backend !== 'llama-cpp') throw new Error('expected a llama-cpp model');
const session = await llamaCpp.open(model, { directory: '.', environment: {} }, new AbortController().signal);

async function rates(answerLength: number): Promise<Rates> {
  // The process that was read before has filled the caches.
  const words = await wordsOfPrompt();
  return { prefill: (await answer(words, 1)).prefill, decode: await decodeRate(answerLength) };
}

async function facts(): Promise<OurFacts> {
  const { threads } = session.facts;
  if (isMissing(threads)) throw new Error(threads.missing);
  return { threads: threads.value, depth: (await answer(WORDS, 1)).promptTokens };
}

/** The words that make a prompt of exactly `PROMPT` tokens, for a batch of 133 takes a fifth longer than one of 128. */
async function wordsOfPrompt(): Promise<number> {
  let words = PROMPT;
  for (let tries = 0; tries < 5; tries++) {
    const { promptTokens } = await answer(words, 1);
    if (promptTokens === PROMPT) return words;
    words -= promptTokens - PROMPT;
  }
  throw new Error(`no number of words makes a prompt of ${PROMPT} tokens`);
}

/** Small models end their answers early, so answers are added up until they are as long as llama-bench's. */
async function decodeRate(answerLength: number): Promise<number> {
  let tokens = 0;
  let seconds = 0;
  for (let tries = 0; tokens < answerLength && tries < 64; tries++) {
    const { times } = await answer(WORDS, answerLength + 1 - tokens, tries);
    tokens += times.length - 1;
    seconds += times.at(-1)! - times[0]!;
  }
  return tokens / seconds;
}

/** Answers a text of so many words more than those of the chat; which of several texts is up to `variant`. */
async function answer(words: number, maxTokens: number, variant = 0) {
  const start = session.now();
  const times: number[] = [];
  let promptTokens = 0;
  let end = start;
  const generation: Generation = { ...generationSchema.parse({}), maxTokens };
  const content = `${'abcdefghijklmnopqrstuvwxyz'.charAt(variant % 26)} time`.concat(' the'.repeat(words));
  const prompt = { messages: [{ role: 'user' as const, content }] };
  for await (const event of session.generate(prompt, generation, new AbortController().signal)) {
    if (event.kind === 'piece') times.push(event.time);
    else {
      end = event.time;
      if ('value' in event.promptTokens) promptTokens = event.promptTokens.value;
    }
  }
  // A model may end its answer at once: then the end is the first that was sampled.
  return { times, promptTokens, prefill: promptTokens / ((times[0] ?? end) - start) };
}

process.on('message', async (question: 'facts' | Pick<Lengths, 'answer'>) => {
  process.send!(question === 'facts' ? await facts() : await rates(question.answer));
});
process.on('disconnect', () => process.exit());
