/** The beginning of a part of a log: when, by which command and on which machine one process began to append. */
import type { MachineRecord, RunRecord } from '../core/log/log.js';
import { describeMachine } from './environment.js';
import type { World } from './world.js';

export interface Start extends Pick<RunRecord, 'started' | 'command' | 'prices'> {
  readonly machine: MachineRecord;
}

export async function startOf(prices: RunRecord['prices'], { now, command }: World): Promise<Start> {
  return {
    started: now().toISOString(),
    command,
    machine: await describeMachine(),
    ...(prices && { prices }),
  };
}

/** What every record of a part says of its origin. */
export function originOf(machine: MachineRecord) {
  return { machine: machine.machine, ...partOf(machine) };
}

export function partOf({ part }: MachineRecord) {
  return part === undefined ? {} : { part };
}
