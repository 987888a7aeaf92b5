/** Every way in which a gate may be unable to see. None of them may be green. */
import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import type { LogRecord, MeasurementRecord } from '../../../src/core/log/log.js';
import { missing } from '../../../src/core/quantity.js';
import { versionOf } from '../../../src/core/regress/extract.js';
import type { SpeedBasis } from '../../../src/core/regress/figures.js';
import { exitCodeOf } from '../../../src/core/regress/gate-report.js';
import type { BlockSample } from '../../../src/core/regress/interleaved.js';
import type { Version, VersionSample, VersionTask } from '../../../src/core/regress/version.js';
import { makeLog } from '../../support/log.js';
import { comparedOf, judge, NO_SPEED, ORDER, versionFrom } from './support.js';

const base = versionFrom();

interface Case {
  readonly base?: Version;
  readonly candidate?: Version;
  readonly speed?: SpeedBasis;
  readonly gate?: object;
  /** 1 where the loss is real, 2 where nothing can be judged. */
  readonly code: 1 | 2;
}

const QUALITY = { quality: { by: '3 points' } };
const MEMORY = { memory: { by: '5%' } };
const RATE = { decodeRate: { by: '5%' } };
const TTFT = { ttft: { by: '10%' } };
const COST = { cost: { by: '5%' } };

function withTask(change: (task: VersionTask) => VersionTask, version = base): Version {
  return { ...version, tasks: version.tasks.map(change) };
}

function withSamples(change: (sample: VersionSample, i: number) => VersionSample | null): Version {
  return withTask((task) => ({ ...task, samples: task.samples.flatMap((one, i) => change(one, i) ?? []) }));
}

function measurements(change: (record: MeasurementRecord, i: number) => LogRecord | null) {
  return (records: LogRecord[]): LogRecord[] => {
    let count = 0;
    return records.flatMap((record) => (record.type === 'measurement' ? (change(record, count++) ?? []) : [record]));
  };
}

const failed = (by: 'model' | 'harness', kind: 'timeout' | 'crash') => (record: MeasurementRecord) =>
  ({ ...record, outcome: { state: 'failed', by, kind, reason: 'it broke', output: '' } }) as MeasurementRecord;

const sample = (seconds: number): BlockSample => ({
  base: [timing(1), timing(1)],
  candidate: [timing(seconds), timing(seconds)],
});
const timing = (seconds: number) => ({ ttft: seconds, e2e: seconds, decodeRate: 1 / seconds });
const blocks = (count: number, seconds = 1): SpeedBasis => ({
  kind: 'interleaved',
  blocks: Array.from({ length: count }, () => [sample(seconds), sample(seconds)]),
});

