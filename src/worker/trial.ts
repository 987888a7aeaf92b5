/**
 * Runs one trial inside the worker: gathers the stream of a session into an outcome, or ranks continuations. The stream is the hot
 * path: for each token it keeps a time stamp and a piece of text, and computes nothing.
 */

import {
  type GenerationEvent,
  ModelFailure,
  RequestFailure,
  ServerFailure,
  type Session,
} from '../backends/backend.js';
import { firstAnswerOf, type ReasoningMarks } from '../backends/reasoning.js';
import type { Generation } from '../core/definition/suite.js';
import { describeError } from '../core/errors.js';
import type { Completed, Failed, Loglikelihood, Outcome, Timing } from '../core/measure/measurement.js';
import type { Continuation } from '../core/message.js';
import { toMicroseconds } from '../core/microseconds.js';
import { missing } from '../core/quantity.js';
import { sha256 } from '../system/hash.js';
import type { TrialRequest } from './protocol.js';

/**
 * @param due When the request was due, by the clock of the session; without it, now.
 * @param marks Those of a model that thinks in its text.
 * @throws the reason of the cancel signal when it is aborted; every other failure is an outcome.
 */
export async function runTrial(
  session: Session,
  request: TrialRequest,
  {
    cancel,
    marks,
    ...options
  }: { readonly cancel: AbortSignal; readonly due?: number; readonly marks?: ReasoningMarks | undefined },
): Promise<Outcome> {
  cancel.throwIfAborted();
  const sent = session.now();
  const due = options.due ?? sent;
  const seconds = request.for === 'answer' ? request.generation.timeout : request.timeout;
  // One controller serves both reasons to stop, because `AbortSignal.any` and its two signals took a tenth of a short trial.
  const stop = new AbortController();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop.abort();
  }, seconds * 1000);
  const onCancel = () => stop.abort(cancel.reason);
  cancel.addEventListener('abort', onCancel, { once: true });
  const arrived: Arrived = { due, sent: toMicroseconds(sent - due), marks, text: [], pieces: [], thoughtApart: false };
  try {
    if (request.for === 'answer') return await answer(session, request, arrived, stop.signal);
    return await likelihoods(session, request, stop.signal);
  } catch (error) {
    if (cancel.aborted) throw error;
    if (late) return failed('model', 'timeout', `no complete answer within ${seconds} s`);
    if (error instanceof ModelFailure) return failed('model', error.kind, describeError(error));
    if (error instanceof RequestFailure) return failed('harness', error.kind, describeError(error));
    return failed('harness', error instanceof ServerFailure ? 'server' : 'engine', describeError(error));
  } finally {
    clearTimeout(timer);
    cancel.removeEventListener('abort', onCancel);
  }

  function failed(by: Failed['by'], kind: Failed['kind'], reason: string): Failed {
    const first = arrived.pieces[0];
    const firstAnswer = firstAnswerOf({ ...arrived, times: arrived.pieces, ended: false });
    return {
      state: 'failed',
      by,
      kind,
      reason,
      output: spoken(session, arrived.text),
      ...(options.due !== undefined && { sent: arrived.sent }),
      ...(first !== undefined && { first: toMicroseconds(first) }),
      ...(firstAnswer !== undefined && { firstAnswer: stampOf(firstAnswer, toMicroseconds) }),
    };
  }
}

/** What has come of an answer. */
interface Arrived {
  /** A time on the clock of the session. */
  readonly due: number;
  /** Seconds from due. */
  readonly sent: number;
  readonly marks: ReasoningMarks | undefined;
  /** The text of each piece. */
  readonly text: string[];
  /** Seconds from due. */
  readonly pieces: number[];
  /** Whether the server sent thoughts apart from the text. */
  thoughtApart: boolean;
}

type RequestFor<What extends TrialRequest['for']> = Extract<TrialRequest, { for: What }>;

/** The whole text, without what must not be written down. */
function spoken({ strike = (text) => text }: Session, text: readonly string[]): string {
  return strike(text.join(''));
}

