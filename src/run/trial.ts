/**
 * One trial, inside the worker: the stream of a session gathered into an outcome. This is the hot path: per token it
 * keeps a time stamp and a piece of text, and computes nothing.
 */
import { type GenerationEvent, ModelFailure, type Session } from '../backends/backend.js';
import type { Generation, Prompt } from '../core/definition/suite.js';
import { describeError } from '../core/errors.js';
import type { Outcome, Timing } from '../core/measure/measurement.js';
import { missing } from '../core/measure/quantity.js';
import { sha256 } from '../files/hash.js';

/** @throws whatever the cancel signal was aborted with; every other failure is an outcome. */
export async function runTrial(
  session: Session,
  prompt: Prompt,
  generation: Generation,
  cancel: AbortSignal,
): Promise<Outcome> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), generation.timeout * 1000);
  const text: string[] = [];
  const pieces: number[] = [];
  const tokensPerPiece: (number | null)[] = [];
  const logprobs: number[] = [];
  let silent = 0;
  const due = session.now();
  try {
    for await (const event of session.generate(
      prompt,
      generation,
      AbortSignal.any([cancel, timeout.signal]),
    ) as AsyncIterable<GenerationEvent>) {
      if (event.kind === 'piece') {
        if (event.logprobs) logprobs.push(...event.logprobs);
        // Tokens that only begin a character show nothing yet: the reader's first token is the first that says something.
        if (pieces.length === 0 && event.text === '') {
          silent += event.tokens ?? 0;
          continue;
        }
        text.push(event.text);
        pieces.push(event.time - due);
        tokensPerPiece.push(event.tokens === null ? null : event.tokens + silent);
        silent = 0;
        continue;
      }
      return {
        state: 'completed',
        output: text.join(''),
        finish: event.finish,
        renderedHash: 'value' in event.rendered ? { value: sha256(event.rendered.value) } : event.rendered,
        promptTokens: event.promptTokens,
        outputTokens: event.outputTokens,
        timing: {
          sent: 0,
          pieces: pieces.map(toMicroseconds),
          ...describePieces(tokensPerPiece),
          end: toMicroseconds(event.time - due),
        },
        logprobs:
          logprobs.length > 0
            ? { value: logprobs.map(toSixDigits) }
            : missing(session.facts.cannot.logprobs ?? 'the model produced no tokens'),
        ...(event.retries && { retries: event.retries }),
      };
    }
    return failed('harness', 'engine', 'the engine ended its answer without saying so');
  } catch (error) {
    if (cancel.aborted) throw error;
    if (timeout.signal.aborted) return failed('model', 'timeout', `no complete answer within ${generation.timeout} s`);
    if (error instanceof ModelFailure) return failed('model', error.kind, describeError(error));
    return failed('harness', 'engine', describeError(error));
  } finally {
    clearTimeout(timer);
  }

  function failed(
    by: 'model' | 'harness',
    kind: 'timeout' | 'server' | 'prompt-too-long' | 'engine',
    reason: string,
  ): Outcome {
    return { state: 'failed', by, kind, reason, output: text.join('') };
  }
}

/** Most engines give a token a piece, and then nothing needs to be said. */
function describePieces(tokensPerPiece: readonly (number | null)[]): Pick<Timing, 'tokensPerPiece'> {
  if (tokensPerPiece.every((tokens) => tokens === 1)) return {};
  const known = tokensPerPiece.filter((tokens) => tokens !== null);
  return { tokensPerPiece: known.length === tokensPerPiece.length ? known : 'unknown' };
}

/** Microseconds are what the clocks resolve; more digits would only fill the log. */
function toMicroseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

function toSixDigits(logprob: number): number {
  return Math.round(logprob * 1e6) / 1e6;
}
