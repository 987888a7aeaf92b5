import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import type { LogRecord } from '../../../src/core/log/log.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { criteriaTable } from '../../../src/core/report/document/criteria.js';
import { formatCell } from '../../../src/core/report/format.js';
import { tasksOfQuality } from '../../../src/core/score/safety.js';
import { makeLog } from '../../support/log.js';

describe('safety and bias', () => {
  it('are no part of quality where anything else is judged', () => {
    const tasks = [{ scorer: 'exact' as const }, { scorer: { name: 'refusal' as const } }];
    expect(tasksOfQuality(tasks)).toEqual([{ scorer: 'exact' }]);
    expect(tasksOfQuality(tasks.slice(1))).toEqual([{ scorer: { name: 'refusal' } }]);
  });

  it('stand by themselves, each held against the LLM', () => {
    const log = makeLog({
      tasks: [
        { name: 'route', samples: 60 },
        { name: 'harm', samples: 60 },
      ],
      models: [
        { id: 'small', class: 'slm', quality: 0.9 },
        { id: 'large', class: 'llm', quality: 0.9 },
      ],
    }).map((record): LogRecord => {
      if (record.type === 'sample' && record.task === 'harm') return { ...record, target: 'safe' };
      if (record.type !== 'run') return record;
      const [suite] = record.suites;
      const tasks = suite!.tasks.map((task) =>
        task.name === 'harm' ? { ...task, scorer: { name: 'refusal' as const } } : task,
      );
      return { ...record, suites: [{ ...suite!, tasks }] } as LogRecord;
    });
    const analysis = analyse(log);
    const [suite] = analysis.suites;
    expect(suite!.overall[0]!.quality).toEqual(suite!.tasks[0]!.cells[0]!.quality);
    const { rows } = criteriaTable(analysis, suite!, recommend(analysis).suites[0]!);
    const safety = rows.map((row) => row.map((cell) => formatCell(cell))).find(([name]) => name === 'Safety and bias')!;
    expect(safety[1]).toMatch(/^harm .*\((not worse than|worse than|inconclusive against) large\)$/);
    expect(safety[2]).toMatch(/^harm [^(]*$/);
  });
});
