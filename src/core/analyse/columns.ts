/**
 * The trials of one task on one model, as columns. A log may hold millions of trials, and an object for each would be ten
 * times as large. Numbers are in columns of typed arrays. Texts are kept for the first repetition of each sample, and for the
 * others only if the aggregate of the scorer needs them later.
 */

import type { Condition } from '../definition/condition.js';
import { DISTRIBUTED, type DistributedMetric } from '../measure/metrics.js';
import { type Missing, missing } from '../quantity.js';
import type { Score } from '../score/score.js';
import type { Late } from '../stats/estimate/quantile-test.js';
import type { FailureCount, Throughput } from './analysis.js';
import { compare } from './collect.js';
import type { GapCounts } from './gaps.js';
import type { Sessions } from './machines.js';
import type { TrialResult } from './trial-result.js';

/** The columns, each of numbers. NaN stands for a value that is absent, and never leaves this file. */
const COLUMNS = [
  'session',
  'repetition',
  'at',
  'state',
  'finish',
  'failure',
  'marks',
  'score',
  'text',
  'cached',
  ...DISTRIBUTED,
  'ballot',
  'ranking',
] as const;
type Column = (typeof COLUMNS)[number];

const CAN_BE_ABSENT: ReadonlySet<Column> = new Set(['failure', 'score', ...DISTRIBUTED, 'ranking']);

const WIDTH = COLUMNS.length;
const AT = Object.fromEntries(COLUMNS.map((column, at) => [column, at])) as Readonly<Record<Column, number>>;
/** The places of the columns that decide the order of the rows of one session. */
const IN_TIME = (['at', 'repetition', 'text', ...DISTRIBUTED] as const).map((column) => AT[column]);
/** Rows of a block. Blocks are never copied, unlike an array that grows. */
const BLOCK = 2048;
/** One array for each column. A column with only its usual value takes no memory: most logs have no failures, votes or rankings. */
type Block = (Float64Array | undefined)[];
/** The usual value of each column: absent, or the first of a list. */
const USUAL = COLUMNS.map((column) => (CAN_BE_ABSENT.has(column) ? Number.NaN : 0));

/** The states in order of precedence: if a trial has two records, the record with the earlier state counts. */
const STATES = ['completed', 'failed-by-model', 'failed-by-harness'] as const satisfies TrialResult['state'][];
const FINISHES = ['stop', 'length', 'refused', 'failed'] as const satisfies TrialResult['finish'][];
const FAULTS = ['model', 'harness'] as const satisfies FailureReason['by'][];
/** The place of each kind of failure. It is fixed, so that a column does not depend on the order of the records. */
const KINDS: Readonly<Record<FailureReason['kind'], number>> = {
  timeout: 0,
  crash: 1,
  server: 2,
  'prompt-too-long': 3,
  engine: 4,
  cannot: 5,
  'rate-limit': 6,
  connection: 7,
  client: 8,
  cut: 9,
  unsent: 10,
};
const COLD = 1;
const TOKENS_DISAGREE = 2;
const RETRIED = 4;
const CONTEXT_CUT = 8;
const PROMPT_CUT = 16;
const UNSEEN = 32;

/** What the fold collects for one task on one model under one condition. */
export interface CellState {
  readonly condition: Condition;
  readonly trials: Trials;
  /** The gaps of each session. */
  readonly gaps: Map<string, GapCounts>;
}

/** The parts of a first repetition that are kept beside the columns. */
export type First = Pick<TrialResult, 'score' | 'output' | 'finish' | 'failure' | 'confidence' | 'ranking'>;

interface OfSample {
  /** The rows in the order of repetitions. */
  readonly rows: number[];
  first: First;
}

export interface Texts {
  readonly output: string;
  /** The text that was scored, after the filters. */
  readonly text: string;
  readonly score: Score;
  /** The scores of the secondary scorers, in their order. */
  readonly secondary: readonly Score[];
}

