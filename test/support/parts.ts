/** Parts of one run, as several machines append them to its log. */
import type { LogRecord, SessionEndRecord, SessionRecord } from '../../src/core/log/log.js';
import { type LogOrder, makeLog } from './log.js';

export const ORDER: LogOrder = {
  tasks: [{ name: 'route', samples: 80 }],
  models: [
    { id: 'small', class: 'slm', quality: 0.8, memory: 20e6 },
    { id: 'large', class: 'llm', quality: 0.9, memory: 80e6, ttft: 0.06 },
  ],
};

interface PartOrder {
  readonly machine: string;
  /** Which samples the part measured. */
  readonly half: 'first' | 'second';
  /** How many times as long everything takes there. */
  readonly slower?: number;
  /** Bytes that the process holds before the model is opened. */
  readonly baseline?: number;
}

/** What one machine appended to the log of a run. */
export function partOf({ machine, half, slower = 1, baseline = 0 }: PartOrder, order: LogOrder = ORDER): LogRecord[] {
  const models = order.models.map((model) => ({
    ...model,
    ttft: (model.ttft ?? 0.02) * slower,
    itl: (model.itl ?? 0.002) * slower,
  }));
  const first = half === 'first';
  return makeLog({ ...order, models, machine }).flatMap((record): LogRecord[] => {
    if (record.type === 'run') return [{ ...record, machine: 'a' }];
    if (record.type === 'measurement') {
      const mine = Number(record.sample.slice(-4)) <= 40 === first;
      return mine ? [{ ...record, session: `${record.session} on ${machine}` }] : [];
    }
    if (record.type === 'session' || record.type === 'session-end') {
      return [withBaseline({ ...record, session: `${record.session} on ${machine}` }, baseline)];
    }
    return [record];
  });
}

export function withBaseline(record: SessionRecord | SessionEndRecord, bytes: number): LogRecord {
  return JSON.parse(
    JSON.stringify(record, (key, value) => (key === 'resident' ? { value: value.value + bytes } : value)),
  ) as LogRecord;
}
