/** Requests of a step for tests: each test names what matters to it. */
import type { ClientHealth, StepRequest } from '../../../src/core/load/request.js';
import { known, missing } from '../../../src/core/quantity.js';

export const HEALTHY: ClientHealth = {
  loopDelay: known(0.001),
  socketWaits: 0,
  replacedConnections: 0,
  cpuSeconds: known(0.1),
  processes: 1,
};

/** A request that was answered: first token after `ttft` seconds, ten more at `tpot`. */
export function answered(
  due: number,
  { ttft = 0.1, tpot = 0.01, ...rest }: Partial<StepRequest> & { ttft?: number; tpot?: number } = {},
): StepRequest {
  const last = due + ttft + 10 * tpot;
  return {
    task: 'desk/route',
    sample: `s${Math.round(due * 1000)}`,
    due,
    sent: due,
    first: due + ttft,
    last,
    end: last,
    promptTokens: known(100),
    outputTokens: known(11),
    tokensAfterFirst: known(10),
    outcome: 'completed',
    ...rest,
  };
}

/** A request without an answer, which ended after `after` seconds. */
export function unanswered(
  outcome: Exclude<StepRequest['outcome'], 'completed'>,
  due: number,
  { after = 1, ...rest }: Partial<StepRequest> & { after?: number } = {},
): StepRequest {
  return {
    task: 'desk/route',
    sample: 's',
    due,
    sent: due,
    end: due + after,
    promptTokens: known(100),
    outputTokens: missing('it was not answered'),
    tokensAfterFirst: missing('it was not answered'),
    outcome,
    ...rest,
  };
}

/** Requests at even gaps. */
export function every(
  gap: number,
  count: number,
  make: (due: number, i: number) => StepRequest = (due) => answered(due),
) {
  return Array.from({ length: count }, (_, i) => make(i * gap, i));
}
