/** What the flags of gates ask for. */
import type { GATED_VERDICTS } from '../core/definition/gated-verdicts.js';
import { UserError } from '../core/errors.js';
import { LIMITED } from '../core/measure/metrics.js';
import type { GateRequest } from '../run/compare.js';
import type { Least, Sizes } from './options.js';

export interface GateFlags {
  readonly gate?: true | undefined;
  readonly gateStrict?: true | undefined;
  readonly by?: Sizes | undefined;
  readonly least?: Least | undefined;
  readonly required?: readonly string[] | undefined;
  readonly gateVerdict?: (typeof GATED_VERDICTS)[number] | undefined;
  readonly promptsMayChange?: true | undefined;
  readonly requirePower?: true | undefined;
  /** A model that the command is about anyway, */
  readonly model?: string | undefined;
  /** or one that is named for the gate alone. */
  readonly gateModel?: string | undefined;
}

/** @throws UserError for a flag of gates where nothing is gated, or a metric that no gate has. */
export function gateRequest(flags: GateFlags): GateRequest | undefined {
  const { by = {}, least = {}, required = [], gateVerdict, promptsMayChange, requirePower, gateModel } = flags;
  const model = gateModel ?? flags.model;
  const unknown = Object.entries(by).find(([metric]) => !LIMITED.some((name) => name === metric));
  if (unknown !== undefined) {
    const [metric, { by: size }] = unknown;
    throw new UserError(`--by: expected one of ${LIMITED.join(', ')} with a size, found "${metric}=${size}"`);
  }
  const gate = {
    ...by,
    ...least,
    ...(required.length > 0 && { required }),
    ...(gateVerdict !== undefined && { verdict: gateVerdict }),
    ...(promptsMayChange && { prompts: 'may change' }),
    ...(model !== undefined && { model }),
  };
  if (flags.gate || flags.gateStrict) return { burden: flags.gateStrict ? 'shown not worse' : 'shown worse', gate };
  const alone = [
    ...Object.keys(by).map((metric) => `--by ${metric}`),
    ...Object.keys(least).map((load) => `--least ${load}`),
    ...(required.length > 0 ? ['--required'] : []),
    ...(gateVerdict !== undefined ? ['--gate-verdict'] : []),
    ...(promptsMayChange ? ['--prompts-may-change'] : []),
    ...(requirePower ? ['--require-power'] : []),
    ...(gateModel !== undefined ? ['--gate-model'] : []),
  ];
  if (alone.length > 0)
    throw new UserError(`${alone[0]}: expected --gate or --gate-strict beside it, found neither; add one of them`);
  return undefined;
}
