/** samples.csv: one row for each sample and model, for spreadsheets and notebooks (RFC 4180, base units). */
import type { Analysis, Cell, SampleInfo, SampleResult } from '../analyse/analysis.js';
import { DISTRIBUTED } from '../measure/metrics.js';
import { isMissing } from '../quantity.js';
import type { Artifact } from './artifact.js';
import { escapeCsv } from './text.js';

const COLUMNS = [
  'suite',
  'task',
  'sample',
  'group',
  'model',
  'repetitions',
  'score',
  'answer',
  'target',
  'output',
  'finish',
  'failure',
  'confidence',
  ...DISTRIBUTED,
] as const;

export function samplesReport(analysis: Analysis): Artifact[] {
  const lines = [COLUMNS.join(',')];
  for (const { tasks } of analysis.suites) {
    for (const { samples, cells } of tasks) {
      samples.forEach((sample, i) => {
        for (const cell of cells) {
          const result = cell.results[i];
          if (result) lines.push(rowOf(cell, sample, result).map(escapeCsv).join(','));
        }
      });
    }
  }
  return [{ path: 'samples.csv', content: `${lines.join('\r\n')}\r\n` }];
}

function rowOf(cell: Cell, sample: SampleInfo, result: SampleResult): (string | number | null)[] {
  const { suite, task, model } = cell;
  const { repetitions, score, answer, output, finish, failure, confidence, timings } = result;
  return [
    suite,
    task,
    sample.id,
    sample.group,
    model,
    repetitions,
    score,
    answer,
    typeof sample.target === 'string' ? sample.target : (JSON.stringify(sample.target) ?? null),
    output,
    finish,
    failure,
    isMissing(confidence) ? null : (confidence.mean ?? null),
    ...DISTRIBUTED.map((metric) => timings[metric] ?? null),
  ];
}
