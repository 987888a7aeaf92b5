/**
 * The answers of a step of a load test during which no other request was under way. A user who thinks, and a low rate, leave the machine to one request
 * now and then, which shows a single stream as `closed 1` does. Such answers are the shorter ones, but their times for each token are like the others'.
 */
import type { SingleStream } from '../simulate/measured-times.js';

export interface Span {
  /** When the request was due and when its answer ended, in seconds. */
  readonly from: number;
  readonly to: number;
  /** Null where its times calibrate nothing. */
  readonly stream: SingleStream | null;
}

/**
 * @param spans All requests that were due before `until`, in any order.
 * @param until What was under way from this time on is not known.
 */
export function streamsAlone(spans: readonly Span[], until: number): SingleStream[] {
  const inTurn = [...spans].sort((a, b) => a.from - b.from);
  let idleFrom = Number.NEGATIVE_INFINITY;
  return inTurn.flatMap(({ from, to, stream }, i) => {
    const isAlone = idleFrom <= from && to <= Math.min(until, inTurn[i + 1]?.from ?? until);
    idleFrom = Math.max(idleFrom, to);
    return isAlone && stream !== null ? [stream] : [];
  });
}