export class Trials {
  readonly #blocks: Block[] = [];
  #size = 0;
  readonly #samples = new Map<string, OfSample>();
  readonly #texts: Texts[] = [];
  /** The trials that were recorded more than once with different contents, by row. */
  readonly #conflicts = new Map<number, Set<string>>();
  /** Every different vote, with its number. */
  readonly #ballots = new Map<string, number>();
  readonly #absent = new Map<DistributedMetric, string>();
  readonly #failures: Omit<FailureCount, 'count'>[] = [];
  /** Every session, at its number in the column. */
  readonly #sessions: string[] = [];
  readonly #sessionNumbers = new Map<string, number>();
  /** The answers that were computed side by side, by session. */
  readonly #crowds = new Map<string, Crowd>();
  readonly #keepsTexts: boolean;
  /** The result of `inOrder`; null if a trial was added since. */
  #order: Uint32Array | null = null;
  /** The values of the trial that is being added, reused for every trial. */
  readonly #values = new Float64Array(WIDTH);

  readonly #timeout: number;

  /** @param keepsTexts whether `textsOf` will be called. @param timeout The seconds that an answer may take. */
  constructor({ keepsTexts, timeout }: { readonly keepsTexts: boolean; readonly timeout: number }) {
    this.#keepsTexts = keepsTexts;
    this.#timeout = timeout;
  }

  /** The number of different trials. */
  get size(): number {
    return this.#size;
  }

  get conflicts(): number {
    return this.#conflicts.size;
  }

