/**
 * One contract for every backend. A backend passes every clause, or its test names the clause it does not pass and the
 * reason, which is printed in the title of the skipped test:
 *
 *     contract('llama-cpp', { backend: llamaCpp, model, context, prompt, broken });
 *     contract('scripted', { …, exceptions: { 'refuses a prompt longer than its context': 'a script has no context' } });
 *
 * What a model cannot do (logprobs, prompt tokens …) is no exception: the session says so in `facts.cannot`, and the
 * contract then expects it not to be done.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Backend,
  type BackendContext,
  type End,
  ModelFailure,
  type Piece,
  type Session,
} from '../../src/backends/backend.js';
import type { Model } from '../../src/core/definition/model.js';
import { type Generation, generationSchema } from '../../src/core/definition/suite.js';
import { UserError } from '../../src/core/errors.js';
import type { Chat, Prompt } from '../../src/core/message.js';

export interface Subject<M extends Model = Model> {
  readonly backend: Backend<M>;
  /** A model that opens. */
  readonly model: M;
  readonly context: BackendContext;
  /** A prompt that this model answers, greedily, with 6 tokens or more. */
  readonly prompt: Chat;
  /** The same model with a source that is not there. */
  readonly broken: M;
  /** To how many digits it computes the same log-likelihood in batches of different sizes: 3 where this is absent. */
  readonly digits?: number;
  /** Clauses that this backend does not pass, and why. */
  readonly exceptions?: Readonly<Partial<Record<Clause, string>>>;
}

interface Opened {
  readonly backend: Backend;
  readonly model: Model;
  readonly context: BackendContext;
  readonly prompt: Chat;
  readonly broken: Model;
  readonly digits: number;
  readonly session: Session;
}

