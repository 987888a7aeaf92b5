/**
 * One set of weights, three engines: on every held-out prompt they must write the same tokens with the same probabilities.
 * Where rounding breaks a tie one way in one engine and the other way in another, the tie is shown. The quantised files may
 * differ in words, and by two points at most in accuracy.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Session } from '../../src/backends/backend.js';
import { backendOf } from '../../src/backends/table.js';
import type { Model } from '../../src/core/definition/model.js';
import type { Sample, ScorerChoice, Task } from '../../src/core/definition/suite.js';
import type { Scorer } from '../../src/core/score/score.js';
import { SCORERS } from '../../src/core/score/table.js';
import { loadModels, loadSuites } from '../../src/files/definitions.js';
import { loadSamples } from '../../src/files/samples.js';
import { collect } from '../backends/contract.js';
import { folderWith, ROOT } from '../support/cli.js';
import { widened } from '../support/widen.js';

const TIE = 1e-3;
const POINTS = 0.02;
const MINUTES = 60_000;

interface Asked {
  readonly task: Task;
  readonly sample: Sample;
}

/** What an engine wrote: a piece and a log-probability for each token; whether it was right. */
interface Answer {
  readonly pieces: readonly string[];
  readonly logprobs: readonly number[];
  readonly right: number;
}

export function parity(name: string): void {
  describe(`${name}, on every held-out prompt`, () => {
    let prompts: readonly Asked[];
    let reference: readonly Answer[];
    beforeAll(async () => {
      prompts = await heldOut();
      reference = await answers(`${name}:onnxruntime`, prompts);
    }, 10 * MINUTES);

    test.each(['llama-cpp', 'transformers'])(
      'gets the same tokens from %s as from onnxruntime, or the two part at a tie',
      async (engine) => {
        const given = await answers(`${name}:${engine}`, prompts);
        expect(furthest(reference, given)).toBeLessThan(TIE);
        for (const [i, answer] of given.entries())
          expect(gapWhereParting(reference[i]!, answer), prompts[i]!.sample.id).toBeLessThan(TIE);
      },
      10 * MINUTES,
    );

    test.each(['llama-cpp-q8_0', 'onnxruntime-int8'])(
      'loses two points of accuracy at most in %s',
      async (variant) => {
        const quantised = accuracies(prompts, await answers(`${name}:${variant}`, prompts));
        for (const [task, accuracy] of accuracies(prompts, reference))
          expect(quantised.get(task), task).toBeGreaterThanOrEqual(accuracy - POINTS);
      },
      10 * MINUTES,
    );
  });
}

async function heldOut(): Promise<readonly Asked[]> {
  const [loaded] = await loadSuites('support-desk');
  const options = { seed: 0, limit: 240, environment: {} };
  const asked = loaded!.suite.tasks.map(async (task, index) => {
    const { samples } = await loadSamples(loaded!, index, options);
    return samples.map((sample) => ({ task, sample }));
  });
  return (await Promise.all(asked)).flat();
}

async function open(id: string): Promise<Session> {
  const [loaded] = await loadModels(join(ROOT, 'models.json'), [id]);
  const { model, directory } = loaded!;
  const backend = await backendOf(model);
  const signal = new AbortController().signal;
  return backend.open(
    { ...inFullPrecision(model, directory), threads: 1 } as Model,
    { directory, environment: {} },
    signal,
  );
}

/**
 * llama.cpp rounds activations, cache and attention to f16 unless told otherwise; the comparison is of engines, not of
 * roundings.
 */
function inFullPrecision(model: Model, directory: string): Model {
  if (model.backend !== 'llama-cpp' || !model.source.endsWith('-f16.gguf')) return model;
  const folder = folderWith({ 'f32.gguf': widened(readFileSync(join(directory, model.source))) });
  return { ...model, source: join(folder, 'f32.gguf'), kvCacheType: 'f32', flashAttention: false };
}

async function answers(id: string, prompts: readonly Asked[]): Promise<readonly Answer[]> {
  const session = await open(id);
  const given: Answer[] = [];
  for (const { task, sample } of prompts) {
    const { pieces, text } = await collect(session, sample.prompt, task.generation);
    given.push({
      pieces: pieces.map((piece) => piece.text),
      logprobs: pieces.flatMap((piece) => piece.logprobs ?? []),
      right: score(task.scorer, sample, text),
    });
  }
  await session.close();
  return given;
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
function furthest(a: readonly Answer[], b: readonly Answer[]): number {
  let largest = 0;
  for (const [i, one] of a.entries()) {
    const end = parting(one, b[i]!) ?? one.logprobs.length;
    for (let t = 0; t < end; t++) largest = Math.max(largest, Math.abs(one.logprobs[t]! - b[i]!.logprobs[t]!));
  }
  return largest;
}

function accuracies(prompts: readonly Asked[], given: readonly Answer[]): ReadonlyMap<string, number> {
  const scores = new Map<string, number[]>();
  for (const [i, { task }] of prompts.entries())
    scores.set(task.name, [...(scores.get(task.name) ?? []), given[i]!.right]);
  return new Map(
    [...scores].map(([task, values]) => [task, values.reduce((sum, value) => sum + value, 0) / values.length]),
  );
}
