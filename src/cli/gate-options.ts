/** The flags of gates, which several commands have. */
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { GATED_VERDICTS } from '../core/definition/gate.js';
import { UserError } from '../core/errors.js';
import { LIMITED } from '../core/measure/metrics.js';
import type { GateRequest } from '../run/compare.js';
import { collect, oneOf } from './options.js';

export const gateOption = () => new Option('--gate', 'exit with 1 when a gate is red, with 2 when one cannot judge');
export const gateStrictOption = () =>
  new Option('--gate-strict', 'red unless a change is shown to be smaller than what a gate allows');
export const byOption = () =>
  new Option('--by <metric=size>', 'the smallest change worth a red build: "quality=3 points" (repeatable)')
    .argParser(sizeOfMetric)
    .default<Sizes>({}, 'the suite, else quality=3 points, decodeRate=5%, ttft=10%, memory=5%');
export const requiredOption = () =>
  new Option('--required <id>', 'a sample that may never be lost (repeatable)')
    .argParser(collect)
    .default<readonly string[]>([], 'those of the suite');
export const gateVerdictOption = () =>
  new Option('--gate-verdict <verdict>', `the verdict that the run must reach: ${GATED_VERDICTS.join(', ')}`).argParser(
    oneOf(GATED_VERDICTS),
  );
export const promptsOption = () =>
  new Option('--prompts-may-change', 'gate although the prompts of paired samples differ');
export const requirePowerOption = () =>
  new Option('--require-power', 'exit with 1 when a gate cannot see a change of the size that it shall see');

type Sizes = Readonly<Record<string, { readonly by: string }>>;

function sizeOfMetric(text: string, earlier: Sizes): Sizes {
  const [metric, by, ...more] = text.split('=');
  if (!LIMITED.some((name) => name === metric) || by === undefined || more.length > 0)
    throw new InvalidArgumentError(
      `expected one of ${LIMITED.join(', ')} with a size, as in "quality=3 points", found "${text}".`,
    );
  return { ...earlier, [metric!]: { by: by.trim() } };
}

export interface GateFlags {
  readonly gate?: true | undefined;
  readonly gateStrict?: true | undefined;
  readonly by?: Sizes | undefined;
  readonly required?: readonly string[] | undefined;
  readonly gateVerdict?: (typeof GATED_VERDICTS)[number] | undefined;
  readonly promptsMayChange?: true | undefined;
  readonly requirePower?: true | undefined;
  readonly model?: string | undefined;
}

/** @throws UserError for a flag of gates where nothing is gated. */
export function gateRequest(flags: GateFlags): GateRequest | undefined {
  const { by = {}, required = [], gateVerdict, promptsMayChange, requirePower } = flags;
  const gate = {
    ...by,
    ...(required.length > 0 && { required }),
    ...(gateVerdict !== undefined && { verdict: gateVerdict }),
    ...(promptsMayChange && { prompts: 'may change' }),
    ...(flags.model !== undefined && { model: flags.model }),
  };
  if (flags.gate || flags.gateStrict) return { burden: flags.gateStrict ? 'shown not worse' : 'shown worse', gate };
  const alone = [
    ...Object.keys(by).map((metric) => `--by ${metric}`),
    ...(required.length > 0 ? ['--required'] : []),
    ...(gateVerdict !== undefined ? ['--gate-verdict'] : []),
    ...(promptsMayChange ? ['--prompts-may-change'] : []),
    ...(requirePower ? ['--require-power'] : []),
  ];
  if (alone.length > 0)
    throw new UserError(`${alone[0]}: expected --gate or --gate-strict beside it, found neither; add one of them`);
  return undefined;
}
