/** How a stream becomes an outcome: what is stamped, what is counted, what is whose failure. */
import { describe, expect, test } from 'vitest';
import {
  type GenerationEvent,
  ModelFailure,
  type Piece,
  ServerFailure,
  type Session,
} from '../../src/backends/backend.js';
import { generationSchema } from '../../src/core/definition/suite.js';
import type { Completed, Outcome } from '../../src/core/measure/measurement.js';
import { tokenGaps } from '../../src/core/measure/timings.js';
import { missing } from '../../src/core/quantity.js';
import type { TrialRequest } from '../../src/worker/protocol.js';
import { runTrial } from '../../src/worker/trial.js';

const END: GenerationEvent = {
  kind: 'end',
  time: 9,
  finish: 'stop',
  promptTokens: { value: 3, source: 'engine' },
  outputTokens: { value: 4, source: 'engine' },
  rendered: 'the prompt',
};

/** A session that says these pieces, one a second. */
function saying(pieces: readonly Partial<Piece>[], last: GenerationEvent | Error = END): Session {
  return {
    facts: { cannot: {} } as Session['facts'],
    now: () => 0,
    processes: [],
    async *generate() {
      for (const [i, piece] of pieces.entries()) yield { kind: 'piece', time: i + 1, text: '', tokens: 1, ...piece };
      if (last instanceof Error) throw last;
      yield last;
    },
    async close() {},
  };
}

const asked = (timeout = 5): TrialRequest => ({
  for: 'answer',
  prompt: { text: 'q' },
  generation: generationSchema.parse({ timeout }),
});

async function completed(pieces: readonly Partial<Piece>[]): Promise<Completed> {
  const outcome = await runTrial(saying(pieces), asked(), { cancel: new AbortController().signal });
  if (outcome.state !== 'completed') throw new Error(JSON.stringify(outcome));
  return outcome;
}

const outcomeOf = (session: Session, question: TrialRequest = asked()): Promise<Outcome> =>
  runTrial(session, question, { cancel: new AbortController().signal });

describe('the pieces of a stream', () => {
  test('are stamped one a token, and nothing is said of their sizes', async () => {
    const outcome = await completed([{ text: 'a' }, { text: 'b' }, { text: 'c' }]);
    expect(outcome).toMatchObject({ output: 'abc', timing: { pieces: [1, 2, 3], end: 9 } });
    expect(outcome.timing.tokensPerPiece).toBeUndefined();
    expect(tokenGaps(outcome)).toEqual([1, 1]);
  });

  test('that only begin a character are part of the first that shows one', async () => {
    const { timing } = await completed([{}, {}, { text: 'é' }, { text: 'x' }]);
    expect(timing).toMatchObject({ pieces: [3, 4], tokensPerPiece: [3, 1] });
  });

  test('that are only thoughts are the first thing someone sees', async () => {
    const { timing, output } = await completed([{ reasoning: 'hm' }, { text: 'x' }]);
    expect(timing.pieces).toEqual([1, 2]);
    expect(output).toBe('x');
  });

  test('that are only thoughts are not the first of the answer, and blanks are not either', async () => {
    const after = await completed([{ reasoning: 'hm' }, { reasoning: 'so' }, { text: '\n\n' }, { text: 'x' }]);
    expect(after.timing).toMatchObject({ pieces: [1, 2, 3, 4], firstAnswer: 4 });
    const never = await completed([{ reasoning: 'hm' }]);
    expect(never.timing.firstAnswer).toBe('never');
    const none = await completed([{ text: ' ' }, { text: 'x' }]);
    expect(none.timing).not.toHaveProperty('firstAnswer');
    const broken = saying([{ reasoning: 'hm' }, { text: 'so' }], new ServerFailure('the server broke off'));
    expect(await outcomeOf(broken)).toMatchObject({ state: 'failed', firstAnswer: expect.closeTo(2) });
  });

  test('that are thoughts by marks in the text are not the first of the answer', async () => {
    const marks = { begin: '<think>', end: '</think>' };
    const firstOf = async (pieces: readonly string[], finish: 'stop' | 'length' = 'stop') => {
      const session = saying(
        pieces.map((text) => ({ text })),
        { ...END, finish },
      );
      const outcome = await runTrial(session, asked(), { cancel: new AbortController().signal, marks });
      return outcome.state === 'completed' ? outcome.timing.firstAnswer : outcome;
    };
    expect(await firstOf(['<think>', 'hm', '</think>', '\n', 'x'])).toBe(5);
    // The template wrote the first mark into the prompt.
    expect(await firstOf(['hm', '</think>x'])).toBe(2);
    expect(await firstOf(['<think>', 'hm'])).toBe('never');
    expect(await firstOf(['x', 'y'])).toBeUndefined();
    expect(await firstOf(['x', '<think>', 'y'])).toBeUndefined();
    // It may be a thought that the template began, or an answer.
    expect(await firstOf(['x', 'y'], 'length')).toBe('unknown');
  });

  test('that hold no token of their own add words and no stamp', async () => {
    const { timing, output } = await completed([{ text: 'a' }, { text: 'b' }, { text: 'c', tokens: 0 }]);
    expect(output).toBe('abc');
    expect(timing).toEqual({ sent: 0, pieces: [1, 2], end: 9 });
  });

  test('of unknown size are said to be so', async () => {
    const { timing } = await completed([
      { text: 'ab', tokens: null },
      { text: 'c', tokens: null },
    ]);
    expect(timing.tokensPerPiece).toBe('unknown');
  });
});

