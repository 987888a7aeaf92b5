/**
 * One set of weights, three engines: on every held-out prompt they must write the same tokens with the same probabilities.
 * Where rounding breaks a tie one way in one engine and the other way in another, the tie is shown. The quantised files may
 * differ in words, and by two points at most in accuracy.
 *
 * onnxruntime writes the answers, side by side. Each other engine is then asked what it makes of an answer, in one pass over prompt
 * and answer, which is several times faster than writing it: the tokens that it finds likeliest at every place, the end included,
 * are those it would write. Where it finds another likelier it writes too, token by token, and so does every engine on some prompts
 * of each task in any case.
 */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Loglikelihood, Session } from '../../src/backends/backend.js';
import { backendOf } from '../../src/backends/table.js';
import type { Model } from '../../src/core/definition/model.js';
import type { ScorerChoice, Task } from '../../src/core/definition/suite.js';
import type { Sample } from '../../src/core/message.js';
import type { Scorer } from '../../src/core/score/score.js';
import { SCORERS } from '../../src/core/score/table.js';
import { loadModels, loadSuites } from '../../src/files/definitions.js';
import { loadSamples } from '../../src/files/samples.js';
import { collect } from '../backends/contract.js';
import { ROOT } from '../support/cli.js';
import { inF32 } from '../support/widen.js';

const TIE = 1e-3;
const POINTS = 0.02;
const MINUTES = 60_000;
/** Answers of onnxruntime at once; a larger batch is no faster. */
const SIDE_BY_SIDE = 16;
/** CI asks every held-out prompt. Elsewhere every tenth has to do, which leaves the whole suite of tests under five minutes. */
const EVERY = process.env.RIGHTSIZE_PARITY === 'all' ? 1 : 10;
/** Prompts of each task that every engine answers alone and token by token. A task has about 22 templates. */
const WRITTEN = EVERY === 1 ? 24 : 4;

interface Asked {
  readonly task: Task;
  readonly sample: Sample;
  readonly isWritten: boolean;
}

/** What an engine wrote: a piece and a log-probability for each token; whether it was right. */
interface Answer {
  readonly rendered: string;
  readonly pieces: readonly string[];
  readonly logprobs: readonly number[];
  /** With the token that ended it. */
  readonly whole: string;
  readonly right: number;
}

/**
 * An answer, and what the engine that wrote it makes of it in one pass: not that it is the likeliest, where its text has other
 * tokens than were written.
 */
interface Reference extends Answer {
  readonly told: Loglikelihood;
}

export function parity(name: string): void {
  describe(`${name}, on every ${EVERY === 1 ? '' : `${EVERY}th `}held-out prompt`, () => {
    let prompts: readonly Asked[];
    let references: readonly Reference[];
    beforeAll(async () => {
      prompts = await heldOut();
      references = await withModel(`${name}:onnxruntime`, SIDE_BY_SIDE, (session) => refer(session, prompts));
    }, 10 * MINUTES);

    test.each(['llama-cpp', 'transformers'])(
      'gets the same tokens from %s as from onnxruntime, or the two part at a tie',
      (engine) =>
        withModel(`${name}:${engine}`, 1, async (session) => {
          for (const [i, asked] of prompts.entries()) {
            const reference = references[i]!;
            const told = await judge(session, reference);
            expect(told.tokens, asked.sample.id).toBe(reference.told.tokens);
            expect(Math.abs(told.sum - reference.told.sum), asked.sample.id).toBeLessThan(TIE);
            if (asked.isWritten || !told.greedy || !reference.told.greedy)
              await expectTheSame(session, asked, reference);
          }
        }),
      10 * MINUTES,
    );

    test(
      'gets the same tokens from onnxruntime alone as side by side',
      () =>
        withModel(`${name}:onnxruntime`, 1, async (session) => {
          for (const [i, asked] of prompts.entries())
            if (asked.isWritten) await expectTheSame(session, asked, references[i]!);
        }),
      10 * MINUTES,
    );

    test.each(['llama-cpp-q8_0', 'onnxruntime-int8'])(
      'loses two points of accuracy at most in %s, or a single answer of a task',
      (variant) =>
        withModel(`${name}:${variant}`, 1, async (session) => {
          const answers: Answer[] = [];
          for (const asked of prompts) answers.push(await write(session, asked));
          const quantised = accuracies(prompts, answers);
          for (const [task, accuracy] of accuracies(prompts, references)) {
            const n = prompts.filter(({ task: { name } }) => name === task).length;
            expect(quantised.get(task), task).toBeGreaterThanOrEqual(accuracy - Math.max(POINTS, 1 / n));
          }
        }),
      10 * MINUTES,
    );
  });
}