const CASES: Readonly<Record<string, Case>> = {
  'no measurement at all': {
    candidate: versionFrom(
      {},
      measurements(() => null),
    ),
    code: 2,
  },
  'a base without any measurement': {
    base: versionFrom(
      {},
      measurements(() => null),
    ),
    code: 2,
  },
  'half of a run': { candidate: versionFrom({ cutAfter: 360 }), code: 2 },
  'half of the run of the base': { base: versionFrom({ cutAfter: 360 }), code: 2 },
  'one trial fewer': {
    candidate: versionFrom(
      {},
      measurements((one, i) => (i === 0 ? null : one)),
    ),
    code: 2,
  },
  'one sample fewer': { candidate: versionFrom({ tasks: [{ name: 'route', samples: 239 }] }), code: 2 },
  'one sample': { candidate: versionFrom({ tasks: [{ name: 'route', samples: 1 }] }), code: 2 },
  'one sample in both': {
    base: versionFrom({ tasks: [{ name: 'route', samples: 1 }] }),
    candidate: versionFrom({ tasks: [{ name: 'route', samples: 1 }] }),
    code: 2,
  },
  'no sample': { candidate: withTask((task) => ({ ...task, samples: [] })), code: 2 },
  'a renamed task': { candidate: withTask((task) => ({ ...task, name: 'routing' })), code: 2 },
  'a renamed suite': { candidate: withTask((task) => ({ ...task, suite: 'other' })), code: 2 },
  'a task that was dropped': {
    base: versionFrom({
      tasks: [
        { name: 'route', samples: 240 },
        { name: 'policy', samples: 40 },
      ],
    }),
    code: 2,
  },
  'no task': { candidate: { ...base, tasks: [] }, code: 2 },
  'no task in the base': { base: { ...base, tasks: [] }, code: 2 },
  'other rows': { candidate: withSamples((one) => ({ ...one, hash: `other ${one.hash}`.slice(0, 16) })), code: 2 },
  'one other row': { candidate: withSamples((one, i) => (i === 3 ? { ...one, hash: 'another' } : one)), code: 2 },
  'other prompts': { candidate: withSamples((one) => ({ ...one, prompt: `other ${one.prompt}` })), code: 2 },
  'one other prompt': { candidate: withSamples((one, i) => (i === 3 ? { ...one, prompt: 'another' } : one)), code: 2 },
  'another scorer': { candidate: withTask((task) => ({ ...task, scorer: '"includes"' })), code: 2 },
  'another condition': { candidate: withTask((task) => ({ ...task, condition: 'closed 8' })), code: 2 },
  'more repetitions': { candidate: versionFrom({ repetitions: 2 }), code: 2 },
  'all answers unscored': {
    candidate: versionFrom({}, measurements(failed('harness', 'crash'))),
    code: 2,
  },
  'all answers of the base unscored': { base: versionFrom({}, measurements(failed('harness', 'crash'))), code: 2 },
  'a tenth unscored': {
    candidate: versionFrom(
      {},
      measurements((one, i) => (i % 10 === 0 ? failed('harness', 'crash')(one) : one)),
    ),
    code: 2,
  },
  'few unscored, which count as wrong': {
    candidate: withSamples((one, i) => (i < 10 ? { ...one, score: null, unscored: 1 } : one)),
    code: 1,
  },
  'every answer timed out': { candidate: versionFrom({}, measurements(failed('model', 'timeout'))), code: 1 },
  'every answer empty': {
    candidate: versionFrom(
      {},
      measurements((one) => withOutput(one, '')),
    ),
    code: 1,
  },
  'a score that is no number': { candidate: withSamples((one) => ({ ...one, score: Number.NaN })), code: 2 },
  'one score that is no number': {
    candidate: withSamples((one, i) => (i === 0 ? { ...one, score: Number.NaN } : one)),
    code: 2,
  },
  'a score above 1 in the base': { base: withSamples((one, i) => (i === 0 ? { ...one, score: 7 } : one)), code: 2 },
  'a score below 0': { candidate: withSamples((one, i) => (i === 0 ? { ...one, score: -1 } : one)), code: 2 },
  'no repetition': { candidate: withSamples((one) => ({ ...one, repetitions: 0 })), code: 2 },
  'more unscored than repetitions': { candidate: withSamples((one) => ({ ...one, unscored: 5 })), code: 2 },
  'no memory': {
    candidate: versionFrom({ models: [{ ...ORDER.models[0]!, memory: null }] }),
    gate: MEMORY,
    code: 2,
  },
  'no memory in the base': { base: { ...base, memory: missing('not ours') }, gate: MEMORY, code: 2 },
  'memory that is no number': {
    candidate: { ...base, memory: { median: Number.NaN, min: Number.NaN, max: Number.NaN, n: 1 } },
    gate: MEMORY,
    code: 2,
  },
  'memory of another machine': {
    candidate: versionFrom({ machine: 'another machine' }),
    gate: MEMORY,
    code: 2,
  },
  'a machine that is not known': { candidate: { ...base, machine: null }, gate: MEMORY, code: 2 },
  'speed of two runs': { gate: RATE, code: 2 },
  'speed of another machine': {
    candidate: versionFrom({ machine: 'another machine' }),
    speed: { kind: 'history', spreads: new Map([['decodeRate median', { deviation: 0.01, runs: 20 }]]) },
    gate: RATE,
    code: 2,
  },
  'speed that the history does not know': {
    speed: { kind: 'history', spreads: new Map() },
    gate: RATE,
    code: 2,
  },
  'four blocks': { speed: blocks(4), gate: RATE, code: 2 },
  'blocks without any sample': {
    speed: { kind: 'interleaved', blocks: [[], [], [], [], [], []] },
    gate: RATE,
    code: 2,
  },
  'blocks without the metric': {
    speed: {
      kind: 'interleaved',
      blocks: Array.from({ length: 6 }, () => [{ base: [{}], candidate: [{}] }]),
    },
    gate: TTFT,
    code: 2,
  },
  'times that are no numbers': { speed: blocks(6, Number.NaN), gate: TTFT, code: 2 },
  'answers that never came': {
    candidate: versionFrom(
      {},
      measurements((one, i) => (i < 3 ? failed('model', 'timeout')(one) : one)),
    ),
    speed: blocks(6),
    gate: TTFT,
    code: 2,
  },
  'no price': {
    candidate: versionFrom({ models: [{ id: 'small', class: 'slm', quality: 0.8 }] }),
    gate: COST,
    code: 2,
  },
  'a task that no run has': { gate: { quality: { by: '3 points', task: 'routes' } }, code: 2 },
  'a required sample that no run has': { gate: { required: ['r-9999'] }, code: 2 },
  'a required sample that only the base has': {
    candidate: withSamples((one, i) => (i === 0 ? null : one)),
    gate: { required: [base.tasks[0]!.samples[0]!.id] },
    code: 2,
  },
  'a required sample that is unscored': {
    candidate: withSamples((one, i) => (i === 0 ? { ...one, score: null, unscored: 1 } : one)),
    gate: { required: [base.tasks[0]!.samples[0]!.id] },
    code: 1,
  },
  'a required sample that is wrong in both': {
    gate: { required: [base.tasks[0]!.samples.find(({ score }) => score === 0)!.id] },
    code: 1,
  },
};

