/**
 * Records of version 1 as those of version 2, one by one: whatever else a log holds, and in any order.
 *
 *     {"type":"run","version":1,"environment":{…},"settings":{"concurrency":4}}
 *         → {"type":"run","version":2,"machine":"#Xeon, 2 cores, …","settings":{"condition":"closed 4"}}
 *           {"type":"machine","machine":"#Xeon, 2 cores, …","environment":{…}}
 *     {"type":"session","session":3} → {"type":"session","session":"#0000000003"}
 *     {"type":"measurement","session":3,"concurrency":4} → {"type":"measurement","session":"#0000000003","condition":"closed 4"}
 *
 * In version 1 each process counted its sessions from 1, and no session named its machine. So two parts of one run hold
 * different sessions of one number: the analysis finds them, and gives no figure that needs to tell them apart.
 */
import { conditionText } from '../definition/condition.js';
import { identityText } from './sample-identity.js';

/** A record as JSON holds it, before its schema has been looked at. */
export type RawRecord = { readonly type: string } & Record<string, unknown>;

export interface ConversionOptions {
  /** SHA-256, as hexadecimal digits. */
  hash(text: string): string;
}

/** Records of version 2 pass unchanged. What is wrong in a record stays wrong, for its schema to find. */
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
      return 'hash' in record ? [record] : [{ ...record, hash: hash(identityText(record.fields, record.target)) }];
    default:
      return [record];
  }
}

/** Changes the measurement in place: a log can hold a million, and a copy of each would be slow. */
export function measurementFromVersion1(record: RawRecord): RawRecord {
  const { session, concurrency } = record;
  if (typeof session === 'number') record.session = sessionOf(session);
  if (isCount(concurrency)) record.condition = conditionText({ kind: 'closed', requests: concurrency });
  return record;
}

/** Whether the id of a session, machine or part was made here. */
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

/** Machines of version 1 have no ids: those of one processor, as many cores and as much memory count as one. */
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

/** The ids sort by number, and `#` before every id of version 2: a run that version 2 resumed began with version 1. */
function sessionOf(session: unknown): unknown {
  return isCount(session) ? `#${String(session).padStart(10, '0')}` : session;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) < 1e9;
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
