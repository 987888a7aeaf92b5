/** Two versions from logs made to order. */
import { analyse } from '../../../src/core/analyse/analyse.js';
import { gateSchema } from '../../../src/core/definition/gate.js';
import type { LogRecord } from '../../../src/core/log/log.js';
import { LIMITED, type LimitedMetric, METRICS } from '../../../src/core/measure/metrics.js';
import { versionOf } from '../../../src/core/regress/extract.js';
import type { Compared, SpeedBasis } from '../../../src/core/regress/figures.js';
import { judgeGates } from '../../../src/core/regress/gate.js';
import type { Burden, GateReport } from '../../../src/core/regress/gate-report.js';
import { pairVersions } from '../../../src/core/regress/pairs.js';
import type { Version, VersionSample } from '../../../src/core/regress/version.js';
import { type LogOrder, makeLog } from '../../support/log.js';

export const NO_SPEED: SpeedBasis = { kind: 'none', reason: 'nothing was measured in turns' };

/** The margins that a comparison has by default. */
export const MARGINS = Object.fromEntries(LIMITED.map((metric) => [metric, METRICS[metric].limit.margin])) as Readonly<
  Record<LimitedMetric, number>
>;

export const ORDER: LogOrder = {
  tasks: [{ name: 'route', samples: 240 }],
  models: [{ id: 'small', class: 'slm', quality: 0.8, price: { input: 1, output: 2 } }],
};

/** A version that a log of this order gives, after the records were changed. */
export function versionFrom(
  order: Partial<LogOrder> = {},
  change: (records: LogRecord[]) => LogRecord[] = (records) => records,
): Version {
  return versionOf(analyse(change(makeLog({ ...ORDER, ...order }))), 'small');
}

export function withSamples(version: Version, change: (sample: VersionSample, i: number) => VersionSample): Version {
  return { ...version, tasks: version.tasks.map((task) => ({ ...task, samples: task.samples.map(change) })) };
}

export function comparedOf(base: Version, candidate: Version, speed = NO_SPEED): Compared {
  return { base, candidate, speed, paired: pairVersions(base, candidate) };
}

export function judge(
  compared: Compared,
  gate: object,
  burden: Burden = 'shown worse',
  power: 'stated' | 'not stated' = 'not stated',
): GateReport {
  return judgeGates(compared, gateSchema.parse(gate), { burden, looks: 'once', power });
}
