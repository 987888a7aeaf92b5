/**
 * How long a step of an engine takes. A step gives each decoding sequence its next token and reads some tokens of waiting prompts:
 *
 *     seconds = pass(decoding sequences + prompt tokens) + sequence x decoding sequences + cached x tokens of context that they read
 *             + read(prompt tokens, tokens before them) + several, if two sequences or more decode and no prompt is read
 */

export interface StepTimes {
  /** The seconds of one pass over the weights, whatever it computes. More tokens use more experts of a mixture. */
  pass(tokens: number): number;
  /** The seconds that each decoding sequence adds. */
  readonly sequence: number;
  /** The seconds that a step of two sequences or more adds, because engines multiply matrices for it and a vector for one. */
  readonly several: number;
  /** The seconds for each token of context that decoding sequences read again. */
  readonly cached: number;
  /** The seconds that `tokens` tokens of one prompt add, which come after `past` tokens of the same prompt. */
  read(tokens: number, past: number): number;
  /** The seconds that a request spends outside of steps before its first token: network, template, tokens. It keeps no slot busy. */
  readonly request: number;
  /** What the device does at full speed: doubt makes no step faster. Absent for a machine whose steps were measured. */
  readonly least?: LeastTimes;
  /** The share of a pass and of a sequence that waits for memory and for compute. What remains is a cost for each step and layer. */
  readonly shares: { readonly memoryOfPass: number; readonly computeOfSequence: number };
}

/** The parts of a step that read or compute. */
export type LeastTimes = Pick<StepTimes, 'pass' | 'sequence' | 'cached' | 'read'>;

/** Factors of the parts of a step: a draw of how wrong the constants may be. */
export interface StepFactors {
  /** The errors of three times: reading weights and caches, each further sequence, and reading prompts. */
  readonly decode: number;
  readonly batch: number;
  readonly prefill: number;
}

/** The seconds of a step without the tokens of context that it reads. */
export function stepSeconds(
  times: StepTimes,
  { decoding, tokens, read }: { readonly decoding: number; readonly tokens: number; readonly read: number },
): number {
  const several = decoding > 1 && tokens === 0 ? times.several : 0;
  return times.pass(decoding + tokens) + several + decoding * times.sequence + read;
}

export function scaled(times: StepTimes, { decode, batch, prefill }: StepFactors): StepTimes {
  return noFaster({
    ...times,
    pass: (tokens) => times.pass(tokens) * decode,
    sequence: times.sequence * batch,
    several: times.several * batch,
    cached: times.cached * decode,
    read: (tokens, past) => times.read(tokens, past) * prefill,
    request: times.request * prefill,
  });
}

/** With each part that reads or computes at least as long as at full speed. */
export function noFaster(times: StepTimes): StepTimes {
  const { least } = times;
  if (least === undefined) return times;
  return {
    ...times,
    pass: (tokens) => Math.max(least.pass(tokens), times.pass(tokens)),
    sequence: Math.max(least.sequence, times.sequence),
    cached: Math.max(least.cached, times.cached),
    read: (tokens, past) => Math.max(least.read(tokens, past), times.read(tokens, past)),
  };
}
