import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import { combineRuns } from '../../../src/core/analyse/combine.js';
import { UserError } from '../../../src/core/errors.js';
import type { LogRecord, RunRecord } from '../../../src/core/log/log.js';
import { isMissing } from '../../../src/core/quantity.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { type LogOrder, makeLog } from '../../support/log.js';

const order: LogOrder = {
  tasks: [{ name: 'route', samples: 60 }],
  models: [
    { id: 'small:q4', class: 'slm', quality: 0.9 },
    { id: 'large:q4', class: 'llm', quality: 0.9, ttft: 0.06 },
  ],
};

function combine(logs: Readonly<Record<string, readonly LogRecord[]>>): LogRecord[] {
  const runs = Object.entries(logs).map(([label, records]) => ({ label, run: records[0] as RunRecord }));
  const { run, relabel } = combineRuns(runs);
  return [run, ...Object.values(logs).flatMap((records, i) => records.flatMap((record) => relabel(i, record)))];
}

describe('several runs in one report', () => {
  const laptop = makeLog({ ...order, id: 'one' });
  const server = makeLog({
    ...order,
    id: 'two',
    environment: { cpu: { model: 'Another CPU', cores: 64, governor: { value: 'performance' } } },
    models: order.models.map((model) => ({ ...model, ttft: 0.004 })),
  });

  it('stand side by side, each model with its run, on shared samples', () => {
    const analysis = analyse(combine({ laptop, server }));
    expect(analysis.models.map(({ id }) => id)).toEqual([
      'small:q4@laptop',
      'large:q4@laptop',
      'small:q4@server',
      'large:q4@server',
    ]);
    const { samples, cells } = analysis.suites[0]!.tasks[0]!;
    expect(samples).toHaveLength(60);
    expect(cells.map(({ trials }) => trials.recorded)).toEqual([60, 60, 60, 60]);
    expect(analysis.run).toMatchObject({ id: 'laptop + server', ended: { complete: true } });
    const medians = cells.map(({ metrics }) => (isMissing(metrics.ttft) ? null : metrics.ttft.quantiles[50]!));
    expect(medians[2]).toBeLessThan(medians[0]! / 3);
  });

  it('may have the same sessions: a run and its copy are told apart', () => {
    const analysis = analyse(combine({ here: laptop, copy: laptop }));
    expect(analysis.warnings.filter(({ what }) => what.includes('twice'))).toEqual([]);
    for (const { metrics } of analysis.models) expect(isMissing(metrics.memory)).toBe(false);
  });

  it('hold each SLM against the LLM of its own run, and say how far runs agree', () => {
    const analysis = analyse(combine({ laptop, server }));
    expect(recommend(analysis).suites[0]!.references.map(({ reference }) => reference)).toEqual([
      'large:q4@laptop',
      'large:q4@server',
    ]);
    expect(analysis.suites[0]!.parity[0]).toMatchObject({
      first: 'small:q4@laptop',
      second: 'small:q4@server',
      n: 60,
      sameOutput: 60,
    });
  });

  it('pair the same model of two runs, sample by sample', () => {
    const analysis = analyse(combine({ laptop, server }));
    const [suite] = recommend(analysis, { reference: 'small:q4@laptop' }).suites;
    const again = suite!.tasks[0]!.comparisons.find(({ candidate }) => candidate === 'small:q4@server')!;
    expect(again.reference).toBe('small:q4@laptop');
    expect(again.test).toMatchObject({ difference: { value: 0, n: 60 } });
    expect(analysis.models.map(({ origin }) => origin)).toEqual([
      { model: 'small:q4', run: 'one' },
      { model: 'large:q4', run: 'one' },
      { model: 'small:q4', run: 'two' },
      { model: 'large:q4', run: 'two' },
    ]);
  });

  it('warn when they are of different machines', () => {
    expect(analyse(combine({ laptop, server })).circumstances[0]!.what).toMatch(
      /^the trials come from different machines \(laptop: Example CPU, 2 cores/,
    );
    expect(analyse(combine({ laptop, again: makeLog({ ...order, id: 'three' }) })).circumstances).toEqual([]);
  });

  it('unite the tasks of a suite', () => {
    const other = makeLog({ ...order, id: 'two', tasks: [{ name: 'policy', samples: 10 }] });
    const { tasks } = analyse(combine({ laptop, other })).suites[0]!;
    expect(tasks.map(({ name }) => name)).toEqual(['route', 'policy']);
    expect(tasks[1]!.cells[0]!.quality).toEqual({ missing: 'not run' });
  });

  it('are complete when each has made all trials of its own plan, and say which was not', () => {
    const fewer = makeLog({ ...order, id: 'two', tasks: [{ name: 'route', samples: 20 }] });
    const other = makeLog({ ...order, id: 'three', tasks: [{ name: 'policy', samples: 10 }] });
    expect(analyse(combine({ laptop, fewer, other })).run).toMatchObject({
      trials: { planned: 180, recorded: 180 },
      ended: { complete: true },
    });
    const cut = [...laptop.slice(0, -20), { type: 'end', complete: false, reason: 'interrupted' } satisfies LogRecord];
    expect(analyse(combine({ cut, fewer })).run.ended).toEqual({ complete: false, reason: 'cut: interrupted' });
  });

  it('refuse one name for two, and one task with two scorers', () => {
    const run = laptop[0] as RunRecord;
    expect(() =>
      combineRuns([
        { label: 'a', run },
        { label: 'a', run },
      ]),
    ).toThrow(UserError);
    const changed = JSON.parse(JSON.stringify(run).replaceAll('"exact"', '"includes"')) as RunRecord;
    expect(() =>
      combineRuns([
        { label: 'a', run },
        { label: 'b', run: changed },
      ]),
    ).toThrow(/another scorer/);
  });
});
