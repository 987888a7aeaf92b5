/**
 * How many threads suit matrix arithmetic: one for each physical core. Two hyper-threads of a core share its vector
 * units, and more threads than cores make them wait for each other at every layer.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Physical cores this process may use; where the system does not tell (no `/proc/cpuinfo`), its logical ones. */
export function physicalCores(): number {
  const logical = availableParallelism();
  try {
    const cores = countCores(readFileSync('/proc/cpuinfo', 'utf8'));
    return cores === 0 ? logical : Math.min(cores, logical);
  } catch {
    return logical;
  }
}

/** Distinct pairs of socket and core; 0 when the text names none (ARM). */
export function countCores(cpuinfo: string): number {
  const cores = new Set<string>();
  for (const processor of cpuinfo.split(/\n\s*\n/)) {
    const socket = /^physical id\s*:\s*(\d+)/m.exec(processor)?.[1];
    const core = /^core id\s*:\s*(\d+)/m.exec(processor)?.[1];
    if (socket !== undefined && core !== undefined) cores.add(`${socket}/${core}`);
  }
  return cores.size;
}
