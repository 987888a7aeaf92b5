/**
 * What a log tells of a workload and of the machine that ran it: how long requests and answers are, and how fast one stream was. Requests that
 * had the machine for themselves calibrate it, in steps of one request at a time and in others; all that were answered tell lengths.
 */
import { isAlone, parseCondition } from '../../definition/condition.js';
import type { LogRecord, MeasurementRecord, SessionFacts } from '../../log/log.js';
import type { Completed } from '../../measure/measurement.js';
import { promptTokensRead, tokensAfterFirst } from '../../measure/window.js';
import { isMissing } from '../../quantity.js';
import { type BatchTime, batchTimes, type TimedAnswer } from '../simulate/batch-times.js';
import type { SingleStream } from '../simulate/measured-times.js';
import type { Lengths } from '../step/workload.js';
import { type Span, streamsAlone } from './alone.js';

export interface RecordedModel {
  readonly model: string;
  readonly lengths: readonly Lengths[];
  /** The single streams of the machine that has most of them. */
  readonly streams: readonly SingleStream[];
  /** Steps of several sequences of the same machine. */
  readonly batches: readonly BatchTime[];
  /** The facts of the last session on that machine; null if the model was never opened. */
  readonly facts: SessionFacts | null;
}

export interface RecordedFold {
  add(record: LogRecord): void;
  finish(): readonly RecordedModel[];
}

/** More requests than these tell nothing new. */
const MOST_LENGTHS = 50_000;
const MOST_STREAMS = 5_000;
/** Of one step of a load test. */
const MOST_ANSWERS = 1_000;

interface Seen {
  readonly lengths: Lengths[];
  readonly streams: Map<string, SingleStream[]>;
  /** The steps of a load test by their ids. */
  readonly steps: Map<string, TimedStep>;
  readonly facts: Map<string, SessionFacts>;
}

/** The answers of one step of a load test. */
interface TimedStep {
  readonly answers: TimedAnswer[];
  /** The machines that sent its requests. Clocks of several do not agree to a gap. */
  readonly machines: Set<string>;
  /** When the first answer began that is not known in full; seconds. */
  until: number;
  readonly spans: Span[];
  /** When the first request began whose end is not known; seconds. */
  spansUntil: number;
  /** From here on requests may be missing from the log; seconds. Not known before the record of the step. */
  end: number | null;
}

export function startRecorded(): RecordedFold {
  const models = new Map<string, Seen>();
  const machines = new Map<string, string>();
  const seen = (model: string): Seen => {
    const found = models.get(model) ?? { lengths: [], streams: new Map(), steps: new Map(), facts: new Map() };
    models.set(model, found);
    return found;
  };
  return {
    add(record) {
      if (record.type === 'session') {
        const machine = record.machine ?? '';
        machines.set(record.session, machine);
        seen(record.model).facts.set(machine, record.facts);
      }
      if (record.type === 'measurement') addMeasurement(seen(record.model), record, machines.get(record.session) ?? '');
      if (record.type === 'step') {
        const step = seen(record.model).steps.get(record.step);
        if (step !== undefined) step.end = record.began + record.until;
      }
    },
    finish() {
      return [...models].map(([model, { lengths, streams, steps, facts }]): RecordedModel => {
        addStreamsAlone(streams, [...steps.values()]);
        const [machine, most] = [...streams].reduce((a, b) => (b[1].length > a[1].length ? b : a), [
          [...facts.keys()][0] ?? '',
          [],
        ] as [string, SingleStream[]]);
        const batches = [...steps.values()].flatMap(({ answers, machines, until }) =>
          machines.size === 1 && machines.has(machine) ? batchTimes(answers, until) : [],
        );
        return { model, lengths, streams: most, batches, facts: facts.get(machine) ?? null };
      });
    },
  };
}

function addMeasurement({ lengths, streams, steps }: Seen, record: MeasurementRecord, machine: string): void {
  const isAloneThere = isAlone(parseCondition(record.condition ?? 'closed 1'));
  if (!isAloneThere) addTimed(steps, record, machine);
  const { outcome } = record;
  if (outcome.state !== 'completed') return;
  const { promptTokens, outputTokens } = outcome;
  if (isMissing(promptTokens) || isMissing(outputTokens)) return;
  if (promptTokens.value < 1 || outputTokens.value < 1) return;
  if (lengths.length < MOST_LENGTHS) lengths.push({ prompt: promptTokens.value, output: outputTokens.value });
  if (record.cold || !isAloneThere) return;
  const stream = streamOf(outcome);
  if (stream !== null) addStream(streams, machine, stream);
}

function addStream(streams: Seen['streams'], machine: string, stream: SingleStream): void {
  const list = streams.get(machine) ?? [];
  streams.set(machine, list);
  if (list.length < MOST_STREAMS) list.push(stream);
}

function addStreamsAlone(streams: Seen['streams'], steps: readonly TimedStep[]): void {
  for (const { machines, spans, spansUntil, end } of steps) {
    const [machine, ...others] = machines;
    if (machine === undefined || others.length > 0 || end === null) continue;
    for (const stream of streamsAlone(spans, Math.min(spansUntil, end))) addStream(streams, machine, stream);
  }
}

function newStep(): TimedStep {
  return {
    answers: [],
    machines: new Set(),
    until: Number.POSITIVE_INFINITY,
    spans: [],
    spansUntil: Number.POSITIVE_INFINITY,
    end: null,
  };
}

function addTimed(steps: Map<string, TimedStep>, record: MeasurementRecord, machine: string): void {
  const { step: id, due, outcome } = record;
  if (id === undefined || due === undefined) return;
  const step = steps.get(id) ?? newStep();
  steps.set(id, step);
  step.machines.add(machine);
  addSpan(step, { ...record, due });
  if (outcome.state !== 'completed') {
    // Without a first piece it was never being written.
    if (outcome.state === 'failed' && outcome.first !== undefined)
      step.until = Math.min(step.until, due + outcome.first);
    return;
  }
  const { timing, outputTokens } = outcome;
  if (timing.pieces.length === 0) return;
  if (step.answers.length >= MOST_ANSWERS) {
    step.until = Math.min(step.until, due);
    return;
  }
  const tokens = timing.pieces.map((piece) => due + piece);
  // The token that ends an answer has no text.
  const isTimed = !isMissing(outputTokens) && timing.pieces.length >= outputTokens.value - 1;
  step.answers.push({ tokens, ...(!isTimed && { lumped: true }) });
}

function addSpan(step: TimedStep, { due, cold, outcome }: MeasurementRecord & { readonly due: number }): void {
  if (outcome.state !== 'completed' || step.spans.length >= MOST_ANSWERS) {
    step.spansUntil = Math.min(step.spansUntil, due);
    return;
  }
  step.spans.push({ from: due, to: due + outcome.timing.end, stream: cold ? null : streamOf(outcome) });
}

/** Null where it is not known how many tokens were read before the first piece. */
function streamOf(completed: Completed): SingleStream | null {
  const { timing, outputTokens } = completed;
  const read = promptTokensRead(completed);
  const [first, last] = [timing.pieces[0], timing.pieces.at(-1)];
  if (isMissing(read) || isMissing(outputTokens) || first === undefined || last === undefined || first <= 0)
    return null;
  const after = tokensAfterFirst(completed);
  const tpot = isMissing(after) || last <= first ? null : (last - first) / after.value;
  return { promptTokens: read.value, outputTokens: outputTokens.value, ttft: first, tpot };
}
