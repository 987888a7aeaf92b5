/**
 * The measurements of a step as its analysis takes them: times since the step began, and what became of each request. A test may last for
 * hours, so they are kept as columns, at about a hundred bytes a request, and each request is a view of its row.
 */
import { taskKey } from '../keys.js';
import type { MeasurementRecord, StepRecord } from '../log/log.js';
import type { Completed, Failed, Timing } from '../measure/measurement.js';
import { cameWhole, tokensAfterFirst } from '../measure/window.js';
import { isMissing, known, missing, type Quantity } from '../quantity.js';
import { NumberTable } from './number-table.js';
import type { Gaps, RequestOutcome, StepRequest } from './request.js';

/** What a step record says of its measurements. */
export type Span = Pick<StepRecord, 'began' | 'ended'> & {
  readonly ending?: StepRecord['ending'] | null;
  readonly client?: Pick<StepRecord['client'], 'machines'>;
};

/** Times are seconds: of `due`, `released` and `failedAt` since the part of the run began, of the others since the request was due. */
const COLUMNS = [
  'due',
  'released',
  'sent',
  'first',
  'firstAnswer',
  'last',
  'end',
  'failedAt',
  'promptTokens',
  'outputTokens',
  'tokensAfterFirst',
  'cachedTokens',
  'score',
  'failure',
  'task',
  'sample',
  'session',
] as const;
type Column = (typeof COLUMNS)[number];

const FAILED = missing('the request failed');
/** More gaps than these are not kept; then those of every second answer are, of every fourth, and so on. */
export const MOST_GAPS = 1_000_000;

/** Why a request got no answer. */
export type Failure = Pick<Failed, 'kind' | 'reason'>;

export class RecordedRequests {
  readonly #numbers = new NumberTable(COLUMNS);
  readonly #texts = new Numbered<string>();
  readonly #failures = new Numbered<Failure>(({ kind, reason }) => `${kind} ${reason}`);
  readonly #gaps: Map<number, Gaps> | null;
  #gapCount = 0;
  /** The gaps of every row whose number it divides are kept. */
  #gapStride = 1;

  /** @param gaps Half of what a request takes are the gaps between its tokens. Only a report reads them. */
  constructor({ gaps }: { readonly gaps: 'kept' | 'dropped' }) {
    this.#gaps = gaps === 'kept' ? new Map() : null;
  }

  get length(): number {
    return this.#numbers.length;
  }

  /** @returns Its row. */
  add(record: MeasurementRecord): number {
    const { suite, task, sample, session, outcome } = record;
    const common = {
      due: record.due ?? record.at,
      released: record.released,
      task: this.#texts.numberOf(taskKey(suite, task)),
      sample: this.#texts.numberOf(sample),
      session: this.#texts.numberOf(session),
    };
    switch (outcome.state) {
      case 'completed': {
        const { timing, cachedTokens } = outcome;
        this.#keepGaps(this.length, outcome);
        return this.#numbers.push({
          ...common,
          sent: timing.sent,
          first: timing.pieces[0],
          firstAnswer: codeOf(timing.firstAnswer),
          last: timing.pieces.at(-1),
          end: timing.end,
          promptTokens: this.#encode(outcome.promptTokens),
          outputTokens: this.#encode(outcome.outputTokens),
          tokensAfterFirst: this.#encode(cameWhole(outcome) ? known(0) : tokensAfterFirst(outcome)),
          cachedTokens,
        });
      }
      case 'failed': {
        const { kind, reason, sent, first, firstAnswer } = outcome;
        const failure = this.#failures.numberOf({ kind, reason });
        return this.#numbers.push({
          ...common,
          sent,
          first,
          firstAnswer: codeOf(firstAnswer),
          failedAt: record.at,
          failure,
        });
      }
      case 'ranked':
        throw new RangeError(`Expected an answer of a load test, got log-likelihoods (${record.trial})`);
    }
  }

  /** The deciding score of an answer, 0 to 1. */
  score(row: number, value: number): void {
    this.#numbers.set(row, 'score', value);
  }

  /** The request of a row. It reads the span whenever it is asked, so a step that goes on may change it. */
  at(row: number, span: Span): RecordedRequest {
    return new RecordedRequest(this, span, row);
  }

  /** All requests in the order of the log. */
  requests(span: Span): RecordedRequest[] {
    return Array.from({ length: this.length }, (_, row) => this.at(row, span));
  }

  number(row: number, column: Column): number | undefined {
    return this.#numbers.get(row, column);
  }

  text(row: number, column: 'task' | 'sample' | 'session'): string {
    return this.#texts.at(this.#numbers.get(row, column)!);
  }

  /** Null for an answer. */
  failure(row: number): Failure | null {
    const failure = this.#numbers.get(row, 'failure');
    return failure === undefined ? null : this.#failures.at(failure);
  }

  gaps(row: number): Gaps | undefined {
    return this.#gaps?.get(row);
  }

  count(row: number, column: 'promptTokens' | 'outputTokens' | 'tokensAfterFirst'): Quantity {
    const number = this.#numbers.get(row, column);
    if (number === undefined) return FAILED;
    return number < 0 ? missing(this.#texts.at(-1 - number)) : known(number);
  }

  /** A count is never negative: -1 stands for the first reason why one is missing. */
  #encode(count: Quantity): number {
    return isMissing(count) ? -1 - this.#texts.numberOf(count.missing) : count.value;
  }

  #keepGaps(row: number, completed: Completed): void {
    if (this.#gaps === null || row % this.#gapStride !== 0) return;
    const gaps = gapsOf(completed);
    if (gaps === undefined) return;
    this.#gaps.set(row, gaps);
    this.#gapCount += gaps.seconds.length;
    while (this.#gapCount > MOST_GAPS && this.#gaps.size > 1) {
      this.#gapStride *= 2;
      for (const [row, { seconds }] of this.#gaps) {
        if (row % this.#gapStride === 0) continue;
        this.#gaps.delete(row);
        this.#gapCount -= seconds.length;
      }
    }
  }
}

