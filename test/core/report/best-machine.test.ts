/** A run in which every machine of a fleet measured everything. */
import { describe, expect, test } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import type { LogRecord, MeasurementRecord } from '../../../src/core/log/log.js';
import type { Outcome } from '../../../src/core/measure/measurement.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { machineSentences } from '../../../src/core/report/document/best-machine.js';
import { documentOf } from '../../../src/core/report/document/build.js';
import type { Table } from '../../../src/core/report/document.js';
import { formatCell } from '../../../src/core/report/format.js';
import { makeLog } from '../../support/log.js';

const ONE = makeLog({
  tasks: [{ name: 'route', samples: 120 }],
  requirement: { margin: 0.1, limits: { e2e: { max: '400 ms', at: 'median' } } },
  models: [
    { id: 'small', class: 'slm', quality: 0.95, ttft: 0.05, itl: 0.01, tokens: 10, sureness: null },
    { id: 'large', class: 'llm', quality: 0.95, ttft: 0.1, itl: 0.01, tokens: 10, sureness: null },
  ],
});

/** The log of one machine as that of several, each so many times as slow. */
function onMachines(
  slower: Readonly<Record<string, number>>,
  change: (record: MeasurementRecord, machine: string) => MeasurementRecord = (record) => record,
): LogRecord[] {
  const names = Object.keys(slower);
  return ONE.flatMap((record): LogRecord[] => {
    switch (record.type) {
      case 'run':
        return [
          {
            ...record,
            models: names.flatMap((name) => record.models.map((model) => ({ ...model, id: `${model.id} on ${name}` }))),
            settings: {
              ...record.settings,
              placed: Object.fromEntries(
                names.flatMap((machine) =>
                  record.models.map(({ id }) => [`${id} on ${machine}`, { model: id, machine }]),
                ),
              ),
            },
          },
        ];
      case 'machine':
        return names.map((name) => ({ ...record, machine: name, name }));
      case 'session':
        return names.map((name) => ({ ...record, ...namedOn(record, name), machine: name }));
      case 'session-end':
        return names.map((name) => ({ ...record, ...namedOn(record, name) }));
      case 'measurement':
        return names.map((name) =>
          change(
            {
              ...record,
              ...namedOn(record, name),
              trial: record.trial.replace(/@(\w+)#/, `@$1 on ${name}#`),
              outcome: stretched(record.outcome, slower[name]!),
            },
            name,
          ),
        );
      default:
        return [record];
    }
  });
}

function namedOn({ model, session }: { readonly model: string; readonly session: string }, machine: string) {
  return { model: `${model} on ${machine}`, session: `${session} on ${machine}` };
}

function stretched(outcome: Outcome, by: number): Outcome {
  if (outcome.state !== 'completed') return outcome;
  const { timing } = outcome;
  return {
    ...outcome,
    timing: { ...timing, pieces: timing.pieces.map((time) => time * by), end: timing.end * by },
  };
}

function reportOf(log: readonly LogRecord[]) {
  const analysis = analyse(log);
  const recommendation = recommend(analysis);
  const [suite] = analysis.suites;
  const section = documentOf(analysis, recommendation).suites[0]!.sections.find(
    ({ heading }) => heading === 'Which machine runs it best',
  );
  const table = section?.body.find((block): block is Table => block.kind === 'table');
  return {
    recommendation,
    sentences: machineSentences(analysis, suite!, recommendation),
    rows: table?.rows.map((row) => row.slice(0, 4).map((cell) => formatCell(cell))),
  };
}

describe('a run on every machine', () => {
  test('has a verdict for each machine where a limit is met on one and missed on the other', () => {
    const { recommendation, sentences, rows } = reportOf(onMachines({ pi: 4, desk: 1 }));
    const kinds = recommendation.machines!.map(({ machine, suites }) => [machine, suites[0]!.tasks[0]!.verdict.kind]);
    expect(kinds).toEqual([
      ['pi', 'nothing-passes'],
      ['desk', 'slm-fits'],
    ]);
    // The best machine of a model stands first, whatever the order of the fleet.
    expect(rows!.map(([model, machine]) => [model, machine])).toEqual([
      ['small', 'desk'],
      ['small', 'pi'],
      ['large', 'desk'],
      ['large', 'pi'],
    ]);
    expect(rows![0]).toContain('for 1 of 1 task');
    expect(rows![1]).toContain('for no task');
    expect(sentences).toContain('On desk: A small model is enough for the task.');
    expect(sentences.join('\n')).toMatch(/small answers fastest on desk \(median of the whole answer: .*n = 120\)\./);
    expect(sentences).toContain('All 120 texts of small are the same on every machine, so its quality is one figure.');
  });

  test('says of machines of one speed that they are not told apart, and compares each model with that of its machine', () => {
    const { recommendation, sentences } = reportOf(onMachines({ pi: 1, desk: 1.001 }));
    expect(sentences[0]).toBe('On each machine by itself: A small model is enough for the task.');
    expect(sentences.join('\n')).toMatch(/The machines are not told apart by how long an answer of small takes/);
    for (const { machine, suites } of recommendation.machines!) {
      expect(suites[0]!.references).toMatchObject([
        { candidate: `small on ${machine}`, reference: `large on ${machine}` },
      ]);
    }
  });

  test('counts the texts that differ between machines', () => {
    const differing = onMachines({ desk: 1, pi: 1 }, (record, machine) => {
      const { outcome } = record;
      if (machine !== 'pi' || !record.model.startsWith('small') || outcome.state !== 'completed') return record;
      if (!/[01]$/.test(record.sample)) return record;
      return { ...record, outcome: { ...outcome, output: 'something else' } };
    });
    const { sentences } = reportOf(differing);
    expect(sentences).toContain(
      '24 of 120 texts of small differ between desk and pi, so each has a quality of its own.',
    );
    expect(sentences).toContain('All 120 texts of large are the same on every machine, so its quality is one figure.');
  });

  test('on one machine has no such section', () => {
    expect(reportOf(ONE).rows).toBeUndefined();
    expect(reportOf(onMachines({ desk: 1 })).rows).toBeUndefined();
  });
});