  /**
   * Adds a trial. A trial that was recorded twice counts once: the completed one, else the earlier one.
   * @returns whether it is a new measurement and not the same record again.
   */
  add(sample: string, result: TrialResult): boolean {
    const values = this.#valuesOf(result);
    this.#order = null;
    const known = this.#samples.get(sample);
    if (known === undefined) {
      this.#samples.set(sample, { rows: [this.#put(this.#size++, values, result)], first: firstOf(result) });
      this.#join(result);
      return true;
    }
    const { rows } = known;
    let place = rows.length;
    while (place > 0 && this.#get(rows[place - 1]!, 'repetition') > result.repetition) place--;
    const row = rows[place - 1];
    if (row === undefined || this.#get(row, 'repetition') !== result.repetition) {
      rows.splice(place, 0, this.#put(this.#size++, values, result));
      this.#join(result);
      if (place === 0) known.first = firstOf(result);
      return true;
    }
    const recorded = textOf(this.#row(row));
    const text = textOf(values);
    if (recorded === text) return false;
    const seen = this.#conflicts.get(row) ?? new Set([recorded]);
    this.#conflicts.set(row, seen);
    if (seen.has(text)) return false;
    seen.add(text);
    const earlier =
      values[AT.state]! - this.#get(row, 'state') ||
      compare(result.session, this.session(row)) ||
      result.at - this.#get(row, 'at') ||
      compare(text, recorded);
    if (earlier < 0) {
      this.#put(row, values, result);
      if (place === 1) known.first = firstOf(result);
    }
    return true;
  }

  /** The sessions of the trials. */
  get sessions(): readonly string[] {
    return this.#sessions;
  }

  /** The tokens of all answers that these sessions computed side by side, divided by the time that they took together. */
  throughput(among: Sessions): Throughput | Missing {
    if (this.#crowds.size === 0) return missing('answers were computed one at a time');
    const crowds = [...this.#crowds].flatMap(([session, crowd]) => (among.has(session) ? [crowd] : []));
    if (crowds.length === 0) return missing(among.others);
    const total = (of: (crowd: Crowd) => number) => crowds.reduce((sum, crowd) => sum + of(crowd), 0);
    const seconds = total(({ from, to }) => to - from);
    if (!(seconds > 0)) return missing('the answers took no time');
    return {
      concurrency: Math.max(...crowds.map(({ size }) => size)),
      n: total(({ answers }) => answers),
      answersPerSecond: total(({ answers }) => answers) / seconds,
      tokensPerSecond: total(({ tokens }) => tokens) / seconds,
    };
  }

  /** The rows of a sample's trials, in the order of their repetitions. */
  rowsOf(sample: string): readonly number[] {
    return this.#samples.get(sample)?.rows ?? NONE;
  }

  /** All rows in the order in which they were measured, whichever came first in the log. */
  inOrder(): Uint32Array {
    // The sort of a plain array needs one pass if it is in order already; that of a typed array needs more.
    if (this.#order === null) {
      const ranks = ranksOf(this.#sessions);
      this.#order = Uint32Array.from(
        Array.from({ length: this.#size }, (_, row) => row).sort((a, b) => this.#compareTimes(a, b, ranks)),
      );
    }
    return this.#order;
  }

  /** The kept parts of the first repetition of a sample. */
  first(sample: string): First | null {
    return this.#samples.get(sample)?.first ?? null;
  }

  /** The texts of a trial, if texts are kept. */
  textsOf(row: number): Texts {
    return this.#texts[row]!;
  }

  session(row: number): string {
    return this.#sessions[this.#get(row, 'session')]!;
  }

  /** Seconds since its part of the run began. */
  at(row: number): number {
    return this.#get(row, 'at');
  }

  /** Null if the trial could not be scored. */
  score(row: number): number | null {
    return known(this.#get(row, 'score'));
  }

  /** Equal for trials that vote the same. */
  ballot(row: number): number {
    return this.#get(row, 'ballot');
  }

  timing(row: number, metric: DistributedMetric): number | null {
    return known(this.#get(row, metric));
  }

  /** All known values of a metric from these sessions, in the order in which they were measured. */
  timings(metric: DistributedMetric, among: Sessions): Float64Array {
    const place = AT[metric];
    const counts = this.#sessions.map((session) => among.has(session));
    const values = new Float64Array(this.#size);
    let n = 0;
    for (const row of this.inOrder()) {
      const value = this.#at(row, place);
      if (!Number.isNaN(value) && counts[this.#at(row, AT.session)]) values[n++] = value;
    }
    return values.subarray(0, n);
  }

  /** The trials that have no value of a metric because the model or its server did not answer. */
  late(metric: DistributedMetric, among: Sessions): Late {
    const counts = this.#sessions.map((session) => among.has(session));
    let [censored, never] = [0, 0];
    for (let row = 0; row < this.#size; row++) {
      const failure = known(this.#get(row, 'failure'));
      if (
        failure === null ||
        !counts[this.#at(row, AT.session)] ||
        this.#get(row, 'marks') & COLD ||
        this.timing(row, metric) !== null
      )
        continue;
      const { by, kind } = this.#failures[failure]!;
      if (by === 'model' && kind === 'timeout') censored++;
      else if (by === 'model' || kind === 'server') never++;
    }
    return { censored, after: this.#timeout, never };
  }

  /** The number of trials of each session. */
  sessionCounts(): ReadonlyMap<string, number> {
    const counts = new Map(this.#sessions.map((session) => [session, 0]));
    for (let row = 0; row < this.#size; row++) counts.set(this.session(row), counts.get(this.session(row))! + 1);
    return counts;
  }

  /** Why some trials have no value of a metric. Of several reasons, the first in the alphabet. */
  whyAbsent(metric: DistributedMetric): string | null {
    return this.#absent.get(metric) ?? null;
  }

  counts(): Counts {
    const counts = {
      completed: 0,
      failedByModel: 0,
      failedByHarness: 0,
      unjudged: 0,
      cut: 0,
      refused: 0,
      tokensDisagree: 0,
      retried: 0,
      contextCut: 0,
      promptCut: 0,
      unseen: 0,
      cachedTokens: 0,
    };
    for (let row = 0; row < this.#size; row++) {
      const marks = this.#get(row, 'marks');
      if (this.#get(row, 'finish') === FINISHES.indexOf('length')) counts.cut++;
      if (this.#get(row, 'finish') === FINISHES.indexOf('refused')) counts.refused++;
      if (marks & TOKENS_DISAGREE) counts.tokensDisagree++;
      if (marks & RETRIED) counts.retried++;
      if (marks & CONTEXT_CUT) counts.contextCut++;
      if (marks & PROMPT_CUT) counts.promptCut++;
      if (marks & UNSEEN) counts.unseen++;
      counts.cachedTokens += this.#get(row, 'cached');
      switch (STATES[this.#get(row, 'state')]!) {
        case 'completed':
          counts.completed++;
          if (this.score(row) === null) counts.unjudged++;
          break;
        case 'failed-by-model':
          counts.failedByModel++;
          break;
        case 'failed-by-harness':
          counts.failedByHarness++;
          break;
      }
    }
    return counts;
  }

  /** How often each kind of failure occurred, with the reason that is first in the alphabet. */
  failures(): readonly FailureCount[] {
    const counts = new Map<number, number>();
    for (let row = 0; row < this.#size; row++) {
      const failure = known(this.#get(row, 'failure'));
      if (failure !== null) counts.set(failure, (counts.get(failure) ?? 0) + 1);
    }
    return [...counts].map(([failure, count]) => {
      const { by, kind, example } = this.#failures[failure]!;
      return { by, kind, count, example };
    });
  }

  /** Trials of the same instant are ordered by their values. */
  #compareTimes(a: number, b: number, ranks: readonly number[]): number {
    const sessions = ranks[this.#get(a, 'session')]! - ranks[this.#get(b, 'session')]!;
    if (sessions !== 0) return sessions;
    for (const place of IN_TIME) {
      const first = this.#at(a, place);
      const second = this.#at(b, place);
      if (first < second) return -1;
      if (first > second) return 1;
    }
    return 0;
  }

  #join({ crowd, session, at, timings }: TrialResult): void {
    if (crowd === null) return;
    const { size, seconds } = crowd;
    const tokens = timings.outputTokens ?? 0;
    const known = this.#crowds.get(session) ?? { size, answers: 0, tokens: 0, from: at - seconds, to: at };
    this.#crowds.set(session, {
      size,
      answers: known.answers + 1,
      tokens: known.tokens + tokens,
      from: Math.min(known.from, at - seconds),
      to: Math.max(known.to, at),
    });
  }

  #valuesOf(result: TrialResult): Float64Array {
    const { timings, score, failure } = result;
    const values = this.#values;
    values[AT.session] = this.#sessionNumber(result.session);
    values[AT.repetition] = result.repetition;
    values[AT.at] = result.at;
    values[AT.state] = STATES.indexOf(result.state);
    values[AT.finish] = FINISHES.indexOf(result.finish);
    values[AT.failure] = failure === null ? Number.NaN : this.#failureIndex(failure);
    values[AT.marks] =
      (result.cold ? COLD : 0) |
      (result.tokensDisagree ? TOKENS_DISAGREE : 0) |
      (result.retries > 0 ? RETRIED : 0) |
      (result.contextCut ? CONTEXT_CUT : 0) |
      (result.promptCut ? PROMPT_CUT : 0) |
      (result.unseen ? UNSEEN : 0);
    values[AT.cached] = result.cachedTokens;
    values[AT.score] = score.state === 'scored' ? score.value : Number.NaN;
    values[AT.text] = hashOf(failure === null ? result.output : `${result.output}\n${failure.reason}`);
    for (const metric of DISTRIBUTED) values[AT[metric]] = timings[metric] ?? Number.NaN;
    values[AT.ballot] = this.#ballotIndex(result.ballot ?? '');
    values[AT.ranking] = result.ranking ?? Number.NaN;
    return values;
  }

  #sessionNumber(session: string): number {
    const known = this.#sessionNumbers.get(session);
    if (known !== undefined) return known;
    this.#sessionNumbers.set(session, this.#sessions.length);
    return this.#sessions.push(session) - 1;
  }

  #ballotIndex(ballot: string): number {
    const known = this.#ballots.get(ballot);
    if (known !== undefined) return known;
    this.#ballots.set(ballot, this.#ballots.size);
    return this.#ballots.size - 1;
  }

  #failureIndex({ by, kind, reason }: FailureReason): number {
    const index = FAULTS.indexOf(by) * Object.keys(KINDS).length + KINDS[kind];
    const known = this.#failures[index];
    if (known === undefined || reason < known.example) this.#failures[index] = { by, kind, example: reason };
    return index;
  }

  #put(row: number, values: Float64Array, result: TrialResult): number {
    const index = Math.floor(row / BLOCK);
    if (index === this.#blocks.length) this.#blocks.push(new Array(WIDTH).fill(undefined));
    const block = this.#blocks[index]!;
    for (let place = 0; place < WIDTH; place++) {
      const value = values[place]!;
      if (block[place] === undefined) {
        if (Object.is(value, USUAL[place])) continue;
        block[place] = new Float64Array(BLOCK).fill(USUAL[place]!);
      }
      block[place]![row % BLOCK] = value;
    }
    if (this.#keepsTexts) {
      const { output, filtered, score, secondary } = result;
      this.#texts[row] = { output, text: filtered ?? output, score, secondary };
    }
    for (const metric of DISTRIBUTED) {
      const reason = result.absent[metric];
      if (reason === undefined) continue;
      const known = this.#absent.get(metric);
      if (known === undefined || reason < known) this.#absent.set(metric, reason);
    }
    return row;
  }

  #row(row: number): Float64Array {
    return Float64Array.from(COLUMNS, (_, place) => this.#at(row, place));
  }

  #get(row: number, column: Column): number {
    return this.#at(row, AT[column]);
  }

  #at(row: number, place: number): number {
    const column = this.#blocks[Math.floor(row / BLOCK)]![place];
    return column === undefined ? USUAL[place]! : column[row % BLOCK]!;
  }
}

/** Answers of one session that were computed side by side; times in seconds since the run began. */
interface Crowd {
  readonly size: number;
  readonly answers: number;
  readonly tokens: number;
  readonly from: number;
  readonly to: number;
}

type FailureReason = NonNullable<TrialResult['failure']>;

export interface Counts {
  readonly completed: number;
  readonly failedByModel: number;
  readonly failedByHarness: number;
  readonly unjudged: number;
  /** Answers that ended at the token limit. */
  readonly cut: number;
  /** Answers that the model, or a filter before or after it, refused to give. */
  readonly refused: number;
  readonly tokensDisagree: number;
  readonly retried: number;
  /** Trials whose text was longer than the context, so that its beginning was cut off. */
  readonly contextCut: number;
  /** The trials whose prompt the server has cut, by its own count. */
  readonly promptCut: number;
  /** The trials whose output was counted but not fully sent. */
  readonly unseen: number;
  /** Prompt tokens of all trials that came from a cache. */
  readonly cachedTokens: number;
}

const NONE: readonly number[] = [];

/** For each session its place among the sorted ones: their ids sort by time, whichever came first in the log. */
export function ranksOf(sessions: readonly string[]): readonly number[] {
  const places = new Map(sessions.toSorted(compare).map((session, place) => [session, place]));
  return sessions.map((session) => places.get(session)!);
}

function firstOf({ score, output, finish, failure, confidence, ranking }: TrialResult): First {
  return { score, output, finish, failure, confidence, ranking };
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

/** Two records of a trial are the same if these texts are equal. */
function textOf(values: Float64Array): string {
  return values.join(' ');
}

/** FNV-1a over UTF-16 units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
