/**
 * Assigns sessions to machines. Speed and memory depend on the machine, so reports show two machines side by side and never
 * pool them. Quality depends on the model only, so it is pooled.
 *
 *     session ──its record──▶ machine ──its record──▶ environment
 *
 * The figures of a model come from one machine. It is the machine with most trials of the run, so that models can be compared.
 * If that machine made few trials of the model, it is the machine with most trials of the model.
 */
import type { MachineRecord, SessionEndRecord, SessionRecord, Warning } from '../log/log.js';
import { isOfVersion1 } from '../log/log-v1.js';
import type { MachineInfo } from './analysis.js';
import { compare } from './collect.js';

/** The sessions that a figure is made from. */
export interface Sessions {
  has(session: string): boolean;
  /** Why trials of all other sessions give no figure. */
  readonly others: string;
}

export const EVERY_SESSION: Sessions = { has: () => true, others: 'there are no trials' };

/** The sessions of one machine. */
export interface MachineSessions {
  /** The name of the machine; null if the log does not tell. */
  readonly machine: string | null;
  readonly sessions: Sessions;
  /** The sessions with a unique id. Only their records certainly belong together. */
  readonly unambiguous: Sessions;
}

export interface MachineRecords {
  readonly machines: readonly MachineRecord[];
  readonly sessions: readonly SessionRecord[];
  readonly ends: readonly SessionEndRecord[];
  /** The number of trials of each session. */
  readonly trials: ReadonlyMap<string, number>;
  /** The machine that started the run, if the run names it. */
  readonly first: string | undefined;
  /** Names for some machines; the others are numbered. */
  readonly names: ReadonlyMap<string, string>;
}

export interface Machines {
  /** The machine with most trials comes first. */
  readonly list: readonly MachineInfo[];
  /** Returns the machine whose figures represent these sessions, followed by the other machines that ran some of them. */
  choose(trials: ReadonlyMap<string, number>): readonly [MachineSessions, ...MachineSessions[]];
  readonly warnings: readonly Warning[];
  /** What makes times less exact. */
  readonly circumstances: readonly Warning[];
}

/** Two processes gave the same number to different sessions. */
const AMBIGUOUS = 'two sessions of this log have the same id, so their readings cannot be told apart';
const ELSEWHERE = 'its trials ran on another machine';
const UNKNOWN = 'the log does not tell which of its machines ran the trials';

const NO_SESSION: Sessions = { has: () => false, others: UNKNOWN };

export function readMachines(records: MachineRecords): Machines {
  const described = describe(records.machines);
  const idOf = machineIds(records.sessions, [...described.keys()]);
  const list = listMachines(records, described, idOf);
  const ambiguous = new Set([...repeated(records.sessions), ...repeated(records.ends)]);
  const on = ({ id, name }: MachineInfo): MachineSessions => ({
    machine: name,
    sessions: { has: (session) => idOf(session) === id, others: ELSEWHERE },
    unambiguous: {
      has: (session) => idOf(session) === id && !ambiguous.has(session),
      others: ambiguous.size > 0 ? AMBIGUOUS : ELSEWHERE,
    },
  });
  return {
    list,
    choose(trials) {
      const counts = countByMachine(trials, idOf);
      const trialsOn = ({ id }: MachineInfo) => counts.get(id) ?? 0;
      const measured = list.filter(({ id }) => counts.has(id));
      // The first machine of the list has most trials of the run.
      const most = Math.max(...measured.map(trialsOn));
      const chosen = measured.find((machine) => 2 * trialsOn(machine) >= most);
      if (chosen === undefined) return [{ machine: null, sessions: NO_SESSION, unambiguous: NO_SESSION }];
      return [on(chosen), ...measured.filter((machine) => machine !== chosen).map(on)];
    },
    warnings: ambiguityWarnings([...ambiguous]),
    circumstances: [...noiseOf(list), ...differencesOf(list)],
  };
}