export class RecordedRequest implements StepRequest {
  readonly #all: RecordedRequests;
  readonly #span: Span;
  readonly #row: number;

  constructor(all: RecordedRequests, span: Span, row: number) {
    this.#all = all;
    this.#span = span;
    this.#row = row;
  }

  get task(): string {
    return this.#all.text(this.#row, 'task');
  }

  get sample(): string {
    return this.#all.text(this.#row, 'sample');
  }

  get session(): string | undefined {
    return this.#span.client?.machines === undefined ? undefined : this.#all.text(this.#row, 'session');
  }

  get due(): number {
    return this.#all.number(this.#row, 'due')! - this.#span.began;
  }

  get released(): number | undefined {
    const released = this.#all.number(this.#row, 'released');
    return released === undefined ? undefined : released - this.#span.began;
  }

  get sent(): number {
    return this.outcome === 'unsent' ? this.end : this.due + (this.#all.number(this.#row, 'sent') ?? 0);
  }

  get first(): number | undefined {
    return this.#since('first');
  }

  get firstAnswer(): StepRequest['firstAnswer'] {
    const code = this.#all.number(this.#row, 'firstAnswer');
    return code === undefined || code >= 0 ? this.#since('firstAnswer') : code === NEVER ? 'never' : 'unknown';
  }

  get last(): number | undefined {
    return this.#since('last');
  }

  get end(): number {
    const { began, ended } = this.#span;
    const failedAt = this.#all.number(this.#row, 'failedAt');
    if (failedAt === undefined) return this.#since('end')!;
    return (this.outcome === 'unsent' ? ended : failedAt) - began;
  }

  get gaps(): Gaps | undefined {
    return this.#all.gaps(this.#row);
  }

  get promptTokens(): Quantity {
    return this.#all.count(this.#row, 'promptTokens');
  }

  get outputTokens(): Quantity {
    return this.#all.count(this.#row, 'outputTokens');
  }

  get tokensAfterFirst(): Quantity {
    return this.#all.count(this.#row, 'tokensAfterFirst');
  }

  get cachedTokens(): number | undefined {
    return this.#all.number(this.#row, 'cachedTokens');
  }

  get outcome(): RequestOutcome {
    const { failure } = this;
    if (failure === null) return 'completed';
    // A step is cut short because its requests wait too long, so to leave them out would leave out the slow ones.
    return this.cutWithStep ? 'timed-out' : OUTCOMES[failure.kind];
  }

  get cutWithStep(): boolean {
    return this.failure?.kind === 'cut' && this.#span.ending === 'overloaded';
  }

  get score(): number | undefined {
    return this.#all.number(this.#row, 'score');
  }

  get failure(): Failure | null {
    return this.#all.failure(this.#row);
  }

  #since(column: 'first' | 'firstAnswer' | 'last' | 'end'): number | undefined {
    const seconds = this.#all.number(this.#row, column);
    return seconds === undefined ? undefined : this.due + seconds;
  }
}

/** A time is never negative. */
const NEVER = -1;
const UNKNOWN = -2;

function codeOf(firstAnswer: Timing['firstAnswer']): number | undefined {
  return firstAnswer === 'never' ? NEVER : firstAnswer === 'unknown' ? UNKNOWN : firstAnswer;
}

/** Numbers for values that come again and again. */
class Numbered<T> {
  readonly #values: T[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #keyOf: (value: T) => string;

  constructor(keyOf: (value: T) => string = String) {
    this.#keyOf = keyOf;
  }

  numberOf(value: T): number {
    const key = this.#keyOf(value);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#values.length);
    return this.#values.push(value) - 1;
  }

  at(number: number): T {
    return this.#values[number]!;
  }
}

function gapsOf({ timing: { pieces, tokensPerPiece } }: Completed): Gaps | undefined {
  if (pieces.length < 2) return undefined;
  const seconds = pieces.slice(1).map((time, i) => time - pieces[i]!);
  return { between: tokensPerPiece === undefined ? 'tokens' : 'pieces', seconds };
}

/** Under load a server that takes no request, or too few, has failed its users, whoever set the limit. */
const OUTCOMES: Readonly<Record<Failed['kind'], RequestOutcome>> = {
  timeout: 'timed-out',
  server: 'failed',
  engine: 'failed',
  crash: 'failed',
  connection: 'failed',
  'rate-limit': 'failed',
  'prompt-too-long': 'failed',
  cannot: 'cut',
  client: 'cut',
  cut: 'cut',
  unsent: 'unsent',
};
