/**
 * Measures two versions here, in turns, and compares them: the way to judge speed. A red gate is measured once more before it counts.
 *
 *     measure the blocks ──▶ compare ──▶ green: done
 *            ▲                  └─ red, first look: the same blocks again, and both looks together decide
 *            └───────────────────────┘
 */

import { type Comparisons, compare, type GateRequest } from './compare.js';
import type { RunDefinition } from './definitions.js';
import { type Measured, type MeasureOptions, measure, resume } from './measure.js';
import { type World, worldOf } from './world.js';

export interface AbDefinition
  extends Omit<RunDefinition, 'models' | 'concurrency' | 'repetitions' | 'untilSure' | 'inTurns'> {
  /** Ids of models in the catalogue, or places of models. The same id twice holds a model against itself. */
  readonly base: string;
  readonly candidate: string;
  /** Blocks of samples; 6 by default. Each block opens each version twice. */
  readonly blocks?: number | undefined;
  /** Whether one version is open at a time, because both do not fit. What else the machine does then counts for one of them. */
  readonly oneAtATime?: boolean | undefined;
  readonly out?: string | undefined;
}

export interface AbOptions extends MeasureOptions {
  readonly gates?: GateRequest | undefined;
}

export interface AbMeasured extends Comparisons {
  readonly folder: string;
  readonly looks: 1 | 2;
  readonly complete: boolean;
  readonly reason: string;
}

export const DEFAULT_BLOCKS = 6;

/** @throws UserError when a definition, a model or a gate is not as it must be. */
export async function ab(definition: AbDefinition, { gates, ...options }: AbOptions = {}): Promise<AbMeasured> {
  const world = worldOf(options);
  const first = await measure(inTurnsOf(definition), { ...options, ...world });
  const found = await comparisonOf(first, gates, world);
  const isRed = found.exitCode === 1 && first.complete;
  if (!isRed) return { ...found, ...endingOf(first), looks: 1 };
  const second = await resume(first.folder, { ...options, ...world, catalogue: definition.catalogue, look: 2 });
  return { ...(await comparisonOf(second, gates, world)), ...endingOf(second), looks: 2 };
}

/** The run that measures two versions in turns. */
export function inTurnsOf({ base, candidate, blocks = DEFAULT_BLOCKS, oneAtATime, ...definition }: AbDefinition) {
  return { ...definition, inTurns: { base, candidate, blocks, ...(oneAtATime && { oneAtATime }) } };
}

async function comparisonOf(
  { folder }: Measured,
  gates: GateRequest | undefined,
  { cwd }: World,
): Promise<Comparisons> {
  return compare([folder], { gates, cwd });
}

function endingOf({ folder, complete, reason }: Measured) {
  return { folder, complete, reason };
}
