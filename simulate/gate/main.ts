/**
 * Do gates hold their promise? Comparisons are drawn whose truth is known, and the gates judge each by their default settings:
 *
 *     npm run simulate -- gate
 *
 * It prints the tables of docs/gate.md: how often a gate is red where nothing changed, how often where something did, and how far
 * what it says of its power is from what it does. The same seed draws the same comparisons.
 */
import { createRandom } from '../../src/core/stats/basics/random.js';
import { NO_CHANGE, type Truth } from './draw.js';
import { countRed, GATES_ALONE, type GateName, type RedCounts, withEffort } from './observe.js';
import { statementRows } from './power.js';
import { SETTINGS } from './scenarios.js';

export interface GateSimulation {
  /** Comparisons without any change, over all settings. */
  readonly unchanged: number;
  /** Comparisons with a change, for each change, over all settings. */
  readonly changed: number;
  readonly seed: number;
}

const CHANGES: readonly { readonly name: string; readonly gate: GateName; readonly truth: Truth }[] = [
  { name: 'a decode rate 10% lower', gate: 'decodeRate', truth: { ...NO_CHANGE, slowdown: 1 / 9 } },
  { name: 'a loss of 5 points', gate: 'quality', truth: { ...NO_CHANGE, quality: 0.05 } },
  { name: '10% more memory', gate: 'memory', truth: { ...NO_CHANGE, memory: 0.1 } },
];

export function simulateGates({ unchanged, changed, seed }: GateSimulation, write: (text: string) => void): void {
  const efforts = withEffort(SETTINGS, createRandom(seed, 'efforts'));
  const drawsOf = (what: string, comparisons: number) => ({
    comparisons: Math.ceil(comparisons / SETTINGS.length),
    random: createRandom(seed, what),
  });
  for (const { name, scores, times } of efforts) write(`${name}: ${scores.samples} samples, ${times.blocks} blocks\n`);
  write('\n');
  write('| nothing changed | comparisons | red |\n|---|--:|--:|\n');
  const draws = drawsOf('nothing changed', unchanged);
  const all = efforts.map((setting) => {
    const counts = countRed(setting, NO_CHANGE, draws);
    write(`| ${setting.name} | ${counts.comparisons} | ${counts.any} |\n`);
    return counts;
  });
  write(`| all | ${total(all, ({ comparisons }) => comparisons)} | ${total(all, ({ any }) => any)} |\n`);
  write('\n| change | comparisons | red |\n|---|--:|--:|\n');
  for (const { name, gate, truth } of CHANGES) {
    const each = { ...drawsOf(name, changed), gates: GATES_ALONE[gate] };
    const counts = efforts.map((setting) => countRed(setting, truth, each));
    const n = total(counts, ({ comparisons }) => comparisons);
    write(`| ${name} | ${n} | ${((100 * total(counts, ({ red }) => red[gate])) / n).toFixed(1)}% |\n`);
  }
  write('\n| what the gate says of its power | says | is |\n|---|--:|--:|\n');
  for (const row of statementRows(seed)) write(row);
}

function total(counts: readonly RedCounts[], read: (one: RedCounts) => number): number {
  return counts.reduce((sum, one) => sum + read(one), 0);
}
