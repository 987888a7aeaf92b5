/** How often the gates of a drawn comparison are red, judged as `ab` judges: a red look is measured once more. */
import { DEFAULT_GATES, type GateDefinition, gateSchema } from '../../src/core/definition/gate.js';
import { isMissing } from '../../src/core/quantity.js';
import type { Compared } from '../../src/core/regress/figures.js';
import { judgeGates } from '../../src/core/regress/gate.js';
import type { ChangeGateResult, GateReport } from '../../src/core/regress/gate-report.js';
import { speedLoss } from '../../src/core/regress/interleaved.js';
import { lossOfShare } from '../../src/core/regress/loss.js';
import { qualityStatement, unitStatement } from '../../src/core/regress/power.js';
import type { Random } from '../../src/core/stats/basics/random.js';
import { type Drawn, drawBlocks, drawPair, NO_CHANGE, NOISE, type Setting, type Truth } from './draw.js';

const GATE = gateSchema.parse({});
const LEVEL = GATE.alpha / 4;

export type GateName = 'quality' | 'decodeRate' | 'ttft' | 'memory';

export interface RedCounts {
  readonly comparisons: number;
  readonly any: number;
  readonly red: Readonly<Record<GateName, number>>;
}

export function countRed(setting: Setting, truth: Truth, { comparisons, random, gates = GATE }: Drawing): RedCounts {
  const red: Record<GateName, number> = { quality: 0, decodeRate: 0, ttft: 0, memory: 0 };
  let any = 0;
  for (let i = 0; i < comparisons; i++) {
    const names = redGates(drawPair(setting, truth, random), gates);
    if (names.size > 0) any++;
    for (const name of names) red[name]++;
  }
  return { comparisons, any, red };
}

export interface Drawing {
  readonly comparisons: number;
  readonly random: Random;
  /** The gates that judge; by default the default gates. */
  readonly gates?: GateDefinition;
}

/** The default gate of one metric alone, at the level that it has beside the others. */
export const GATES_ALONE: Readonly<Record<GateName, GateDefinition>> = {
  quality: gateSchema.parse({ alpha: LEVEL, quality: DEFAULT_GATES.quality }),
  decodeRate: gateSchema.parse({ alpha: LEVEL, decodeRate: DEFAULT_GATES.decodeRate }),
  ttft: gateSchema.parse({ alpha: LEVEL, ttft: DEFAULT_GATES.ttft }),
  memory: gateSchema.parse({ alpha: LEVEL, memory: DEFAULT_GATES.memory }),
};

function redGates(drawn: Drawn, gates: GateDefinition): ReadonlySet<GateName> {
  const first = redOf(judge(drawn.first, gates));
  if (first.size === 0) return first;
  const again = redOf(judge(drawn.pooled(), gates));
  return new Set([...first].filter((name) => again.has(name)));
}

function judge(compared: Compared, gates: GateDefinition): GateReport {
  const report = judgeGates(compared, gates, { burden: 'shown worse', looks: 'twice', power: 'not stated' });
  if (report.blind.length > 0) throw new Error(report.blind[0]!.reason);
  return report;
}

function changesOf({ results }: GateReport): readonly ChangeGateResult[] {
  return results.filter((result) => result.kind === 'change');
}

function redOf(report: GateReport): ReadonlySet<GateName> {
  return new Set(changesOf(report).flatMap(({ state, metric }) => (state === 'red' ? [metric as GateName] : [])));
}

/** The blocks of a pilot, which tell how much blocks vary. */
const PILOT = 60;

/** The settings with the effort that the gates of quality and decode rate ask for, by their own statements of power. */
export function withEffort(settings: readonly Setting[], random: Random): readonly Setting[] {
  const samples = new Map<Setting['scores'], number>();
  return settings.map(({ name, scores, times }) => {
    if (!samples.has(scores)) samples.set(scores, samplesFor(scores));
    return {
      name,
      scores: { ...scores, samples: samples.get(scores)! },
      times: { ...times, blocks: blocksFor(times, random) },
    };
  });
}

function samplesFor({ samples, discordance, clusterSize, correlation, kind }: Setting['scores']): number {
  const plan = {
    samples,
    discordance: kind === 'noisy' ? discordance + 4 * NOISE : discordance,
    clusterSize,
    intraclassCorrelation: correlation,
  };
  const rule = { by: 0.03, level: LEVEL, looks: 'once' } as const;
  const { needed } = qualityStatement(plan, rule, { detect: 0.05, by: 0.03, wanted: GATE.power, asNamed: 0.05 });
  return needed === null || isMissing(needed) ? samples : needed.n;
}

function blocksFor(times: Setting['times'], random: Random): number {
  const blocks = drawBlocks({ ...times, blocks: PILOT }, NO_CHANGE, random);
  const pilot = speedLoss('decodeRate', 'median', blocks);
  if (isMissing(pilot) || pilot.spread === null) throw new Error('the pilot has no spread');
  const [by, detect] = [lossOfShare('decodeRate', 0.05), lossOfShare('decodeRate', 0.1)];
  const rule = { by, level: LEVEL, looks: 'twice' } as const;
  const statement = unitStatement({ ...pilot.spread, units: times.blocks }, rule, {
    detect,
    by,
    wanted: GATE.power,
    asNamed: 0.1,
  });
  const { needed } = statement;
  return needed === null || isMissing(needed) ? times.blocks : needed.n;
}
