/**
 * The steady-state window of a step: the requests that were due after the warm-up and before the drain. Figures are computed from
 * exactly these requests, whenever they ended, so that latency and throughput belong to the same ones.
 *
 *     | fill | warm-up, found |            window             | drain |
 *     0                                                   last due
 *
 * The window is by issue time (MLCommons endpoints, docs/steady-state-detection.md). The warm-up is found: its blocks differ from the
 * back half by a rank test. It is chosen by that test alone and never by the figure that is reported (the principle of MSER: White 1997,
 * Simulation 69:323).
 */
import type { Condition } from '../definition/condition.js';
import { type Missing, missing } from '../quantity.js';
import { mean, standardDeviation } from '../stats/basics/moments.js';
import { midRanks } from '../stats/basics/ranks.js';
import { median } from '../stats/estimate/percentiles.js';
import { serialInflation } from '../stats/estimate/serial.js';
import { LOAD_METRICS, placeOf, type Seen } from './objective.js';
import type { StepRequest } from './request.js';
import { settlingThink } from './think.js';
import { underWayBefore, underWayOf } from './under-way.js';

export interface Window {
  /** The bounds of the window, in seconds since the step began. */
  readonly from: number;
  readonly to: number;
  /** The requests in the order in which they were due. */
  readonly requests: readonly StepRequest[];
}

/** @param requests All requests of the step. @returns Missing when nothing is left between warm-up and drain. */
export function findWindow(requests: readonly StepRequest[], condition: Condition): Window | Missing {
  const ordered = requests.toSorted((a, b) => a.due - b.due);
  const answered = ordered.filter(({ outcome }) => outcome === 'completed');
  if (answered.length === 0) return missing('no request was answered');
  const life = median(answered.map(({ due, end }) => end - due));
  const lastDue = ordered.at(-1)!.due;
  // Requests that were due later ran while the load was falling.
  const to = lastDue - life;
  const before = ordered.filter(({ due }) => due < to);
  const begin = warmUp(before, fillOf(before, { condition, life }));
  const window = before.slice(begin);
  if (window.length === 0) return missing(noSteadyPart(condition, { life, lastDue }));
  return { from: window[0]!.due, to, requests: window };
}

/** Long answers leave nothing between warm-up and drain, whether the step was short or its server busy. */
function noSteadyPart(
  condition: Condition,
  { life, lastDue }: { readonly life: number; readonly lastDue: number },
): string {
  const shown = (seconds: number) => `${Number(seconds.toPrecision(3))} s`;
  const filling =
    condition.kind === 'closed'
      ? `with its first ${condition.requests} requests`
      : condition.kind === 'users'
        ? `for ${shown(settlingThink(condition.think) + life)} (a think time and a median e2e)`
        : `for ${shown(life)} (a median e2e)`;
  return `its requests came for ${shown(lastDue)}, and no steady part is left of them: the server fills ${filling} and drains for ${shown(life)} (a median e2e)`;
}

/**
 * How many requests fill the server: a closed loop begins with all of them at once, and others find it empty. Users all think at first, and
 * their queue fills as they come back.
 */
function fillOf(
  ordered: readonly StepRequest[],
  { condition, life }: { readonly condition: Condition; readonly life: number },
): number {
  if (condition.kind === 'closed') return condition.requests;
  const filling = condition.kind === 'users' ? settlingThink(condition.think) + life : life;
  const filled = ordered.findIndex(({ due }) => due >= filling);
  return filled < 0 ? ordered.length : filled;
}

/** A smaller block does not show that it differs. */
const LEAST_BLOCK = 10;
const BLOCKS = 40;
/** The two-sided critical value at 1%. */
const DIFFERS = 2.58;

/** The first request after the warm-up. At most half of the step counts as a warm-up. */
function warmUp(ordered: readonly StepRequest[], fill: number): number {
  const rest = ordered.slice(fill);
  const size = Math.max(LEAST_BLOCK, Math.ceil(rest.length / BLOCKS));
  const half = Math.floor(rest.length / 2);
  if (half < LEAST_BLOCK) return fill;
  const crops = seriesOf(rest).map((values) => {
    const ranks = midRanks(values);
    const back = ranks.slice(half);
    const inflation = serialInflation([back]);
    let begin = 0;
    while (begin + size <= half && differs(ranks.slice(begin, begin + size), back, inflation)) begin += size;
    return begin;
  });
  return fill + Math.max(0, ...crops);
}

/** What settles when a server is under its load: the wait, the speed, and how many are under way. */
function seriesOf(ordered: readonly StepRequest[]): number[][] {
  const values = (seen: (request: StepRequest) => Seen) => ordered.map((request) => placeOf(seen(request)));
  const due = Float64Array.from(ordered, (request) => request.due);
  return [
    values(LOAD_METRICS.ttft.seen),
    values(LOAD_METRICS.tpot.seen),
    Array.from(underWayBefore(underWayOf(ordered, 'due'), due)),
  ];
}

/** Whether the mean rank of a block differs from that of the back half, whose neighbours may be alike. */
function differs(block: readonly number[], back: readonly number[], inflation: number): boolean {
  const distance = Math.abs(mean(block) - mean(back));
  const spread = standardDeviation(back) * Math.sqrt(inflation * (1 / block.length + 1 / back.length));
  return distance > DIFFERS * spread;
}