async function heldOut(): Promise<readonly Asked[]> {
  const [loaded] = await loadSuites('support-desk');
  const options = { seed: 0, limit: 240, environment: {} };
  const asked = loaded!.suite.tasks.map(async (task, index) => {
    const { samples } = await loadSamples(loaded!, index, options);
    return samples.filter((_, i) => i % EVERY === 0).map((sample, i) => ({ task, sample, isWritten: i < WRITTEN }));
  });
  return (await Promise.all(asked)).flat();
}

async function open(id: string, concurrency: number): Promise<Session> {
  const [loaded] = await loadModels(join(ROOT, 'models.json'), [id]);
  const { model, directory } = loaded!;
  const backend = await backendOf(model);
  const signal = new AbortController().signal;
  return backend.open(
    { ...inFullPrecision(model, directory), threads: 1 } as Model,
    { directory, environment: {}, concurrency },
    signal,
  );
}

/** The comparison is of engines, not of roundings. */
function inFullPrecision(model: Model, directory: string): Model {
  if (model.backend !== 'llama-cpp' || !model.source.endsWith('-f16.gguf')) return model;
  return { ...model, ...inF32(join(directory, model.source)) };
}

async function withModel<T>(id: string, concurrency: number, act: (session: Session) => Promise<T>): Promise<T> {
  const session = await open(id, concurrency);
  try {
    return await act(session);
  } finally {
    await session.close();
  }
}

async function refer(session: Session, prompts: readonly Asked[]): Promise<readonly Reference[]> {
  const answers: Answer[] = [];
  const waiting = prompts.entries();
  const asking = Array.from({ length: session.concurrency! }, async () => {
    for (const [i, asked] of waiting) answers[i] = await write(session, asked);
  });
  await Promise.all(asking);
  const references: Reference[] = [];
  for (const answer of answers) references.push({ ...answer, told: await judge(session, answer) });
  return references;
}

async function expectTheSame(session: Session, asked: Asked, reference: Reference): Promise<void> {
  const answer = await write(session, asked);
  expect(answer.rendered).toBe(reference.rendered);
  expect(furthest(reference, answer), asked.sample.id).toBeLessThan(TIE);
  expect(gapWhereParting(reference, answer), asked.sample.id).toBeLessThan(TIE);
}

async function write(session: Session, { task, sample }: Asked): Promise<Answer> {
  const { pieces, text, end } = await collect(session, sample.prompt, task.generation);
  if (end.rendered === null) throw new Error('the engine does not say what it received');
  return {
    rendered: end.rendered,
    pieces: pieces.map((piece) => piece.text),
    logprobs: pieces.flatMap((piece) => piece.logprobs ?? []),
    whole: end.finish === 'stop' ? text + END : text,
    right: score(task.scorer, sample, text),
  };
}

/** By the chat template of both models. */
const END = '<|end|>';

async function judge(session: Session, { rendered, whole }: Answer): Promise<Loglikelihood> {
  const request = { context: rendered, continuations: [whole] };
  const [told] = await session.loglikelihood!(request, new AbortController().signal);
  return told!;
}

function score(choice: ScorerChoice, sample: Sample, output: string): number {
  const { name, ...options } = typeof choice === 'string' ? { name: choice } : choice;
  const scorer = SCORERS[name] as unknown as Scorer;
  const score = scorer.score({ output, target: sample.target, fields: sample.fields }, scorer.options.parse(options));
  return score.state === 'scored' ? score.value : 0;
}

/** The index of the first token in which two answers differ, or null. */
function parting(a: Answer, b: Answer): number | null {
  const length = Math.max(a.pieces.length, b.pieces.length);
  for (let i = 0; i < length; i++) if (a.pieces[i] !== b.pieces[i]) return i;
  return null;
}

/**
 * The gap between the two likeliest tokens where the answers part, 0 where they do not. Each engine gives the token that it
 * took; as far as they agree on probabilities, which is asserted too, the other's token has in one what it has in the other.
 */
function gapWhereParting(a: Answer, b: Answer): number {
  const at = parting(a, b);
  return at === null ? 0 : Math.abs((a.logprobs[at] ?? Infinity) - (b.logprobs[at] ?? -Infinity));
}

/** The largest difference between the log-probabilities of one token, as long as the answers are the same. */
function furthest(a: Answer, b: Answer): number {
  const end = parting(a, b) ?? a.logprobs.length;
  return Math.max(0, ...a.logprobs.slice(0, end).map((logprob, t) => Math.abs(logprob - b.logprobs[t]!)));
}

function accuracies(prompts: readonly Asked[], answers: readonly Answer[]): ReadonlyMap<string, number> {
  const scores = new Map<string, number[]>();
  for (const [i, { task }] of prompts.entries())
    scores.set(task.name, [...(scores.get(task.name) ?? []), answers[i]!.right]);
  return new Map(
    [...scores].map(([task, values]) => [task, values.reduce((sum, value) => sum + value, 0) / values.length]),
  );
}
