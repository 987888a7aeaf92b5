/**
 * What cannot be answered for one model or one device: files that do not tell what the model is, heads that the devices cannot share, a context beyond
 * the model's own. It is a row that says why, beside the answers for the others, and ends the command only where nothing can be answered.
 */
import type { DevicePrediction } from '../core/capacity/plan/answer.js';
import { UserError } from '../core/errors.js';
import { missing } from '../core/quantity.js';

/** What a row is about. The model of a device that nobody can answer for is not known yet. */
interface Place {
  readonly model?: string;
  readonly device: string;
  readonly engine: string;
}

export class Refused {
  constructor(
    readonly place: Place,
    readonly error: UserError,
  ) {}
}

/** What `answer` gives, or why it gives nothing. */
export function refusedIf<T>(place: Place, answer: () => T): T | Refused {
  try {
    return answer();
  } catch (error) {
    return refusedBy(place, error);
  }
}

/** @throws what is no fault of a definition, a flag or a file. */
export function refusedBy(place: Place, error: unknown): Refused {
  if (error instanceof UserError) return new Refused(place, error);
  throw error;
}

/** It has no load, whether one was asked for or not. */
export function refusedRow({ place, error }: Refused): DevicePrediction {
  const reason = missing(error.message);
  const { model = 'no model', ...rest } = place;
  return {
    model,
    ...rest,
    memory: reason,
    ttft: reason,
    tpot: reason,
    e2e: reason,
    decodeRate: reason,
    lengths: reason,
    quality: reason,
  };
}
