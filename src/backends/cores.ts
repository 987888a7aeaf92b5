/**
 * How many threads suit matrix arithmetic: one for each physical core. Two hyper-threads of a core share its vector
 * units, and more threads than cores make them wait for each other at every layer.
 */
import { readFileSync } from 'node:fs';
import { allowedCores, processorsIn } from '../system/container.js';

/**
 * Physical cores this process may use, by its affinity and the limits of its container; where the system does not tell (no
 * `/proc/cpuinfo`), its logical ones.
 */
export function physicalCores(): number {
  const logical = allowedCores();
  try {
    const mask = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    const cores = countCores(
      readFileSync('/proc/cpuinfo', 'utf8'),
      mask === undefined ? undefined : processorsIn(mask),
    );
    return cores === 0 ? logical : Math.min(cores, logical);
  } catch {
    return logical;
  }
}

/** The warning of a session that has more threads than this process has cores. */
export function threadWarnings(threads: number, cores = allowedCores()): readonly string[] {
  if (threads <= cores) return [];
  return [
    `${threads} threads share ${cores} ${cores === 1 ? 'core' : 'cores'} and wait for each other; set fewer threads`,
  ];
}

/**
 * Distinct pairs of socket and core; 0 when the text names none (ARM).
 *
 * @param allowed the processors that count: two threads of one core are one core, whichever of them is allowed.
 */
export function countCores(cpuinfo: string, allowed?: ReadonlySet<number>): number {
  const cores = new Set<string>();
  for (const processor of cpuinfo.split(/\n\s*\n/)) {
    const number = /^processor\s*:\s*(\d+)/m.exec(processor)?.[1];
    if (allowed !== undefined && number !== undefined && !allowed.has(Number(number))) continue;
    const socket = /^physical id\s*:\s*(\d+)/m.exec(processor)?.[1];
    const core = /^core id\s*:\s*(\d+)/m.exec(processor)?.[1];
    if (socket !== undefined && core !== undefined) cores.add(`${socket}/${core}`);
  }
  return cores.size;
}