describe('a failure', () => {
  test('of the model is the model’s, with what it had said', async () => {
    const failure = new ModelFailure('prompt-too-long', 'the prompt has no room');
    expect(await outcomeOf(saying([{ text: 'so far' }], failure))).toEqual({
      state: 'failed',
      by: 'model',
      kind: 'prompt-too-long',
      reason: 'the prompt has no room',
      output: 'so far',
      // A token that a person saw counts, though the answer failed.
      first: expect.any(Number),
    });
  });

  test('of a server is the server’s, and no wrong answer of its model', async () => {
    expect(await outcomeOf(saying([{ text: 'so far' }], new ServerFailure('the server broke off')))).toEqual({
      state: 'failed',
      by: 'harness',
      kind: 'server',
      reason: 'the server broke off',
      output: 'so far',
      first: expect.any(Number),
    });
  });

  test('of the engine is ours', async () => {
    expect(await outcomeOf(saying([], new Error('out of memory')))).toMatchObject({
      by: 'harness',
      kind: 'engine',
      reason: 'out of memory',
    });
  });

  test('to end in time is the model’s', async () => {
    const slow = saying([]);
    slow.generate = async function* (_prompt, _generation, signal) {
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      yield END;
    };
    expect(await outcomeOf(slow, asked(0.05))).toMatchObject({
      by: 'model',
      kind: 'timeout',
      reason: 'no complete answer within 0.05 s',
    });
  });

  test('is none when the run was cancelled: that is thrown, and recorded nowhere', async () => {
    const cancel = new AbortController();
    cancel.abort(new Error('interrupted'));
    await expect(runTrial(saying([], new Error('aborted')), asked(), { cancel: cancel.signal })).rejects.toThrow();
  });
});

describe('log-likelihoods', () => {
  const continuations = [
    { context: 'Q1', text: ' a', choice: 'a' },
    { context: 'Q1', text: ' b', choice: 'b' },
    { context: 'Q2', text: ' c', choice: 'c' },
  ];
  const question: TrialRequest = { for: 'likelihoods', continuations, unconditional: true, timeout: 5 };

  test('are asked for once a context, and again without it where the task wants that', async () => {
    const requests: string[] = [];
    const session: Session = {
      ...saying([]),
      async loglikelihood({ context, continuations: texts }) {
        requests.push(`${context}:${texts.join('|')}`);
        return texts.map((text) => ({ sum: -text.length - context.length, tokens: 1, greedy: false }));
      },
    };
    expect(await outcomeOf(session, question)).toMatchObject({
      state: 'ranked',
      loglikelihoods: [{ sum: -4 }, { sum: -4 }, { sum: -4 }],
      unconditional: [{ sum: -2 }, { sum: -2 }, { sum: -2 }],
    });
    expect(requests).toEqual(['Q1: a| b', 'Q2: c', ': a| b| c']);
  });

  test('of an engine that gives none are unscored, with its reason', async () => {
    const session = {
      ...saying([]),
      facts: { cannot: { loglikelihood: 'the server returns no prompt logprobs' } } as unknown as Session['facts'],
    };
    expect(await outcomeOf(session, question)).toMatchObject({
      by: 'harness',
      kind: 'cannot',
      reason: 'the server returns no prompt logprobs',
    });
  });
});

test('what an engine does not give is missing with the reason it states', async () => {
  const session = {
    ...saying([{ text: 'a' }]),
    facts: { cannot: { logprobs: 'a script has no probabilities' } } as unknown as Session['facts'],
  };
  expect(await outcomeOf(session)).toMatchObject({ logprobs: missing('a script has no probabilities') });
});

describe('numbers that are none', () => {
  test('are no log-probabilities, and the rest of the answer stands', async () => {
    const { logprobs, output } = await completed([
      { text: 'a', logprobs: [-0.5] },
      { text: 'b', logprobs: [Number.NaN] },
    ]);
    expect(output).toBe('ab');
    expect(logprobs).toEqual({
      missing: 'the engine gave log-probabilities that are no numbers; are the weights damaged?',
    });
  });

  test('make a likelihood a failure of ours', async () => {
    const session: Session = {
      ...saying([]),
      loglikelihood: async () => [{ sum: Number.NEGATIVE_INFINITY, tokens: 1, greedy: false }],
    };
    const question: TrialRequest = {
      for: 'likelihoods',
      continuations: [{ context: 'a', text: ' b', choice: 'b' }],
      unconditional: false,
      timeout: 5,
    };
    expect(await outcomeOf(session, question)).toMatchObject({ state: 'failed', by: 'harness', kind: 'engine' });
  });
});

test('log-probabilities that were not asked for are missing with the remedy', async () => {
  expect(await outcomeOf(saying([{ text: 'a' }]))).toMatchObject({
    logprobs: missing('they were not asked for; --logprobs asks servers for them'),
  });
});