/** @param arrived Filled while the answer arrives, so a failure can show what came before it. */
async function answer(
  session: Session,
  { prompt, generation }: RequestFor<'answer'>,
  arrived: Arrived,
  signal: AbortSignal,
): Promise<Outcome> {
  const { due, sent, text, pieces } = arrived;
  const tokensPerPiece: (number | null)[] = [];
  const logprobs: number[] = [];
  let silent: number | null = 0;
  const stream: AsyncIterable<GenerationEvent> = session.generate(prompt, generation, signal);
  for await (const event of stream) {
    if (event.kind === 'piece') {
      if (event.logprobs) logprobs.push(...event.logprobs);
      // Tokens that only begin a character show nothing yet: the reader's first token is the first that says something.
      // What a reasoning model thinks is no part of its answer, but someone sees it come.
      if (pieces.length === 0 && event.text === '' && !event.reasoning) {
        silent = silent === null || event.tokens === null ? null : silent + event.tokens;
        continue;
      }
      if (event.reasoning) arrived.thoughtApart = true;
      // Text that was held back for a stop string and now let go: words, but no token of their own.
      if (event.tokens === 0 && pieces.length > 0) {
        text[text.length - 1] += event.text;
        continue;
      }
      text.push(event.text);
      pieces.push(event.time - due);
      tokensPerPiece.push(event.tokens === null || silent === null ? null : event.tokens + silent);
      silent = 0;
      continue;
    }
    const stamp = sent === 0 ? toMicroseconds : toTenMicroseconds;
    const firstAnswer = firstAnswerOf({ ...arrived, times: pieces, ended: event.finish === 'stop' });
    return {
      state: 'completed',
      output: spoken(session, text),
      finish: event.finish,
      ...(event.rendered !== null && { renderedHash: { value: sha256(event.rendered) } }),
      promptTokens: event.promptTokens,
      outputTokens: event.outputTokens,
      timing: {
        sent,
        pieces: pieces.map(stamp),
        ...describePieces(tokensPerPiece),
        ...(firstAnswer !== undefined && { firstAnswer: stampOf(firstAnswer, stamp) }),
        end: toMicroseconds(event.time - due),
      },
      logprobs: describeLogprobs(logprobs, whyNoLogprobs(session, generation, pieces.length)),
      ...(event.cachedTokens !== undefined && { cachedTokens: event.cachedTokens }),
      ...(event.unseenTokens && { unseenTokens: event.unseenTokens }),
      ...(event.retries && { retries: event.retries }),
      ...(event.reconnected && { reconnected: event.reconnected }),
    };
  }
  throw new Error('the engine ended its answer without saying so');
}

async function likelihoods(
  session: Session,
  { continuations, unconditional }: RequestFor<'likelihoods'>,
  signal: AbortSignal,
): Promise<Outcome> {
  if (session.loglikelihood === undefined) {
    const reason = session.facts.cannot.loglikelihood ?? 'this engine gives no log-likelihoods';
    return { state: 'failed', by: 'harness', kind: 'cannot', reason, output: '' };
  }
  const before = session.now();
  const loglikelihoods = await rank(session, continuations, signal);
  const alone = unconditional
    ? await rank(
        session,
        continuations.map((one) => ({ ...one, context: '' })),
        signal,
      )
    : undefined;
  // Broken weights make logits that are no numbers, which a log cannot hold.
  if (![...loglikelihoods, ...(alone ?? [])].every(({ sum }) => Number.isFinite(sum))) {
    const reason = 'the engine gave a log-likelihood that is no number; are the weights damaged?';
    return { state: 'failed', by: 'harness', kind: 'engine', reason, output: '' };
  }
  return {
    state: 'ranked',
    loglikelihoods,
    ...(alone && { unconditional: alone }),
    seconds: toMicroseconds(session.now() - before),
  };
}

/** Requests neighbours with the same context together, because the engine computes a context once for a request. */
async function rank(
  session: Session,
  continuations: readonly Continuation[],
  signal: AbortSignal,
): Promise<Loglikelihood[]> {
  const results: Loglikelihood[] = [];
  for (let start = 0; start < continuations.length; ) {
    const { context } = continuations[start]!;
    let end = start;
    while (end < continuations.length && continuations[end]!.context === context) end++;
    const texts = continuations.slice(start, end).map(({ text }) => text);
    results.push(...(await session.loglikelihood!({ context, continuations: texts }, signal)));
    start = end;
  }
  return results;
}

/** Most engines give one token with each piece, and then the field is left out. */
function describePieces(tokensPerPiece: readonly (number | null)[]): Pick<Timing, 'tokensPerPiece'> {
  if (tokensPerPiece.every((tokens) => tokens === 1)) return {};
  const known = tokensPerPiece.filter((tokens) => tokens !== null);
  return { tokensPerPiece: known.length === tokensPerPiece.length ? known : 'unknown' };
}

function whyNoLogprobs({ facts }: Session, { logprobs }: Generation, pieces: number): string {
  // A load test asks for none of any answer, and its log is short.
  if (logprobs === false) return 'not asked for';
  if (facts.cannot.logprobs !== undefined) return facts.cannot.logprobs;
  if (pieces === 0) return 'the model produced no tokens';
  return logprobs
    ? 'the server gave none with this answer'
    : 'they were not asked for; --logprobs asks servers for them';
}

function describeLogprobs(logprobs: readonly number[], absent: string): Completed['logprobs'] {
  if (logprobs.length === 0) return missing(absent);
  return logprobs.every(Number.isFinite)
    ? { value: logprobs.map(toSixDigits) }
    : missing('the engine gave log-probabilities that are no numbers; are the weights damaged?');
}

function stampOf(
  time: NonNullable<Timing['firstAnswer']>,
  round: (seconds: number) => number,
): NonNullable<Timing['firstAnswer']> {
  return typeof time === 'number' ? round(time) : time;
}

/** Under load a stamp waits for its turn of the event loop, and a log of many requests is long enough. */
function toTenMicroseconds(seconds: number): number {
  return Math.round(seconds * 1e5) / 1e5;
}

function toSixDigits(logprob: number): number {
  return Math.round(logprob * 1e6) / 1e6;
}