/** A machine may begin several parts. Its description comes from the first of them. */
function describe(machines: readonly MachineRecord[]): ReadonlyMap<string, MachineRecord> {
  const described = new Map<string, MachineRecord>();
  const byPart = machines.toSorted(
    (a, b) => compare(a.part ?? '', b.part ?? '') || compare(JSON.stringify(a), JSON.stringify(b)),
  );
  for (const record of byPart) {
    if (!described.has(record.machine)) described.set(record.machine, record);
  }
  return described;
}

type MachineIds = (session: string) => string | null;

/** Sessions of version 1 do not name their machine. If the log has only one machine, it ran them. */
function machineIds(sessions: readonly SessionRecord[], machines: readonly string[]): MachineIds {
  const named = new Map(sessions.map(({ session, machine }) => [session, machine]));
  const [only, ...others] = machines;
  const [onlyOfVersion1, ...othersOfVersion1] = machines.filter(isOfVersion1);
  return (session) => {
    const machine = named.get(session);
    if (machine !== undefined) return machine;
    if (isOfVersion1(session)) return othersOfVersion1.length === 0 ? (onlyOfVersion1 ?? null) : null;
    return others.length === 0 ? (only ?? null) : null;
  };
}

function listMachines(
  { trials, first, names }: MachineRecords,
  described: ReadonlyMap<string, MachineRecord>,
  idOf: MachineIds,
): MachineInfo[] {
  const counts = countByMachine(trials, idOf);
  const all = [...described].map(([id, { name, environment }]) => ({
    id,
    name,
    environment,
    trials: counts.get(id) ?? 0,
  }));
  // A machine that let others measure has no figures of its own.
  const measured = all.filter((machine) => machine.trials > 0);
  return (measured.length > 0 ? measured : all)
    .sort((a, b) => b.trials - a.trials || Number(b.id === first) - Number(a.id === first) || compare(a.id, b.id))
    .map((machine, i) => ({ ...machine, name: names.get(machine.id) ?? machine.name ?? `machine ${i + 1}` }));
}

function countByMachine(trials: ReadonlyMap<string, number>, idOf: MachineIds): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [session, n] of trials) {
    const id = idOf(session);
    if (id !== null) counts.set(id, (counts.get(id) ?? 0) + n);
  }
  return counts;
}

function repeated(records: readonly { readonly session: string }[]): string[] {
  const seen = new Set<string>();
  return records.flatMap(({ session }) => (seen.size === seen.add(session).size ? [session] : []));
}

/** If there are several machines, a warning names its machine. */
function noiseOf(machines: readonly MachineInfo[]): Warning[] {
  return machines.flatMap(({ name, environment }) =>
    environment.noise.map(({ what, remedy }) => ({ what: machines.length < 2 ? what : `${name}: ${what}`, remedy })),
  );
}

function differencesOf(machines: readonly MachineInfo[]): Warning[] {
  if (machines.length < 2) return [];
  const described = machines.map(
    ({ name, environment: { cpu, os } }) => `${name}: ${cpu.model}, ${cpu.cores} cores, ${os}`,
  );
  return [
    {
      what: `the trials come from different machines (${described.join('; ')})`,
      remedy: 'compare quality across them, and speed and memory only within one machine',
    },
  ];
}

/** Version 1 numbered the sessions of each run from 1. A log of version 2 repeats an id only if it was joined with itself. */
function ambiguityWarnings(ids: readonly string[]): Warning[] {
  if (ids.length === 0) return [];
  const used = ids.length === 1 ? 'one session id is used' : `${ids.length} session ids are used`;
  const joins = ids.every(isOfVersion1)
    ? 'the log joins parts of version 1, which may come from different machines'
    : 'the log joins parts that hold the same sessions';
  return [{ what: `${used} twice: ${joins}`, remedy: 'report the parts side by side: rightsize report A B' }];
}
