/** The measurements of a step as its analysis takes them: times since the step began, and what became of each request. */
import { taskKey } from '../keys.js';
import type { MeasurementRecord, StepRecord } from '../log/log.js';
import type { Completed, Failed } from '../measure/measurement.js';
import { tokensAfterFirst } from '../measure/window.js';
import { isMissing, known, missing, type Quantity } from '../quantity.js';
import type { Gaps, RequestOutcome, StepRequest } from './request.js';

/** What a step record says of its measurements. */
type Span = Pick<StepRecord, 'began' | 'ended'> & {
  readonly ending?: StepRecord['ending'] | null;
  readonly client?: Pick<StepRecord['client'], 'machines'>;
};

/** @param score The deciding score of the answer, if it was scored. */
export function requestOf(
  record: MeasurementRecord,
  { began, ended, ending, client }: Span,
  score?: number,
): StepRequest {
  const { suite, task, sample, outcome } = record;
  const due = (record.due ?? record.at) - began;
  const common = {
    task: taskKey(suite, task),
    sample,
    ...(client?.machines !== undefined && { session: record.session }),
    due,
    ...(record.released !== undefined && { released: record.released - began }),
    ...(score !== undefined && { score }),
  };
  switch (outcome.state) {
    case 'completed':
      return { ...common, ...answered(outcome, due) };
    case 'failed':
      return { ...common, ...lost(outcome, { due, end: record.at - began, stepEnd: ended - began, ending }) };
    case 'ranked':
      throw new RangeError(`Expected an answer of a load test, got log-likelihoods (${record.trial})`);
  }
}

type OfOutcome = Omit<StepRequest, 'task' | 'sample' | 'session' | 'due' | 'released' | 'score'>;

function answered(completed: Completed, due: number): OfOutcome {
  const { timing, promptTokens, outputTokens, cachedTokens } = completed;
  const [first, last] = [timing.pieces[0], timing.pieces.at(-1)];
  return {
    sent: due + timing.sent,
    ...(first !== undefined && { first: due + first }),
    ...(timing.firstAnswer !== undefined && { firstAnswer: due + timing.firstAnswer }),
    ...(last !== undefined && { last: due + last }),
    end: due + timing.end,
    ...gapsOf(completed),
    promptTokens: quantity(promptTokens),
    outputTokens: quantity(outputTokens),
    tokensAfterFirst: tokensAfterFirst(completed),
    ...(cachedTokens !== undefined && { cachedTokens }),
    outcome: 'completed',
  };
}

function gapsOf({ timing: { pieces, tokensPerPiece } }: Completed): { readonly gaps?: Gaps } {
  if (pieces.length < 2) return {};
  const seconds = pieces.slice(1).map((time, i) => time - pieces[i]!);
  return { gaps: { between: tokensPerPiece === undefined ? 'tokens' : 'pieces', seconds } };
}

/** The log has the source of a count too. */
function quantity(count: Completed['outputTokens']): Quantity {
  return isMissing(count) ? missing(count.missing) : known(count.value);
}

interface Ends {
  readonly due: number;
  readonly end: number;
  readonly stepEnd: number;
  readonly ending: StepRecord['ending'] | null | undefined;
}

function lost({ kind, sent, first }: Failed, { due, end, stepEnd, ending }: Ends): OfOutcome {
  // A step is cut short because its requests wait too long, so to leave them out would leave out the slow ones.
  const outcome = kind === 'cut' && ending === 'overloaded' ? 'timed-out' : OUTCOMES[kind];
  const uncounted = missing('the request failed');
  return {
    sent: outcome === 'unsent' ? stepEnd : due + (sent ?? 0),
    ...(first !== undefined && { first: due + first }),
    end: outcome === 'unsent' ? stepEnd : end,
    promptTokens: uncounted,
    outputTokens: uncounted,
    tokensAfterFirst: uncounted,
    outcome,
  };
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
