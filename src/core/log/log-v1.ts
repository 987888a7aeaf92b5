/**
 * Converts records of version 1 to version 2. It converts each record alone, so the order and the other records do not matter.
 *
 *     {"type":"run","version":1,"environment":{…},"settings":{"concurrency":4}}
 *         → {"type":"run","version":2,"machine":"#Xeon, 2 cores, …","settings":{"condition":"closed 4"}}
 *           {"type":"machine","machine":"#Xeon, 2 cores, …","environment":{…}}
 *     {"type":"session","session":3} → {"type":"session","session":"#0000000003"}
 *     {"type":"measurement","session":3,"concurrency":4} → {"type":"measurement","session":"#0000000003","condition":"closed 4"}
 *
 * In version 1 each process counted its sessions from 1, and no session named its machine. So two parts of one run can hold
 * different sessions with the same number. The analysis finds them, and gives no figure for which it must tell them apart.
 */
import { conditionText } from '../definition/condition.js';
import { identityText } from './sample-identity.js';

/** A parsed JSON record that has not been checked against its schema. */
export type RawRecord = { readonly type: string } & Record<string, unknown>;

export interface ConversionOptions {
  /** Returns the SHA-256 of a text as hexadecimal digits. */
  hash(text: string): string;
}

/** Records of version 2 pass unchanged. Errors in a record stay in it, so that its schema finds them. */
export function fromVersion1(record: RawRecord, { hash }: ConversionOptions): readonly RawRecord[] {
  switch (record.type) {
    case 'run':
      return record.version === 1
        ? withMachine({ ...record, version: 2, settings: settingsOf(record.settings) })
        : [record];
    case 'resume':
      return 'environment' in record ? withMachine(record) : [record];
    case 'session':
    case 'session-end':
      return [{ ...record, session: sessionOf(record.session) }];
    case 'measurement':
      return [measurementFromVersion1({ ...record })];
    case 'sample':
      return [sampleFromVersion1({ ...record }, { hash })];
    default:
      return [record];
  }
}

/** Changes the measurement in place. A log can hold a million measurements, and to copy each would be slow. */
export function measurementFromVersion1(record: RawRecord): RawRecord {
  const { session, concurrency } = record;
  if (typeof session === 'number') record.session = sessionOf(session);
  if (isCount(concurrency)) record.condition = conditionText({ kind: 'closed', requests: concurrency });
  return record;
}

/** Changes the sample in place, for the same reason. */
export function sampleFromVersion1(record: RawRecord, { hash }: ConversionOptions): RawRecord {
  if (!('hash' in record)) record.hash = hash(identityText(record.fields, record.target));
  return record;
}

/** Whether this file made the id of a session, machine or part. */
export function isOfVersion1(id: string): boolean {
  return id.startsWith('#');
}

function withMachine({ environment, ...record }: RawRecord): readonly RawRecord[] {
  const machine = machineOf(environment);
  const part = `#${record.started}`;
  return [
    { ...record, type: record.type, machine, part },
    { type: 'machine', machine, part, environment },
  ];
}

/** Machines of version 1 have no ids. Machines with the same processor, cores and memory count as the same machine. */
function machineOf(environment: unknown): string {
  const { cpu, memory } = object(environment);
  const { model, cores } = object(cpu);
  return `#${model}, ${cores} cores, ${object(memory).total} bytes`;
}

function settingsOf(settings: unknown): unknown {
  const { concurrency, ...rest } = object(settings);
  return isCount(concurrency)
    ? { ...rest, condition: conditionText({ kind: 'closed', requests: concurrency }) }
    : settings;
}

/** The ids sort by number. `#` sorts before every id of version 2, so they come first in a run that version 2 resumed. */
function sessionOf(session: unknown): unknown {
  return isCount(session) ? (IDS[session] ?? idOf(session)) : session;
}

function idOf(session: number): string {
  return `#${String(session).padStart(10, '0')}`;
}

/** The ids of the first sessions. A log can hold a million measurements, and few sessions: to make each id anew would take long. */
const IDS: readonly string[] = Array.from({ length: 1000 }, (_, session) => idOf(session));

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) < 1e9;
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