const CLAUSES = {
  'knows without loading that the model is ready': async ({ backend, model, context }) => {
    expect(await backend.check(model, context)).toMatchObject({ ready: true });
  },

  'says in one line why a model that is not there is not ready': async ({ backend, broken, context }) => {
    const readiness = await backend.check(broken, context);
    expect(readiness).toMatchObject({ ready: false, reason: expect.stringMatching(/^[^\n]+$/) });
  },

  'fails to open a model that is not there with one sentence for the user': async ({ backend, broken, context }) => {
    const error = await failure(backend.open(broken, context, new AbortController().signal));
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(/^[^\n]+$/);
  },

  'opens nothing when the signal is aborted already': async ({ backend, model, context }) => {
    const error = await failure(backend.open(model, context, AbortSignal.abort()));
    expect(error).toMatchObject({ name: 'AbortError' });
  },

  'names its engine with a version, and gives a reason for all it cannot do': ({ session, backend }) => {
    expect(session.facts.engine).toMatch(/\d/);
    expect(session.facts.device).not.toBe('');
    for (const reason of Object.values({ ...backend.cannot, ...session.facts.cannot })) {
      expect(reason).toMatch(/\w+ \w+/);
    }
    expect(session.facts.cannot).toMatchObject(backend.cannot);
    if (session.facts.weights !== undefined) expect(session.facts.weights.hash).toMatch(/^[0-9a-f]{64}$/);
  },

  'streams pieces in the order of its own clock, then ends exactly once': async ({ session, prompt }) => {
    const before = session.now();
    const { pieces, ends, end } = await collect(session, prompt, { maxTokens: 12 });
    expect(pieces.length).toBeGreaterThan(0);
    expect(ends).toBe(1);
    const times = [before, ...pieces.map((piece) => piece.time), end.time, session.now()];
    expect(times).toEqual([...times].sort((a, b) => a - b));
  },

  'counts tokens so that the pieces add up to the output': async ({ session, prompt }) => {
    const { pieces, end } = await collect(session, prompt, { maxTokens: 12 });
    const counts = pieces.map((piece) => piece.tokens);
    if ('missing' in end.outputTokens) {
      expect(end.outputTokens.missing).toMatch(/\w+ \w+/);
    } else {
      expect(end.outputTokens.value).toBeGreaterThan(0);
      expect(end.outputTokens.value).toBeLessThanOrEqual(12);
      if (!counts.includes(null)) expect(sum(counts as number[])).toBe(end.outputTokens.value);
    }
  },

  'counts the tokens of the prompt, or says why not': async ({ session, prompt }) => {
    const { end } = await collect(session, prompt, { maxTokens: 1 });
    const longer = await collect(session, lengthened(prompt, 20), { maxTokens: 1 });
    if (session.facts.cannot.promptTokens !== undefined) {
      expect(end.promptTokens).toHaveProperty('missing');
    } else {
      expect(numberIn(end.promptTokens)).toBeGreaterThan(0);
      expect(numberIn(longer.end.promptTokens)).toBeGreaterThan(numberIn(end.promptTokens));
    }
  },

  'gives the prompt as the engine had it, unless a server applies the chat template': async ({ session, prompt }) => {
    const { end } = await collect(session, prompt, { maxTokens: 1 });
    if (end.rendered === null) expect(session.facts.server).toBeDefined();
    else expect(end.rendered).toContain(prompt.messages.at(-1)!.content);
  },

  'lays no chat over a plain text': async ({ session }) => {
    const { end } = await collect(session, { text: 'Once upon a time' }, { maxTokens: 2 });
    if (end.rendered !== null) expect(end.rendered).toBe('Once upon a time');
  },

  'stops at the token limit and says so': async ({ session, prompt }) => {
    const { text, end } = await collect(session, prompt, { maxTokens: 3 });
    expect(end.finish).toBe('length');
    if ('value' in end.outputTokens) expect(end.outputTokens.value).toBe(3);
    const longer = await collect(session, prompt, { maxTokens: 5 });
    expect(longer.text.startsWith(text)).toBe(true);
    expect(longer.text.length).toBeGreaterThan(text.length);
  },

  'cuts the output before a stop string, even one that tokens split': async ({ session, prompt }) => {
    const whole = await collect(session, prompt, { maxTokens: 12 });
    for (let at = 1; at + 2 <= whole.text.length; at += 2) {
      const stop = whole.text.slice(at, at + 4);
      const { text, end } = await collect(session, prompt, { maxTokens: 12, stop: ['\u0000never\u0000', stop] });
      expect(text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
      expect(end.finish).toBe('stop');
    }
  },

  'keeps back nothing for a stop string that does not come': async ({ session, prompt }) => {
    const whole = await collect(session, prompt, { maxTokens: 12 });
    const almost = `${whole.text.slice(-3)}\u0000`;
    const { text, end } = await collect(session, prompt, { maxTokens: 12, stop: [almost] });
    expect(text).toBe(whole.text);
    expect(end.finish).toBe(whole.end.finish);
  },

  'answers the same prompt the same way at temperature 0, whatever came between': async ({ session, prompt }) => {
    const first = await collect(session, prompt, { maxTokens: 12 });
    await collect(session, lengthened(prompt, 3), { maxTokens: 4 });
    const second = await collect(session, prompt, { maxTokens: 12 });
    expect(second.text).toBe(first.text);
    expect(second.end.promptTokens).toEqual(first.end.promptTokens);
  },

  'samples from its seed alone': async ({ session, prompt }) => {
    const drawn = (seed: number) => collect(session, prompt, { maxTokens: 16, temperature: 2, seed });
    const texts: string[] = [];
    for (const seed of [1, 2, 3, 4, 5]) texts.push((await drawn(seed)).text);
    expect((await drawn(1)).text).toBe(texts[0]);
    expect(new Set(texts).size).toBeGreaterThan(1);
  },

  'samples nothing but the likeliest token from a tiny nucleus': async ({ session, prompt }) => {
    const greedy = await collect(session, prompt, { maxTokens: 8 });
    const nucleus = await collect(session, prompt, { maxTokens: 8, temperature: 1, topP: 1e-6, seed: 7 });
    expect(nucleus.text).toBe(greedy.text);
  },

  'gives one log-probability per token, or says why not': async ({ session, prompt }) => {
    const { pieces } = await collect(session, prompt, { maxTokens: 8, logprobs: true });
    for (const { logprobs, tokens } of pieces) {
      if (session.facts.cannot.logprobs !== undefined) {
        expect(logprobs).toBeUndefined();
      } else {
        expect(logprobs).toHaveLength(tokens ?? 1);
        for (const logprob of logprobs ?? []) expect(logprob).toBeLessThanOrEqual(0);
      }
    }
  },

  'ends an aborted stream with an AbortError, and answers the next prompt': async ({ session, prompt }) => {
    const controller = new AbortController();
    const aborted = async () => {
      for await (const event of session.generate(prompt, settings({ maxTokens: 12 }), controller.signal)) {
        if (event.kind === 'piece') controller.abort();
        else throw new Error('the stream ended although it had been aborted');
      }
    };
    expect(await failure(aborted())).toMatchObject({ name: 'AbortError' });
    expect((await collect(session, prompt, { maxTokens: 3 })).text).not.toBe('');
  },

  'starts nothing for a signal that is aborted already': async ({ session, prompt }) => {
    const stream = session.generate(prompt, settings({}), AbortSignal.abort());
    expect(await failure(stream[Symbol.asyncIterator]().next())).toMatchObject({ name: 'AbortError' });
  },

  'can be left in the middle of a stream': async ({ session, prompt }) => {
    const whole = await collect(session, prompt, { maxTokens: 6 });
    for await (const _ of session.generate(prompt, settings({ maxTokens: 12 }), new AbortController().signal)) break;
    expect((await collect(session, prompt, { maxTokens: 6 })).text).toBe(whole.text);
  },

  'takes any text for a prompt': async ({ session }) => {
    const hostile = [
      '',
      ' ',
      '\u0000\u0001',
      '😀 नमस्ते 中文 \ud83d',
      '<|im_end|></s>[INST]{{ 7 * 7 }}{% for %}',
      '\r\n\t',
    ];
    for (const content of hostile) {
      const { end } = await collect(session, { messages: [{ role: 'user', content }] }, { maxTokens: 2 });
      expect(['stop', 'length', 'refused']).toContain(end.finish);
    }
  },

  'continues the beginning of an answer': async ({ session, prompt }) => {
    const begun: Chat = { messages: [...prompt.messages, { role: 'assistant', content: 'The answer' }] };
    const { end } = await collect(session, begun, { maxTokens: 2 });
    if (end.rendered !== null) expect(end.rendered.trimEnd()).toMatch(/The answer$/);
  },

  'refuses a prompt longer than its context': async ({ session, prompt }) => {
    const context = numberIn(session.facts.context);
    const error = await failure(collect(session, lengthened(prompt, context), { maxTokens: 2 }));
    expect(error).toBeInstanceOf(ModelFailure);
    expect(error).toMatchObject({ kind: 'prompt-too-long', message: expect.stringMatching(/^[^\n]+$/) });
    expect((await collect(session, prompt, { maxTokens: 3 })).text).not.toBe('');
  },

  'scores continuations alone as it scores them together, or says why it cannot': async ({ session, digits }) => {
    if (session.loglikelihood === undefined) {
      expect(session.facts.cannot.loglikelihood).toMatch(/\w+ \w+/);
      return;
    }
    expect(session.facts.cannot.loglikelihood).toBeUndefined();
    const { signal } = new AbortController();
    const context = 'Question: where does the parcel go? Answer:';
    const continuations = [' to the customer', ' returns', ' to the warehouse in the north', ' returns'];
    const together = await session.loglikelihood({ context, continuations }, signal);
    expect(together).toHaveLength(continuations.length);
    for (const [index, continuation] of continuations.entries()) {
      const [alone] = await session.loglikelihood({ context, continuations: [continuation] }, signal);
      expect(together[index]!.tokens).toBe(alone!.tokens);
      expect(together[index]!.sum).toBeCloseTo(alone!.sum, digits);
      expect(together[index]!.sum).toBeLessThan(0);
    }
    expect(together[3]).toEqual(together[1]);
  },

  'moves the spaces that end a context to its continuations': async ({ session, digits }) => {
    if (session.loglikelihood === undefined) return;
    const { signal } = new AbortController();
    const [before] = await session.loglikelihood({ context: 'The queue is  ', continuations: ['returns'] }, signal);
    const [after] = await session.loglikelihood({ context: 'The queue is', continuations: ['  returns'] }, signal);
    expect(before!.tokens).toBe(after!.tokens);
    expect(before!.sum).toBeCloseTo(after!.sum, digits);
  },

  'starts no scoring for a signal that is aborted already': async ({ session }) => {
    if (session.loglikelihood === undefined) return;
    const scoring = session.loglikelihood({ context: 'a', continuations: [' b'] }, AbortSignal.abort());
    expect(await failure(scoring)).toMatchObject({ name: 'AbortError' });
  },

  'hashes its weights apart from loading them': async ({ backend, model, context }) => {
    let aside = 0;
    const untimed = <T>(work: () => Promise<T>): Promise<T> => {
      aside += 1;
      return work();
    };
    const session = await backend.open(model, { ...context, untimed }, new AbortController().signal);
    expect(aside > 0).toBe(session.facts.weights !== undefined);
    await session.close();
  },

  'closes twice as well as once': async ({ backend, model, context }) => {
    const session = await backend.open(model, context, new AbortController().signal);
    await session.close();
    await session.close();
  },
} satisfies Record<string, (opened: Opened) => Promise<void> | void>;

export type Clause = keyof typeof CLAUSES;

export function contract<M extends Model>(name: string, subject: Subject<M>): void {
  const { exceptions = {}, digits = 3, ...rest } = subject;
  describe(`${name} keeps the contract of backends: it`, () => {
    let session: Session;
    beforeAll(async () => {
      session = await subject.backend.open(subject.model, subject.context, new AbortController().signal);
    });
    afterAll(() => session?.close());
    for (const [sentence, clause] of Object.entries(CLAUSES) as [Clause, (opened: Opened) => Promise<void> | void][]) {
      const exception = exceptions[sentence];
      if (exception === undefined) test(sentence, () => clause({ ...(rest as unknown as Opened), digits, session }));
      else test.skip(`${sentence} (excepted: ${exception})`);
    }
  });
}

/** Everything that one prompt brought. */
export async function collect(session: Session, prompt: Prompt, generation: Partial<Generation>) {
  const pieces: Piece[] = [];
  const ends: End[] = [];
  for await (const event of session.generate(prompt, settings(generation), new AbortController().signal)) {
    if (ends.length > 0) throw new Error(`the stream went on after its end with ${JSON.stringify(event)}`);
    if (event.kind === 'piece') pieces.push(event);
    else ends.push(event);
  }
  if (ends[0] === undefined) throw new Error('the stream ended without saying so');
  return { pieces, ends: ends.length, end: ends[0], text: pieces.map((piece) => piece.text).join('') };
}

function settings(generation: Partial<Generation>): Generation {
  return { ...generationSchema.parse({}), ...generation };
}

function lengthened(prompt: Chat, words: number): Chat {
  const [last, ...earlier] = prompt.messages.toReversed();
  return { messages: [...earlier.toReversed(), { role: last!.role, content: last!.content + ' order'.repeat(words) }] };
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => new Error(`expected a failure, got ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
}

export function numberIn(quantity: { readonly value: number } | { readonly missing: string }): number {
  if ('missing' in quantity) throw new Error(`expected a number, but it is missing: ${quantity.missing}`);
  return quantity.value;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
