/**
 * One request of a step, and how well the client did its own work. A step is one condition held for a time on one model.
 *
 *     due     sent      first   firstAnswer     last  end
 *      |-------|----------|--|--|--|--|--|--|-----|----|
 *
 * All times are seconds since the step began, from one monotonic clock. Latency counts from `due`: a client or a queue that makes
 * a request wait makes its latency longer (coordinated omission).
 */
import type { Quantity } from '../quantity.js';
import type { Values } from '../stats/basics/moments.js';

export interface StepRequest {
  /** `suite/task`. */
  readonly task: string;
  readonly sample: string;
  /** The session of the machine that sent it. Absent if one machine sends all. */
  readonly session?: string | undefined;
  readonly due: number;
  /** When the ceiling on requests under way let it go. Absent if it did not wait for the ceiling. */
  readonly released?: number | undefined;
  readonly sent: number;
  /** When the first non-empty piece of any kind arrived. */
  readonly first?: number | undefined;
  /** When the first piece of the answer arrived, if pieces of reasoning came before it; `never` if no answer came, `unknown` if its text does not tell. */
  readonly firstAnswer?: number | 'never' | 'unknown' | undefined;
  /** When the last piece arrived. */
  readonly last?: number | undefined;
  /** When the stream ended, failed or was cut. */
  readonly end: number;
  readonly gaps?: Gaps | undefined;
  readonly promptTokens: Quantity;
  readonly outputTokens: Quantity;
  /** Tokens that arrived after the first piece; 0 of an answer that is known to have come whole with it, such as one of one token. */
  readonly tokensAfterFirst: Quantity;
  /** Prompt tokens that came from a cache. Absent if the server does not tell. */
  readonly cachedTokens?: number | undefined;
  readonly outcome: RequestOutcome;
  /** It is `timed-out` because we cut it, with the step: it may have been answered in time. */
  readonly cutWithStep?: boolean;
  /** The deciding score, 0 to 1. Absent if the answer was not scored. */
  readonly score?: number | undefined;
}

export type RequestOutcome =
  | 'completed'
  /** It was cut off at its timeout, or with a step that was overloaded, at `end`. Every latency that was not seen is at least `end - due`. */
  | 'timed-out'
  /** It failed by the server's or the model's fault. It is later than every limit. */
  | 'failed'
  /** We cut it, or it failed by our fault. It is left out and counted. */
  | 'cut'
  /** It was due and the client never sent it. `sent` and `end` are the end of the step. */
  | 'unsent';

/** Neighbouring pieces of one answer. A piece is a token only if the server sends each token by itself. */
export interface Gaps {
  readonly between: 'tokens' | 'pieces';
  readonly seconds: Values;
}

/** What the client observed of itself during a step. Lateness, and requests under way, are computed from the requests. */
export interface ClientHealth {
  /** The p99 of the delay of the event loop, in seconds; of the worst process where there are several. */
  readonly loopDelay: Quantity;
  /** Requests that waited for a socket. */
  readonly socketWaits: number;
  /** Keep-alive connections that the server had closed, and that were replaced before the first byte. */
  readonly replacedConnections: number;
  /** The engine computes in the process of the client. It keeps the event loop busy, and stamps its tokens without it. */
  readonly inProcess?: true;
  /** The processor time of all client processes during the step. */
  readonly cpuSeconds: Quantity;
  readonly processes: number;
  /** How each machine did, where several send the requests. */
  readonly machines?: readonly MachineHealth[];
}

/** The health of the clients on one of several machines. */
export interface MachineHealth extends Omit<ClientHealth, 'machines' | 'inProcess'> {
  readonly name: string;
  readonly session: string;
}
