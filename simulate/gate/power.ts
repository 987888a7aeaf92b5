/** Does a gate say the truth about its power? The statement is made from the plan, and the comparison is drawn and judged whole. */
import { gateSchema } from '../../src/core/definition/gate.js';
import { judgeGates } from '../../src/core/regress/gate.js';
import { lossOfShare } from '../../src/core/regress/loss.js';
import { qualityPower } from '../../src/core/regress/quality-power.js';
import { unitPower } from '../../src/core/regress/unit-power.js';
import { createRandom } from '../../src/core/stats/basics/random.js';
import { drawPair, NO_CHANGE, type Setting, type Truth } from './draw.js';
import { SETTINGS } from './scenarios.js';

const COMPARISONS = 2_000;

interface Stated {
  readonly name: string;
  readonly says: number;
  readonly is: number;
}

export function statementRows(seed: number): readonly string[] {
  return statements(seed, COMPARISONS).map(
    ({ name, says, is }) => `| ${name} | ${(100 * says).toFixed(1)}% | ${(100 * is).toFixed(1)}% |\n`,
  );
}

export function statements(seed: number, comparisons: number): readonly Stated[] {
  return [...QUALITIES, ...SPEEDS].map(({ name, setting, truth, gate, says }) => ({
    name,
    says,
    is: shareRed({ setting, truth, gate }, comparisons, seed),
  }));
}

interface Case {
  readonly name: string;
  readonly setting: Setting;
  readonly truth: Truth;
  readonly gate: object;
  readonly says: number;
}

function shareRed(
  { setting, truth, gate }: Pick<Case, 'setting' | 'truth' | 'gate'>,
  comparisons: number,
  seed: number,
): number {
  const random = createRandom(seed, 'statements', setting.name, JSON.stringify(gate));
  const definition = gateSchema.parse(gate);
  let red = 0;
  for (let i = 0; i < comparisons; i++) {
    const { first } = drawPair(setting, truth, random);
    const { results } = judgeGates(first, definition, { burden: 'shown worse', looks: 'once', power: 'not stated' });
    if (results.some(({ state }) => state === 'red')) red++;
  }
  return red / comparisons;
}

const STILL = SETTINGS[0]!;

const QUALITIES: readonly Case[] = [
  { samples: 120, discordance: 0.1, clusterSize: 1, correlation: 0 },
  { samples: 240, discordance: 0.1, clusterSize: 1, correlation: 0 },
  { samples: 480, discordance: 0.15, clusterSize: 1, correlation: 0 },
  { samples: 240, discordance: 0.1, clusterSize: 4, correlation: 0.3 },
].map(({ samples, discordance, clusterSize, correlation }): Case => {
  const groups = clusterSize > 1 ? `, in groups of ${clusterSize}` : '';
  const plan = { samples, discordance, clusterSize, intraclassCorrelation: correlation };
  const rule = { by: 0.03, level: 0.05, looks: 'once' } as const;
  return {
    name: `quality: 5 points of ${samples} samples${groups} that differ by ${100 * discordance}%`,
    setting: { ...STILL, scores: { ...STILL.scores, samples, discordance, clusterSize, correlation } },
    truth: { ...NO_CHANGE, quality: 0.05 },
    gate: { quality: { by: 0.03 } },
    says: qualityPower(plan, 0.05, { rule, draws: COMPARISONS }),
  };
});

/** Of a block the openings alone vary here, so that the deviation of a block is known: two openings of each side. */
const SPEEDS: readonly Case[] = [
  { opening: 0.03, blocks: 6 },
  { opening: 0.06, blocks: 6 },
  { opening: 0.06, blocks: 12 },
  { opening: 0.1, blocks: 24 },
].map(({ opening, blocks }): Case => {
  const slowdown = 1 / 9;
  const rule = { by: lossOfShare('decodeRate', 0.05), level: 0.05, looks: 'once' } as const;
  const spread = { units: blocks, deviation: opening, floorDeviation: opening };
  return {
    name: `decode rate: 10% over ${blocks} blocks whose openings vary by ${100 * opening}%`,
    setting: { ...STILL, times: { ...STILL.times, opening, blocks, request: 0, samplesOfBlock: 2 } },
    truth: { ...NO_CHANGE, slowdown },
    gate: { decodeRate: { by: 0.05 } },
    says: unitPower(spread, Math.log(1 + slowdown), { rule, draws: COMPARISONS }),
  };
});
