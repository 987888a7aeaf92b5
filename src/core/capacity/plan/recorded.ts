/**
 * What a log tells of a workload and of the machine that ran it: how long requests and answers are, and how fast one stream was. Requests that
 * had the machine for themselves calibrate it; all that were answered tell lengths.
 */
import { isAlone, parseCondition } from '../../definition/condition.js';
import type { LogRecord, MeasurementRecord, SessionFacts } from '../../log/log.js';
import type { Completed } from '../../measure/measurement.js';
import { promptTokensRead, tokensAfterFirst } from '../../measure/window.js';
import { isMissing } from '../../quantity.js';
import { type BatchTime, batchTimes, type TimedAnswer } from '../simulate/batch-times.js';
import type { SingleStream } from '../simulate/measured-times.js';
import type { Lengths } from '../step/workload.js';

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
  /** The answers of each machine under load, by the step of the load test. */
  readonly timed: Map<string, Map<string, TimedAnswer[]>>;
  readonly facts: Map<string, SessionFacts>;
}

export function startRecorded(): RecordedFold {
  const models = new Map<string, Seen>();
  const machines = new Map<string, string>();
  const seen = (model: string): Seen => {
    const found = models.get(model) ?? { lengths: [], streams: new Map(), timed: new Map(), facts: new Map() };
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
    },
    finish() {
      return [...models].map(([model, { lengths, streams, timed, facts }]): RecordedModel => {
        const [machine, most] = [...streams].reduce((a, b) => (b[1].length > a[1].length ? b : a), [
          [...facts.keys()][0] ?? '',
          [],
        ] as [string, SingleStream[]]);
        const batches = [...(timed.get(machine)?.values() ?? [])].flatMap(batchTimes);
        return { model, lengths, streams: most, batches, facts: facts.get(machine) ?? null };
      });
    },
  };
}

function addMeasurement({ lengths, streams, timed }: Seen, record: MeasurementRecord, machine: string): void {
  const { outcome } = record;
  if (outcome.state !== 'completed') return;
  const { promptTokens, outputTokens } = outcome;
  if (isMissing(promptTokens) || isMissing(outputTokens)) return;
  if (promptTokens.value < 1 || outputTokens.value < 1) return;
  if (lengths.length < MOST_LENGTHS) lengths.push({ prompt: promptTokens.value, output: outputTokens.value });
  if (record.cold) return;
  if (!isAlone(parseCondition(record.condition ?? 'closed 1'))) {
    const steps = timed.get(machine) ?? new Map<string, TimedAnswer[]>();
    timed.set(machine, steps);
    addTimed(steps, record, outcome);
    return;
  }
  const stream = streamOf(outcome);
  if (stream === null) return;
  const list = streams.get(machine) ?? [];
  streams.set(machine, list);
  if (list.length < MOST_STREAMS) list.push(stream);
}

/** Only answers whose every token has a time: they came in as many pieces as tokens. The token that ends an answer has no text. */
function addTimed(
  steps: Map<string, TimedAnswer[]>,
  { step, due }: MeasurementRecord,
  { timing, outputTokens }: Completed,
): void {
  if (step === undefined || due === undefined || isMissing(outputTokens) || timing.pieces.length < 2) return;
  if (timing.pieces.length < outputTokens.value - 1) return;
  const answers = steps.get(step) ?? [];
  steps.set(step, answers);
  if (answers.length < MOST_ANSWERS) answers.push({ tokens: timing.pieces.map((piece) => due + piece) });
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