function withOutput(record: MeasurementRecord, output: string): MeasurementRecord {
  return record.outcome.state === 'completed' ? { ...record, outcome: { ...record.outcome, output } } : record;
}

describe('a gate that cannot see is never green', () => {
  it('has at least forty ways of being blind', () => {
    expect(Object.keys(CASES).length).toBeGreaterThanOrEqual(40);
  });

  it.each(Object.entries(CASES))(
    '%s',
    (_, { base: first = base, candidate = base, speed = NO_SPEED, gate = QUALITY, code }) => {
      const report = judge(comparedOf(first, candidate, speed), gate);
      expect(exitCodeOf(report, 'complete'), JSON.stringify(report, null, 2)).toBe(code);
    },
  );

  it.each([QUALITY, MEMORY, COST])('is green where nothing changed: %o', (gate) => {
    expect(exitCodeOf(judge(comparedOf(base, base), gate), 'complete')).toBe(0);
  });

  it('is green where speed was measured in turns and did not change', () => {
    expect(exitCodeOf(judge(comparedOf(base, base, blocks(6)), { ...RATE, ...TTFT }), 'complete')).toBe(0);
  });

  it('says that a run is incomplete before it says that a gate is red', () => {
    const worse = versionFrom({ models: [{ ...ORDER.models[0]!, quality: 0.5 }] });
    const report = judge(comparedOf(base, worse), QUALITY);
    expect(exitCodeOf(report, 'complete')).toBe(1);
    expect(exitCodeOf(report, 'incomplete')).toBe(3);
    expect(exitCodeOf({ ...report, blind: [{ gate: 'quality', reason: 'none' }] }, 'incomplete')).toBe(2);
  });

  it('is an error to compare a model that the run does not have', () => {
    expect(() => versionOf(analyse(makeLog(ORDER)), 'large')).toThrow(
      /expected one of its models \(small\), found large/,
    );
  });
});
